//! The file of anomaly conditions of the AWS Distro for OpenTelemetry, as JSON.

use std::io;
use std::path::{Path, PathBuf};
use std::time::Duration;

use regex_lite::Regex;
use serde_json::{Map, Value};

use super::{AnomalyCondition, AnomalyConditions, AnomalyUse};
use crate::sampling::text_file::{self, Unread};

/// The most conditions that are taken: each is asked of every trace that ends.
const CONDITIONS_MAX: usize = 100;
/// The most operations one of them may name.
const OPERATIONS_MAX: usize = 1_000;
/// The most characters of a value that are shown in a message.
const EXCERPT_CHARS_MAX: usize = 80;

/// Why conditions are refused.
#[derive(Debug, thiserror::Error)]
pub enum AnomalyFileError {
    /// The file cannot be read.
    #[error("anomaly conditions file {path:?}: {error}")]
    Unreadable {
        /// The file.
        path: PathBuf,
        /// What the system says.
        error: io::Error,
    },
    /// The file has more than 1 MiB.
    #[error("anomaly conditions file {0:?}: has more than 1048576 bytes, the largest size that is read")]
    TooLarge(PathBuf),
    /// Not JSON.
    #[error("anomaly conditions: {0}")]
    Malformed(#[from] serde_json::Error),
    /// A value that says what is impossible.
    #[error("anomaly conditions: {place}{field}={value}: {rule}")]
    Field {
        /// Nothing, or which of the conditions, counted from 1, and a colon.
        place: String,
        /// The field's name.
        field: String,
        /// What it is, as JSON; the beginning of it, if that is long.
        value: String,
        /// What it may be.
        rule: String,
    },
}

impl AnomalyConditions {
    /// Reads conditions as the AWS Distro for OpenTelemetry takes them, in JSON:
    /// `version` (1), `anomalyConditions` of `errorCodeRegex`, `highLatencyMs`, `operations` and `usage`
    /// (`both`, `sampling-boost` or `anomaly-trace-capture`), at most 100 of at most 1000 operations, and
    /// `anomalyCaptureLimit` of `anomalyTracesPerSecond`. Without `anomalyConditions`, failures are
    /// anomalies; with an empty list, nothing is.
    ///
    /// # Errors
    /// [`AnomalyFileError::Field`] names the condition, the field, its value and what it may be.
    ///
    /// ```
    /// use siskin_sdk::sampling::AnomalyConditions;
    ///
    /// let json = r#"{"version": 1.0, "anomalyConditions": [{"errorCodeRegex": "^5..$", "highLatencyMs": "fast"}]}"#;
    /// let error = AnomalyConditions::from_json(json).unwrap_err();
    /// assert_eq!(
    ///     error.to_string(),
    ///     r#"anomaly conditions: condition 1: highLatencyMs="fast": expected a whole number of milliseconds, 0 or more"#
    /// );
    /// ```
    pub fn from_json(json: &str) -> Result<Self, AnomalyFileError> {
        let whole = Fields::of(serde_json::from_str(json)?, "", "the whole")?;
        whole.check_names(&["version", "anomalyConditions", "anomalyCaptureLimit"])?;
        let is_first = |value: &Value| value.as_f64().filter(|version| (1.0..2.0).contains(version));
        if whole.read("version", "expected 1", is_first)?.is_none() {
            return Err(whole.wrong("version", "is missing: expected 1"));
        }
        let read = match whole.read("anomalyConditions", "expected a list", Value::as_array)? {
            Some(list) if list.len() > CONDITIONS_MAX => {
                return Err(whole.wrong("anomalyConditions", format!("expected at most {CONDITIONS_MAX}")));
            }
            Some(list) => {
                let conditions = list.iter().zip(1..).map(|(raw, number)| condition(raw, number));
                Self::new(conditions.collect::<Result<Vec<_>, _>>()?)
            }
            None => Self::default(),
        };
        let limit = match whole.get("anomalyCaptureLimit") {
            Some(limit) => capture_limit(limit)?,
            None => None,
        };
        Ok(match limit {
            Some(limit) => read.traces_per_second(limit),
            None => read,
        })
    }

    /// Reads conditions from a file of at most 1 MiB, see [`AnomalyConditions::from_json`].
    ///
    /// # Errors
    /// When the file cannot be read or is wrong.
    pub fn from_json_file(path: impl AsRef<Path>) -> Result<Self, AnomalyFileError> {
        let path = path.as_ref();
        let text = text_file::read(path).map_err(|unread| match unread {
            Unread::Unreadable(error) => AnomalyFileError::Unreadable { path: path.to_owned(), error },
            Unread::TooLarge => AnomalyFileError::TooLarge(path.to_owned()),
        })?;
        Self::from_json(&text)
    }
}

fn capture_limit(limit: &Value) -> Result<Option<u32>, AnomalyFileError> {
    let limit = Fields::of(limit.clone(), "", "anomalyCaptureLimit")?;
    limit.check_names(&["anomalyTracesPerSecond"])?;
    let number = |value: &Value| value.as_u64().and_then(|number| u32::try_from(number).ok());
    limit.read("anomalyTracesPerSecond", "expected a whole number, 0 or more", number)
}

fn condition(raw: &Value, number: usize) -> Result<AnomalyCondition, AnomalyFileError> {
    let fields = Fields::of(raw.clone(), &format!("condition {number}: "), "the whole")?;
    fields.check_names(&["errorCodeRegex", "operations", "highLatencyMs", "usage"])?;
    let latency = fields.read("highLatencyMs", "expected a whole number of milliseconds, 0 or more", Value::as_u64)?;
    let latency = latency.map(Duration::from_millis);
    let condition = match (fields.read("errorCodeRegex", "expected a regular expression", Value::as_str)?, latency) {
        (Some(pattern), latency) => {
            let statuses = of_pattern(pattern);
            let condition = statuses.map_err(|rule| fields.wrong("errorCodeRegex", rule))?;
            latency.into_iter().fold(condition, AnomalyCondition::and_latency)
        }
        (None, Some(latency)) => AnomalyCondition::of_latency(latency),
        (None, None) => {
            return Err(fields.wrong("errorCodeRegex", "is missing, and so is highLatencyMs: it would never hold"));
        }
    };
    let used_for = fields.read("usage", "expected both, sampling-boost or anomaly-trace-capture", |value| {
        Some(match value.as_str()? {
            "both" => AnomalyUse::Both,
            "sampling-boost" => AnomalyUse::Boost,
            // The second is what the distribution for .NET calls it.
            "anomaly-trace-capture" | "anomaly-span-capture" => AnomalyUse::Capture,
            _ => return None,
        })
    })?;
    Ok(condition.operations(operations(&fields)?).used_for(used_for.unwrap_or_default()))
}

/// The statuses whose digits match `pattern` from the first to the last.
fn of_pattern(pattern: &str) -> Result<AnomalyCondition, String> {
    let refused = |error: regex_lite::Error| format!("expected a regular expression: {error}");
    // By itself first: what does not stand alone shall not do so between brackets.
    Regex::new(pattern).map_err(refused)?;
    let whole = Regex::new(&format!("^(?:{pattern})$")).map_err(refused)?;
    Ok(AnomalyCondition::of_status(|status| whole.is_match(&status.to_string())))
}

fn operations(fields: &Fields) -> Result<Vec<String>, AnomalyFileError> {
    let texts = |value: &Value| {
        let texts = value.as_array()?.iter().map(|text| text.as_str().map(str::to_owned));
        texts.collect::<Option<Vec<_>>>().filter(|texts| texts.len() <= OPERATIONS_MAX)
    };
    let rule = format!("expected a list of at most {OPERATIONS_MAX} texts, such as \"GET /orders\"");
    Ok(fields.read("operations", &rule, texts)?.unwrap_or_default())
}

/// An object whose fields are read one by one, so that a message can name them.
struct Fields {
    place: String,
    fields: Map<String, Value>,
}

impl Fields {
    fn of(value: Value, place: &str, field: &str) -> Result<Self, AnomalyFileError> {
        match value {
            Value::Object(fields) => Ok(Self { place: place.to_owned(), fields }),
            other => Err(wrong(place, field, &other, "expected an object".to_owned())),
        }
    }

    /// What is said of a field; null says nothing.
    fn get(&self, field: &str) -> Option<&Value> {
        self.fields.get(field).filter(|value| !value.is_null())
    }

    fn read<'a, T>(
        &'a self,
        field: &str,
        rule: &str,
        read: impl FnOnce(&'a Value) -> Option<T>,
    ) -> Result<Option<T>, AnomalyFileError> {
        self.get(field).map(|value| read(value).ok_or_else(|| self.wrong(field, rule))).transpose()
    }

    fn check_names(&self, known: &[&str]) -> Result<(), AnomalyFileError> {
        match self.fields.keys().find(|name| !known.contains(&name.as_str())) {
            Some(name) => Err(self.wrong(name, format!("is not known; expected one of {}", known.join(", ")))),
            None => Ok(()),
        }
    }

    fn wrong(&self, field: &str, rule: impl Into<String>) -> AnomalyFileError {
        wrong(&self.place, field, self.fields.get(field).unwrap_or(&Value::Null), rule.into())
    }
}

fn wrong(place: &str, field: &str, value: &Value, rule: String) -> AnomalyFileError {
    let value = value.to_string().chars().take(EXCERPT_CHARS_MAX).collect();
    AnomalyFileError::Field { place: place.to_owned(), field: field.to_owned(), value, rule }
}
