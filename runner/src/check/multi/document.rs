//! The document: settings, variables and steps.

use std::collections::BTreeMap;

use serde_json::{Map, Value};
use siskin_blueprints::{HostPattern, Invalid};

use super::assertion::Assertion;
use super::dns::DnsCheck;
use super::extractor::Extractor;
use super::fields::{Fields, Reader};
use super::grpc::GrpcCheck;
use super::http::{HttpCheck, check_header};
use super::number::{Number, Range};
use super::ssl::SslCheck;
use super::tcp::TcpCheck;
use super::template::{SecretName, Template, is_name};
use super::websocket::WebSocketCheck;

/// Limits of a document and of what is read for it.
pub mod limits {
    /// Most steps, as AWS has it.
    pub const STEPS_MAX: usize = 10;
    /// Most variables, as AWS has it.
    pub const VARIABLES_MAX: usize = 10;
    /// Longest name of a step, as AWS has it.
    pub const STEP_NAME_CHARS_MAX: usize = 64;
    /// Size of a document; written as a script it stays below what a script may have.
    pub const DOCUMENT_BYTES_MAX: usize = 128 * 1024;
    /// Bytes that are read of a connection, as AWS reads of a response.
    pub const DATA_BYTES_MAX: usize = 1024 * 1024;
    pub(crate) const DATA_CUT: &str = "the data is longer than 1 MiB (1,048,576 bytes)";
}

/// A document of checks, all of its rules kept.
#[derive(Clone, Debug, PartialEq)]
pub struct Checks {
    pub(crate) user_agent: Option<Template>,
    pub(crate) steps: Vec<Step>,
    secrets: Vec<SecretName>,
    hosts: Vec<HostPattern>,
}

#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Step {
    pub(crate) name: String,
    /// Of the whole check, in milliseconds.
    pub(crate) timeout: Number,
    pub(crate) check: Check,
    /// Those of the document, and those that hold where it says nothing.
    pub(crate) assertions: Vec<Assertion>,
    pub(crate) extractors: Vec<Extractor>,
}

#[derive(Clone, Debug, PartialEq)]
pub(crate) enum Check {
    Http(HttpCheck),
    Dns(DnsCheck),
    Ssl(SslCheck),
    Tcp(TcpCheck),
    Grpc(GrpcCheck),
    WebSocket(WebSocketCheck),
}

/// `checkerType`.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(super) enum Checker {
    Http,
    Dns,
    Ssl,
    Tcp,
    Grpc,
    WebSocket,
}

const CHECKERS: &[(&str, Checker)] = &[
    ("HTTP", Checker::Http),
    ("DNS", Checker::Dns),
    ("SSL", Checker::Ssl),
    ("TCP", Checker::Tcp),
    ("GRPC", Checker::Grpc),
    ("WEBSOCKET", Checker::WebSocket),
];
const STEP_NAME: &str = "a letter, then letters, digits, _ and -; at most 64 characters, unique in the document";

/// What holds for steps that do not say.
#[derive(Clone, Debug)]
pub(super) struct Settings {
    timeout: Number,
    user_agent: Option<Template>,
}

impl Settings {
    /// Both of the ranges that AWS's pages give, and its own defaults, lie within.
    pub(super) const TIMEOUT_MS: Range = Range::whole(1_000, 300_000);
    const TIMEOUT_MS_DEFAULT: u32 = 30_000;

    fn read(root: &mut Fields<'_, '_>) -> Self {
        let mut settings = Self { timeout: Number::of(Self::TIMEOUT_MS_DEFAULT), user_agent: None };
        if let Some((path, map)) = root.object("globalSettings") {
            let mut fields = Fields::new(root.reader, map, path);
            if let Some(timeout) = fields.number("stepTimeout", Self::TIMEOUT_MS, Some(Self::TIMEOUT_MS_DEFAULT)) {
                settings.timeout = timeout;
            }
            settings.user_agent = fields.text_if_given("userAgent");
            if let Some(Err(rule)) = settings.user_agent.as_ref().map(|agent| check_header("user-agent", agent)) {
                fields.fault("userAgent", rule);
            }
            fields.end();
        }
        settings
    }
}

impl Checks {
    /// Reads a document as it stands in a file. Of two members with one name the last counts, as at AWS.
    ///
    /// # Errors
    /// Every mistake, each with its `JSONPath`.
    pub fn parse(text: &str) -> Result<Self, Vec<Invalid>> {
        if text.len() > limits::DOCUMENT_BYTES_MAX {
            let rule = format!("at most {} bytes", limits::DOCUMENT_BYTES_MAX);
            return Err(vec![Invalid::new("$", format!("{} bytes", text.len()), rule)]);
        }
        let value: Value = serde_json::from_str(text)
            .map_err(|error| vec![Invalid::new("$", "(the text)", format!("is no JSON: {error}"))])?;
        Self::read(&value)
    }

    /// The same of a document that is JSON already.
    ///
    /// # Errors
    /// Every mistake, each with its `JSONPath`.
    pub fn read(value: &Value) -> Result<Self, Vec<Invalid>> {
        let mut reader = Reader::default();
        let Value::Object(map) = value else {
            reader.fault("$", value, "an object of globalSettings, variables and steps");
            return Err(reader.faults);
        };
        let bytes = value.to_string().len();
        if bytes > limits::DOCUMENT_BYTES_MAX {
            let rule = format!("at most {} bytes", limits::DOCUMENT_BYTES_MAX);
            return Err(vec![Invalid::new("$", format!("{bytes} bytes"), rule)]);
        }
        let mut root = Fields::new(&mut reader, map, "$".to_owned());
        variables(&mut root);
        let settings = Settings::read(&mut root);
        let steps = steps(&mut root, &settings);
        root.end();
        if !reader.faults.is_empty() {
            return Err(reader.faults);
        }
        Ok(Self {
            user_agent: settings.user_agent,
            steps,
            secrets: reader.secrets.into_iter().collect(),
            hosts: reader.hosts.into_iter().collect(),
        })
    }

    /// Names of the steps, in order.
    pub fn names(&self) -> impl Iterator<Item = &str> {
        self.steps.iter().map(|step| step.name.as_str())
    }

    /// Secrets of the canary that the document needs.
    pub fn secrets(&self) -> &[SecretName] {
        &self.secrets
    }

    /// Hosts that the document names, as far as no value of a step names them.
    pub fn hosts(&self) -> &[HostPattern] {
        &self.hosts
    }

    /// Longest time that the steps may take together, as far as it is written down.
    pub fn time_max(&self) -> std::time::Duration {
        let of = |step: &Step| {
            let wait = if let Check::Http(check) = &step.check { check.wait.fixed() } else { None };
            step.timeout.fixed().unwrap_or_default() / 1_000.0 + wait.unwrap_or_default()
        };
        std::time::Duration::from_secs_f64(self.steps.iter().map(of).sum())
    }
}

impl Check {
    fn read(checker: Checker, fields: &mut Fields<'_, '_>) -> Option<Self> {
        match checker {
            Checker::Http => HttpCheck::read(fields).map(Self::Http),
            Checker::Dns => DnsCheck::read(fields).map(Self::Dns),
            Checker::Ssl => SslCheck::read(fields).map(Self::Ssl),
            Checker::Tcp => TcpCheck::read(fields).map(Self::Tcp),
            Checker::Grpc => GrpcCheck::read(fields).map(Self::Grpc),
            Checker::WebSocket => WebSocketCheck::read(fields).map(Self::WebSocket),
        }
    }

    /// The word of its `checkerType`.
    pub(crate) fn word(&self) -> &'static str {
        let checker = match self {
            Self::Http(_) => Checker::Http,
            Self::Dns(_) => Checker::Dns,
            Self::Ssl(_) => Checker::Ssl,
            Self::Tcp(_) => Checker::Tcp,
            Self::Grpc(_) => Checker::Grpc,
            Self::WebSocket(_) => Checker::WebSocket,
        };
        checker.word()
    }
}

impl Checker {
    pub(super) fn word(self) -> &'static str {
        CHECKERS.iter().find(|(_, one)| *one == self).map(|(word, _)| *word).unwrap_or_default()
    }

    /// Whether its answers have a body.
    fn has_body(self) -> bool {
        matches!(self, Self::Http | Self::Tcp | Self::WebSocket)
    }
}

fn variables(root: &mut Fields<'_, '_>) {
    let Some((path, map)) = root.object("variables") else { return };
    if map.len() > limits::VARIABLES_MAX {
        let rule = format!("at most {} variables", limits::VARIABLES_MAX);
        root.reader.faults.push(Invalid::new(&path, format!("{} variables", map.len()), rule));
    }
    let mut known = BTreeMap::new();
    for (name, value) in map {
        let own = format!("{path}['{name}']");
        match value {
            _ if !is_name(name) => root.reader.fault(&own, value, "a name is a letter, then letters, digits and _"),
            Value::String(text) => {
                known.insert(name.clone(), text.clone());
            }
            _ => root.reader.fault(&own, value, "a text"),
        }
    }
    root.reader.scope.variables = known;
    // Mistakes are told where they stand, once, also of variables that nothing uses.
    for (name, value) in map {
        if let (true, Value::String(text)) = (is_name(name), value) {
            let own = format!("{path}['{name}']");
            if root.reader.template(&own, text).is_none() {
                root.reader.scope.variables.insert(name.clone(), String::new());
            }
        }
    }
}

fn steps(root: &mut Fields<'_, '_>, settings: &Settings) -> Vec<Step> {
    if !root.has("steps") {
        root.know(&["steps"]);
        root.reader.missing("$.steps", "an object of 1 to 10 steps, keyed \"1\" to \"10\"");
        return Vec::new();
    }
    let Some((path, map)) = root.object("steps") else { return Vec::new() };
    if map.is_empty() || map.len() > limits::STEPS_MAX {
        let rule = format!("1 to {} steps", limits::STEPS_MAX);
        root.reader.faults.push(Invalid::new(&path, format!("{} steps", map.len()), rule));
    }
    let mut numbered = Vec::new();
    for (key, value) in map {
        let own = format!("{path}['{key}']");
        let number = key.parse::<usize>().ok().filter(|number| number.to_string() == *key);
        match (number.filter(|number| (1..=limits::STEPS_MAX).contains(number)), value) {
            (Some(number), Value::Object(step)) => numbered.push((number, own, step)),
            (Some(_), other) => root.reader.fault(&own, other, "an object"),
            (None, other) => root.reader.fault(&own, other, "the key of a step is one of \"1\" to \"10\""),
        }
    }
    numbered.sort_by_key(|(number, _, _)| *number);
    let mut names = Vec::new();
    let read =
        numbered.into_iter().filter_map(|(_, own, step)| self::step(root.reader, own, step, settings, &mut names));
    read.collect()
}

fn step(
    reader: &mut Reader,
    path: String,
    map: &Map<String, Value>,
    settings: &Settings,
    names: &mut Vec<String>,
) -> Option<Step> {
    let mut fields = Fields::new(reader, map, path);
    let name =
        fields.plain("stepName", STEP_NAME, |name| is_step_name(name) && !names.iter().any(|known| known == name));
    names.extend(name.clone());
    let checker = fields.word("checkerType", CHECKERS, None)?;
    let timeout = if fields.has("timeout") {
        fields.number("timeout", Settings::TIMEOUT_MS, None)
    } else {
        fields.know(&["timeout"]);
        Some(settings.timeout.clone())
    };
    let check = Check::read(checker, &mut fields);
    let mut assertions = Vec::new();
    for (path, map) in fields.list("assertions") {
        assertions.extend(Assertion::read(Fields::new(fields.reader, map, path), checker));
    }
    let extractors = extractors(&mut fields, checker);
    fields.end();
    let known = name.clone().unwrap_or_default();
    reader.scope.extracted.extend(extractors.iter().map(|extractor| (extractor.name.clone(), known.clone())));
    let check = check?;
    assertions.extend(Assertion::expected_response(&check));
    Assertion::add_defaults(&mut assertions, &check);
    Some(Step { name: name?, timeout: timeout?, check, assertions, extractors })
}

fn extractors(fields: &mut Fields<'_, '_>, checker: Checker) -> Vec<Extractor> {
    if fields.has("extractors") && !checker.has_body() {
        fields.know(&["extractors"]);
        let rule = format!("an extractor reads a body, and {} has none", checker.word());
        fields.fault("extractors", rule);
        return Vec::new();
    }
    let mut extractors = Vec::new();
    for (path, map) in fields.list("extractors") {
        extractors.extend(Extractor::read(Fields::new(fields.reader, map, path)));
    }
    extractors
}

fn is_step_name(name: &str) -> bool {
    name.chars().count() <= limits::STEP_NAME_CHARS_MAX
        && name.starts_with(|first: char| first.is_ascii_alphabetic())
        && name.chars().all(|c| c.is_ascii_alphanumeric() || matches!(c, '_' | '-'))
}
