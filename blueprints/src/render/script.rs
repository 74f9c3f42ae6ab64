//! The script of a blueprint.

use crate::blueprint::Source;
use crate::literal::literal;
use crate::{Arguments, Blueprint, Script};

/// Writes the script of `blueprint` with `arguments` as Rhai literals: no text of them can leave its place.
pub fn render(blueprint: &Blueprint, arguments: &Arguments) -> Script {
    let source = match blueprint.source {
        Source::Template(template) => filled(template, arguments),
        Source::Written(write) => write(arguments.map()),
    };
    Script { name: format!("{}.rhai", blueprint.name), source }
}

fn filled(template: &str, arguments: &Arguments) -> String {
    let mut source = String::with_capacity(template.len() + 256);
    let mut rest = template;
    // One pass over the template: a `{{name}}` inside an argument is text and stays so.
    while let Some((before, (name, after))) =
        rest.split_once("{{").and_then(|(before, behind)| Some((before, behind.split_once("}}")?)))
    {
        source.push_str(before);
        let value = arguments.get(name).expect("arguments hold every parameter: checked when they were parsed");
        source.push_str(&literal(value, 0));
        rest = after;
    }
    source.push_str(rest);
    source
}
