//! Secrets of a run, and their removal from everything that leaves it.

use std::borrow::Cow;

use base64::Engine as _;
use base64::engine::general_purpose::{STANDARD, URL_SAFE_NO_PAD};
use parking_lot::RwLock;
use serde::Serialize;
use serde::de::DeserializeOwned;
use serde_json::Value;

use crate::browser::har::{Entry, Har};
use crate::browser::redact::REDACTED;
use crate::run::RunReport;

/// Shorter secrets would blot out ordinary words.
pub(crate) const SECRET_CHARS_MIN: usize = 4;
/// Most texts that are looked for.
const SECRETS_MAX: usize = 500;

/// What must not be written down; grows while a script fetches tokens.
#[derive(Default)]
pub(crate) struct Redactor {
    secrets: RwLock<Vec<String>>,
}

impl std::fmt::Debug for Redactor {
    fn fmt(&self, out: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(out, "Redactor of {} texts", self.secrets.read().len())
    }
}

impl Redactor {
    /// Looks for a secret from now on, as it is and as it is written in addresses, JSON and base64.
    pub(crate) fn add(&self, secret: &str) {
        if secret.chars().count() < SECRET_CHARS_MIN {
            return;
        }
        let encoded: String = form_urlencoded::byte_serialize(secret.as_bytes()).collect();
        let json = Value::from(secret).to_string();
        let json = json.get(1..json.len() - 1).unwrap_or_default().to_owned();
        let in_query = url::Url::parse("http://localhost/").ok().and_then(|mut url| {
            url.set_query(Some(secret));
            url.query().map(str::to_owned)
        });
        let forms = [
            secret.to_owned(),
            in_query.unwrap_or_default(),
            encoded.replace('+', "%20"),
            encoded,
            json,
            STANDARD.encode(secret),
            URL_SAFE_NO_PAD.encode(secret),
        ];
        let mut secrets = self.secrets.write();
        for form in forms {
            if !form.is_empty() && secrets.len() < SECRETS_MAX && !secrets.contains(&form) {
                secrets.push(form);
            }
        }
        // The longest first: a secret may be a part of another.
        secrets.sort_by_key(|secret| std::cmp::Reverse(secret.len()));
    }

    /// The text without secrets.
    pub(crate) fn clean<'a>(&self, text: &'a str) -> Cow<'a, str> {
        let secrets = self.secrets.read();
        let mut clean = Cow::Borrowed(text);
        for secret in secrets.iter().filter(|secret| text.contains(secret.as_str())) {
            clean = Cow::Owned(clean.replace(secret.as_str(), REDACTED));
        }
        clean
    }

    /// Takes secrets out of a whole report.
    pub(crate) fn clean_report(&self, report: &mut RunReport) {
        if self.secrets.read().is_empty() {
            return;
        }
        // Names, ids and times hold no secrets, and a changed one would not be read again.
        self.clean_value(&mut report.outcome);
        self.clean_value(&mut report.steps);
        self.clean_value(&mut report.requests);
        self.clean_value(&mut report.log);
        self.clean_value(&mut report.metrics);
        self.clean_value(&mut report.warnings);
        self.clean_value(&mut report.vitals);
        self.clean_value(&mut report.comparisons);
    }

    /// Takes secrets out of an archive of requests.
    pub(crate) fn clean_har(&self, har: &mut Har) {
        if self.secrets.read().is_empty() {
            return;
        }
        for page in &mut har.log.pages {
            self.clean_text(&mut page.title);
        }
        har.log.entries.iter_mut().for_each(|entry| self.clean_entry(entry));
    }

    fn clean_entry(&self, entry: &mut Entry) {
        let (request, response) = (&mut entry.request, &mut entry.response);
        self.clean_text(&mut request.url);
        self.clean_text(&mut response.redirect_url);
        for header in request.headers.iter_mut().chain(&mut response.headers) {
            self.clean_text(&mut header.value);
        }
        for pair in &mut request.query_string {
            self.clean_text(&mut pair.value);
        }
        if let Some(data) = &mut request.post_data {
            self.clean_text(&mut data.text);
            for parameter in &mut data.params {
                self.clean_text(&mut parameter.value);
            }
        }
        for text in [&mut response.content.text, &mut response.error].into_iter().flatten() {
            self.clean_text(text);
        }
    }

    fn clean_text(&self, text: &mut String) {
        if let Cow::Owned(clean) = self.clean(text) {
            *text = clean;
        }
    }

    fn clean_value<T: Serialize + DeserializeOwned>(&self, value: &mut T) {
        let Ok(mut json) = serde_json::to_value(&*value) else { return };
        if self.clean_json(&mut json)
            && let Ok(clean) = serde_json::from_value(json)
        {
            *value = clean;
        }
    }

    fn clean_json(&self, value: &mut Value) -> bool {
        match value {
            Value::String(text) => match self.clean(text) {
                Cow::Owned(clean) => {
                    *text = clean;
                    true
                }
                Cow::Borrowed(_) => false,
            },
            Value::Array(items) => items.iter_mut().filter_map(|item| self.clean_json(item).then_some(())).count() > 0,
            Value::Object(fields) => {
                fields.values_mut().filter_map(|item| self.clean_json(item).then_some(())).count() > 0
            }
            Value::Null | Value::Bool(_) | Value::Number(_) => false,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_secret_is_found_in_every_dress() {
        let redactor = Redactor::default();
        redactor.add("a\"b c&d");
        redactor.add("abc");
        for text in ["x a\"b c&d y", "q=a%22b+c%26d", "q=a%22b%20c%26d", r#"{"p":"a\"b c&d"}"#, "YSJiIGMmZA=="] {
            assert!(redactor.clean(text).contains(REDACTED), "{text}");
        }
        assert_eq!(redactor.clean("abc"), "abc", "too short to be told from a word");
    }

    #[test]
    fn a_report_keeps_everything_else() {
        let redactor = Redactor::default();
        redactor.add("shop.example");
        let mut report = crate::run::sample::failed_run();
        let before = report.steps.len();
        redactor.clean_report(&mut report);
        assert_eq!(report.steps.len(), before);
        let text = serde_json::to_string(&(&report.requests, &report.steps)).unwrap();
        assert!(!text.contains("shop.example"), "{text}");
    }
}
