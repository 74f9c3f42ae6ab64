//! `GetCanaryRuns` and `DescribeCanariesLastRun`.
//!
//! Source: <https://docs.aws.amazon.com/AmazonSynthetics/latest/APIReference/API_GetCanaryRuns.html>

use std::time::Duration;

use serde::{Deserialize, Serialize};

use super::SyntheticsError;
use super::run::{Run, last_runs, recent_runs};
use crate::base::{PageToken, Timestamp};
use crate::service::Context;

/// Most runs or canaries of one page, and how many there are unless said.
const PAGE_MAX: usize = 100;
/// Most names to filter by.
const NAMES_MAX: usize = 5;
/// How long runs are told, as AWS keeps them unless told otherwise.
const KEPT: Duration = Duration::from_hours(31 * 24);

/// Input of `GetCanaryRuns`.
#[derive(Debug, Default, Deserialize)]
#[serde(rename_all = "PascalCase")]
pub struct GetCanaryRunsInput {
    /// Of which canary; the path's label.
    #[serde(alias = "name")]
    pub name: String,
    /// Where the last page ended.
    pub next_token: Option<String>,
    /// Runs of one page.
    pub max_results: Option<i64>,
    /// Of this dry run only; there are none here.
    pub dry_run_id: Option<String>,
    /// `CANARY_RUN` unless said.
    pub run_type: Option<String>,
}

/// Output of `GetCanaryRuns`.
#[derive(Debug, Serialize)]
#[serde(rename_all = "PascalCase")]
pub struct GetCanaryRunsOutput {
    /// Newest first.
    pub canary_runs: Vec<CanaryRun>,
    /// Where the next page begins.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub next_token: Option<String>,
}

/// A run as clients see it.
#[derive(Debug, Serialize)]
#[serde(rename_all = "PascalCase")]
pub struct CanaryRun {
    /// Its id.
    pub id: String,
    /// Of which canary.
    pub name: String,
    /// How it ended.
    pub status: CanaryRunStatus,
    /// When.
    pub timeline: CanaryRunTimeline,
    /// Where its artifacts are.
    #[serde(rename = "ArtifactS3Location", skip_serializing_if = "Option::is_none")]
    pub artifact_location: Option<String>,
}

/// How a run ended.
#[derive(Debug, Serialize)]
#[serde(rename_all = "PascalCase")]
pub struct CanaryRunStatus {
    /// `PASSED` or `FAILED`.
    pub state: &'static str,
    /// Why it failed.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub state_reason: Option<String>,
    /// Whose failure it was.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub state_reason_code: Option<String>,
    /// The same as the state: a run without a result is a failed one here.
    pub test_result: &'static str,
}

/// When a run was.
#[derive(Debug, Serialize)]
#[serde(rename_all = "PascalCase")]
pub struct CanaryRunTimeline {
    /// Its begin.
    pub started: Timestamp,
    /// Its end.
    pub completed: Timestamp,
    /// The time of its datapoints.
    pub metric_timestamp_for_run_and_retries: Timestamp,
}

impl CanaryRun {
    fn of(run: Run) -> Self {
        let state = if run.passed { "PASSED" } else { "FAILED" };
        Self {
            id: run.id,
            name: run.canary,
            status: CanaryRunStatus {
                state,
                state_reason: run.reason,
                state_reason_code: run.reason_code,
                test_result: state,
            },
            timeline: CanaryRunTimeline {
                started: run.started,
                completed: run.completed,
                metric_timestamp_for_run_and_retries: run.started,
            },
            artifact_location: run.artifact_location,
        }
    }
}

/// Where a page begins: at this time, after these runs that were recorded at the same time.
#[derive(Debug, Serialize, Deserialize)]
struct Position {
    recorded_at: Timestamp,
    told: Vec<String>,
}

/// Lists the runs of a canary in the last 31 days, newest first.
///
/// # Errors
/// `ResourceNotFoundException` when no canary of this name ran; `ValidationException` for a bad page size or token.
pub async fn get_canary_runs(cx: &Context, input: GetCanaryRunsInput) -> Result<GetCanaryRunsOutput, SyntheticsError> {
    let limit = page_size(input.max_results)?;
    let position: Option<Position> = input.next_token.as_deref().map(PageToken::decode).transpose()?;
    let first_page = position.is_none();
    if let Some(run_type) = input.run_type.as_deref().filter(|kind| !["CANARY_RUN", "DRY_RUN"].contains(kind)) {
        return Err(SyntheticsError::Validation(format!(
            "1 validation error detected: Value '{run_type}' at 'runType' failed to satisfy constraint: Member must satisfy \
             enum value set: [CANARY_RUN, DRY_RUN]"
        )));
    }
    let (until, told) = match position {
        Some(position) => (position.recorded_at.plus(Duration::from_nanos(1)), position.told),
        None => (Timestamp::MAX, Vec::new()),
    };
    let range = (cx.now().minus(KEPT), until);
    let wanted = limit + 1 + told.len();
    let mut runs = recent_runs(&cx.store.events, &cx.scope, Some(&input.name), range, wanted).await?;
    if runs.is_empty() && first_page {
        return Err(SyntheticsError::NotFound(input.name));
    }
    if input.dry_run_id.is_some() || input.run_type.as_deref() == Some("DRY_RUN") {
        runs.clear();
    }
    runs.retain(|run| !told.contains(&run.id));
    let more = runs.len() > limit;
    runs.truncate(limit);
    let next_token = runs.last().filter(|_| more).map(|last| {
        let at = last.recorded_at;
        let here = runs.iter().filter(|run| run.recorded_at == at).map(|run| run.id.clone());
        let earlier = told.into_iter().filter(|_| until == at.plus(Duration::from_nanos(1)));
        PageToken::encode(&Position { recorded_at: at, told: earlier.chain(here).collect() })
    });
    Ok(GetCanaryRunsOutput { canary_runs: runs.into_iter().map(CanaryRun::of).collect(), next_token })
}

/// Input of `DescribeCanariesLastRun`.
#[derive(Debug, Default, Deserialize)]
#[serde(rename_all = "PascalCase")]
pub struct DescribeCanariesLastRunInput {
    /// Where the last page ended.
    pub next_token: Option<String>,
    /// Canaries of one page.
    pub max_results: Option<i64>,
    /// Only these.
    #[serde(default)]
    pub names: Vec<String>,
    /// Only runs in this browser.
    pub browser_type: Option<String>,
}

/// Output of `DescribeCanariesLastRun`.
#[derive(Debug, Serialize)]
#[serde(rename_all = "PascalCase")]
pub struct DescribeCanariesLastRunOutput {
    /// By name.
    pub canaries_last_run: Vec<CanaryLastRun>,
    /// Where the next page begins.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub next_token: Option<String>,
}

/// The last run of a canary.
#[derive(Debug, Serialize)]
#[serde(rename_all = "PascalCase")]
pub struct CanaryLastRun {
    /// Which canary.
    pub canary_name: String,
    /// Its last run.
    pub last_run: CanaryRun,
}

/// Lists the last run of every canary that ran in the last 31 days, as far as the last [`super::RUNS_READ_MAX`] runs tell.
///
/// # Errors
/// `ValidationException` for a bad page size, token or filter.
pub async fn describe_canaries_last_run(
    cx: &Context,
    input: DescribeCanariesLastRunInput,
) -> Result<DescribeCanariesLastRunOutput, SyntheticsError> {
    let limit = page_size(input.max_results)?;
    let after: Option<String> = input.next_token.as_deref().map(PageToken::decode).transpose()?;
    if input.names.len() > NAMES_MAX {
        return Err(SyntheticsError::Validation(format!(
            "1 validation error detected: Value '[{}]' at 'names' failed to satisfy constraint: Member must have length less \
             than or equal to {NAMES_MAX}",
            input.names.join(", ")
        )));
    }
    if let Some(browser) = input.browser_type.as_deref().filter(|browser| *browser != "CHROME") {
        return Err(SyntheticsError::Validation(format!(
            "BrowserType {browser} is not supported: canaries run in Chrome."
        )));
    }
    let mut runs = last_runs(&cx.store.events, &cx.scope, cx.now(), KEPT).await?;
    runs.retain(|run| input.names.is_empty() || input.names.contains(&run.canary));
    runs.retain(|run| after.as_ref().is_none_or(|after| run.canary > *after));
    let more = runs.len() > limit;
    runs.truncate(limit);
    Ok(DescribeCanariesLastRunOutput {
        next_token: runs.last().filter(|_| more).map(|run| PageToken::encode(&run.canary)),
        canaries_last_run: (runs.into_iter())
            .map(|run| CanaryLastRun { canary_name: run.canary.clone(), last_run: CanaryRun::of(run) })
            .collect(),
    })
}

fn page_size(wanted: Option<i64>) -> Result<usize, SyntheticsError> {
    let Some(wanted) = wanted else { return Ok(PAGE_MAX) };
    match usize::try_from(wanted) {
        Ok(size @ 1..=PAGE_MAX) => Ok(size),
        Ok(_) | Err(_) => Err(SyntheticsError::Validation(format!(
            "1 validation error detected: Value '{wanted}' at 'maxResults' failed to satisfy constraint: Member must have value \
             between 1 and {PAGE_MAX}"
        ))),
    }
}
