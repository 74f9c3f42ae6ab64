//! What a run left: plain values, from which every report and every publication is made.

use std::path::PathBuf;
use std::time::Duration;

use jiff::Timestamp;
use siskin_blueprints::CanaryName;
use siskin_sdk::id::{SpanId, TraceId};
use uuid::Uuid;

use super::{Artifact, Outcome, RequestReport, StepReport};
use crate::browser::Vitals;
use crate::visual::VisualComparison;

/// What is known of a run before it begins; kept on disk meanwhile, so that a killed run is not lost.
#[derive(Clone, Debug, serde::Deserialize, serde::Serialize)]
pub struct RunStart {
    /// Whose run it is.
    pub canary: CanaryName,
    /// The blueprint's name, or `script`.
    pub kind: String,
    /// Names the run.
    pub run_id: Uuid,
    /// The trace all its requests belong to.
    pub trace_id: TraceId,
    /// The run's own segment in that trace.
    pub segment_id: SpanId,
    /// When it was due: the time of its datapoints.
    pub due: Timestamp,
    /// When it began.
    pub started: Timestamp,
}

/// What a run left.
#[derive(Clone, Debug, serde::Deserialize, serde::Serialize)]
pub struct RunReport {
    /// What was known before.
    pub start: RunStart,
    /// How long it took.
    pub duration: Duration,
    /// The part of it that went to starting the browser.
    pub launch: Duration,
    /// How long its script was allowed.
    pub timeout: Duration,
    /// How it ended.
    pub outcome: Outcome,
    /// Its steps, in order.
    pub steps: Vec<StepReport>,
    /// Its requests, in order of their starts.
    pub requests: Vec<RequestReport>,
    /// Requests beyond the limit, of which only the count is kept.
    pub requests_dropped: u64,
    /// Web vitals of each document that was opened, oldest first.
    #[serde(default)]
    pub vitals: Vec<Vitals>,
    /// Pictures beside their baselines.
    #[serde(default)]
    pub comparisons: Vec<VisualComparison>,
    /// Where these baselines are; empty without comparisons.
    #[serde(default)]
    pub baselines: String,
    /// Metrics that the script put.
    pub metrics: Vec<ScriptMetric>,
    /// What its checks warned of without failing: step and message.
    #[serde(default)]
    pub warnings: Vec<String>,
    /// What it logged.
    pub log: Vec<LogLine>,
    /// Lines beyond the limit, of which only the count is kept.
    pub log_dropped: u64,
    /// Name and version of the browser, if one was started.
    pub browser: Option<String>,
    /// Its files, in the order they were written.
    pub artifacts: Vec<Artifact>,
    /// Where they are; `None` when the directory could not be made.
    pub directory: Option<PathBuf>,
}

impl RunReport {
    /// The report of a run of which nothing is known but that it began.
    pub fn without_run(start: RunStart, outcome: Outcome) -> Self {
        Self {
            start,
            duration: Duration::ZERO,
            launch: Duration::ZERO,
            timeout: Duration::ZERO,
            outcome,
            steps: Vec::new(),
            requests: Vec::new(),
            requests_dropped: 0,
            vitals: Vec::new(),
            comparisons: Vec::new(),
            baselines: String::new(),
            metrics: Vec::new(),
            warnings: Vec::new(),
            log: Vec::new(),
            log_dropped: 0,
            browser: None,
            artifacts: Vec::new(),
            directory: None,
        }
    }

    /// When it ended.
    pub fn ended(&self) -> Timestamp {
        self.start.started.checked_add(self.duration).unwrap_or(Timestamp::MAX)
    }

    /// How many requests were answered with a status of `class`, such as 5 for `5xx`.
    pub fn status_count(&self, class: u16) -> usize {
        self.requests.iter().filter(|request| request.status_class() == Some(class)).count()
    }

    /// How many requests got no answer.
    pub fn unanswered_count(&self) -> usize {
        self.requests.iter().filter(|request| request.status.is_none()).count()
    }
}

/// A metric that a script put.
#[derive(Clone, Debug, PartialEq, serde::Deserialize, serde::Serialize)]
pub struct ScriptMetric {
    /// Its name.
    pub name: String,
    /// Finite.
    pub value: f64,
    /// A CloudWatch unit, such as `Milliseconds`.
    pub unit: String,
}

/// How much a log line matters.
#[derive(Clone, Copy, Debug, Eq, PartialEq, serde::Deserialize, serde::Serialize)]
#[serde(rename_all = "UPPERCASE")]
pub enum LogLevel {
    /// For whoever looks closely.
    Debug,
    /// The course of things.
    Info,
    /// Odd, but the run goes on.
    Warn,
    /// Why the run fails.
    Error,
}

impl LogLevel {
    /// Five columns wide.
    pub fn word(self) -> &'static str {
        match self {
            Self::Debug => "DEBUG",
            Self::Info => "INFO ",
            Self::Warn => "WARN ",
            Self::Error => "ERROR",
        }
    }
}

/// One line of a run's log.
#[derive(Clone, Debug, serde::Deserialize, serde::Serialize)]
pub struct LogLine {
    /// When it was written.
    pub at: Timestamp,
    /// How much it matters.
    pub level: LogLevel,
    /// Its text; may hold line breaks.
    pub text: String,
}
