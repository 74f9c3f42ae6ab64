//! What was compared and how it ended: `visual.json`, from which every report is made and which `approve` reads.

use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use siskin_blueprints::Viewport;

use crate::run::RunReport;

/// Of the layout of [`VisualReport`]; another one is refused.
pub const REPORT_VERSION: u32 = 1;

/// All comparisons of a suite or of one run.
#[derive(Clone, Debug, Deserialize, PartialEq, Serialize)]
pub struct VisualReport {
    /// [`REPORT_VERSION`].
    pub version: u32,
    /// The suite's or the canary's name.
    pub name: String,
    /// When it began.
    pub started: Timestamp,
    /// How long it took, in milliseconds.
    pub duration_ms: u64,
    /// Where the baselines are: a folder, or a URL such as `s3://bucket/prefix`.
    pub baselines: String,
    /// In the order of the pages.
    pub comparisons: Vec<VisualComparison>,
}

impl VisualReport {
    /// That of a run; `None` when it compared nothing.
    pub fn of_run(run: &RunReport) -> Option<Self> {
        (!run.comparisons.is_empty()).then(|| Self {
            version: REPORT_VERSION,
            name: run.start.canary.to_string(),
            started: run.start.started,
            duration_ms: run.duration.as_millis() as u64,
            baselines: run.baselines.clone(),
            comparisons: run.comparisons.clone(),
        })
    }
}

/// One picture beside its baseline.
#[derive(Clone, Debug, Deserialize, PartialEq, Serialize)]
pub struct VisualComparison {
    /// Names the baseline: page, viewport and browser, such as `home.1280x720.chromium`; once in a report.
    pub key: String,
    /// The page's name, or the picture's in a script.
    pub page: String,
    /// Where the picture was taken, without secrets.
    pub url: Option<String>,
    /// How it ended.
    pub status: VisualStatus,
    /// Why, in one line for people; also when it matched.
    pub reason: String,
    /// Whether two successive pictures of the page were equal; a page that never stands still cannot be compared well.
    pub is_stable: bool,
    /// What became of each pixel, if pictures were compared.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub pixels: Option<PixelCounts>,
    /// How the size changed, in words.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub size_change: Option<String>,
    /// What changed, the largest first.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub regions: Vec<ChangedRegion>,
    /// What the baseline was made with; `None` where there was none.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub baseline: Option<BaselineFacts>,
    /// What this picture was made with; `None` when there is no picture.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub environment: Option<Environment>,
    /// SHA-256 of this picture, hexadecimal; `None` when there is none.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub sha256: Option<String>,
    /// The pictures.
    pub files: ComparisonFiles,
}

/// How a comparison ended.
#[derive(Clone, Copy, Debug, Deserialize, Eq, Hash, PartialEq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum VisualStatus {
    /// The picture matches its baseline.
    Matched,
    /// It does not.
    Different,
    /// There is no baseline, and none was set.
    Missing,
    /// There was no baseline: this picture became it.
    New,
    /// This picture became the baseline in place of another one, as was asked for.
    Updated,
    /// The pictures differ, and the baseline was made with another browser, platform or fonts: nothing can be said.
    OtherEnvironment,
    /// There is no picture, or the baseline cannot be read.
    Failed,
}

impl VisualStatus {
    /// All, the worst first.
    pub const ALL: [Self; 7] =
        [Self::Failed, Self::Different, Self::Missing, Self::OtherEnvironment, Self::Updated, Self::New, Self::Matched];

    /// As in JSON, with spaces.
    pub fn word(self) -> &'static str {
        match self {
            Self::Matched => "matched",
            Self::Different => "different",
            Self::Missing => "missing baseline",
            Self::New => "new",
            Self::Updated => "updated",
            Self::OtherEnvironment => "other environment",
            Self::Failed => "failed",
        }
    }

    /// Whether nobody has to look at it.
    pub fn is_fine(self) -> bool {
        matches!(self, Self::Matched | Self::New | Self::Updated)
    }

    /// Whether approving it sets the baseline to the new picture.
    pub fn can_be_approved(self) -> bool {
        matches!(self, Self::Different | Self::Missing | Self::OtherEnvironment)
    }
}

/// What became of each pixel of the larger width and height; the sorts do not overlap.
#[derive(Clone, Copy, Debug, Deserialize, PartialEq, Serialize)]
pub struct PixelCounts {
    /// All there are.
    pub total: u64,
    /// Those in ignored areas.
    pub ignored: u64,
    /// Visible differences that are anti-aliasing, and do not count.
    pub antialiased: u64,
    /// Visible differences of glyphs that were drawn up to a pixel aside, and do not count.
    pub shifted: u64,
    /// Real changes.
    pub changed: u64,
    /// Changed pixels as a share of those that were compared, 0 to 100.
    pub percent: f64,
}

/// A part of the picture that changed, in its pixels from the left upper corner.
#[derive(Clone, Debug, Deserialize, Eq, PartialEq, Serialize)]
pub struct ChangedRegion {
    /// First column.
    pub x: u32,
    /// First row.
    pub y: u32,
    /// Columns.
    pub width: u32,
    /// Rows.
    pub height: u32,
    /// How many of its pixels changed.
    pub changed: u64,
    /// What happened, in words: `moved 4 right`, `text changed`.
    pub change: String,
}

/// The pictures of a comparison: names of files in the report's folder.
#[derive(Clone, Debug, Default, Deserialize, Eq, PartialEq, Serialize)]
pub struct ComparisonFiles {
    /// The picture.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub actual: Option<String>,
    /// The baseline it was compared with.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub baseline: Option<String>,
    /// Changed pixels red, tolerated ones yellow, on the faded picture; only where they differ.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub diff: Option<String>,
}

/// What is known of a baseline.
#[derive(Clone, Debug, Deserialize, Eq, PartialEq, Serialize)]
pub struct BaselineFacts {
    /// SHA-256 of its picture, hexadecimal.
    pub sha256: String,
    /// When it was set.
    pub set: Timestamp,
    /// What it was made with.
    pub environment: Environment,
}

/// What decides, besides the page, how a picture looks.
#[derive(Clone, Debug, Deserialize, Eq, PartialEq, Serialize)]
pub struct Environment {
    /// The kind of browser: `chromium`, or `chromium-headless-shell`, which draws otherwise.
    pub browser: String,
    /// Its version, such as `142.0.7444.59`.
    pub browser_version: String,
    /// Operating system and processor, such as `linux x86_64`.
    pub platform: String,
    /// SHA-256 over the names and sizes of the fonts that are installed, its first 16 hexadecimal digits.
    pub fonts: String,
    /// The viewport.
    pub viewport: Viewport,
}
