//! Appending, reading and following datapoints.

use std::sync::Arc;

use super::{Dimensions, MetricRow, Series, SeriesFilter, SeriesIndex};
use crate::base::{Scope, Timestamp};
use crate::store::StoreError;
use crate::store::appends::{Appends, is};
use crate::store::memtable::Tail;
use crate::store::query::{Order, RowQuery};

/// The datapoints of all metrics.
#[derive(Clone, Debug)]
pub struct MetricTable {
    appends: Appends<MetricRow>,
    series: Arc<SeriesIndex>,
}

/// Which datapoints of a metric are wanted.
#[derive(Clone, Debug)]
pub struct MetricScan {
    /// Whose metric.
    pub namespace: Arc<str>,
    /// Its name.
    pub metric_name: Arc<str>,
    /// Exactly this set; `None` is every series of the metric.
    pub dimensions: Option<Dimensions>,
    /// Of this unit; `None` is any.
    pub unit: Option<Arc<str>>,
    /// From this time on.
    pub since: Timestamp,
    /// Before this time.
    pub until: Timestamp,
}

impl MetricTable {
    pub(crate) fn new(appends: Appends<MetricRow>, series: Arc<SeriesIndex>) -> Self {
        Self { appends, series }
    }

    /// Appends datapoints, all or none; they are durable and visible when it returns.
    ///
    /// # Errors
    /// See [`StoreError`]; then nothing was acknowledged.
    pub async fn append(&self, scope: &Scope, rows: Vec<MetricRow>) -> Result<(), StoreError> {
        let series = Arc::clone(&self.series);
        self.appends.append(scope, rows, move |scope, rows| series.record(scope, rows)).await
    }

    /// The matching datapoints, oldest first.
    ///
    /// # Errors
    /// [`StoreError::TooManyRows`] above [`crate::store::limits::SCAN_ROWS_MAX`] datapoints.
    pub async fn scan(&self, scope: &Scope, scan: MetricScan) -> Result<Vec<MetricRow>, StoreError> {
        let mut filters = Appends::<MetricRow>::in_range(scan.since, scan.until);
        filters.push(is("namespace", &scan.namespace));
        filters.push(is("metric_name", &scan.metric_name));
        filters.extend(scan.dimensions.iter().map(|dimensions| is("dimensions", dimensions.as_json())));
        filters.extend(scan.unit.iter().map(|unit| is("unit", unit)));
        let query = RowQuery { filters, sort: &["at"], order: Order::OldestFirst, limit: None };
        self.appends.scan(scope, query).await
    }

    /// The matching series, sorted by namespace, name and dimensions. Series without a datapoint in the last 15 days
    /// are not listed.
    pub fn series(&self, scope: &Scope, filter: &SeriesFilter) -> Vec<Series> {
        self.series.matching(scope, filter)
    }

    /// Follows what is appended from now on.
    pub fn subscribe(&self) -> Tail<MetricRow> {
        self.appends.subscribe()
    }
}
