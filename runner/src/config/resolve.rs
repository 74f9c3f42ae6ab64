//! From what was written to what is meant.

use std::cell::RefCell;
use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::ops::Range;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

use siskin_blueprints::{
    Alarm, Arguments, Blueprint, Canary, CanaryName, HostPattern, Invalid, MissingPeriods, Needs, Script, Subject,
    limits as canary_limits,
};
use toml::Spanned;
use url::Url;

use super::check::Fault;
use super::load::{Config, Entry};
use super::place::{ArtifactPlace, BaselinePlace};
use super::quantity::parse_duration;
use super::raw::{RawAlarm, RawCanary, RawFile, RawSecret, RawTiming, RawVariable};
use super::secret::SecretSource;
use super::timing::{self, Maintenance};
use super::{Document, MULTI_CHECK, MULTI_CHECK_PARAMETER, Problem, Secrets, limits};
use crate::schedule::Plan;
use crate::script;

const TIMEOUT_DEFAULT: Duration = Duration::from_secs(30);
const GROUP_CHARS_MAX: usize = 64;

pub(super) struct Resolver<'a> {
    pub(super) file: &'a str,
    pub(super) text: &'a str,
    pub(super) directory: &'a Path,
    pub(super) env: &'a dyn Fn(&str) -> Option<String>,
    /// What was read on the way.
    pub(super) files: RefCell<Vec<PathBuf>>,
}

impl Resolver<'_> {
    /// Turns every canary that keeps the rules into an [`Entry`], and tells every problem of the others.
    pub(super) fn resolve(&self, raw: RawFile) -> (Config, Vec<Problem>) {
        let mut problems = Vec::new();
        let mut tell = |outer: &str, span: Option<Range<usize>>, faults: Vec<Fault>| {
            problems.extend(faults.into_iter().map(|(place, invalid)| {
                let invalid = if outer.is_empty() { invalid } else { invalid.within(outer) };
                Problem::at(self.file, self.text, place.or_else(|| span.clone()), invalid)
            }));
        };
        if raw.canary.len() > limits::CANARIES_MAX {
            let rule = format!("at most {}", limits::CANARIES_MAX);
            tell("canary", None, vec![(None, Invalid::new("", raw.canary.len(), rule))]);
        }
        let mut faults = Vec::new();
        let artifacts = raw.artifacts.as_ref().and_then(|text| {
            keep(ArtifactPlace::parse("artifacts", text.get_ref(), self.directory), Some(text.span()), &mut faults)
        });
        let baselines = raw.baselines.as_ref().and_then(|text| {
            keep(BaselinePlace::parse("baselines", text.get_ref(), self.directory), Some(text.span()), &mut faults)
        });
        tell("", None, std::mem::take(&mut faults));
        let retention = timing::retention(&raw.retention, &mut faults);
        let keep_passed = timing::keep_passed(&raw.retention, &mut faults);
        tell("retention", None, faults);
        let names: BTreeSet<_> = raw.canary.iter().map(|canary| canary.get_ref().name.get_ref().clone()).collect();
        let groups: BTreeSet<_> = raw
            .canary
            .iter()
            .flat_map(|canary| &canary.get_ref().groups)
            .map(|group| group.get_ref().clone())
            .collect();
        let mut windows = Vec::new();
        for (index, spanned) in raw.maintenance.into_iter().enumerate() {
            let span = spanned.span();
            let mut faults = Vec::new();
            let window = timing::maintenance(spanned.into_inner(), &mut faults);
            if let Some(window) = &window {
                known("canaries", &window.canaries, &names, &mut faults);
                known("groups", &window.groups, &groups, &mut faults);
            }
            tell(&format!("maintenance[{index}]"), Some(span), faults);
            windows.extend(window);
        }
        let mut entries = Vec::new();
        let mut seen = BTreeSet::new();
        for (index, spanned) in raw.canary.into_iter().enumerate() {
            let span = spanned.span();
            let canary = spanned.into_inner();
            let mut faults = Vec::new();
            if !seen.insert(canary.name.get_ref().clone()) {
                let invalid =
                    Invalid::new("name", quoted(&canary.name), "another canary of this file has the same name");
                faults.push((Some(canary.name.span()), invalid));
            }
            entries.extend(self.entry(canary, &raw.defaults, &windows, &mut faults));
            tell(&format!("canary[{index}]"), Some(span), faults);
        }
        (Config { entries, artifacts, baselines, retention, keep_passed, files: self.files.take() }, problems)
    }

    fn entry(
        &self,
        raw: RawCanary,
        defaults: &RawTiming,
        windows: &[Maintenance],
        faults: &mut Vec<Fault>,
    ) -> Option<Entry> {
        let written = raw.timing(defaults);
        let name = keep(raw.name.get_ref().parse::<CanaryName>(), Some(raw.name.span()), faults);
        let parameters_span = raw.parameters.values().next().map(Spanned::span);
        let mut document = None;
        let subject = self.subject(raw.blueprint.as_ref(), raw.script.as_ref(), raw.parameters, &mut document, faults);
        let timing = timing::timing(&written, faults);
        let (timeout, timeout_span) = match &written.timeout {
            Some(text) => {
                (keep(parse_duration("timeout", text.get_ref()), Some(text.span()), faults), Some(text.span()))
            }
            None => (Some(TIMEOUT_DEFAULT), None),
        };
        let groups = groups(raw.groups, faults);
        let variables_span = raw.variables.as_ref().map(Spanned::span);
        let variables = self.variables(raw.variables.map(Spanned::into_inner).unwrap_or_default(), faults);
        let secrets_span = raw.secrets.values().next().map(Spanned::span);
        let declared: BTreeSet<_> = raw.secrets.keys().cloned().collect();
        let secrets = self.secrets(raw.secrets, faults);
        let hosts_span = raw.hosts.as_ref().map(Spanned::span);
        let mut hosts = raw.hosts.map(|hosts| self::hosts(hosts.into_inner(), faults)).unwrap_or_default();
        if let Some(document) = &document {
            hosts.extend_from_slice(document.hosts());
            let missing = document.missing(&secrets, &declared);
            faults.extend(missing.into_iter().map(|invalid| (secrets_span.clone(), invalid)));
        }
        let alarm_span = raw.alarm.as_ref().map(Spanned::span);
        let alarm = match raw.alarm {
            None => Some(None),
            Some(alarm) => self::alarm(alarm.get_ref(), faults).map(Some),
        };
        let (name, timing) = (name?, timing?);
        let canary = Canary {
            name,
            subject: subject?,
            schedule: timing.schedule.clone(),
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
        faults.extend(missing(&canary, &declared).map(|invalid| (parameters_span.clone(), invalid)));
        let maintenance = windows.iter().filter(|window| window.is_for(canary.name.as_str(), &groups));
        let mut plan = Plan::new(&canary.name, timing.schedule, timing.jitter);
        plan.overlap = timing.overlap;
        plan.misfire = timing.misfire;
        plan.max_lateness = timing.max_lateness;
        plan.retries = timing.retries;
        plan.maintenance = maintenance.map(|maintenance| maintenance.window.clone()).collect();
        Some(Entry { canary: Arc::new(canary), plan: Arc::new(plan), groups, secrets })
    }

    fn variables(
        &self,
        raw: BTreeMap<String, Spanned<RawVariable>>,
        faults: &mut Vec<Fault>,
    ) -> BTreeMap<String, String> {
        let mut variables = BTreeMap::new();
        for (name, variable) in raw {
            let span = variable.span();
            let value = match variable.into_inner() {
                RawVariable::Text(text) => Some(text),
                RawVariable::Env { env, default } => {
                    let value = (self.env)(&env).or(default);
                    let rule = "the environment has no such variable, and there is no default";
                    let field = format!("variables.{name}.env");
                    keep(value.ok_or_else(|| Invalid::new(field, format!("\"{env}\""), rule)), Some(span), faults)
                }
            };
            variables.extend(value.map(|value| (name, value)));
        }
        variables
    }

    fn secrets(&self, raw: BTreeMap<String, Spanned<RawSecret>>, faults: &mut Vec<Fault>) -> Secrets {
        let mut secrets = Vec::new();
        for (name, secret) in raw {
            let span = secret.span();
            let field = format!("secrets.{name}");
            let (key, shown, source) = match secret.into_inner() {
                RawSecret { env: Some(env), file: None, command: None } => {
                    ("env", format!("\"{env}\""), SecretSource::Env(env))
                }
                RawSecret { env: None, file: Some(file), command: None } => {
                    self.files.borrow_mut().push(self.directory.join(&file));
                    ("file", format!("\"{file}\""), SecretSource::File(file))
                }
                RawSecret { env: None, file: None, command: Some(words) } => {
                    // Arguments may be secret themselves.
                    let program = words.first().cloned().unwrap_or_default();
                    ("command", format!("[\"{program}\", ..]"), SecretSource::Command(words))
                }
                RawSecret { .. } => {
                    let rule = "exactly one of env, file and command";
                    faults.push((Some(span), Invalid::new(field, "{...}", rule)));
                    continue;
                }
            };
            let fetched = source.fetch(self.directory, self.env);
            let fetched = fetched.map_err(|rule| Invalid::new(format!("{field}.{key}"), shown, rule));
            secrets.extend(keep(fetched, Some(span), faults).map(|secret| (name, secret)));
        }
        secrets.into_iter().collect()
    }

    fn subject(
        &self,
        blueprint: Option<&Spanned<String>>,
        script: Option<&Spanned<String>>,
        parameters: BTreeMap<String, Spanned<toml::Value>>,
        document: &mut Option<Document>,
        faults: &mut Vec<Fault>,
    ) -> Option<Subject> {
        match (blueprint, script) {
            (Some(blueprint), None) => self.blueprint_subject(blueprint, parameters, document, faults),
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

    fn blueprint_subject(
        &self,
        name: &Spanned<String>,
        parameters: BTreeMap<String, Spanned<toml::Value>>,
        document: &mut Option<Document>,
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
            let mut value = to_json(value.into_inner())
                .map_err(|rule| Invalid::new(format!("parameters.{key}"), "(a value)", rule));
            if let (MULTI_CHECK, MULTI_CHECK_PARAMETER, Ok(given)) = (blueprint.name, key.as_str(), &value) {
                *document = Some(self.document(given, &span, faults)?);
                value = Ok(document.as_ref()?.value.clone());
            }
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

    /// Reads a multi-checks document; every mistake in it is told.
    fn document(&self, given: &serde_json::Value, span: &Range<usize>, faults: &mut Vec<Fault>) -> Option<Document> {
        let read = Document::of(given, self.directory);
        // A file with mistakes is watched, too.
        self.files.borrow_mut().extend(Document::file_of(given, self.directory));
        read.map_err(|mistakes| {
            let place = |invalid: &Invalid| format!("parameters.{MULTI_CHECK_PARAMETER}: {}", invalid.field);
            let mistakes = mistakes.into_iter().map(|invalid| Invalid { field: place(&invalid), ..invalid });
            faults.extend(mistakes.map(|invalid| (Some(span.clone()), invalid)));
        })
        .ok()
    }

    fn read_script(&self, path: &str) -> Result<Script, Invalid> {
        let invalid = |rule: String| Invalid::new("script", format!("\"{path}\""), rule);
        let full = self.directory.join(path);
        self.files.borrow_mut().push(full.clone());
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

/// Secrets and variables that the parameters name and the canary has not.
fn missing(canary: &Canary, secrets: &BTreeSet<String>) -> impl Iterator<Item = Invalid> {
    let needs = match &canary.subject {
        Subject::Blueprint { blueprint, arguments } => arguments.needs(blueprint),
        Subject::Script(_) => Needs::default(),
    };
    let told = |kind: &str, name: &str| {
        let place = format!("{{{{{kind}:{name}}}}}");
        Invalid::new("parameters", place, format!("the canary has no such {kind}: name it in `{kind}s`"))
    };
    let secrets = needs.secrets.difference(secrets).map(|name| told("secret", name));
    let variables = needs.variables.iter().filter(|name| !canary.variables.contains_key(*name));
    secrets.chain(variables.map(|name| told("variable", name))).collect::<Vec<_>>().into_iter()
}

fn groups(raw: Vec<Spanned<String>>, faults: &mut Vec<Fault>) -> Vec<String> {
    if raw.len() > limits::GROUPS_MAX {
        let place = raw.first().map(Spanned::span);
        faults.push((place, Invalid::new("groups", raw.len(), format!("at most {} groups", limits::GROUPS_MAX))));
    }
    let allowed = |c: char| c.is_ascii_alphanumeric() || matches!(c, '_' | '-');
    let mut groups = Vec::new();
    for (index, group) in raw.into_iter().enumerate() {
        let (span, text) = (group.span(), group.into_inner());
        if (1..=GROUP_CHARS_MAX).contains(&text.len()) && text.chars().all(allowed) {
            groups.push(text);
        } else {
            let rule = "1 to 64 of the characters 0-9, A-Z, a-z, _ and -";
            faults.push((Some(span), Invalid::new(format!("groups[{index}]"), format!("\"{text}\""), rule)));
        }
    }
    groups.sort();
    groups.dedup();
    groups
}

/// Tells what a window names and nobody is called.
fn known(field: &str, given: &[Spanned<String>], known: &BTreeSet<String>, faults: &mut Vec<Fault>) {
    for (index, text) in given.iter().enumerate().filter(|(_, text)| !known.contains(text.get_ref())) {
        let what =
            if field == "groups" { "no canary of this file is in such a group" } else { "no such canary in this file" };
        faults.push((Some(text.span()), Invalid::new(format!("{field}[{index}]"), quoted(text), what)));
    }
}

fn hosts(raw: Vec<Spanned<String>>, faults: &mut Vec<Fault>) -> Vec<HostPattern> {
    let parsed = raw.into_iter().enumerate().filter_map(|(index, host)| {
        let pattern = host.get_ref().parse::<HostPattern>();
        let pattern = pattern.map_err(|invalid| Invalid { field: format!("hosts[{index}]"), ..invalid });
        keep(pattern, Some(host.span()), faults)
    });
    parsed.collect()
}

fn alarm(raw: &RawAlarm, faults: &mut Vec<Fault>) -> Option<Alarm> {
    let missing = match &raw.missing {
        None => Some(MissingPeriods::default()),
        Some(text) => {
            let missing = text.get_ref().parse::<MissingPeriods>().map_err(|invalid| invalid.within("alarm"));
            keep(missing, Some(text.span()), faults)
        }
    };
    let periods = match &raw.periods {
        None => Some(1),
        Some(count) => {
            let whole = u32::try_from(*count.get_ref());
            let invalid = |_| Invalid::new("alarm.periods", count.get_ref(), "1 to 100");
            keep(whole.map_err(invalid), Some(count.span()), faults)
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
        periods: periods?,
        missing: missing?,
        notify: notify.into_iter().collect::<Option<_>>()?,
    })
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

pub(super) fn keep<T>(result: Result<T, Invalid>, span: Option<Range<usize>>, faults: &mut Vec<Fault>) -> Option<T> {
    result.map_err(|invalid| faults.push((span, invalid))).ok()
}

fn quoted(text: &Spanned<String>) -> String {
    format!("\"{}\"", text.get_ref())
}

fn names_of_blueprints() -> String {
    siskin_blueprints::all().iter().map(|blueprint| blueprint.name).collect::<Vec<_>>().join(", ")
}
