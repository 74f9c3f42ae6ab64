//! Why a script ended early, and where.

use std::fmt;

use rhai::{Dynamic, EvalAltResult, Position};
use siskin_blueprints::Script;

use crate::browser::{BrowserError, Fault};

/// Whose fault it is that a script ended early.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum Blame {
    /// The watched service: a check did not hold.
    Check,
    /// The script: it does not compile, or breaks a rule or a limit.
    Script,
    /// The run's time was over.
    Deadline,
    /// The runner's machine: no browser, no room.
    Infrastructure,
    /// Nobody's: the runner is ending.
    Stopped,
}

/// What a function of the host says no with; scripts may catch what the service or they themselves did.
#[derive(Clone, Debug, Eq, PartialEq)]
pub(crate) struct HostError {
    pub(crate) blame: Blame,
    pub(crate) message: String,
    /// Where it was raised: the engine moves the place of errors that pass through a step.
    position: Position,
}

impl HostError {
    pub(crate) fn new(blame: Blame, message: impl Into<String>) -> Self {
        Self { blame, message: message.into(), position: Position::NONE }
    }

    pub(crate) fn check(message: impl Into<String>) -> Self {
        Self::new(Blame::Check, message)
    }

    pub(crate) fn script(message: impl Into<String>) -> Self {
        Self::new(Blame::Script, message)
    }
}

impl From<BrowserError> for HostError {
    fn from(error: BrowserError) -> Self {
        let blame = match error.fault() {
            Fault::Config | Fault::Infrastructure => Blame::Infrastructure,
            Fault::Page => Blame::Check,
            Fault::Deadline => Blame::Deadline,
        };
        Self::new(blame, error.to_string())
    }
}

impl HostError {
    /// The error as the engine knows it, at `position`.
    #[expect(clippy::unnecessary_box_returns, reason = "the engine's functions return boxed errors")]
    pub(super) fn raised(mut self, position: Position) -> Box<EvalAltResult> {
        self.position = position;
        let catchable = matches!(self.blame, Blame::Check | Blame::Script);
        let value = Dynamic::from(self);
        // A script must not catch the end of its time, or go on without its browser.
        Box::new(if catchable {
            EvalAltResult::ErrorRuntime(value, position)
        } else {
            EvalAltResult::ErrorTerminated(value, position)
        })
    }
}

/// Where in a script something happened.
#[derive(Clone, Debug, Eq, PartialEq)]
struct Place {
    script: String,
    line: usize,
    column: usize,
    text: String,
}

/// Why a script ended early.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct Failure {
    /// Whose fault it is.
    pub blame: Blame,
    /// What happened.
    pub message: String,
    place: Option<Place>,
}

impl Failure {
    /// A failure outside of the script's own lines.
    pub(crate) fn new(blame: Blame, message: impl Into<String>) -> Self {
        Self { blame, message: message.into(), place: None }
    }

    /// A mistake that was found before the script ran.
    pub(super) fn at(script: &Script, position: Position, message: String) -> Self {
        Self { blame: Blame::Script, message, place: place(script, position) }
    }

    pub(super) fn compile(script: &Script, error: &rhai::ParseError) -> Self {
        Self { blame: Blame::Script, message: error.err_type().to_string(), place: place(script, error.position()) }
    }

    pub(super) fn run(script: &Script, error: &EvalAltResult) -> Self {
        let (inner, position) = innermost(error);
        let (blame, message) = meaning(inner);
        let position = host_error(inner).map(|error| error.position).filter(|at| !at.is_none()).unwrap_or(position);
        Self { blame, message, place: place(script, position) }
    }

    /// For reports: what happened, then where, with the line.
    pub fn reason(&self) -> String {
        match &self.place {
            None => self.message.clone(),
            Some(place) => {
                format!("{}\nat {}:{}:{}\n{}", self.message, place.script, place.line, place.column, place.listing())
            }
        }
    }
}

impl fmt::Display for Failure {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.place {
            None => out.write_str(&self.message),
            Some(place) => {
                write!(out, "{}:{}:{}: {}\n{}", place.script, place.line, place.column, self.message, place.listing())
            }
        }
    }
}

impl Place {
    fn listing(&self) -> String {
        // Tabs are kept, so that the mark stands below its column.
        let before = self.text.chars().take(self.column.saturating_sub(1));
        let blank: String = before.map(|letter| if letter == '\t' { letter } else { ' ' }).collect();
        format!("{:>5} | {}\n      | {blank}^", self.line, self.text)
    }
}

/// What an error means, without its place.
pub(super) fn meaning(error: &EvalAltResult) -> (Blame, String) {
    match error {
        EvalAltResult::ErrorRuntime(value, _) | EvalAltResult::ErrorTerminated(value, _) => {
            match host_error(error) {
                Some(host_error) => (host_error.blame, host_error.message),
                // `throw "text"` is how a script of the user's own says that a check does not hold.
                None => (Blame::Check, value.to_string()),
            }
        }
        EvalAltResult::ErrorTooManyOperations(_) => {
            (Blame::Script, format!("the script took more than {} operations", super::limits::OPERATIONS_MAX))
        }
        EvalAltResult::ErrorStackOverflow(_) => {
            (Blame::Script, format!("functions call each other more than {} deep", super::limits::CALL_LEVELS_MAX))
        }
        EvalAltResult::ErrorDataTooLarge(what, _) => {
            (Blame::Script, format!("{what} is larger than a script may have"))
        }
        other => {
            let mut bare = other.to_string();
            // The place is told by itself.
            if let Some(cut) = bare.rfind(" (line ") {
                bare.truncate(cut);
            }
            (Blame::Script, bare)
        }
    }
}

fn host_error(error: &EvalAltResult) -> Option<HostError> {
    match error {
        EvalAltResult::ErrorRuntime(value, _) | EvalAltResult::ErrorTerminated(value, _) => value.clone().try_cast(),
        _ => None,
    }
}

/// The error that was raised, and the most exact place known of it.
fn innermost(error: &EvalAltResult) -> (&EvalAltResult, Position) {
    let mut at = error.position();
    let mut inner = error;
    while let EvalAltResult::ErrorInFunctionCall(_, _, source, _) | EvalAltResult::ErrorInModule(_, source, _) = inner {
        inner = source;
        if !inner.position().is_none() {
            at = inner.position();
        }
    }
    (inner, at)
}

/// Longer lines of a script are cut in messages.
const LINE_CHARS_SHOWN: usize = 160;

fn place(script: &Script, position: Position) -> Option<Place> {
    let line = position.line()?;
    let text = script.source.lines().nth(line - 1).unwrap_or_default();
    Some(Place {
        script: script.name.clone(),
        line,
        column: position.position().unwrap_or(1),
        text: text.chars().take(LINE_CHARS_SHOWN).collect(),
    })
}
