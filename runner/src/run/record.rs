//! What a run has left so far, shared between its script and the run that watches it.

use std::io;
use std::time::Duration;

use jiff::Timestamp;
use parking_lot::Mutex;
use siskin_sdk::id::SpanId;
use tokio::time::Instant;

use super::{Artifact, LogLevel, LogLine, RequestReport, ScriptMetric, SelectorFallback, StepOutcome, StepReport};
use crate::browser::har::Entry;
use crate::clock::Clock;
use crate::visual::VisualComparison;

/// Limits of what one run keeps.
pub mod limits {
    /// Most steps of a run.
    pub const STEPS_MAX: usize = 500;
    /// Most steps within each other.
    pub const STEPS_WITHIN_MAX: usize = 8;
    /// Most requests kept one by one; later ones are only counted.
    pub const REQUESTS_MAX: usize = 2_000;
    /// Most log lines kept; later ones are only counted.
    pub const LOG_LINES_MAX: usize = 5_000;
    /// Longer log lines are cut.
    pub const LOG_LINE_BYTES_MAX: usize = 16 * 1024;
    /// Most metrics that a script may put.
    pub const METRICS_MAX: usize = 100;
    /// Most selectors of a step that are told to have matched in another's place.
    pub const FALLBACKS_MAX: usize = 50;
    /// Most warnings kept one by one.
    pub const WARNINGS_MAX: usize = 100;
    /// Most pictures of a run.
    pub const SCREENSHOTS_MAX: usize = 200;
}

/// What a run has left so far.
#[derive(Debug)]
pub(crate) struct Record {
    clock: Clock,
    parts: Mutex<Parts>,
}

/// The parts as they stand at the end.
#[derive(Debug, Default)]
pub(crate) struct Parts {
    pub(crate) steps: Vec<StepReport>,
    /// The innermost one last.
    pub(crate) open_steps: Vec<OpenStep>,
    pub(crate) requests: Vec<RequestReport>,
    pub(crate) requests_dropped: u64,
    pub(crate) har_entries: Vec<Entry>,
    pub(crate) comparisons: Vec<VisualComparison>,
    pub(crate) metrics: Vec<ScriptMetric>,
    /// `None` when the script looked for nothing to warn of.
    pub(crate) warnings: Option<Vec<String>>,
    pub(crate) log: Vec<LogLine>,
    pub(crate) log_dropped: u64,
    pub(crate) artifacts: Vec<Artifact>,
    pub(crate) launch: Duration,
    /// The first file that could not be written, and why.
    pub(crate) lost_artifact: Option<String>,
}

/// A step that has begun and not ended.
#[derive(Debug)]
pub(crate) struct OpenStep {
    number: u32,
    name: String,
    span_id: SpanId,
    started: Timestamp,
    began: Instant,
    source_url: Option<String>,
    screenshots: Vec<String>,
    fallbacks: Vec<SelectorFallback>,
}

/// Why a step could not begin.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(crate) enum StepRefused {
    /// [`limits::STEPS_WITHIN_MAX`] steps are open.
    TooDeep,
    /// The run has [`limits::STEPS_MAX`] steps.
    TooMany,
}

impl Record {
    pub(crate) fn new(clock: Clock) -> Self {
        Self { clock, parts: Mutex::default() }
    }

    pub(crate) fn now(&self) -> Timestamp {
        self.clock.now()
    }

    pub(crate) fn begin_step(&self, name: &str, source_url: Option<String>) -> Result<(), StepRefused> {
        let mut parts = self.parts.lock();
        if parts.open_steps.len() >= limits::STEPS_WITHIN_MAX {
            return Err(StepRefused::TooDeep);
        }
        let before = parts.steps.len() + parts.open_steps.len();
        if before >= limits::STEPS_MAX {
            return Err(StepRefused::TooMany);
        }
        let outer = parts.open_steps.last().map(|outer| outer.name.as_str());
        let name = outer.map_or_else(|| name.to_owned(), |outer| format!("{outer} > {name}"));
        parts.open_steps.push(OpenStep {
            number: before as u32 + 1,
            name,
            span_id: SpanId::random(),
            started: self.clock.now(),
            began: Instant::now(),
            source_url,
            screenshots: Vec::new(),
            fallbacks: Vec::new(),
        });
        Ok(())
    }

    /// Ends the innermost open step, if one is.
    pub(crate) fn end_step(&self, outcome: StepOutcome, destination_url: Option<String>) {
        let mut parts = self.parts.lock();
        let Some(open) = parts.open_steps.pop() else { return };
        parts.steps.push(StepReport {
            number: open.number,
            name: open.name,
            span_id: open.span_id,
            started: open.started,
            duration: open.began.elapsed(),
            outcome,
            source_url: open.source_url,
            destination_url,
            screenshots: open.screenshots,
            fallbacks: open.fallbacks,
        });
    }

    /// Notes for the innermost open step which selector matched in another's place; each pair once.
    pub(crate) fn add_fallback(&self, fallback: SelectorFallback) {
        let mut parts = self.parts.lock();
        if let Some(open) = parts.open_steps.last_mut()
            && open.fallbacks.len() < limits::FALLBACKS_MAX
            && !open.fallbacks.contains(&fallback)
        {
            open.fallbacks.push(fallback);
        }
    }

    /// Whether the innermost open step has a picture, other than the one of its start.
    pub(crate) fn has_step_picture(&self, has_one_of_start: bool) -> bool {
        let parts = self.parts.lock();
        parts.open_steps.last().is_some_and(|open| open.screenshots.len() > usize::from(has_one_of_start))
    }

    /// Name for the next picture: `NN-step-suffix.png`; `None` when the run has too many.
    pub(crate) fn name_screenshot(&self, suffix: &str) -> Option<String> {
        let parts = self.parts.lock();
        let taken = parts.artifacts.iter().filter(|artifact| artifact.is_screenshot()).count();
        if taken >= limits::SCREENSHOTS_MAX {
            return None;
        }
        let step = match (parts.open_steps.last(), parts.steps.last()) {
            (Some(open), _) => open.name.as_str(),
            (None, Some(last)) => last.name.as_str(),
            (None, None) => "run",
        };
        Some(format!("{:02}-{}-{}.png", taken + 1, file_word(step), file_word(suffix)))
    }

    /// Notes a written file; a picture also belongs to the open step.
    pub(crate) fn add_artifact(&self, artifact: Artifact) {
        let mut parts = self.parts.lock();
        if artifact.is_screenshot()
            && let Some(open) = parts.open_steps.last_mut()
        {
            open.screenshots.push(artifact.file_name.clone());
        }
        parts.artifacts.push(artifact);
    }

    /// Notes a file that could not be written: a run without its evidence has not passed.
    pub(crate) fn lose_artifact(&self, file_name: &str, error: &io::Error) {
        let why = format!("{file_name}: {error}");
        self.log(LogLevel::Error, format!("not written: {why}"));
        self.parts.lock().lost_artifact.get_or_insert(why);
    }

    pub(crate) fn lost_artifact(&self) -> Option<String> {
        self.parts.lock().lost_artifact.clone()
    }

    pub(crate) fn add_request(&self, request: RequestReport, har_entry: Entry) {
        let mut parts = self.parts.lock();
        if parts.requests.len() < limits::REQUESTS_MAX {
            parts.requests.push(request);
            parts.har_entries.push(har_entry);
        } else {
            parts.requests_dropped += 1;
        }
    }

    /// Adds a request of a page, whose archive the browser keeps.
    pub(crate) fn add_page_request(&self, request: RequestReport) {
        let mut parts = self.parts.lock();
        if parts.requests.len() < limits::REQUESTS_MAX {
            parts.requests.push(request);
        } else {
            parts.requests_dropped += 1;
        }
    }

    /// Whether a picture of this key was compared already.
    pub(crate) fn has_comparison(&self, key: &str) -> bool {
        self.parts.lock().comparisons.iter().any(|comparison| comparison.key == key)
    }

    pub(crate) fn add_comparison(&self, comparison: VisualComparison) {
        self.parts.lock().comparisons.push(comparison);
    }

    /// Adds a metric, or says no when there are too many.
    pub(crate) fn add_metric(&self, metric: ScriptMetric) -> bool {
        let mut parts = self.parts.lock();
        let room = parts.metrics.len() < limits::METRICS_MAX;
        if room {
            parts.metrics.push(metric);
        }
        room
    }

    /// Notes what a check that only warns has found.
    pub(crate) fn add_warning(&self, warning: Option<String>) {
        let Some(text) = warning else {
            self.parts.lock().warnings.get_or_insert_default();
            return;
        };
        self.log(LogLevel::Warn, text.as_str());
        let mut parts = self.parts.lock();
        let step = parts.open_steps.last().map(|open| format!("{}: ", open.name)).unwrap_or_default();
        let warnings = parts.warnings.get_or_insert_default();
        if warnings.len() < limits::WARNINGS_MAX {
            warnings.push(format!("{step}{text}"));
        }
    }

    pub(crate) fn log(&self, level: LogLevel, text: impl Into<String>) {
        self.log_at(self.clock.now(), level, text);
    }

    /// Logs what happened at another time than now.
    pub(crate) fn log_at(&self, at: Timestamp, level: LogLevel, text: impl Into<String>) {
        let mut text = text.into();
        if text.len() > limits::LOG_LINE_BYTES_MAX {
            text.truncate(text.floor_char_boundary(limits::LOG_LINE_BYTES_MAX));
            text.push_str("...");
        }
        let line = LogLine { at, level, text };
        let mut parts = self.parts.lock();
        if parts.log.len() < limits::LOG_LINES_MAX {
            parts.log.push(line);
        } else {
            parts.log_dropped += 1;
        }
    }

    pub(crate) fn set_launch(&self, launch: Duration) {
        self.parts.lock().launch = launch;
    }

    /// Takes the archive's entries out, which are no part of the report.
    pub(crate) fn take_har_entries(&self) -> Vec<Entry> {
        std::mem::take(&mut self.parts.lock().har_entries)
    }

    /// Takes everything out but the archive's entries; what comes later is not part of the run.
    pub(crate) fn take(&self) -> Parts {
        let mut parts = self.parts.lock();
        let har_entries = std::mem::take(&mut parts.har_entries);
        let mut taken = std::mem::take(&mut *parts);
        parts.har_entries = har_entries;
        // An outer step ends after those within it.
        taken.steps.sort_by_key(|step| step.number);
        // Console lines came in late but happened early.
        taken.log.sort_by_key(|line| line.at);
        taken
    }
}

/// Longest part of a file name that comes from a step's name.
const FILE_WORD_CHARS_MAX: usize = 60;

fn file_word(text: &str) -> String {
    let mut word = String::new();
    for c in text.chars().take(FILE_WORD_CHARS_MAX) {
        if c.is_ascii_alphanumeric() || c == '_' || c == '.' {
            word.push(c);
        } else if !word.ends_with('-') {
            word.push('-');
        }
    }
    let word = word.trim_matches(['-', '.']);
    if word.is_empty() { "step".to_owned() } else { word.to_owned() }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn file_names_are_tame() {
        assert_eq!(file_word("http://127.0.0.1:8080/a b"), "http-127.0.0.1-8080-a-b");
        assert_eq!(file_word("../../etc"), "etc");
        assert_eq!(file_word("日本"), "step");
    }

    #[test]
    fn steps_nest_and_are_numbered_by_their_starts() {
        let record = Record::new(Clock::system());
        record.begin_step("one", None).unwrap();
        record.begin_step("inner", None).unwrap();
        record.end_step(StepOutcome::Passed, None);
        record.end_step(StepOutcome::Passed, None);
        record.begin_step("two", None).unwrap();
        assert_eq!(record.name_screenshot("failed").unwrap(), "01-two-failed.png");
        record.end_step(StepOutcome::Failed { reason: "no".to_owned() }, None);
        let steps = record.take().steps;
        let told: Vec<_> = steps.iter().map(|step| (step.number, step.name.as_str())).collect();
        assert_eq!(told, [(1, "one"), (2, "one > inner"), (3, "two")]);
        for _ in 0..limits::STEPS_WITHIN_MAX {
            record.begin_step("deep", None).unwrap();
        }
        assert_eq!(record.begin_step("deeper", None), Err(StepRefused::TooDeep));
    }

    #[test]
    fn what_is_over_the_limit_is_counted() {
        let record = Record::new(Clock::system());
        for _ in 0..limits::LOG_LINES_MAX + 3 {
            record.log(LogLevel::Info, "x");
        }
        let parts = record.take();
        assert_eq!((parts.log.len(), parts.log_dropped), (limits::LOG_LINES_MAX, 3));
    }
}
