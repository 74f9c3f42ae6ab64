//! Module `metric`: numbers that a script wants to see over time.

use rhai::{Dynamic, Module};

use super::failure::HostError;
use super::functions::{Functions, as_number, as_text};
use super::host::Host;
use crate::run::{ScriptMetric, limits};

/// Units that CloudWatch knows and a script can have.
const UNITS: &[&str] =
    &["None", "Count", "Percent", "Seconds", "Milliseconds", "Microseconds", "Bytes", "Bytes/Second"];
const NAME_CHARS_MAX: usize = 255;

pub(super) fn module(host: &Host) -> Module {
    Functions::new(host)
        .two("put", |host, name, value| put(host, name, value, "None"))
        .three("put", |host, name, value, unit| put(host, name, value, &as_text("a metric's unit", unit)?))
        .build()
}

fn put(host: &Host, name: &Dynamic, value: &Dynamic, unit: &str) -> Result<(), HostError> {
    let name = as_text("a metric's name", name)?;
    let value = as_number("a metric's value", value)?;
    let printable = name.chars().all(|c| c.is_ascii_graphic() || c == ' ');
    if name.trim().is_empty() || !printable || name.starts_with(':') || name.len() > NAME_CHARS_MAX {
        let rule = format!("a metric's name has 1 to {NAME_CHARS_MAX} ASCII characters, no colon first");
        return Err(HostError::script(rule));
    }
    if !value.is_finite() {
        return Err(HostError::script(format!("metric {name} = {value}: a finite number")));
    }
    if !UNITS.contains(&unit) {
        return Err(HostError::script(format!("metric {name} in \"{unit}\": one of {}", UNITS.join(", "))));
    }
    let metric = ScriptMetric { name, value, unit: unit.to_owned() };
    if host.record().add_metric(metric) {
        Ok(())
    } else {
        Err(HostError::script(format!("a run puts at most {} metrics", limits::METRICS_MAX)))
    }
}
