//! Fields for the parameters of a blueprint.

use maud::{Markup, html};
use serde_json::{Map, Value, json};
use siskin_blueprints::{Blueprint, Default, Invalid, Kind, Parameter};

use super::form::Form;

/// What comes before a parameter's path in the name of its field.
const PREFIX: &str = "p.";
/// Tables within tables within tables are written as JSON.
const DEPTH_MAX: usize = 2;

/// How a value is written into a form.
enum Style {
    Line,
    /// One on each line.
    Lines,
    /// `Name: value` on each line.
    Pairs,
    Json,
    Choice(&'static [&'static str]),
    Group(&'static [Parameter]),
    Rows(&'static [Parameter], usize),
}

fn style(kind: &'static Kind, depth: usize) -> Style {
    match kind {
        Kind::Boolean => Style::Choice(&["true", "false"]),
        Kind::Choice(words) => Style::Choice(words),
        Kind::OneOrMany { .. } => Style::Lines,
        Kind::TextMap { .. } => Style::Pairs,
        Kind::Record { fields, .. } if depth < DEPTH_MAX => Style::Group(fields),
        Kind::Records { fields, max } if depth < DEPTH_MAX => Style::Rows(fields, *max),
        Kind::Json { .. } | Kind::Record { .. } | Kind::Records { .. } => Style::Json,
        Kind::Text { .. }
        | Kind::Url
        | Kind::UrlTemplate
        | Kind::Whole { .. }
        | Kind::Number { .. }
        | Kind::Duration { .. }
        | Kind::Statuses
        | Kind::Pattern
        | Kind::Name => Style::Line,
    }
}

/// The form's fields; the one that `invalid` is about says so.
pub(super) fn fields(blueprint: &'static Blueprint, form: &Form, invalid: Option<&Invalid>) -> Markup {
    let page = Page { form, invalid: invalid.map(|invalid| (dotted(&invalid.field), invalid)) };
    page.fields(blueprint.parameters, "", 0)
}

struct Page<'a> {
    form: &'a Form,
    invalid: Option<(String, &'a Invalid)>,
}

impl Page<'_> {
    fn fields(&self, parameters: &'static [Parameter], before: &str, depth: usize) -> Markup {
        html! { @for parameter in parameters { (self.field(parameter, &format!("{before}{}", parameter.name), depth)) } }
    }

    fn field(&self, parameter: &'static Parameter, path: &str, depth: usize) -> Markup {
        let style = style(&parameter.kind, depth);
        match style {
            Style::Group(fields) => html! {
                details.group open[self.is_open(path)] {
                    summary { span.label { (parameter.name) } span.hint { (summary(parameter.summary)) } }
                    (self.told(path))
                    div.fields { (self.fields(fields, &format!("{path}."), depth + 1)) }
                }
            },
            Style::Rows(fields, max) => self.rows(parameter, fields, max, path, depth),
            Style::Line | Style::Lines | Style::Pairs | Style::Json | Style::Choice(_) => html! {
                label.field {
                    span.label {
                        (parameter.name)
                        @if is_required(parameter) { span.required { " required" } }
                    }
                    (self.input(&style, parameter, path))
                    span.hint { (summary(parameter.summary)) @if let Some(how) = how(&style) { "; " (how) } }
                    (self.told(path))
                }
            },
        }
    }

    fn input(&self, style: &Style, parameter: &Parameter, path: &str) -> Markup {
        let name = format!("{PREFIX}{path}");
        let value = self.form.get(&name);
        let usual = match parameter.default {
            Default::Is(usual) => shown(&usual()),
            Default::Required | Default::Absent => String::new(),
        };
        match style {
            Style::Choice(words) => html! {
                select name=(name) {
                    option value="" selected[value.is_empty()] { @if usual.is_empty() { "-" } @else { "as usual: " (usual) } }
                    @for word in *words { option value=(word) selected[value == *word] { (word) } }
                }
            },
            Style::Lines | Style::Pairs | Style::Json => {
                let rows = value.lines().count().clamp(2, 20);
                html! { textarea name=(name) rows=(rows) placeholder=(usual) spellcheck="false" { (value) } }
            }
            Style::Line | Style::Group(_) | Style::Rows(..) => html! {
                input name=(name) value=(value) placeholder=(usual) autocomplete="off" spellcheck="false";
            },
        }
    }

    fn rows(
        &self,
        parameter: &'static Parameter,
        fields: &'static [Parameter],
        max: usize,
        path: &str,
        depth: usize,
    ) -> Markup {
        let count = rows_of(self.form, path, max, is_required(parameter));
        html! {
            fieldset.rows {
                legend { (parameter.name) }
                p.hint { (summary(parameter.summary)) }
                (self.told(path))
                input type="hidden" name={ "count." (path) } value=(count);
                @for index in 0..count {
                    div.row {
                        div.row-head {
                            b { (index + 1) }
                            button type="submit" name="op" value={ "remove:" (path) ":" (index) } { "Remove" }
                        }
                        div.fields { (self.fields(fields, &format!("{path}.{index}."), depth + 1)) }
                    }
                }
                @if count < max { button type="submit" name="op" value={ "more:" (path) } { "Add to " (parameter.name) } }
            }
        }
    }

    fn told(&self, path: &str) -> Markup {
        let own = self.invalid.as_ref().filter(|(field, _)| field == path);
        html! { @if let Some((_, invalid)) = own { span.bad role="alert" { (invalid.value) ": " (invalid.rule) } } }
    }

    /// What was filled in is seen.
    fn is_open(&self, path: &str) -> bool {
        let inner = format!("{PREFIX}{path}.");
        let filled = self.form.below(&inner).any(|(_, value)| !value.trim().is_empty());
        filled || self.invalid.as_ref().is_some_and(|(field, _)| field.starts_with(path))
    }
}

fn is_required(parameter: &Parameter) -> bool {
    matches!(parameter.default, Default::Required)
}

/// A summary, with what stands between backticks as code.
fn summary(text: &str) -> Markup {
    html! {
        @for (at, piece) in text.split('`').enumerate() { @if at % 2 == 1 { code { (piece) } } @else { (piece) } }
    }
}

fn how(style: &Style) -> Option<&'static str> {
    match style {
        Style::Lines => Some("one on each line"),
        Style::Pairs => Some("a name, a colon and a value on each line"),
        Style::Json => Some("as JSON"),
        Style::Line | Style::Choice(_) | Style::Group(_) | Style::Rows(..) => None,
    }
}

fn shown(value: &Value) -> String {
    match value {
        Value::String(text) => text.clone(),
        Value::Array(items) if items.is_empty() => String::new(),
        Value::Object(entries) if entries.is_empty() => String::new(),
        other => other.to_string(),
    }
}

/// Rows of a list; a new form shows one of a list that cannot be empty.
fn rows_of(form: &Form, path: &str, max: usize, is_required: bool) -> usize {
    let sent = form.number(&format!("count.{path}")).unwrap_or(usize::from(is_required));
    let (operation, of) = form.operation();
    if operation == "more" && of == path { (sent + 1).min(max) } else { sent.min(max) }
}

/// What was written into the fields, as it would stand in the canaries' file.
///
/// # Errors
/// A value that is not even of the form that its field takes.
pub(super) fn given(blueprint: &'static Blueprint, form: &Form) -> Result<Map<String, Value>, Invalid> {
    let mut given = Map::new();
    collect(blueprint, blueprint.parameters, "", 0, form, &mut given)?;
    Ok(given)
}

fn collect(
    blueprint: &'static Blueprint,
    parameters: &'static [Parameter],
    before: &str,
    depth: usize,
    form: &Form,
    given: &mut Map<String, Value>,
) -> Result<(), Invalid> {
    for parameter in parameters {
        let path = format!("{before}{}", parameter.name);
        let text = form.trimmed(&format!("{PREFIX}{path}"));
        match style(&parameter.kind, depth) {
            Style::Group(fields) => collect(blueprint, fields, &format!("{path}."), depth + 1, form, given)?,
            Style::Rows(fields, max) => {
                for index in 0..rows_of(form, &path, max, is_required(parameter)) {
                    collect(blueprint, fields, &format!("{path}.{index}."), depth + 1, form, given)?;
                }
            }
            _ if text.is_empty() => {}
            Style::Lines => {
                for line in text.lines().map(str::trim).filter(|line| !line.is_empty()) {
                    blueprint.set(given, &path, line)?;
                }
            }
            Style::Pairs => {
                let mut pairs = Map::new();
                for line in text.lines().filter(|line| !line.trim().is_empty()) {
                    let pair = line.split_once(':');
                    let (name, value) = pair.ok_or_else(|| Invalid::new(&path, line, "a name, a colon and a value"))?;
                    pairs.insert(name.trim().to_owned(), json!(value.trim()));
                }
                blueprint.set(given, &path, &Value::Object(pairs).to_string())?;
            }
            Style::Line | Style::Json | Style::Choice(_) => blueprint.set(given, &path, text)?,
        }
    }
    Ok(())
}

/// The form without one row of a list: those behind it move up.
pub(super) fn without_row(form: &Form, told: &str) -> Form {
    let Some((path, Ok(gone))) = told.rsplit_once(':').map(|(path, index)| (path, index.parse::<usize>())) else {
        return form.clone();
    };
    let (rows, count) = (format!("{PREFIX}{path}."), format!("count.{path}"));
    let moved = |(name, value): (&str, &str)| {
        if name == count {
            let left = value.parse::<usize>().unwrap_or_default().saturating_sub(1);
            return Some((count.clone(), left.to_string()));
        }
        let Some(rest) = name.strip_prefix(&rows) else { return Some((name.to_owned(), value.to_owned())) };
        let (index, field) = rest.split_once('.')?;
        let index: usize = index.parse().ok()?;
        match index.cmp(&gone) {
            std::cmp::Ordering::Less => Some((name.to_owned(), value.to_owned())),
            std::cmp::Ordering::Equal => None,
            std::cmp::Ordering::Greater => Some((format!("{rows}{}.{field}", index - 1), value.to_owned())),
        }
    };
    Form::new(form.below("").filter_map(moved).collect())
}

/// `steps[0].url` as the path of a field, `steps.0.url`.
fn dotted(field: &str) -> String {
    field.replace('[', ".").replace(']', "").trim_start_matches('.').to_owned()
}
