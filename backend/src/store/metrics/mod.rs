//! Metrics: one row per datapoint, and the series they belong to.

mod row;
mod series;
mod table;

pub(crate) use row::SERIES_COLUMNS;
pub use row::{Dimensions, MetricRow};
pub(crate) use series::SeriesIndex;
pub use series::{Series, SeriesFilter};
pub use table::{MetricScan, MetricTable};
