//! What can go wrong between a canary and its browser, told by whose fault it is.

use std::time::Duration;

use fantoccini::error::{CmdError, ErrorStatus, NewSessionError, WebDriver};

/// Longest message kept from Chrome or ChromeDriver, in bytes.
const MESSAGE_BYTES_MAX: usize = 2_000;
const PAIR_REMEDY: &str = "; install browser and driver from one place, as `browser install` does";

/// Who has to act on a [`BrowserError`].
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Fault {
    /// The set-up of the machine or of the session: repeating does not help.
    Config,
    /// Chrome, ChromeDriver or the reaper went away: a new session may work.
    Infrastructure,
    /// The watched page, or the script that drives it.
    Page,
    /// The time given was not enough.
    Deadline,
}

/// Why a browser command gave no answer.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum BrowserError {
    #[error("{0}")]
    Config(String),
    #[error("{0}")]
    Infrastructure(String),
    #[error("{0}")]
    Page(PageError),
    #[error("{command} took longer than {}: {rescue}", seconds(*.waited))]
    Deadline {
        /// What was asked of the browser, as the script's author would call it.
        command: &'static str,
        waited: Duration,
        rescue: Rescue,
    },
}

/// What the page or the script's use of it did wrong.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum PageError {
    #[error("no element matches {selector} after {}", seconds(*.waited))]
    NotFound { selector: String, waited: Duration },
    #[error("{hidden} element(s) match {selector}, none is visible after {}", seconds(*.waited))]
    Hidden { selector: String, hidden: usize, waited: Duration },
    #[error("not true after {}: {condition}", seconds(*.waited))]
    NotReached { condition: String, waited: Duration },
    #[error("bad selector: {0}")]
    BadSelector(String),
    #[error("the element is no longer in the page")]
    Stale,
    #[error("the element cannot be used: {0}")]
    NotInteractable(String),
    #[error("script: {0}")]
    Script(String),
    #[error("a dialog is open: {0:?}")]
    DialogOpen(String),
    #[error("the address cannot be opened: {0}")]
    BadUrl(String),
    #[error("{0}")]
    Refused(String),
}

/// How far the watchdog had to go to get a command back.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Rescue {
    /// The page was stopped; the session can be used on.
    PageStopped,
    /// The page did not answer; its target was closed, the session is over.
    TargetClosed,
    /// Chrome itself was killed; the session is over.
    BrowserKilled,
}

impl std::fmt::Display for Rescue {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(match self {
            Self::PageStopped => "the page was stopped",
            Self::TargetClosed => "the page hung and was closed",
            Self::BrowserKilled => "the browser hung and was killed",
        })
    }
}

impl BrowserError {
    pub fn fault(&self) -> Fault {
        match self {
            Self::Config(_) => Fault::Config,
            Self::Infrastructure(_) => Fault::Infrastructure,
            Self::Page(_) => Fault::Page,
            Self::Deadline { .. } => Fault::Deadline,
        }
    }

    /// Whether the session can take further commands after this error.
    pub fn session_survives(&self) -> bool {
        match self {
            Self::Config(_) | Self::Infrastructure(_) => false,
            Self::Page(_) => true,
            Self::Deadline { rescue, .. } => *rescue == Rescue::PageStopped,
        }
    }

    pub(crate) fn infrastructure(message: impl std::fmt::Display) -> Self {
        Self::Infrastructure(clean(&message.to_string()))
    }

    /// Maps an answer of ChromeDriver to a fault.
    ///
    /// `waited` is what the page had so far; ChromeDriver's own time limits become deadlines.
    pub(crate) fn from_command(command: &'static str, waited: Duration, error: &CmdError) -> Self {
        match error {
            CmdError::Standard(answer) => Self::from_standard(command, waited, answer),
            // ChromeDriver reports a dead renderer as bare text, with every command until the end.
            CmdError::NotW3C(serde_json::Value::String(text)) => Self::infrastructure(text),
            CmdError::Failed(_) | CmdError::FailedC(_) | CmdError::Lost(_) => {
                Self::infrastructure("ChromeDriver cannot be reached any more")
            }
            CmdError::BadUrl(bad) => Self::Page(PageError::BadUrl(bad.to_string())),
            CmdError::InvalidArgument(name, why) => Self::Page(PageError::Refused(format!("{name}: {}", clean(why)))),
            other => Self::infrastructure(format!("ChromeDriver gave an odd answer: {other}")),
        }
    }

    fn from_standard(command: &'static str, waited: Duration, answer: &WebDriver) -> Self {
        let message = clean(&answer.message);
        match answer.error {
            ErrorStatus::InvalidSessionId => Self::infrastructure(format!("the browser is gone: {message}")),
            ErrorStatus::NoSuchWindow => Self::Page(PageError::Refused("the page closed its own window".to_owned())),
            ErrorStatus::InvalidSelector => Self::Page(PageError::BadSelector(message)),
            ErrorStatus::StaleElementReference | ErrorStatus::NoSuchElement => Self::Page(PageError::Stale),
            ErrorStatus::JavascriptError => Self::Page(PageError::Script(strip_prefix(&message, "javascript error: "))),
            ErrorStatus::ElementClickIntercepted
            | ErrorStatus::ElementNotInteractable
            | ErrorStatus::ElementNotSelectable
            | ErrorStatus::InvalidElementState
            | ErrorStatus::MoveTargetOutOfBounds => Self::Page(PageError::NotInteractable(message)),
            ErrorStatus::UnexpectedAlertOpen => {
                let text = answer
                    .data
                    .as_ref()
                    .and_then(|data| data.get("text"))
                    .and_then(serde_json::Value::as_str)
                    .map_or(message, str::to_owned);
                Self::Page(PageError::DialogOpen(text))
            }
            ErrorStatus::Timeout | ErrorStatus::ScriptTimeout => {
                Self::Deadline { command, waited, rescue: Rescue::PageStopped }
            }
            _ if means_browser_gone(&message) => Self::infrastructure(message),
            _ => Self::Page(PageError::Refused(message)),
        }
    }

    pub(crate) fn from_new_session(error: &NewSessionError) -> Self {
        match error {
            NewSessionError::SessionNotCreated(answer) => {
                let why = strip_prefix(&clean(&answer.message), "session not created: ");
                if why.contains("only supports Chrome version") {
                    Self::Config(format!("browser and driver differ: {why}{PAIR_REMEDY}"))
                } else {
                    Self::infrastructure(format!("ChromeDriver opened no session: {why}"))
                }
            }
            NewSessionError::NotW3C(answer) => Self::infrastructure(format!(
                "ChromeDriver opened no session: {}",
                answer.get("message").and_then(serde_json::Value::as_str).map_or_else(|| answer.to_string(), clean)
            )),
            other => Self::infrastructure(format!("ChromeDriver opened no session: {other}")),
        }
    }
}

fn means_browser_gone(message: &str) -> bool {
    [
        "chrome not reachable",
        "disconnected",
        "session deleted",
        "tab crashed",
        "target window already closed",
        "web view not found",
    ]
    .iter()
    .any(|sign| message.contains(sign))
}

fn strip_prefix(text: &str, prefix: &str) -> String {
    text.strip_prefix(prefix).unwrap_or(text).to_owned()
}

/// Cuts ChromeDriver's session line and native stack trace off a message: they tell a reader nothing.
fn clean(message: &str) -> String {
    let end = ["\n  (Session info", "\nStacktrace", "\n  (Driver info"]
        .iter()
        .filter_map(|mark| message.find(mark))
        .min()
        .unwrap_or(message.len());
    let text = message.get(..end).unwrap_or(message).trim();
    crate::browser::text::truncated(text, MESSAGE_BYTES_MAX)
}

fn seconds(duration: Duration) -> String {
    let tenths = (duration.as_millis() + 50) / 100;
    if tenths.is_multiple_of(10) { format!("{} s", tenths / 10) } else { format!("{}.{} s", tenths / 10, tenths % 10) }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn stack_trace_and_session_line_are_cut() {
        let message = "no such alert\n  (Session info: chrome=156.0.1)\nStacktrace:\n#0 0x55";
        assert_eq!(clean(message), "no such alert");
        assert_eq!(clean("plain"), "plain");
    }

    #[test]
    fn faults_follow_the_answer() {
        let fault = |status, text: &'static str| {
            BrowserError::from_standard("click", Duration::ZERO, &WebDriver::new(status, text)).fault()
        };
        assert_eq!(fault(ErrorStatus::InvalidSessionId, "invalid session id"), Fault::Infrastructure);
        assert_eq!(fault(ErrorStatus::UnknownError, "chrome not reachable"), Fault::Infrastructure);
        assert_eq!(fault(ErrorStatus::JavascriptError, "x"), Fault::Page);
        assert_eq!(fault(ErrorStatus::Timeout, "timeout"), Fault::Deadline);
    }

    #[test]
    fn dialog_text_comes_from_the_answers_data() {
        let answer = WebDriver::new(ErrorStatus::UnexpectedAlertOpen, "unexpected alert open")
            .with_data(serde_json::json!({ "text": "Sure?" }));
        assert_eq!(
            BrowserError::from_standard("title", Duration::ZERO, &answer).to_string(),
            "a dialog is open: \"Sure?\""
        );
    }

    #[test]
    fn durations_read_in_seconds() {
        assert_eq!(seconds(Duration::from_millis(1500)), "1.5 s");
        assert_eq!(seconds(Duration::from_secs(3)), "3 s");
    }
}
