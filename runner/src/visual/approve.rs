//! Pictures of a report become baselines.

use std::fs;
use std::path::Path;

use jiff::Timestamp;

use super::baseline::{BaselineError, BaselineKey, Baselines, sha256};
use super::{BaselineFacts, REPORT_VERSION, VisualComparison, VisualReport, VisualStatus};
use crate::report::{VISUAL_REPORT, is_file_name};

/// Why nothing more was approved.
#[derive(Debug, thiserror::Error)]
pub enum ApproveError {
    /// There is no report that can be read.
    #[error("{at}: {reason}")]
    Report {
        /// The file.
        at: String,
        /// Why.
        reason: String,
    },
    /// What was asked for is not in the report, or cannot be approved. Nothing was.
    #[error("{0}")]
    Refused(String),
    /// The picture is not there, or not the one that was compared.
    #[error("{key}: {file}: {reason}")]
    Picture {
        /// Of which comparison.
        key: String,
        /// The file.
        file: String,
        /// Why.
        reason: String,
    },
    /// The baseline was not set.
    #[error(transparent)]
    Baseline(#[from] BaselineError),
}

/// Reads `visual.json`, or the one in a folder.
///
/// # Errors
/// When there is none, it makes no sense, or is of another version.
pub fn read_report(path: &Path) -> Result<VisualReport, ApproveError> {
    let path = if path.is_dir() { path.join(VISUAL_REPORT) } else { path.to_owned() };
    let wrong = |reason: String| ApproveError::Report { at: path.display().to_string(), reason };
    let text = fs::read(&path).map_err(|error| wrong(error.to_string()))?;
    let report: VisualReport =
        serde_json::from_slice(&text).map_err(|error| wrong(format!("is no report of pictures: {error}")))?;
    if report.version != REPORT_VERSION {
        return Err(wrong(format!("version = {}: only {REPORT_VERSION} can be read", report.version)));
    }
    Ok(report)
}

/// What of a report is to be approved, by pages or keys; without names all that can be.
///
/// # Errors
/// For a name that is not in the report, and a comparison that cannot be approved.
pub fn select<'a>(report: &'a VisualReport, names: &[String]) -> Result<Vec<&'a VisualComparison>, ApproveError> {
    if names.is_empty() {
        return Ok(report.comparisons.iter().filter(|one| one.status.can_be_approved()).collect());
    }
    let mut selected: Vec<&VisualComparison> = Vec::new();
    for name in names {
        let named: Vec<_> = report.comparisons.iter().filter(|one| one.key == *name || one.page == *name).collect();
        if named.is_empty() {
            return Err(ApproveError::Refused(format!("\"{name}\" is no page and no key of the report")));
        }
        let approvable: Vec<_> = named.iter().copied().filter(|one| one.status.can_be_approved()).collect();
        if let (true, [first, ..]) = (approvable.is_empty(), named.as_slice()) {
            let word = first.status.word();
            return Err(ApproveError::Refused(format!("\"{name}\" is {word}: there is nothing to approve")));
        }
        selected.extend(approvable);
    }
    let mut seen = std::collections::HashSet::new();
    selected.retain(|one| seen.insert(one.key.as_str()));
    Ok(selected)
}

/// Makes one picture of the report in `folder` the baseline, if the baseline is still the one it was compared with.
///
/// # Errors
/// The picture is gone or another one, and all that [`Baselines::set`] says.
pub async fn approve(
    comparison: &VisualComparison,
    folder: &Path,
    baselines: &Baselines,
    now: Timestamp,
) -> Result<(), ApproveError> {
    let file = comparison.files.actual.clone().unwrap_or_default();
    let wrong = |reason: &str| ApproveError::Picture {
        key: comparison.key.clone(),
        file: folder.join(&file).display().to_string(),
        reason: reason.to_owned(),
    };
    let key = BaselineKey::parse(&comparison.key).ok_or_else(|| wrong("the key is none"))?;
    let environment = comparison.environment.clone().ok_or_else(|| wrong("the report has no picture of it"))?;
    if !is_file_name(&file) {
        return Err(wrong("the report names no picture in its folder"));
    }
    let png = fs::read(folder.join(&file)).map_err(|error| wrong(&error.to_string()))?;
    let sha256 = sha256(&png);
    if comparison.sha256.as_ref() != Some(&sha256) {
        return Err(wrong("is not the picture that was compared: its SHA-256 is another"));
    }
    let before = comparison.baseline.as_ref().map(|baseline| baseline.sha256.as_str());
    let facts = BaselineFacts { sha256, set: now, environment };
    Ok(baselines.set(&key, &png, &facts, before).await?)
}

/// What is told of the comparison from then on.
pub fn approved(comparison: &mut VisualComparison) {
    comparison.status = if comparison.baseline.is_some() { VisualStatus::Updated } else { VisualStatus::New };
    comparison.reason = format!("approved: this picture is the baseline now; it was {}", comparison.reason);
}
