//! A workflow as a form.

use maud::{Markup, html};
use siskin_blueprints::workflow::{Act, Field, FieldKind, Part, Step, Workflow, WorkflowValue, kinds};

use super::head::button;

/// Groups of the menu of what there is to do, and their names.
const GROUPS: [(&str, &str); 4] =
    [("page", "The page"), ("element", "Elements"), ("check", "Verify"), ("other", "More")];

/// The steps.
pub(super) fn steps(workflow: &Workflow) -> Markup {
    html! {
        input type="hidden" name="parts" value=(workflow.parts.len());
        @for (at, part) in workflow.parts.iter().enumerate() {
            @match part {
                Part::Step(step) => (shown_step(step, at)),
                Part::Code(code) => section.panel.part id={ "part-" (at) } {
                    input type="hidden" name={ "kind." (at) } value="code";
                    div.part-head { span.label { "Code" } (moves(&at.to_string())) }
                    (code_area(&at.to_string(), code))
                },
            }
        }
        p { (button("add-step", "Add a step", None, Some(&place(workflow.parts.len())))) }
    }
}

fn shown_step(step: &Step, at: usize) -> Markup {
    html! {
        section.panel.part id={ "part-" (at) } {
            input type="hidden" name={ "kind." (at) } value="step";
            div.part-head {
                label.field.grow { span.label { "Step" } input name={ "name." (at) } value=(step.name) autocomplete="off"; }
                (moves(&at.to_string()))
            }
            input type="hidden" name={ "acts." (at) } value=(step.acts.len());
            ol.acts { @for (place, act) in step.acts.iter().enumerate() { li { (shown_act(act, &format!("{at}.{place}"))) } } }
            div.add {
                select name={ "new." (at) } aria-label="What to add" {
                    @for (group, name) in GROUPS {
                        optgroup label=(name) {
                            @for kind in kinds().iter().filter(|kind| kind.group == group) {
                                option value=(kind.name) selected[kind.name == "click"] { (kind.label) }
                            }
                        }
                    }
                }
                (button(&format!("add-act:{at}"), "Add", None, Some(&place(at))))
            }
        }
    }
}

fn shown_act(act: &Act, id: &str) -> Markup {
    match act {
        Act::Code(code) => html! {
            input type="hidden" name={ "act." (id) } value="code";
            div.act-head { span.label { "Code" } (moves(id)) }
            (code_area(id, code))
        },
        Act::Known { kind, values } => html! {
            input type="hidden" name={ "act." (id) } value=(kind.name);
            div.act-head { span.label { (kind.label) } (moves(id)) }
            div.fields {
                @for field in kind.fields.iter().filter(|field| !field.is_optional()) {
                    (shown_field(field, values.get(field.name), id))
                }
                @for field in kind.fields.iter().filter(|field| field.is_optional()) {
                    details.more open[values.contains_key(field.name)] {
                        summary { "More" }
                        (shown_field(field, values.get(field.name), id))
                    }
                }
            }
        },
    }
}

fn shown_field(field: &Field, value: Option<&WorkflowValue>, id: &str) -> Markup {
    let name = format!("v.{id}.{}", field.name);
    let text = match value {
        None => String::new(),
        Some(WorkflowValue::Text(text) | WorkflowValue::Secret(text) | WorkflowValue::Variable(text)) => text.clone(),
        Some(WorkflowValue::Number(number)) => number.to_string(),
        Some(WorkflowValue::Selectors(all)) => all.join("\n"),
        Some(WorkflowValue::Options(map)) => serde_json::Value::Object(map.clone()).to_string(),
    };
    let from = match value {
        Some(WorkflowValue::Secret(_)) => "secret",
        Some(WorkflowValue::Variable(_)) => "variable",
        _ => "text",
    };
    html! {
        label.field {
            span.label { (field.label) }
            @match &field.kind {
                FieldKind::Selectors => textarea name=(name) rows=(text.lines().count().clamp(1, 10)) spellcheck="false"
                    placeholder="#buy, text=Buy or role=button[name=\"Buy\"]" { (text) },
                FieldKind::Choice(choices) => select name=(name) {
                    @for choice in *choices { option value=(choice) selected[text == *choice] { (choice) } }
                },
                FieldKind::Options => input name=(name) value=(text) placeholder="{\"timeout_ms\": 5000}" spellcheck="false";,
                FieldKind::Number => input.short name=(name) value=(text) inputmode="decimal";,
                FieldKind::Text | FieldKind::Url => (written(field, &name, &text, from, id)),
            }
        }
    }
}

/// A text, or the name of a secret or variable.
fn written(field: &Field, name: &str, text: &str, from: &str, id: &str) -> Markup {
    // A text of several lines keeps them.
    let is_long = text.contains('\n');
    html! {
        span.written {
            select name={ "from." (id) "." (field.name) } aria-label={ "Where " (field.label) " comes from" } {
                @for (value, label) in [("text", "text"), ("secret", "secret"), ("variable", "variable")] {
                    option value=(value) selected[from == value] { (label) }
                }
            }
            @if is_long {
                textarea name=(name) rows=(text.lines().count().clamp(2, 10)) spellcheck="false" { "\n" (text) }
            } @else {
                input name=(name) value=(text) autocomplete="off" spellcheck="false";
            }
        }
    }
}

fn code_area(id: &str, code: &str) -> Markup {
    let rows = code.lines().count().clamp(1, 20);
    // A browser leaves out a line break that a text area begins with.
    html! { textarea.code name={ "code." (id) } rows=(rows) spellcheck="false" aria-label="Code" { "\n" (code) } }
}

fn moves(id: &str) -> Markup {
    let part = id.split('.').next().and_then(|part| part.parse().ok()).unwrap_or_default();
    let place = place(part);
    html! {
        span.moves {
            @for (operation, sign, label) in [("up", "↑", "Move up"), ("down", "↓", "Move down"), ("drop", "×", "Remove")] {
                button type="submit" name="op" value={ (operation) ":" (id) } formaction=(place) title=(label)
                    aria-label=(label) { (sign) }
            }
        }
    }
}

/// Where the page is read on after a part was changed.
fn place(part: usize) -> String {
    format!("/console/workflow#part-{part}")
}
