//! From what was written to what is meant.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::ops::Range;
use std::path::Path;
use std::time::Duration;

use jiff::SignedDuration;
use siskin_blueprints::{
    Alarm, Arguments, Blueprint, Canary, CanaryName, HostPattern, Invalid, MissingPeriods, Schedule, Script, Subject,
    limits as canary_limits,
};
use toml::Spanned;
use url::Url;

use super::raw::{RawAlarm, RawCanary, RawDefaults, RawFile};
use super::{Problem, limits};
use crate::script;

const TIMEOUT_DEFAULT: Duration = Duration::from_secs(30);

pub(super) struct Resolver<'a> {
    pub(super) file: &'a str,
    pub(super) text: &'a str,
    pub(super) directory: &'a Path,
}

/// A broken rule and where it is broken.
type Fault = (Option<Range<usize>>, Invalid);

impl Resolver<'_> {
    /// Turns every canary that keeps the rules into a [`Canary`], and tells every problem of the others.
    pub(super) fn resolve(&self, raw: RawFile) -> (Vec<Canary>, Vec<Problem>) {
        let mut canaries = Vec::new();
        let mut problems = Vec::new();
        let mut names = BTreeSet::new();
        if raw.canary.len() > limits::CANARIES_MAX {
            let message = format!("{} canaries: at most {}", raw.canary.len(), limits::CANARIES_MAX);
            problems.push(Problem::at(self.file, self.text, None, message));
        }
        for (index, spanned) in raw.canary.into_iter().enumerate() {
            let span = spanned.span();
            let canary = spanned.into_inner();
            let mut faults = Vec::new();
            if !names.insert(canary.name.get_ref().clone()) {
                let invalid =
                    Invalid::new("name", quoted(&canary.name), "another canary of this file has the same name");
                faults.push((Some(canary.name.span()), invalid));
            }
            let resolved = self.canary(canary, &raw.defaults, &mut faults);
            for (place, invalid) in faults {
                let place = place.or_else(|| Some(span.clone()));
                problems.push(Problem::at(self.file, self.text, place, invalid.within(&format!("canary[{index}]"))));
            }
            canaries.extend(resolved);
        }
        (canaries, problems)
    }

    fn canary(&self, raw: RawCanary, defaults: &RawDefaults, faults: &mut Vec<Fault>) -> Option<Canary> {
        let name = keep(raw.name.get_ref().parse::<CanaryName>(), Some(raw.name.span()), faults);
        let subject = self.subject(raw.blueprint.as_ref(), raw.script.as_ref(), raw.parameters, faults);
        let schedule = schedule(raw.schedule.as_ref(), raw.timezone.as_ref(), defaults, faults);
        let (timeout, timeout_span) = match raw.timeout.as_ref().or(defaults.timeout.as_ref()) {
            Some(text) => (keep(parse_duration(text.get_ref()), Some(text.span()), faults), Some(text.span())),
            None => (Some(TIMEOUT_DEFAULT), None),
        };
        let variables_span = raw.variables.as_ref().map(Spanned::span);
        let variables = raw.variables.map(Spanned::into_inner).unwrap_or_default();
        let hosts_span = raw.hosts.as_ref().map(Spanned::span);
        let hosts = raw.hosts.map(|hosts| self::hosts(hosts.into_inner(), faults)).unwrap_or_default();
        let alarm_span = raw.alarm.as_ref().map(Spanned::span);
        let alarm = match raw.alarm {
            None => Some(None),
            Some(alarm) => self::alarm(alarm.into_inner(), faults).map(Some),
        };
        let canary = Canary {
            name: name?,
            subject: subject?,
            schedule: schedule?,
            timeout: timeout?,
            variables,
            hosts,
            alarm: alarm?,
        };
        if let Err(invalid) = canary.check() {
            let span = match invalid.field.split('.').next() {
                Some("timeout") => timeout_span,
                Some("variables") => variables_span,
                Some("hosts") => hosts_span,
                Some("alarm") => alarm_span,
                Some(_) | None => None,
            };
            faults.push((span, invalid));
        }
        Some(canary)
    }

    fn subject(
        &self,
        blueprint: Option<&Spanned<String>>,
        script: Option<&Spanned<String>>,
        parameters: BTreeMap<String, Spanned<toml::Value>>,
        faults: &mut Vec<Fault>,
    ) -> Option<Subject> {
        match (blueprint, script) {
            (Some(blueprint), None) => blueprint_subject(blueprint, parameters, faults),
            (None, Some(script)) => {
                for value in parameters.values() {
                    let invalid =
                        Invalid::new("parameters", value.get_ref(), "goes with a blueprint; scripts read variables");
                    faults.push((Some(value.span()), invalid));
                }
                let read = self.read_script(script.get_ref());
                keep(read, Some(script.span()), faults).map(Subject::Script)
            }
            (Some(both), Some(_)) => {
                let invalid = Invalid::new("blueprint", quoted(both), "a canary has a blueprint or a script, not both");
                faults.push((Some(both.span()), invalid));
                None
            }
            (None, None) => {
                let rule = format!("a canary has one of {}, or a script", names_of_blueprints());
                faults.push((None, Invalid::new("blueprint", "(not given)", rule)));
                None
            }
        }
    }

    fn read_script(&self, path: &str) -> Result<Script, Invalid> {
        let invalid = |rule: String| Invalid::new("script", format!("\"{path}\""), rule);
        let full = self.directory.join(path);
        let bytes = fs::metadata(&full).map_err(|error| invalid(format!("cannot be read: {error}")))?.len();
        if bytes > canary_limits::SCRIPT_BYTES_MAX as u64 {
            return Err(invalid(format!("has {bytes} bytes: at most {}", canary_limits::SCRIPT_BYTES_MAX)));
        }
        let source = fs::read_to_string(&full).map_err(|error| invalid(format!("cannot be read: {error}")))?;
        let name = full.file_name().map_or_else(|| path.to_owned(), |name| name.to_string_lossy().into_owned());
        let script = Script { name, source };
        script::check(&script).map_err(|failure| invalid(failure.to_string()))?;
        Ok(script)
    }
}

fn blueprint_subject(
    name: &Spanned<String>,
    parameters: BTreeMap<String, Spanned<toml::Value>>,
    faults: &mut Vec<Fault>,
) -> Option<Subject> {
    let Some(blueprint) = Blueprint::named(name.get_ref()) else {
        let rule = format!("no such blueprint; there are {}", names_of_blueprints());
        faults.push((Some(name.span()), Invalid::new("blueprint", quoted(name), rule)));
        return None;
    };
    let spans: BTreeMap<_, _> = parameters.iter().map(|(key, value)| (key.clone(), value.span())).collect();
    let mut given = serde_json::Map::new();
    for (key, value) in parameters {
        let span = value.span();
        let value =
            to_json(value.into_inner()).map_err(|rule| Invalid::new(format!("parameters.{key}"), "(a value)", rule));
        given.insert(key, keep(value, Some(span), faults)?);
    }
    let arguments = Arguments::parse(blueprint, given).map_err(|invalid| {
        let first = invalid.field.split(['.', '[']).next().unwrap_or_default();
        (spans.get(first).cloned(), invalid.within("parameters"))
    });
    match arguments {
        Ok(arguments) => Some(Subject::Blueprint { blueprint, arguments }),
        Err(fault) => {
            faults.push(fault);
            None
        }
    }
}

fn schedule(
    expression: Option<&Spanned<String>>,
    timezone: Option<&Spanned<String>>,
    defaults: &RawDefaults,
    faults: &mut Vec<Fault>,
) -> Option<Schedule> {
    let Some(expression) = expression.or(defaults.schedule.as_ref()) else {
        faults.push((None, Invalid::new("schedule", "(not given)", "is required here or in [defaults]")));
        return None;
    };
    // A default zone is for the calendar times among the canaries; a rate has none.
    let is_rate = expression.get_ref().trim_start().starts_with("rate");
    let timezone = timezone.or(if is_rate { None } else { defaults.timezone.as_ref() });
    Schedule::parse(expression.get_ref(), timezone.map(|zone| zone.get_ref().as_str()))
        .map_err(|invalid| {
            let place = if invalid.field == "timezone" { timezone.unwrap_or(expression) } else { expression };
            faults.push((Some(place.span()), invalid));
        })
        .ok()
}

fn hosts(raw: Vec<Spanned<String>>, faults: &mut Vec<Fault>) -> Vec<HostPattern> {
    let parsed = raw.into_iter().enumerate().filter_map(|(index, host)| {
        let pattern = host.get_ref().parse::<HostPattern>();
        let pattern = pattern.map_err(|invalid| Invalid { field: format!("hosts[{index}]"), ..invalid });
        keep(pattern, Some(host.span()), faults)
    });
    parsed.collect()
}

fn alarm(raw: RawAlarm, faults: &mut Vec<Fault>) -> Option<Alarm> {
    let missing = match &raw.missing {
        None => Some(MissingPeriods::default()),
        Some(text) => {
            let missing = text.get_ref().parse::<MissingPeriods>().map_err(|invalid| invalid.within("alarm"));
            keep(missing, Some(text.span()), faults)
        }
    };
    let notify: Vec<_> = raw
        .notify
        .iter()
        .enumerate()
        .map(|(index, text)| {
            let url = Url::parse(text.get_ref()).ok().filter(|url| matches!(url.scheme(), "http" | "https"));
            let rule = "a webhook's URL that begins with http:// or https://";
            let url = url.ok_or_else(|| Invalid::new(format!("alarm.notify[{index}]"), quoted(text), rule));
            keep(url, Some(text.span()), faults)
        })
        .collect();
    Some(Alarm {
        threshold: *raw.threshold.get_ref(),
        periods: raw.periods.map_or(1, Spanned::into_inner),
        missing: missing?,
        notify: notify.into_iter().collect::<Option<_>>()?,
    })
}

/// Reads `30s`, `1m 30s` or `PT30S`.
///
/// # Errors
/// A text of no such form.
pub(crate) fn parse_duration(text: &str) -> Result<Duration, Invalid> {
    let invalid = || Invalid::new("timeout", format!("\"{text}\""), "a duration such as 30s or 1m 30s");
    let signed: SignedDuration = text.parse().map_err(|_| invalid())?;
    Duration::try_from(signed).map_err(|_| invalid())
}

fn to_json(value: toml::Value) -> Result<serde_json::Value, &'static str> {
    Ok(match value {
        toml::Value::String(text) => text.into(),
        toml::Value::Integer(whole) => whole.into(),
        toml::Value::Float(float) if !float.is_finite() => return Err("a finite number"),
        toml::Value::Float(float) => float.into(),
        toml::Value::Boolean(truth) => truth.into(),
        toml::Value::Datetime(at) => at.to_string().into(),
        toml::Value::Array(items) => items.into_iter().map(to_json).collect::<Result<Vec<_>, _>>()?.into(),
        toml::Value::Table(entries) => {
            let entries = entries.into_iter().map(|(key, value)| Ok::<_, &'static str>((key, to_json(value)?)));
            serde_json::Value::Object(entries.collect::<Result<_, _>>()?)
        }
    })
}

fn keep<T>(result: Result<T, Invalid>, span: Option<Range<usize>>, faults: &mut Vec<Fault>) -> Option<T> {
    result.map_err(|invalid| faults.push((span, invalid))).ok()
}

fn quoted(text: &Spanned<String>) -> String {
    format!("\"{}\"", text.get_ref())
}

fn names_of_blueprints() -> String {
    siskin_blueprints::all().iter().map(|blueprint| blueprint.name).collect::<Vec<_>>().join(", ")
}
