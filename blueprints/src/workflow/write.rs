//! From a workflow to a script.

use serde_json::Value;

use super::expression::Expression;
use super::model::{Act, Part, Step, Workflow};
use crate::literal::{literal, string};

/// Calls that fit are written on one line of at most this many characters.
const LINE_CHARS_MAX: usize = 110;
const INDENT: usize = 4;

/// Writes a workflow as a script. [`read`](super::read) gives the same workflow of it.
pub fn write(workflow: &Workflow) -> String {
    let mut text = String::new();
    let mut before: Option<&Part> = None;
    for part in &workflow.parts {
        let belongs = matches!((before, part), (Some(Part::Code(above)), Part::Code(_)) if is_comment(above))
            || matches!((before, part), (Some(Part::Code(above)), Part::Step(_)) if is_comment(above));
        if before.is_some() && !belongs {
            text.push('\n');
        }
        match part {
            Part::Step(step) => write_step(step, &mut text),
            Part::Code(code) => {
                text.push_str(code.trim());
                text.push('\n');
            }
        }
        before = Some(part);
    }
    text
}

fn is_comment(code: &str) -> bool {
    code.starts_with("//")
}

fn write_step(step: &Step, text: &mut String) {
    text.push_str("step(");
    text.push_str(&string(&step.name));
    text.push_str(", || {\n");
    for act in &step.acts {
        text.push_str(&" ".repeat(INDENT));
        match act {
            Act::Known { kind, values } => {
                text.push_str(&written(&kind.call(values), INDENT));
                text.push(';');
            }
            Act::Code(code) => text.push_str(code.trim()),
        }
        text.push('\n');
    }
    text.push_str("});\n");
}

/// Lines after the first are indented by `indent`.
fn written(expression: &Expression, indent: usize) -> String {
    match expression {
        Expression::Value(value) => literal(value, indent),
        Expression::Field(name) => format!("{{{name}}}"),
        Expression::Call { function, arguments } => {
            let line = format!("{function}({})", arguments.iter().map(flat).collect::<Vec<_>>().join(", "));
            if indent + line.chars().count() <= LINE_CHARS_MAX {
                return line;
            }
            let inner = indent + INDENT;
            let lines: Vec<_> = arguments
                .iter()
                .map(|argument| format!("{}{},\n", " ".repeat(inner), written(argument, inner)))
                .collect();
            format!("{function}(\n{}{})", lines.concat(), " ".repeat(indent))
        }
    }
}

fn flat(expression: &Expression) -> String {
    match expression {
        Expression::Call { function, arguments } => {
            format!("{function}({})", arguments.iter().map(flat).collect::<Vec<_>>().join(", "))
        }
        Expression::Value(Value::Array(items)) => {
            let items: Vec<_> = items.iter().map(|item| literal(item, 0)).collect();
            format!("[{}]", items.join(", "))
        }
        Expression::Value(value) => literal(value, 0),
        Expression::Field(name) => format!("{{{name}}}"),
    }
}
