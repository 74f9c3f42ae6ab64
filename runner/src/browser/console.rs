//! What the page wrote to its console, threw without catching, or failed to load.

use jiff::Timestamp;
use serde::{Deserialize, Deserializer, Serialize};
use serde_json::Value;

use super::text::truncated;

/// Longest text of one line, in bytes.
const TEXT_BYTES_MAX: usize = 4_000;
/// Arguments of one call that are printed.
const ARGUMENTS_MAX: usize = 20;

/// One line of the console.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct ConsoleLine {
    pub at: Timestamp,
    pub level: ConsoleLevel,
    pub source: ConsoleSource,
    pub text: String,
    /// Script or document it came from.
    pub url: Option<String>,
    /// Line in `url`, counted from 1.
    pub line: Option<u64>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum ConsoleLevel {
    Debug,
    Info,
    Warning,
    Error,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum ConsoleSource {
    /// `console.log` and its kin.
    Console,
    /// An error or rejection nobody caught.
    Exception,
    /// Chrome itself: requests that failed, violations, deprecations.
    Browser,
}

impl ConsoleLevel {
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Debug => "debug",
            Self::Info => "info",
            Self::Warning => "warning",
            Self::Error => "error",
        }
    }

    /// `Runtime` calls it "warning" and "error", `Log` "verbose" ... "error"; the rest is for information.
    fn parse(word: &str) -> Self {
        match word {
            "debug" | "verbose" => Self::Debug,
            "warning" => Self::Warning,
            "error" | "assert" => Self::Error,
            _ => Self::Info,
        }
    }
}

#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
struct ApiCall {
    #[serde(rename = "type")]
    kind: String,
    #[serde(default)]
    args: Vec<RemoteObject>,
    timestamp: f64,
    stack_trace: Option<StackTrace>,
}

#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
struct RemoteObject {
    value: Option<Value>,
    unserializable_value: Option<String>,
    description: Option<String>,
    preview: Option<Preview>,
}

#[derive(Debug, Deserialize)]
struct Preview {
    subtype: Option<String>,
    #[serde(default)]
    overflow: bool,
    #[serde(default)]
    properties: Vec<PreviewProperty>,
}

#[derive(Debug, Deserialize)]
struct PreviewProperty {
    name: String,
    #[serde(rename = "type")]
    kind: String,
    value: Option<String>,
}

#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
struct StackTrace {
    #[serde(default)]
    call_frames: Vec<CallFrame>,
}

#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
struct CallFrame {
    url: String,
    line_number: u64,
}

#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
struct Thrown {
    timestamp: f64,
    exception_details: ExceptionDetails,
}

#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
struct ExceptionDetails {
    text: String,
    line_number: u64,
    url: Option<String>,
    stack_trace: Option<StackTrace>,
    exception: Option<RemoteObject>,
}

#[derive(Debug, Deserialize)]
struct LogAdded {
    entry: LogEntry,
}

#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
struct LogEntry {
    level: String,
    text: String,
    timestamp: f64,
    url: Option<String>,
    line_number: Option<u64>,
}

/// Reads `Runtime.consoleAPICalled`.
pub(crate) fn from_api<'de, D: Deserializer<'de>>(params: D) -> Result<ConsoleLine, D::Error> {
    let call = ApiCall::deserialize(params)?;
    let words: Vec<String> = call.args.iter().take(ARGUMENTS_MAX).map(render).collect();
    let (url, line) = origin(call.stack_trace.as_ref());
    Ok(ConsoleLine {
        at: at(call.timestamp),
        level: ConsoleLevel::parse(&call.kind),
        source: ConsoleSource::Console,
        text: truncated(&words.join(" "), TEXT_BYTES_MAX),
        url,
        line,
    })
}

/// Reads `Runtime.exceptionThrown`.
pub(crate) fn from_exception<'de, D: Deserializer<'de>>(params: D) -> Result<ConsoleLine, D::Error> {
    let Thrown { timestamp, exception_details: details } = Thrown::deserialize(params)?;
    let what = details.exception.as_ref().map(render).unwrap_or_default();
    let (url, line) = origin(details.stack_trace.as_ref());
    Ok(ConsoleLine {
        at: at(timestamp),
        level: ConsoleLevel::Error,
        source: ConsoleSource::Exception,
        text: truncated(format!("{} {what}", details.text).trim(), TEXT_BYTES_MAX),
        url: url.or(details.url.filter(|url| !url.is_empty())),
        line: line.or(Some(details.line_number + 1)),
    })
}

/// Reads `Log.entryAdded`.
pub(crate) fn from_log<'de, D: Deserializer<'de>>(params: D) -> Result<ConsoleLine, D::Error> {
    let LogAdded { entry } = LogAdded::deserialize(params)?;
    Ok(ConsoleLine {
        at: at(entry.timestamp),
        level: ConsoleLevel::parse(&entry.level),
        source: ConsoleSource::Browser,
        text: truncated(&entry.text, TEXT_BYTES_MAX),
        url: entry.url.filter(|url| !url.is_empty()),
        line: entry.line_number.map(|line| line + 1),
    })
}

fn origin(stack: Option<&StackTrace>) -> (Option<String>, Option<u64>) {
    let top = stack.and_then(|stack| stack.call_frames.first());
    (top.map(|frame| frame.url.clone()).filter(|url| !url.is_empty()), top.map(|frame| frame.line_number + 1))
}

fn render(object: &RemoteObject) -> String {
    if let Some(text) = object.value.as_ref().and_then(Value::as_str) {
        return text.to_owned();
    }
    if let Some(preview) = &object.preview {
        return render_preview(preview, object.description.as_deref());
    }
    if let Some(value) = &object.value {
        return value.to_string();
    }
    object.unserializable_value.clone().or_else(|| object.description.clone()).unwrap_or_else(|| "undefined".to_owned())
}

fn render_preview(preview: &Preview, description: Option<&str>) -> String {
    // An error's description is its stack, which says more than its properties.
    if preview.subtype.as_deref() == Some("error") {
        return description.unwrap_or("Error").to_owned();
    }
    let is_array = preview.subtype.as_deref() == Some("array");
    let mut parts: Vec<String> = preview
        .properties
        .iter()
        .map(|property| {
            let value = property.value.as_deref().unwrap_or("…");
            let value = if property.kind == "string" { format!("{value:?}") } else { value.to_owned() };
            if is_array { value } else { format!("{}: {value}", property.name) }
        })
        .collect();
    if preview.overflow {
        parts.push("…".to_owned());
    }
    if is_array { format!("[{}]", parts.join(", ")) } else { format!("{{{}}}", parts.join(", ")) }
}

/// Chrome's milliseconds since 1970; an impossible value becomes 1970 itself rather than a lost line.
fn at(milliseconds: f64) -> Timestamp {
    Timestamp::from_microsecond((milliseconds * 1000.0) as i64).unwrap_or(Timestamp::UNIX_EPOCH)
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn arguments_are_rendered_as_the_console_shows_them() {
        let line = from_api(&json!({
            "type": "warning",
            "timestamp": 1_700_000_000_123.5,
            "args": [
                {"type": "string", "value": "cart"},
                {"type": "number", "value": 3, "description": "3"},
                {"type": "object", "subtype": "array", "description": "Array(2)",
                 "preview": {"type": "object", "subtype": "array", "overflow": false, "properties": [
                    {"name": "0", "type": "number", "value": "1"},
                    {"name": "1", "type": "string", "value": "x"}]}},
                {"type": "object", "preview": {"type": "object", "overflow": true, "properties": [
                    {"name": "id", "type": "number", "value": "7"}]}},
                {"type": "undefined"},
                {"type": "number", "unserializableValue": "NaN"}
            ],
            "stackTrace": {"callFrames": [{"url": "http://a/x.js", "lineNumber": 4, "columnNumber": 0}]}
        }))
        .unwrap();
        assert_eq!(line.text, r#"cart 3 [1, "x"] {id: 7, …} undefined NaN"#);
        assert_eq!(line.level, ConsoleLevel::Warning);
        assert_eq!(line.line, Some(5));
        assert_eq!(line.at.as_microsecond(), 1_700_000_000_123_500);
    }

    #[test]
    fn uncaught_error_shows_its_stack() {
        let line = from_exception(&json!({
            "timestamp": 0.0,
            "exceptionDetails": {
                "text": "Uncaught", "lineNumber": 2, "columnNumber": 1, "url": "http://a/",
                "exception": {"type": "object", "subtype": "error", "description": "Error: boom\n    at f"}
            }
        }))
        .unwrap();
        assert_eq!(line.text, "Uncaught Error: boom\n    at f");
        assert_eq!(line.source, ConsoleSource::Exception);
        assert_eq!((line.url.as_deref(), line.line), (Some("http://a/"), Some(3)));
    }

    #[test]
    fn chromes_own_entries() {
        let line = from_log(&json!({"entry": {
            "source": "network", "level": "error", "timestamp": 1.0,
            "text": "Failed to load resource", "url": "http://a/x.png"}}))
        .unwrap();
        assert_eq!(line.level, ConsoleLevel::Error);
        assert_eq!(line.url.as_deref(), Some("http://a/x.png"));
    }
}
