//! Objects of a document, read field by field: every mistake is kept, none ends the reading.

use std::collections::BTreeSet;

use serde_json::{Map, Value};
use siskin_blueprints::{HostPattern, Invalid};
use url::Url;

use super::number::{Number, Range};
use super::template::{Scope, SecretName, Template};

/// Keys with less in common than this are no suggestion.
const SIMILAR: f64 = 0.75;
/// Fields whose values are not told.
const HIDDEN: [&str; 3] = ["password", "apiKey", "clientSecret"];

/// What is gathered while a document is read.
#[derive(Debug, Default)]
pub(super) struct Reader {
    pub(super) faults: Vec<Invalid>,
    pub(super) scope: Scope,
    pub(super) secrets: BTreeSet<SecretName>,
    /// Hosts that are known before anything runs.
    pub(super) hosts: BTreeSet<HostPattern>,
}

impl Reader {
    pub(super) fn fault(&mut self, path: &str, value: &Value, rule: impl Into<String>) {
        let shown = match value {
            Value::Object(_) => "{...}".to_owned(),
            Value::Array(_) => "[...]".to_owned(),
            Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_) => value.to_string(),
        };
        self.faults.push(Invalid::new(path, shown, rule));
    }

    pub(super) fn missing(&mut self, path: &str, rule: &str) {
        self.faults.push(Invalid::new(path, "(not given)", format!("is required: {rule}")));
    }

    pub(super) fn template(&mut self, path: &str, text: &str) -> Option<Template> {
        match Template::read(text, &self.scope) {
            Ok(template) => {
                self.secrets.extend(template.secrets().cloned());
                Some(template)
            }
            Err(rule) => {
                self.fault(path, &Value::from(text), rule);
                None
            }
        }
    }

    /// Takes the host of an address, where no value of a step can change it.
    pub(super) fn note_url(&mut self, url: &Template) {
        let host = |filler| Url::parse(&url.sample(filler)).ok().as_ref().and_then(HostPattern::of);
        let (one, other) = (host("0"), host("10"));
        self.hosts.extend(one.filter(|one| other.as_ref() == Some(one)));
    }

    pub(super) fn note_host(&mut self, host: &Template, port: &Number) {
        if let (Some(host), Some(port)) = (host.fixed(), port.fixed()) {
            self.hosts.extend(address(host, port as u16).as_ref().and_then(HostPattern::of));
        }
    }
}

/// The URL of a host and port, for lists of hosts; `None` for what is more than a host, or none.
pub(super) fn address(host: &str, port: u16) -> Option<Url> {
    if host.contains(['/', '?', '#', '@', '\\', '[', ']']) {
        return None;
    }
    let host = if host.contains(':') { format!("[{host}]") } else { host.to_owned() };
    Url::parse(&format!("http://{host}:{port}/")).ok()
}

/// The host of a URL, an address without its brackets.
pub(super) fn host_of(url: &Url) -> String {
    url.host_str().unwrap_or_default().trim_matches(['[', ']']).to_owned()
}

/// One object of a document.
pub(super) struct Fields<'r, 'd> {
    pub(super) reader: &'r mut Reader,
    map: &'d Map<String, Value>,
    pub(super) path: String,
    seen: Vec<&'static str>,
}

impl<'r, 'd> Fields<'r, 'd> {
    pub(super) fn new(reader: &'r mut Reader, map: &'d Map<String, Value>, path: String) -> Self {
        Self { reader, map, path, seen: Vec::new() }
    }

    pub(super) fn path_of(&self, name: &str) -> String {
        format!("{}.{name}", self.path)
    }

    /// The value of a field; from now on it is a known one.
    pub(super) fn take(&mut self, name: &'static str) -> Option<&'d Value> {
        self.seen.push(name);
        self.map.get(name)
    }

    /// Takes fields as known ones that nothing is read of here.
    pub(super) fn know(&mut self, names: &[&'static str]) {
        self.seen.extend_from_slice(names);
    }

    pub(super) fn has(&self, name: &str) -> bool {
        self.map.contains_key(name)
    }

    pub(super) fn fault(&mut self, name: &str, rule: impl Into<String>) {
        let hidden = Value::from("[secret]");
        let value = self.map.get(name).unwrap_or(&Value::Null);
        let path = self.path_of(name);
        self.reader.fault(&path, if HIDDEN.contains(&name) { &hidden } else { value }, rule);
    }

    /// A text that must be there.
    pub(super) fn text(&mut self, name: &'static str, about: &str) -> Option<Template> {
        if self.has(name) {
            return self.text_if_given(name);
        }
        self.know(&[name]);
        let path = self.path_of(name);
        self.reader.missing(&path, about);
        None
    }

    pub(super) fn text_if_given(&mut self, name: &'static str) -> Option<Template> {
        let Value::String(text) = self.take(name)? else {
            self.fault(name, "a text");
            return None;
        };
        let path = self.path_of(name);
        self.reader.template(&path, text)
    }

    /// A text that no value goes into.
    pub(super) fn plain(&mut self, name: &'static str, rule: &str, is_good: impl Fn(&str) -> bool) -> Option<String> {
        match self.take(name) {
            Some(Value::String(text)) if is_good(text) => Some(text.clone()),
            Some(_) => {
                self.fault(name, rule);
                None
            }
            None => {
                let path = self.path_of(name);
                self.reader.missing(&path, rule);
                None
            }
        }
    }

    /// One of some words, each with what it means.
    pub(super) fn word<T: Copy>(
        &mut self,
        name: &'static str,
        words: &[(&'static str, T)],
        default: Option<T>,
    ) -> Option<T> {
        let found = self.take(name);
        let meaning = found.and_then(Value::as_str).and_then(|word| words.iter().find(|(known, _)| *known == word));
        let known = || words.iter().map(|(word, _)| *word).collect::<Vec<_>>().join(", ");
        match (found, meaning, default) {
            (Some(_), Some((_, meaning)), _) => Some(*meaning),
            (Some(_), None, _) => {
                self.fault(name, format!("one of {}", known()));
                None
            }
            (None, _, Some(default)) => Some(default),
            (None, _, None) => {
                let path = self.path_of(name);
                self.reader.missing(&path, &format!("one of {}", known()));
                None
            }
        }
    }

    pub(super) fn truth(&mut self, name: &'static str, default: Option<bool>) -> Option<bool> {
        match self.take(name) {
            Some(Value::Bool(truth)) => Some(*truth),
            Some(_) => {
                self.fault(name, "true or false");
                None
            }
            None if default.is_some() => default,
            None => {
                let path = self.path_of(name);
                self.reader.missing(&path, "true or false");
                None
            }
        }
    }

    /// A number, or a text that becomes one; `default` when it is not given.
    pub(super) fn number(&mut self, name: &'static str, range: Range, default: Option<u32>) -> Option<Number> {
        let path = self.path_of(name);
        let text = match self.take(name) {
            Some(Value::Number(number)) => Some(number.to_string().as_str().into()),
            Some(Value::String(text)) => Some(self.reader.template(&path, text)?),
            Some(_) => None,
            None => {
                if default.is_none() {
                    self.reader.missing(&path, &range.rule());
                }
                return default.map(Number::of);
            }
        };
        match text.ok_or_else(|| range.rule()).and_then(|text| Number::read(&path, text, range)) {
            Ok(number) => Some(number),
            Err(rule) => {
                self.fault(name, rule);
                None
            }
        }
    }

    /// Names with texts, as headers are.
    pub(super) fn texts(
        &mut self,
        name: &'static str,
        check: impl Fn(&str, &Template) -> Result<(), String>,
    ) -> Vec<(String, Template)> {
        let Some(value) = self.take(name) else { return Vec::new() };
        let Value::Object(entries) = value else {
            self.fault(name, "names with texts");
            return Vec::new();
        };
        let mut texts = Vec::new();
        for (key, value) in entries {
            let path = format!("{}['{key}']", self.path_of(name));
            let Value::String(text) = value else {
                self.reader.fault(&path, value, "a text");
                continue;
            };
            let Some(template) = self.reader.template(&path, text) else { continue };
            match check(key, &template) {
                Ok(()) => texts.push((key.clone(), template)),
                Err(rule) => self.reader.fault(&path, value, rule),
            }
        }
        // Maps of scripts have no order, and headers mean nothing by theirs.
        texts.sort_by(|(one, _), (other, _)| one.cmp(other));
        texts
    }

    /// The objects of a list; none when it is not given.
    pub(super) fn list(&mut self, name: &'static str) -> Vec<(String, &'d Map<String, Value>)> {
        let Some(value) = self.take(name) else { return Vec::new() };
        let Value::Array(items) = value else {
            self.fault(name, "a list of objects");
            return Vec::new();
        };
        let mut objects = Vec::new();
        for (index, item) in items.iter().enumerate() {
            let path = format!("{}[{index}]", self.path_of(name));
            match item {
                Value::Object(map) => objects.push((path, map)),
                other => self.reader.fault(&path, other, "an object"),
            }
        }
        objects
    }

    pub(super) fn object(&mut self, name: &'static str) -> Option<(String, &'d Map<String, Value>)> {
        let Value::Object(map) = self.take(name)? else {
            self.fault(name, "an object");
            return None;
        };
        Some((self.path_of(name), map))
    }

    /// Tells the fields that nobody knows.
    pub(super) fn end(self) {
        for (key, value) in self.map.iter().filter(|(key, _)| !self.seen.contains(&key.as_str())) {
            self.reader.fault(&format!("{}['{key}']", self.path), value, unknown(key, &self.seen));
        }
    }
}

fn unknown(key: &str, known: &[&str]) -> String {
    let likeness = |name: &&&str| strsim::jaro_winkler(&key.to_ascii_lowercase(), &name.to_ascii_lowercase());
    let nearest = known.iter().max_by(|a, b| likeness(a).total_cmp(&likeness(b)));
    let mut names = known.to_vec();
    names.sort_unstable();
    names.dedup();
    let names = names.join(", ");
    match nearest.filter(|name| likeness(name) > SIMILAR) {
        Some(nearest) => format!("no such field, did you mean {nearest}? There are {names}"),
        None => format!("no such field; there are {names}"),
    }
}
