//! Visual monitoring: pictures of pages beside those that were approved.
//!
//! ```text
//! page → still picture ┐
//!                      ├→ check → VisualComparison → VisualReport (visual.json) → approve → baseline
//! store → baseline ────┘
//! ```

mod model;
mod serve;

pub use model::{
    BaselineFacts, ChangedRegion, ComparisonFiles, Environment, PixelCounts, REPORT_VERSION, Viewport,
    VisualComparison, VisualReport, VisualStatus,
};
pub use serve::{Approve, serve};
