//! The fields of a workflow as they were sent, and what its buttons do.

use std::collections::BTreeMap;

use serde_json::Value;
use siskin_blueprints::workflow::{Act, Field, FieldKind, Kind, Part, Step, Workflow, WorkflowValue, limits};

use super::form::Form;

/// The workflow that was sent. What is no value of its field stays as text, and [`Workflow::check`] tells of it.
pub(super) fn sent(form: &Form) -> Workflow {
    let count = form.number("parts").unwrap_or_default().min(limits::PARTS_MAX);
    let parts = (0..count).map(|at| match form.get(&format!("kind.{at}")) {
        "code" => Part::Code(form.get(&format!("code.{at}")).to_owned()),
        _ => Part::Step(step(form, at)),
    });
    Workflow { parts: parts.collect() }
}

fn step(form: &Form, at: usize) -> Step {
    let count = form.number(&format!("acts.{at}")).unwrap_or_default().min(limits::ACTS_MAX);
    let acts = (0..count).filter_map(|place| {
        let id = format!("{at}.{place}");
        match form.get(&format!("act.{id}")) {
            "code" => Some(Act::Code(form.get(&format!("code.{id}")).to_owned())),
            name => {
                let kind = Kind::named(name)?;
                let value = |field: &'static Field| Some((field.name, value(form, &id, field)?));
                Some(Act::Known { kind, values: kind.fields.iter().filter_map(value).collect() })
            }
        }
    });
    Step { name: form.trimmed(&format!("name.{at}")).to_owned(), acts: acts.collect() }
}

fn value(form: &Form, id: &str, field: &Field) -> Option<WorkflowValue> {
    let text = form.get(&format!("v.{id}.{}", field.name));
    let trimmed = text.trim();
    match &field.kind {
        FieldKind::Text | FieldKind::Url => Some(match form.get(&format!("from.{id}.{}", field.name)) {
            "secret" => WorkflowValue::Secret(trimmed.to_owned()),
            "variable" => WorkflowValue::Variable(trimmed.to_owned()),
            _ => WorkflowValue::Text(text.to_owned()),
        }),
        FieldKind::Choice(_) => Some(WorkflowValue::Text(text.to_owned())),
        FieldKind::Number => Some(match serde_json::from_str(trimmed) {
            Ok(number) => WorkflowValue::Number(number),
            Err(_) => WorkflowValue::Text(text.to_owned()),
        }),
        FieldKind::Selectors => {
            let lines = text.lines().map(str::trim).filter(|line| !line.is_empty());
            Some(WorkflowValue::Selectors(lines.map(str::to_owned).collect()))
        }
        FieldKind::Options if trimmed.is_empty() => None,
        FieldKind::Options => match serde_json::from_str(trimmed) {
            Ok(Value::Object(map)) => WorkflowValue::options(map),
            Ok(_) | Err(_) => Some(WorkflowValue::Text(text.to_owned())),
        },
    }
}

/// Does what a button of the form is for; `false` when it is for something else.
pub(super) fn change(workflow: &mut Workflow, form: &Form) -> bool {
    let (operation, of) = form.operation();
    let (part, act) = match of.split_once('.') {
        Some((part, act)) => (part.parse().ok(), act.parse().ok()),
        None => (of.parse::<usize>().ok(), None::<usize>),
    };
    match (operation, part, act) {
        ("add-step", ..) => {
            let number = workflow.parts.iter().filter(|part| matches!(part, Part::Step(_))).count() + 1;
            workflow.parts.push(Part::Step(Step { name: format!("step {number}"), acts: Vec::new() }));
        }
        ("add-act", Some(at), _) => {
            if let (Some(acts), Some(kind)) = (acts(workflow, at), Kind::named(form.get(&format!("new.{at}")))) {
                acts.push(blank(kind));
            }
        }
        ("up", Some(at), None) => moved(&mut workflow.parts, at, -1),
        ("down", Some(at), None) => moved(&mut workflow.parts, at, 1),
        ("drop", Some(at), None) => dropped(&mut workflow.parts, at),
        ("up", Some(at), Some(act)) => acts(workflow, at).into_iter().for_each(|acts| moved(acts, act, -1)),
        ("down", Some(at), Some(act)) => acts(workflow, at).into_iter().for_each(|acts| moved(acts, act, 1)),
        ("drop", Some(at), Some(act)) => acts(workflow, at).into_iter().for_each(|acts| dropped(acts, act)),
        _ => return false,
    }
    true
}

fn acts(workflow: &mut Workflow, at: usize) -> Option<&mut Vec<Act>> {
    match workflow.parts.get_mut(at)? {
        Part::Step(step) => Some(&mut step.acts),
        Part::Code(_) => None,
    }
}

/// An act with what a new form holds.
fn blank(kind: &'static Kind) -> Act {
    let initial = |field: &'static Field| {
        let text = || field.initial.to_owned();
        let value = match &field.kind {
            FieldKind::Text | FieldKind::Url | FieldKind::Choice(_) => WorkflowValue::Text(text()),
            FieldKind::Number => {
                serde_json::from_str(field.initial).map_or_else(|_| WorkflowValue::Text(text()), WorkflowValue::Number)
            }
            FieldKind::Selectors => WorkflowValue::Selectors(Vec::new()),
            FieldKind::Options => return None,
        };
        Some((field.name, value))
    };
    Act::Known { kind, values: kind.fields.iter().filter_map(initial).collect::<BTreeMap<_, _>>() }
}

fn moved<T>(items: &mut [T], at: usize, by: isize) {
    if let Some(to) = at.checked_add_signed(by).filter(|to| *to < items.len() && at < items.len()) {
        items.swap(at, to);
    }
}

fn dropped<T>(items: &mut Vec<T>, at: usize) {
    if at < items.len() {
        items.remove(at);
    }
}

/// A workflow to begin with: a page that opens.
pub(super) fn first() -> Workflow {
    let acts = Kind::named("open").map(blank).into_iter().collect();
    Workflow { parts: vec![Part::Step(Step { name: "open".to_owned(), acts })] }
}
