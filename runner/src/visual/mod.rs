//! Visual monitoring: pictures of pages beside those that were approved.
//!
//! ```text
//! page → still picture ┐
//!                      ├→ check → VisualComparison → VisualReport (visual.json) → approve → baseline
//! store → baseline ────┘
//! ```

mod approve;
pub mod baseline;
mod check;
mod environment;
mod model;
pub mod pages;
mod serve;
mod setting;
pub mod suite;

pub use approve::{ApproveError, approve, approved, read_report, select};
pub use check::{Checked, Taken, UpdatePolicy, check};
pub use model::{
    BaselineFacts, ChangedRegion, ComparisonFiles, Environment, PixelCounts, REPORT_VERSION, VisualComparison,
    VisualReport, VisualStatus,
};
pub use serve::{Approve, serve};
pub use setting::{BASELINES_FOLDER, VisualSetting};
pub use siskin_blueprints::Viewport;
