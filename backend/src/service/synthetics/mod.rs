//! Amazon CloudWatch Synthetics: the read side of canary runs.

mod error;
mod get_canary_runs;
mod run;
#[cfg(test)]
mod tests;

pub use error::SyntheticsError;
pub use get_canary_runs::{
    CanaryLastRun, CanaryRun, CanaryRunStatus, CanaryRunTimeline, DescribeCanariesLastRunInput,
    DescribeCanariesLastRunOutput, GetCanaryRunsInput, GetCanaryRunsOutput, describe_canaries_last_run,
    get_canary_runs,
};
pub use run::{RUN_FAILED, RUN_PASSED, RUNS_READ_MAX, Run, RunStep, SOURCE, last_runs, recent_runs};

use super::{Operations, RestRoute, ServiceId};

const ROUTES: &[RestRoute] = &[
    RestRoute::new("POST", "/canary/{name}/runs", "GetCanaryRuns"),
    RestRoute::new("POST", "/canaries/last-run", "DescribeCanariesLastRun"),
];

/// The operations of the service.
pub fn operations() -> Operations {
    Operations::new(ServiceId::Synthetics)
        .on("GetCanaryRuns", get_canary_runs)
        .on("DescribeCanariesLastRun", describe_canaries_last_run)
        .rest(ROUTES)
}
