//! Module `secret`: values that are never written down.

use rhai::Dynamic;

use super::failure::HostError;
use super::redactor::SECRET_CHARS_MIN;
use super::table::{Function, Table};

pub(super) static TABLE: Table = Table {
    name: "secret",
    about: "Secrets of the canary. Wherever text leaves a run (log, report, HAR, names of steps and pictures, errors), \
`[redacted]` stands in their place: as they are, and as they are written in addresses, JSON and base64. What a page \
shows of them is in its pictures.",
    functions: &[&[Function {
        name: "get",
        takes: "name: text",
        gives: "a text",
        about: "A secret of the canary: `secrets` of its file, or `--secret NAME=VARIABLE` of the environment. At least 4 \
characters.",
        fails: "the canary has none of this name, or it is too short to be told from a word",
        example: "element::fill(\"#password\", secret::get(\"password\"));",
        run: |call| {
            let name = call.text(0)?;
            let value = call.host.secret(&name);
            let value = value.ok_or_else(|| HostError::script(format!("this canary has no secret \"{name}\"")))?;
            if value.chars().count() < SECRET_CHARS_MIN {
                return Err(HostError::script(format!("secret {name} is shorter than {SECRET_CHARS_MIN} characters")));
            }
            Ok(Dynamic::from(value.to_owned()))
        },
    }]],
};
