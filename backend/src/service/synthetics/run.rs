//! Canary runs, told from the events that runners publish when one ends.
//!
//! The events have the form of AWS's:
//! <https://docs.aws.amazon.com/AmazonCloudWatch/latest/monitoring/monitoring-events-eventbridge.html>

use std::collections::{BTreeMap, HashSet};
use std::time::Duration;

use serde::Deserialize;

use crate::base::{Arn, Scope, Timestamp};
use crate::store::{EventRow, EventScan, EventTable, Order, StoreError};

/// Source of the events.
pub const SOURCE: &str = "siskin.runner";
/// Detail type of a run that passed.
pub const RUN_PASSED: &str = "Synthetics Canary TestRun Successful";
/// Detail type of a run that failed.
pub const RUN_FAILED: &str = "Synthetics Canary TestRun Failure";
/// Most runs of one read.
pub const RUNS_READ_MAX: usize = 10_000;

/// A run that ended.
#[derive(Clone, Debug, PartialEq)]
pub struct Run {
    /// Of which canary.
    pub canary: String,
    /// The run's id.
    pub id: String,
    /// Whether it passed.
    pub passed: bool,
    /// Why not.
    pub reason: Option<String>,
    /// `CANARY_FAILURE` or `EXECUTION_FAILURE`, when it failed.
    pub reason_code: Option<String>,
    /// When it began.
    pub started: Timestamp,
    /// When it ended.
    pub completed: Timestamp,
    /// The time of the event that told it: what reads are limited and ordered by.
    pub recorded_at: Timestamp,
    /// Where its artifacts are.
    pub artifact_location: Option<String>,
    /// File names of its artifacts.
    pub artifacts: Vec<String>,
    /// Its trace, in X-Ray's form.
    pub trace_id: Option<String>,
    /// What kind of canary it is.
    pub blueprint: Option<String>,
    /// What it did, in order.
    pub steps: Vec<RunStep>,
}

/// A step of a run.
#[derive(Clone, Debug, PartialEq, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub struct RunStep {
    /// Its name.
    pub name: String,
    /// How it ended, in the runner's word.
    pub status: String,
    /// Why it failed.
    pub reason: Option<String>,
    /// How long it took, in milliseconds.
    pub duration_ms: u64,
    /// File names of its screenshots.
    #[serde(default)]
    pub screenshots: Vec<String>,
}

/// The detail of the events.
#[derive(Debug, Deserialize)]
#[serde(rename_all = "kebab-case")]
struct Detail {
    canary_name: String,
    canary_run_id: String,
    state_reason: Option<String>,
    state_reason_code: Option<String>,
    artifact_location: Option<String>,
    canary_run_timeline: Timeline,
    trace_id: Option<String>,
    blueprint: Option<String>,
    #[serde(default)]
    artifacts: Vec<String>,
    #[serde(default)]
    steps: Vec<RunStep>,
}

/// Epoch seconds.
#[derive(Debug, Deserialize)]
struct Timeline {
    started: f64,
    completed: f64,
}

/// The runs recorded within `since..until`, newest first; of `canary` only, when given. At most `limit`, from at most
/// [`RUNS_READ_MAX`] events.
///
/// # Errors
/// When the store cannot read.
pub async fn recent_runs(
    events: &EventTable,
    scope: &Scope,
    canary: Option<&str>,
    (since, until): (Timestamp, Timestamp),
    limit: usize,
) -> Result<Vec<Run>, StoreError> {
    let mut scan = EventScan {
        since,
        until,
        source: Some(SOURCE.into()),
        detail_type: Some(vec![RUN_PASSED.into(), RUN_FAILED.into()]),
        resource: canary.map(|name| Arn::new("synthetics", scope, format!("canary:{name}")).to_string()),
        order: Order::NewestFirst,
        limit: limit.min(RUNS_READ_MAX),
    };
    let (mut runs, mut known_runs, mut known_events) = (Vec::new(), HashSet::new(), HashSet::new());
    loop {
        let rows = events.scan(scope, scan.clone()).await?;
        let exhausted = rows.len() < scan.limit;
        for row in rows.iter().filter(|row| known_events.insert(row.id.clone())) {
            // A runner that was not answered in time publishes the same run again.
            runs.extend(run_of(row).filter(|run| known_runs.insert(run.id.clone())));
        }
        let Some(last) = rows.last().filter(|_| !exhausted && runs.len() < limit && known_events.len() < RUNS_READ_MAX)
        else {
            break;
        };
        // Events of the last time seen come again, because further ones may have it too.
        scan.until = last.at.plus(Duration::from_nanos(1));
        let again = rows.iter().filter(|row| row.at == last.at).count();
        scan.limit = again + (limit - runs.len());
    }
    runs.truncate(limit);
    Ok(runs)
}

/// The last run of each canary that ran within `window` before `now`, by name.
///
/// # Errors
/// When the store cannot read.
pub async fn last_runs(
    events: &EventTable,
    scope: &Scope,
    now: Timestamp,
    window: Duration,
) -> Result<Vec<Run>, StoreError> {
    let range = (now.minus(window), Timestamp::MAX);
    let runs = recent_runs(events, scope, None, range, RUNS_READ_MAX).await?;
    let mut last = BTreeMap::new();
    for run in runs {
        last.entry(run.canary.clone()).or_insert(run);
    }
    Ok(last.into_values().collect())
}

/// The run that `row` tells of; `None` when anybody may have published it: it lacks what runs have.
fn run_of(row: &EventRow) -> Option<Run> {
    let detail: Detail = serde_json::from_str(&row.detail).ok()?;
    Some(Run {
        canary: detail.canary_name,
        id: detail.canary_run_id,
        passed: &*row.detail_type == RUN_PASSED,
        reason: detail.state_reason,
        reason_code: detail.state_reason_code,
        started: Timestamp::from_secs_f64(detail.canary_run_timeline.started)?,
        completed: Timestamp::from_secs_f64(detail.canary_run_timeline.completed)?,
        recorded_at: row.at,
        artifact_location: detail.artifact_location,
        artifacts: detail.artifacts,
        trace_id: detail.trace_id,
        blueprint: detail.blueprint,
        steps: detail.steps,
    })
}
