//! Rules between parameters.

use std::collections::BTreeMap;

use serde_json::{Map, Value};

use super::viewport::{RULE, Viewport};
use super::write::{name_of, texts};
use crate::Invalid;

pub(super) fn arguments(arguments: &Map<String, Value>) -> Result<(), Invalid> {
    let given = |name: &str| arguments.get(name).unwrap_or(&Value::Null);
    for (index, text) in texts(given("viewports")).enumerate() {
        if text.parse::<Viewport>().is_err() {
            return Err(Invalid::new(format!("viewports[{index}]"), format!("\"{text}\""), RULE));
        }
        if texts(given("viewports")).take(index).any(|other| other == text) {
            return Err(Invalid::new(format!("viewports[{index}]"), format!("\"{text}\""), "each viewport once"));
        }
    }
    for (index, text) in texts(given("ignore_colours")).enumerate() {
        let is_colour = text
            .strip_prefix('#')
            .is_some_and(|digits| digits.len() == 6 && digits.bytes().all(|digit| digit.is_ascii_hexdigit()));
        if !is_colour {
            let rule = "a colour as #rrggbb, such as #ff00aa";
            return Err(Invalid::new(format!("ignore_colours[{index}]"), format!("\"{text}\""), rule));
        }
    }
    let mut names = BTreeMap::new();
    for (index, page) in given("url").as_array().into_iter().flatten().enumerate() {
        let name = name_of(page);
        if name.trim().is_empty() || name.chars().any(char::is_control) {
            let rule = "a name of more than blanks, in one line";
            return Err(Invalid::new(format!("url[{index}].name"), format!("\"{name}\""), rule));
        }
        if let Some(before) = names.insert(name.clone(), index) {
            let rule = format!("a name of its own: url[{before}] has the same, so they would have one baseline");
            return Err(Invalid::new(format!("url[{index}].name"), format!("\"{name}\""), rule));
        }
    }
    Ok(())
}
