//! Whether assertions hold.

use serde_json::Value;

use super::read::{Assertion, PartTest, Target, Unit};
use super::test::{TextOperator, TextTest};
use crate::check::json_path;
use crate::check::multi::document::limits;
use crate::check::multi::encoding::Encoding;
use crate::check::multi::extractor::text_of;
use crate::check::multi::facts::{Certificate, Connection, Facts, HttpAnswer};
use crate::check::multi::template::{Unfilled, Values};

/// What became of one assertion.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct Outcome {
    /// As people read it: `STATUS_CODE EQUALS 200`.
    pub assertion: String,
    /// What was found.
    pub found: String,
    /// Whether it holds.
    pub holds: bool,
}

/// Longer texts are cut where they are told.
const FOUND_CHARS_MAX: usize = 200;

pub(crate) fn judge(assertions: &[Assertion], facts: &Facts, values: &Values<'_>) -> Result<Vec<Outcome>, Unfilled> {
    assertions.iter().map(|assertion| assertion.judge(facts, values)).collect()
}

/// What the data of a connection is hoped to be, so that reading may end early.
pub(in crate::check::multi) struct Hopes<'a>(Vec<(Encoding, &'a TextTest, String)>);

impl<'a> Hopes<'a> {
    pub(in crate::check::multi) fn of(assertions: &'a [Assertion], values: &Values<'_>) -> Result<Self, Unfilled> {
        let mut hopes = Vec::new();
        for assertion in assertions {
            if let Assertion::ResponseData { encoding, test } = assertion {
                hopes.push((*encoding, test, expected_data(*encoding, test, values)?));
            }
        }
        Ok(Self(hopes))
    }

    /// Whether nobody looks at the data.
    pub(in crate::check::multi) fn are_none(&self) -> bool {
        self.0.is_empty()
    }

    /// Whether all of them hold, and will whatever else comes.
    pub(in crate::check::multi) fn are_fulfilled(&self, data: &[u8]) -> bool {
        self.0.iter().all(|(encoding, test, expected)| {
            let text = encoding.text(data);
            test.operator.stays_true() && test.holds(std::iter::once(text.as_str()), expected)
        })
    }
}

fn expected_data(encoding: Encoding, test: &TextTest, values: &Values<'_>) -> Result<String, Unfilled> {
    let expected = test.fill(values)?.expected;
    if test.operator == TextOperator::RegexMatch {
        return Ok(expected);
    }
    encoding.canonical(&expected).map_err(|rule| Unfilled::Value(format!("\"{expected}\" is not {rule}")))
}

impl Assertion {
    fn judge(&self, facts: &Facts, values: &Values<'_>) -> Result<Outcome, Unfilled> {
        match (self, facts) {
            (Self::StatusCode(test), Facts::Http(answer)) => {
                let filled = test.fill(values)?;
                let status = answer.status;
                let holds = test.holds(status.into(), filled.expected);
                Ok(outcome(format!("STATUS_CODE {}", filled.words), status.to_string(), holds))
            }
            (Self::ResponseTime(test), facts) => {
                let filled = test.fill(values)?;
                let ms = facts.duration().map(|duration| duration.as_secs_f64() * 1_000.0);
                let holds = ms.is_some_and(|ms| test.holds(ms, filled.expected));
                let found = ms.map_or_else(|| "none".to_owned(), |ms| format!("{ms:.1}"));
                Ok(outcome(format!("RESPONSE_TIME {} MILLISECONDS", filled.words), found, holds))
            }
            (Self::Header { name, test }, Facts::Http(answer)) => {
                let found = answer.headers.get(&name.to_ascii_lowercase());
                part(&format!("HEADER {name}"), test, found.map(String::as_str), values)
            }
            (Self::Body { target, test }, Facts::Http(answer)) => body(target, test, answer, values),
            (Self::RecordValue(test), Facts::Dns(answer)) => {
                let filled = test.fill(values)?;
                let all = answer.records.iter().flatten().map(String::as_str);
                let is_pattern = test.operator == TextOperator::RegexMatch;
                let expected =
                    if answer.folds_case && !is_pattern { record(&filled.expected) } else { filled.expected };
                let holds = test.holds(all, &expected);
                Ok(outcome(format!("RECORD_VALUE {}", filled.words), records(&answer.records), holds))
            }
            (Self::RecordCount(test), Facts::Dns(answer)) => {
                let filled = test.fill(values)?;
                let count = answer.records.len();
                let holds = test.holds(count as f64, filled.expected);
                Ok(outcome(format!("RECORD_COUNT {}", filled.words), count.to_string(), holds))
            }
            (Self::Authoritative(expected), Facts::Dns(answer)) => {
                let found = answer.is_authoritative;
                Ok(outcome(format!("AUTHORITATIVE {expected}"), found.to_string(), found == *expected))
            }
            (Self::Ttl(test), Facts::Dns(answer)) => {
                let filled = test.fill(values)?;
                let holds = answer.ttl.is_some_and(|ttl| test.holds(ttl.into(), filled.expected));
                let found = answer.ttl.map_or_else(|| "none".to_owned(), |ttl| ttl.to_string());
                Ok(outcome(format!("TTL {}", filled.words), found, holds))
            }
            (_, Facts::Ssl(certificate)) => self.judge_certificate(certificate, values),
            (_, Facts::Data(connection)) => self.judge_connection(connection, values),
            (Self::ServingStatus { is, value }, Facts::Grpc(health)) => {
                let word = if *is { "EQUALS" } else { "NOT_EQUALS" };
                let holds = (health.serving == *value) == *is;
                Ok(outcome(format!("SERVING_STATUS {word} {}", value.word()), health.serving.word(), holds))
            }
            // Each checker has assertions of its own: told when the document is read.
            (other, Facts::Http(_) | Facts::Dns(_) | Facts::Grpc(_)) => {
                Ok(outcome(format!("{other:?}"), "nothing of the kind", false))
            }
        }
    }

    fn judge_certificate(&self, certificate: &Certificate, values: &Values<'_>) -> Result<Outcome, Unfilled> {
        match self {
            Self::CertificateExpiry { unit, test } => {
                let filled = test.fill(values)?;
                let (seconds, word) = match unit {
                    Unit::Days => (86_400.0, "DAYS"),
                    Unit::Hours => (3_600.0, "HOURS"),
                };
                let left = certificate.not_after.duration_since(certificate.seen).as_secs_f64() / seconds;
                let found = format!("{left:.1}, until {}", certificate.not_after);
                let assertion = format!("CERTIFICATE_EXPIRY {} {word}", filled.words);
                Ok(outcome(assertion, found, test.holds(left, filled.expected)))
            }
            Self::CertificateSubject { attribute, test } => {
                attributes("CERTIFICATE_SUBJECT", attribute, test, &certificate.subject, values)
            }
            Self::CertificateIssuer { attribute, test } => {
                attributes("CERTIFICATE_ISSUER", attribute, test, &certificate.issuer, values)
            }
            _ => {
                let faults = &certificate.faults;
                let found = if faults.is_empty() { "accepted".to_owned() } else { faults.join("; ") };
                Ok(outcome("the certificate is accepted".to_owned(), found, faults.is_empty()))
            }
        }
    }

    fn judge_connection(&self, connection: &Connection, values: &Values<'_>) -> Result<Outcome, Unfilled> {
        let Self::ResponseData { encoding, test } = self else {
            let expected = !matches!(self, Self::ConnectionSuccessful(false));
            let found = connection.failed.clone().unwrap_or_else(|| "connected".to_owned());
            let holds = connection.failed.is_none() == expected;
            return Ok(outcome(format!("CONNECTION_SUCCESSFUL {expected}"), found, holds));
        };
        let words = test.fill(values)?.words;
        let text = encoding.text(&connection.data);
        let expected = expected_data(*encoding, test, values)?;
        let is_cut = connection.ended.as_deref() == Some(limits::DATA_CUT);
        let is_known = connection.failed.is_none() && (!is_cut || test.operator.stays_true());
        let holds = is_known && test.holds(std::iter::once(text.as_str()), &expected);
        let mut found = if connection.failed.is_some() { "no connection".to_owned() } else { quoted(&text) };
        if let (false, Some(ended)) = (holds, &connection.ended) {
            found = format!("{found}; {ended}");
        }
        Ok(outcome(format!("RESPONSE_DATA {words}"), found, holds))
    }
}

fn outcome(assertion: String, found: impl Into<String>, holds: bool) -> Outcome {
    Outcome { assertion, found: found.into(), holds }
}

fn part(what: &str, test: &PartTest, found: Option<&str>, values: &Values<'_>) -> Result<Outcome, Unfilled> {
    let shown = found.map_or_else(|| "none".to_owned(), quoted);
    match test {
        PartTest::Exists(expected) => {
            Ok(outcome(format!("{what} EXISTS {expected}"), shown, found.is_some() == *expected))
        }
        PartTest::Text(test) => {
            let filled = test.fill(values)?;
            let holds = test.holds(found.into_iter(), &filled.expected);
            Ok(outcome(format!("{what} {}", filled.words), shown, holds))
        }
    }
}

fn body(target: &Target, test: &PartTest, answer: &HttpAnswer, values: &Values<'_>) -> Result<Outcome, Unfilled> {
    let path = match target {
        Target::Text => {
            let found = Some(answer.body.as_str()).filter(|body| !body.is_empty());
            return part("BODY", test, found, values);
        }
        Target::Json(path) => path.fill(values)?,
    };
    let what = format!("BODY {path}");
    let json: Value = match serde_json::from_str(&answer.body) {
        Ok(json) => json,
        Err(error) => return Ok(outcome(what, format!("no JSON: {error}"), false)),
    };
    match json_path::at(&json, &path) {
        Ok(found) => part(&what, test, found.as_ref().map(text_of).as_deref(), values),
        Err(reason) => Err(Unfilled::Value(reason)),
    }
}

fn attributes(
    what: &str,
    attribute: &str,
    test: &TextTest,
    all: &[(&'static str, String)],
    values: &Values<'_>,
) -> Result<Outcome, Unfilled> {
    let filled = test.fill(values)?;
    let found: Vec<_> = all.iter().filter(|(name, _)| *name == attribute).map(|(_, value)| value.as_str()).collect();
    let holds = test.holds(found.iter().copied(), &filled.expected);
    let shown = if found.is_empty() { "none".to_owned() } else { quoted(&found.join(", ")) };
    Ok(outcome(format!("{what} {attribute} {}", filled.words), shown, holds))
}

/// An expected record as found ones are written: in lower case, without the dot of the root.
fn record(expected: &str) -> String {
    expected.strip_suffix('.').unwrap_or(expected).to_lowercase()
}

fn records(all: &[Vec<String>]) -> String {
    let first: Vec<_> = all.iter().filter_map(|spellings| spellings.first().map(String::as_str)).collect();
    if first.is_empty() { "none".to_owned() } else { quoted(&first.join(", ")) }
}

fn quoted(text: &str) -> String {
    match text.char_indices().nth(FOUND_CHARS_MAX) {
        Some((cut, _)) => format!("{:?}...", text.get(..cut).unwrap_or_default()),
        None => format!("{text:?}"),
    }
}
