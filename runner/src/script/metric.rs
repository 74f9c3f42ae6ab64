//! Module `metric`: numbers that a script wants to see over time.

use rhai::Dynamic;

use super::failure::HostError;
use super::table::{Answer, Call, Function, Table};
use crate::run::{ScriptMetric, limits};

/// Units that CloudWatch knows and a script can have.
const UNITS: &[&str] =
    &["None", "Count", "Percent", "Seconds", "Milliseconds", "Microseconds", "Bytes", "Bytes/Second"];
const NAME_CHARS_MAX: usize = 255;

pub(super) static TABLE: Table = Table {
    name: "metric",
    about: "Numbers that a script wants to see over time, published with the run's own metrics.",
    functions: &[&[Function {
        name: "put",
        takes: "name: text, value: number, unit?: text",
        gives: "",
        about: "Puts one value. `unit` is `None` (unless told otherwise), `Count`, `Percent`, `Seconds`, `Milliseconds`, \
`Microseconds`, `Bytes` or `Bytes/Second`. At most 100 in a run.",
        fails: "the name is none of CloudWatch's (1 to 255 ASCII characters, no colon first); the run has too many",
        example: "metric::put(\"Products\", element::count(\"li.product\"), \"Count\");",
        run: put,
    }]],
};

fn put(call: &Call<'_>) -> Answer {
    let name = call.host.clean(&call.text(0)?);
    let value = call.number(1)?;
    let unit = call.text_if_given(2)?.unwrap_or_else(|| "None".to_owned());
    let printable = name.chars().all(|c| c.is_ascii_graphic() || c == ' ');
    if name.trim().is_empty() || !printable || name.starts_with(':') || name.len() > NAME_CHARS_MAX {
        let rule = format!("a metric's name has 1 to {NAME_CHARS_MAX} ASCII characters, no colon first");
        return Err(HostError::script(rule));
    }
    if !UNITS.contains(&unit.as_str()) {
        return Err(call.wrong(2, &format!("one of {}", UNITS.join(", "))));
    }
    if call.host.record().add_metric(ScriptMetric { name, value, unit }) {
        Ok(Dynamic::UNIT)
    } else {
        Err(HostError::script(format!("a run puts at most {} metrics", limits::METRICS_MAX)))
    }
}
