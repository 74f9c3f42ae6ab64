//! A named part of a run.

use std::time::Duration;

use jiff::Timestamp;
use siskin_sdk::id::SpanId;

/// How a step ended.
#[derive(Clone, Debug, Eq, PartialEq, serde::Deserialize, serde::Serialize)]
#[serde(tag = "state", rename_all = "UPPERCASE")]
pub enum StepOutcome {
    /// Nothing went wrong in it.
    Passed,
    /// Something did.
    Failed {
        /// For people.
        reason: String,
    },
}

impl StepOutcome {
    /// The word for people and reports.
    pub fn word(&self) -> &'static str {
        match self {
            Self::Passed => "PASSED",
            Self::Failed { .. } => "FAILED",
        }
    }

    /// Why it failed.
    pub fn reason(&self) -> Option<&str> {
        match self {
            Self::Passed => None,
            Self::Failed { reason } => Some(reason),
        }
    }
}

/// What one step did.
#[derive(Clone, Debug, serde::Deserialize, serde::Serialize)]
pub struct StepReport {
    /// Counted from 1 in the order of their starts.
    pub number: u32,
    /// As the script calls it.
    pub name: String,
    /// Its subsegment in the run's trace.
    pub span_id: SpanId,
    /// When it began.
    pub started: Timestamp,
    /// How long it took.
    pub duration: Duration,
    /// How it ended.
    pub outcome: StepOutcome,
    /// The page before the step, if one was open.
    pub source_url: Option<String>,
    /// The page after the step, if one is open.
    pub destination_url: Option<String>,
    /// File names of its pictures, in order.
    pub screenshots: Vec<String>,
    /// Selectors that matched nothing, and those that did in their place.
    #[serde(default)]
    pub fallbacks: Vec<SelectorFallback>,
}

/// A selector of a list that matched because those before it did not: the page changed, and the script needs a repair.
#[derive(Clone, Debug, Eq, PartialEq, serde::Deserialize, serde::Serialize)]
pub struct SelectorFallback {
    /// The first of the list.
    pub wanted: String,
    /// The one that matched.
    pub matched: String,
    /// Its place in the list, counted from 1.
    pub position: usize,
}

impl StepReport {
    /// Whether `at` lies within the step.
    pub fn spans(&self, at: Timestamp) -> bool {
        let ended = self.started.checked_add(self.duration).unwrap_or(Timestamp::MAX);
        (self.started..=ended).contains(&at)
    }
}
