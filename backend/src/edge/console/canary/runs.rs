//! Runs as the console shows them.

use std::path::{Component, Path};
use std::time::Duration;

use super::{RunDetail, RunLine, StepLine};
use crate::base::Timestamp;
use crate::edge::console::fault::PageError;
use crate::edge::console::{artifact, link};
use crate::service::Context;
use crate::service::synthetics::{self, RunStep, recent_runs};

/// Parts of a run's directory: `canary/<region>/<name>/<yyyy>/<mm>/<dd>/<hh>/<mm-ss-ms>`.
const DIRECTORY_PARTS: usize = 8;

/// Titles of the files that are offered first.
const FIRST_FILES: [&str; 3] = ["Report", "HAR", "Log"];

/// A run and whose it is.
#[derive(Clone, Debug)]
pub(crate) struct Run {
    pub(crate) canary: String,
    pub(crate) blueprint: Option<String>,
    pub(crate) detail: RunDetail,
}

/// The latest `limit` runs since `since`, newest first; of one canary, or of all.
///
/// # Errors
/// When the events cannot be read.
pub(crate) async fn latest(
    cx: &Context,
    canary: Option<&str>,
    since: Timestamp,
    limit: usize,
) -> Result<Vec<Run>, PageError> {
    let range = (since, Timestamp::MAX);
    let runs = recent_runs(&cx.store.events, &cx.scope, canary, range, limit).await;
    Ok(runs.map_err(|error| PageError::Internal(error.to_string()))?.into_iter().map(shown).collect())
}

fn shown(run: synthetics::Run) -> Run {
    let step = |step: RunStep| StepLine {
        passed: step.status == "PASSED",
        name: step.name,
        length: Duration::from_millis(step.duration_ms),
        reason: step.reason,
    };
    let (screenshots, files) = artifacts(&run.artifact_location.unwrap_or_default(), &run.artifacts);
    let group = format!("/aws/lambda/cwsyn-{}", run.canary);
    let terms = format!("\"{}\"", run.id);
    let at = run.completed.as_millis().to_string();
    let logs = link::to("/console/log-group", [("name", &*group), ("filter", &*terms), ("at", &*at)]);
    let line = RunLine {
        id: run.id,
        passed: run.passed,
        started: run.started,
        length: run.completed.since(run.started),
        steps: run.steps.into_iter().map(step).collect(),
        trace: run.trace_id,
        reason: run.reason,
    };
    Run {
        canary: run.canary,
        blueprint: run.blueprint,
        detail: RunDetail { line, screenshots, files, logs: Some(logs) },
    }
}

type Titled = Vec<(String, String)>;

/// Pictures and other files of a run, with their addresses.
fn artifacts(location: &str, names: &[String]) -> (Titled, Titled) {
    let Some(directory) = below_artifacts(location) else { return (Titled::new(), Titled::new()) };
    let address = |name: &String| Some((title(name), artifact::url(&directory, name)?));
    let (pictures, files): (Vec<&String>, Vec<&String>) = names.iter().partition(|name| is_picture(name));
    let mut files: Titled = files.into_iter().filter_map(address).collect();
    // What people open most comes first; the rest stays in the runner's order.
    files.sort_by_key(|(title, _)| FIRST_FILES.iter().position(|first| first == title).unwrap_or(FIRST_FILES.len()));
    (pictures.into_iter().filter_map(address).collect(), files)
}

fn is_picture(name: &str) -> bool {
    Path::new(name).extension().is_some_and(|extension| extension == "png")
}

/// The run's directory below whatever directory holds the artifacts: the runner may name that otherwise than we do.
fn below_artifacts(location: &str) -> Option<String> {
    let parts: Vec<&str> = Path::new(location)
        .components()
        .filter_map(|part| match part {
            Component::Normal(part) => part.to_str(),
            Component::Prefix(_) | Component::RootDir | Component::CurDir | Component::ParentDir => None,
        })
        .collect();
    let own = parts.get(parts.len().checked_sub(DIRECTORY_PARTS)?..)?;
    (own[0] == "canary").then(|| own.join("/"))
}

/// What a file is called on its button.
fn title(name: &str) -> String {
    let known = match name {
        "report.html" => "Report",
        "results.har" => "HAR",
        "log.txt" => "Log",
        "junit.xml" => "JUnit",
        _ if name.starts_with("SyntheticsReport-") => "JSON",
        _ => name.strip_suffix(".png").unwrap_or(name),
    };
    known.to_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_run_is_shown_with_its_files() {
        let run = shown(synthetics::Run {
            canary: "home".to_owned(),
            id: "7".to_owned(),
            passed: false,
            reason: None,
            reason_code: None,
            started: Timestamp::from_millis(990_500),
            completed: Timestamp::from_millis(992_000),
            recorded_at: Timestamp::from_millis(992_100),
            artifact_location: Some("./x/canary/us-east-1/home/2026/11/23/08/01-02-003".to_owned()),
            artifacts: ["01-load-after.png", "log.txt", "../secret"].map(str::to_owned).to_vec(),
            trace_id: None,
            blueprint: None,
            steps: Vec::new(),
        });
        assert_eq!(run.detail.line.length, Duration::from_millis(1_500));
        let root = "/console/artifact/canary/us-east-1/home/2026/11/23/08/01-02-003";
        assert_eq!(run.detail.screenshots, [("01-load-after".to_owned(), format!("{root}/01-load-after.png"))]);
        assert_eq!(run.detail.files, [("Log".to_owned(), format!("{root}/log.txt"))]);
    }

    #[test]
    fn a_location_outside_the_layout_has_no_files() {
        assert_eq!(below_artifacts("/tmp/elsewhere"), None);
        assert_eq!(below_artifacts("s3://b/canary/r/n/2026/1/2/3/4").as_deref(), Some("canary/r/n/2026/1/2/3/4"));
    }
}
