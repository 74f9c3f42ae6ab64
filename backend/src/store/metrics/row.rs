//! A datapoint as stored.

use std::collections::BTreeMap;
use std::fmt;
use std::sync::Arc;

use datafusion::arrow::array::{ArrayRef, Float64Array, Int32Array, Int64Array, RecordBatch, StringArray};

use crate::base::Timestamp;
use crate::store::StoreError;
use crate::store::row::{Columns, Interned, Row, time_at};
use crate::store::schema::TableId;

/// The dimensions of a metric: name and value pairs, sorted by name, each name once. Cheap to clone and compare.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Dimensions(Arc<str>);

impl Dimensions {
    /// The set of `pairs`; of a name given twice the last value stays.
    pub fn new<N: Into<String>, V: Into<String>>(pairs: impl IntoIterator<Item = (N, V)>) -> Self {
        let pairs: BTreeMap<String, String> =
            pairs.into_iter().map(|(name, value)| (name.into(), value.into())).collect();
        Self(serde_json::to_string(&pairs).expect("texts are JSON").into())
    }

    /// Name and value pairs by name.
    pub fn pairs(&self) -> Vec<(String, String)> {
        let pairs: BTreeMap<String, String> = serde_json::from_str(&self.0).unwrap_or_default();
        pairs.into_iter().collect()
    }

    /// Whether there are none.
    pub fn is_empty(&self) -> bool {
        &*self.0 == "{}"
    }

    /// The set as a JSON object, names sorted: equal sets have equal texts.
    pub fn as_json(&self) -> &str {
        &self.0
    }

    fn from_stored(text: Arc<str>) -> Self {
        Self(text)
    }
}

impl Default for Dimensions {
    fn default() -> Self {
        Self("{}".into())
    }
}

impl fmt::Debug for Dimensions {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

/// One datapoint: a value, or a set of values in short.
///
/// A value `v` that occurred `c` times has count `c`, sum `v * c` and both extremes `v`.
#[derive(Clone, Debug, PartialEq)]
pub struct MetricRow {
    /// Whose metric.
    pub namespace: Arc<str>,
    /// Its name.
    pub metric_name: Arc<str>,
    /// Which of its series.
    pub dimensions: Dimensions,
    /// What it counts; `None` when not said.
    pub unit: Arc<str>,
    /// When.
    pub at: Timestamp,
    /// 1 or 60 seconds.
    pub storage_resolution: u8,
    /// How many values.
    pub count: f64,
    /// Their sum.
    pub sum: f64,
    /// The smallest.
    pub min: f64,
    /// The largest.
    pub max: f64,
}

impl Row for MetricRow {
    const TABLE: TableId = TableId::Metrics;

    fn encode(rows: &[Self]) -> Result<RecordBatch, StoreError> {
        let text = |of: fn(&Self) -> &str| -> ArrayRef { Arc::new(StringArray::from_iter_values(rows.iter().map(of))) };
        let float =
            |of: fn(&Self) -> f64| -> ArrayRef { Arc::new(Float64Array::from_iter_values(rows.iter().map(of))) };
        let columns = vec![
            text(|row| &row.namespace),
            text(|row| &row.metric_name),
            text(|row| row.dimensions.as_json()),
            text(|row| &row.unit),
            Arc::new(Int64Array::from_iter_values(rows.iter().map(|row| row.at.as_nanos()))),
            Arc::new(Int32Array::from_iter_values(rows.iter().map(|row| i32::from(row.storage_resolution)))),
            float(|row| row.count),
            float(|row| row.sum),
            float(|row| row.min),
            float(|row| row.max),
        ];
        Ok(RecordBatch::try_new(Self::TABLE.body_schema(), columns)?)
    }

    fn decode(batch: &RecordBatch) -> Result<Vec<Self>, StoreError> {
        let columns = Columns(batch);
        let (namespaces, names) = (columns.text("namespace")?, columns.text("metric_name")?);
        let (dimensions, units) = (columns.text("dimensions")?, columns.text("unit")?);
        let (times, resolutions) = (columns.int64("at")?, columns.int32("storage_resolution")?);
        let (counts, sums) = (columns.float64("count")?, columns.float64("sum")?);
        let (mins, maxs) = (columns.float64("min")?, columns.float64("max")?);
        let mut texts: [Interned; 4] = Default::default();
        let rows = (0..batch.num_rows()).map(|row| Self {
            namespace: texts[0].get(namespaces.value(row)),
            metric_name: texts[1].get(names.value(row)),
            dimensions: Dimensions::from_stored(texts[2].get(dimensions.value(row))),
            unit: texts[3].get(units.value(row)),
            at: time_at(times, row),
            storage_resolution: u8::try_from(resolutions.value(row)).unwrap_or(u8::MAX),
            count: counts.value(row),
            sum: sums.value(row),
            min: mins.value(row),
            max: maxs.value(row),
        });
        Ok(rows.collect())
    }
}

/// What [`decode_series`] reads.
pub(crate) const SERIES_COLUMNS: [&str; 4] = ["namespace", "metric_name", "dimensions", "at"];

/// The series columns of a batch, row by row.
pub(crate) fn decode_series(
    batch: &RecordBatch,
    mut each: impl FnMut(&str, &str, &str, Timestamp),
) -> Result<(), StoreError> {
    let columns = Columns(batch);
    let (namespaces, names) = (columns.text("namespace")?, columns.text("metric_name")?);
    let (dimensions, times) = (columns.text("dimensions")?, columns.int64("at")?);
    for row in 0..batch.num_rows() {
        each(namespaces.value(row), names.value(row), dimensions.value(row), time_at(times, row));
    }
    Ok(())
}

/// Dimensions from the text of [`Dimensions::as_json`].
pub(crate) fn stored_dimensions(text: &str) -> Dimensions {
    Dimensions::from_stored(text.into())
}
