//! Rules between parameters.

use serde_json::{Map, Value};

use super::write::secure_hosts;
use crate::Invalid;

/// Metrics that a run's script may put.
const METRICS_MAX: usize = 100;

pub(super) fn arguments(arguments: &Map<String, Value>) -> Result<(), Invalid> {
    let given = |name: &str| arguments.get(name).filter(|value| !value.is_null());
    let pages = given("url").and_then(Value::as_array).map(Vec::as_slice).unwrap_or_default();
    for (index, page) in pages.iter().enumerate() {
        if page["name"].as_str().is_some_and(|name| name.trim().is_empty()) {
            return Err(Invalid::new(format!("url[{index}].name"), &page["name"], "a name of more than blanks"));
        }
    }
    if let Some(vitals) = given("vitals").and_then(Value::as_object) {
        let hosts = if given("certificate_days").is_some() { secure_hosts(pages).len() } else { 0 };
        check_vitals(vitals, pages.len(), hosts, given("click").is_some())
            .map_err(|invalid| invalid.within("vitals"))?;
    }
    if let Some(days) = given("certificate_days") {
        let [warn, fail] = ["warn", "fail"].map(|limit| days[limit].as_f64());
        check_limits(warn, fail, |warn, fail| warn > fail, "more days than those of fail")
            .map_err(|invalid| invalid.within("certificate_days"))?;
        if secure_hosts(pages).is_empty() {
            return Err(Invalid::new("certificate_days", days, "goes with pages of https: none of `url` is one"));
        }
    }
    for (patterns, switch) in [("ignore_requests", "failed_requests"), ("ignore_console", "console_errors")] {
        if let Some(given) = given(patterns)
            && arguments.get(switch).and_then(Value::as_str) == Some("ignore")
        {
            return Err(Invalid::new(patterns, given, format!("goes with {switch} of warn or fail")));
        }
    }
    Ok(())
}

fn check_vitals(vitals: &Map<String, Value>, pages: usize, hosts: usize, clicks: bool) -> Result<(), Invalid> {
    let watched: Vec<_> = vitals.iter().filter(|(_, limits)| limits.is_object()).collect();
    for (name, limits) in &watched {
        let [warn, fail] = ["warn", "fail"].map(|limit| limits[limit].as_f64());
        check_limits(warn, fail, |warn, fail| warn < fail, "less than fail").map_err(|invalid| invalid.within(name))?;
        if *name == "inp" && !clicks {
            let rule = "is measured of an interaction: name an element with `click`";
            return Err(Invalid::new("inp", limits, rule));
        }
    }
    // One more for each host whose certificate is looked at.
    let metrics = watched.len() * pages + hosts;
    if metrics > METRICS_MAX {
        let rule = format!("at most {METRICS_MAX} metrics in a run: fewer vitals, or fewer pages");
        return Err(Invalid::new("", format!("{} vitals of {pages} pages", watched.len()), rule));
    }
    Ok(())
}

fn check_limits(
    warn: Option<f64>,
    fail: Option<f64>,
    in_order: fn(f64, f64) -> bool,
    rule: &str,
) -> Result<(), Invalid> {
    match (warn, fail) {
        (None, None) => Err(Invalid::new("warn", "(not given)", "a limit has warn, fail, or both")),
        (Some(warn), Some(fail)) if !in_order(warn, fail) => Err(Invalid::new("warn", warn, rule)),
        _ => Ok(()),
    }
}
