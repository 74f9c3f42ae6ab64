//! Module `metric`: numbers that a script wants to see over time.

use rhai::{FuncRegistration, Module};

use super::failure::{Answer, HostError};
use super::host::Host;
use crate::run::{ScriptMetric, limits};

/// Units that CloudWatch knows and a script can have.
const UNITS: &[&str] =
    &["None", "Count", "Percent", "Seconds", "Milliseconds", "Microseconds", "Bytes", "Bytes/Second"];
const NAME_CHARS_MAX: usize = 255;

pub(super) fn module(host: &Host) -> Module {
    let mut module = Module::new();
    let own = host.clone();
    FuncRegistration::new("put").set_into_module(&mut module, move |name: &str, value: f64| -> Answer<()> {
        Ok(put(&own, name, value, "None")?)
    });
    let own = host.clone();
    FuncRegistration::new("put").set_into_module(&mut module, move |name: &str, value: i64| -> Answer<()> {
        Ok(put(&own, name, value as f64, "None")?)
    });
    let own = host.clone();
    FuncRegistration::new("put")
        .set_into_module(&mut module, move |name: &str, value: f64, unit: &str| -> Answer<()> {
            Ok(put(&own, name, value, unit)?)
        });
    let own = host.clone();
    FuncRegistration::new("put")
        .set_into_module(&mut module, move |name: &str, value: i64, unit: &str| -> Answer<()> {
            Ok(put(&own, name, value as f64, unit)?)
        });
    module
}

fn put(host: &Host, name: &str, value: f64, unit: &str) -> Result<(), HostError> {
    let printable = name.chars().all(|c| c.is_ascii_graphic() || c == ' ');
    if name.trim().is_empty() || !printable || name.starts_with(':') || name.len() > NAME_CHARS_MAX {
        return Err(HostError::script(format!(
            "a metric's name has 1 to {NAME_CHARS_MAX} ASCII characters, no colon first"
        )));
    }
    if !value.is_finite() {
        return Err(HostError::script(format!("metric {name} = {value}: a finite number")));
    }
    if !UNITS.contains(&unit) {
        return Err(HostError::script(format!("metric {name} in \"{unit}\": one of {}", UNITS.join(", "))));
    }
    let metric = ScriptMetric { name: name.to_owned(), value, unit: unit.to_owned() };
    if host.record().add_metric(metric) {
        Ok(())
    } else {
        Err(HostError::script(format!("a run puts at most {} metrics", limits::METRICS_MAX)))
    }
}
