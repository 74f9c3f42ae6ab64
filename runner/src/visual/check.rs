//! One picture beside its baseline.

use jiff::Timestamp;

use super::baseline::{Baseline, BaselineError, BaselineKey, Baselines, sha256};
use super::{BaselineFacts, ChangedRegion, ComparisonFiles, Environment, PixelCounts, VisualComparison, VisualStatus};
use crate::check::pixel::{self, Comparison, Picture, PixelError};

/// When a picture becomes the baseline by itself.
#[derive(Clone, Copy, Debug, Default, Eq, PartialEq)]
pub enum UpdatePolicy {
    /// When there is none yet.
    #[default]
    Missing,
    /// When there is none, or it does not match.
    Changed,
    /// Never: somebody has to approve it. A run in CI that set baselines would find nothing ever.
    Never,
}

/// A picture that was taken.
#[derive(Clone, Debug)]
pub struct Taken {
    /// Names its baseline.
    pub key: BaselineKey,
    /// The page's name.
    pub page: String,
    /// Where it was taken.
    pub url: Option<String>,
    /// The picture.
    pub png: Vec<u8>,
    /// Whether two successive ones were equal.
    pub is_stable: bool,
    /// What it was made with.
    pub environment: Environment,
}

/// What a check found; the files have no names yet.
#[derive(Clone, Debug)]
pub struct Checked {
    /// What is told of it.
    pub comparison: VisualComparison,
    /// The baseline it was compared with, if they do not match.
    pub baseline: Option<Vec<u8>>,
    /// Changed pixels on the faded picture, if they do not match.
    pub diff: Option<Vec<u8>>,
}

/// Compares a picture with its baseline, and sets that when the policy says so. Computes on the calling thread.
pub async fn check(
    taken: &Taken,
    baselines: &Baselines,
    options: &pixel::Options,
    policy: UpdatePolicy,
    now: Timestamp,
) -> Checked {
    let facts = BaselineFacts { sha256: sha256(&taken.png), set: now, environment: taken.environment.clone() };
    let mut checked = match baselines.get(&taken.key).await {
        Ok(None) => {
            told(taken, VisualStatus::Missing, "there is no baseline: approve this picture to make it one".to_owned())
        }
        Ok(Some(baseline)) => beside(taken, &baseline, options),
        Err(error) => {
            let mut checked = told(taken, VisualStatus::Failed, error.to_string());
            if policy != UpdatePolicy::Changed || !matches!(error, BaselineError::Damaged { .. }) {
                return checked;
            }
            // What is damaged is mended by setting it anew.
            checked.comparison.status = VisualStatus::Different;
            checked
        }
    };
    let comparison = &mut checked.comparison;
    let becomes = match comparison.status {
        VisualStatus::Missing if policy != UpdatePolicy::Never => VisualStatus::New,
        VisualStatus::Different | VisualStatus::OtherEnvironment if policy == UpdatePolicy::Changed => {
            VisualStatus::Updated
        }
        _ => return checked,
    };
    let before = comparison.baseline.as_ref().map(|baseline| baseline.sha256.as_str());
    match baselines.set(&taken.key, &taken.png, &facts, before).await {
        Ok(()) => {
            comparison.reason = match becomes {
                VisualStatus::New => "there was no baseline: this picture is it now".to_owned(),
                _ => format!("this picture is the baseline now; it was {}", comparison.reason),
            };
            comparison.status = becomes;
        }
        Err(error) => {
            comparison.reason = error.to_string();
            comparison.status = VisualStatus::Failed;
        }
    }
    checked
}

/// A comparison of which nothing is known but how it ended.
fn told(taken: &Taken, status: VisualStatus, reason: String) -> Checked {
    let comparison = VisualComparison {
        key: taken.key.to_string(),
        page: taken.page.clone(),
        url: taken.url.clone(),
        status,
        reason,
        is_stable: taken.is_stable,
        pixels: None,
        size_change: None,
        regions: Vec::new(),
        baseline: None,
        environment: Some(taken.environment.clone()),
        sha256: Some(sha256(&taken.png)),
        files: ComparisonFiles::default(),
    };
    Checked { comparison, baseline: None, diff: None }
}

fn beside(taken: &Taken, baseline: &Baseline, options: &pixel::Options) -> Checked {
    let mut checked = match compare(taken, baseline, options) {
        Ok(checked) => checked,
        Err(error) => told(taken, VisualStatus::Failed, error.to_string()),
    };
    checked.comparison.baseline = Some(baseline.facts.clone());
    checked
}

fn compare(taken: &Taken, baseline: &Baseline, options: &pixel::Options) -> Result<Checked, PixelError> {
    let before = Picture { name: "the baseline", bytes: &baseline.png };
    let after = Picture { name: "the picture", bytes: &taken.png };
    let found = pixel::compare(before, after, options)?;
    let differences = baseline.facts.environment.differences(&taken.environment);
    let mut reason = found.verdict.to_string();
    let status = match (&found.verdict, differences.is_empty()) {
        (verdict, true) if verdict.matches() => VisualStatus::Matched,
        (verdict, false) if verdict.matches() => {
            reason = format!("{reason}, though the baseline was made with {}", differences.join("; "));
            VisualStatus::Matched
        }
        (_, true) if taken.is_stable => VisualStatus::Different,
        (_, true) => {
            reason = format!("{reason}; the page did not stand still: hide or ignore what moves");
            VisualStatus::Different
        }
        (_, false) => {
            reason = format!("the baseline was made with {}; {reason}", differences.join("; "));
            VisualStatus::OtherEnvironment
        }
    };
    let mut checked = told(taken, status, reason);
    checked.comparison.pixels = Some(counts(&found));
    if found.verdict.matches() {
        return Ok(checked);
    }
    let explained = pixel::explain(before, after, &found)?;
    checked.comparison.size_change = explained.size;
    checked.comparison.regions = explained
        .regions
        .iter()
        .map(|named| ChangedRegion {
            x: named.region.bounds.x,
            y: named.region.bounds.y,
            width: named.region.bounds.width,
            height: named.region.bounds.height,
            changed: named.region.changed,
            change: named.change.to_string(),
        })
        .collect();
    let mut diff = Vec::new();
    pixel::draw_overlay(after, &found, &mut diff)?;
    checked.diff = Some(diff);
    checked.baseline = Some(baseline.png.clone());
    Ok(checked)
}

fn counts(found: &Comparison) -> PixelCounts {
    let pixels = &found.pixels;
    PixelCounts {
        total: pixels.total,
        ignored: pixels.ignored,
        antialiased: pixels.antialiased,
        shifted: pixels.shifted,
        changed: pixels.changed,
        percent: pixels.percent(),
    }
}
