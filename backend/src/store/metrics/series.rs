//! The series that had datapoints lately: resident, rebuilt from the rows when the store opens.

use std::collections::BTreeMap;
use std::ops::Bound;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use datafusion::arrow::array::RecordBatch;
use parking_lot::RwLock;

use super::row::{decode_series, stored_dimensions};
use super::{Dimensions, MetricRow};
use crate::base::{Scope, Timestamp};
use crate::store::StoreError;
use crate::store::limits::{SERIES_LISTED, SERIES_MAX};

/// A metric with its dimensions.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Series {
    /// Whose metric.
    pub namespace: Arc<str>,
    /// Its name.
    pub metric_name: Arc<str>,
    /// Which of its series.
    pub dimensions: Dimensions,
    /// The latest time of a datapoint.
    pub last_at: Timestamp,
}

/// Which series are wanted; the default is all.
#[derive(Clone, Debug, Default)]
pub struct SeriesFilter {
    /// Of this namespace.
    pub namespace: Option<Arc<str>>,
    /// Of this name.
    pub metric_name: Option<Arc<str>>,
    /// Having each of these dimensions, with the value where one is given; others may be there too.
    pub dimensions: Vec<(String, Option<String>)>,
    /// With a datapoint at or after this time.
    pub active_since: Option<Timestamp>,
}

impl SeriesFilter {
    fn matches(&self, key: &Key, last_at: Timestamp) -> bool {
        if self.metric_name.as_ref().is_some_and(|name| *name != key.metric_name)
            || self.active_since.is_some_and(|since| last_at < since)
        {
            return false;
        }
        if self.dimensions.is_empty() {
            return true;
        }
        let pairs = key.dimensions.pairs();
        self.dimensions.iter().all(|(name, value)| {
            pairs.iter().any(|(own, is)| own == name && value.as_ref().is_none_or(|value| value == is))
        })
    }
}

#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
struct Key {
    scope: Scope,
    namespace: Arc<str>,
    metric_name: Arc<str>,
    dimensions: Dimensions,
}

/// Every listed series with the time of its latest datapoint.
#[derive(Debug, Default)]
pub(crate) struct SeriesIndex {
    series: RwLock<BTreeMap<Key, Timestamp>>,
    unlisted: AtomicU64,
}

impl SeriesIndex {
    /// Notes appended rows.
    pub(crate) fn record(&self, scope: &Scope, rows: &[MetricRow]) {
        let mut series = self.series.write();
        for row in rows {
            let key = Key {
                scope: scope.clone(),
                namespace: Arc::clone(&row.namespace),
                metric_name: Arc::clone(&row.metric_name),
                dimensions: row.dimensions.clone(),
            };
            self.note(&mut series, key, row.at);
        }
    }

    /// Notes the rows of a batch that was read back.
    pub(crate) fn record_batch(&self, scope: &Scope, batch: &RecordBatch) -> Result<(), StoreError> {
        let mut series = self.series.write();
        let mut last: Option<Key> = None;
        decode_series(batch, |namespace, metric_name, dimensions, at| {
            let same = last.take().filter(|key| {
                *key.namespace == *namespace
                    && *key.metric_name == *metric_name
                    && key.dimensions.as_json() == dimensions
            });
            let key = same.unwrap_or_else(|| Key {
                scope: scope.clone(),
                namespace: namespace.into(),
                metric_name: metric_name.into(),
                dimensions: stored_dimensions(dimensions),
            });
            self.note(&mut series, key.clone(), at);
            last = Some(key);
        })
    }

    fn note(&self, series: &mut BTreeMap<Key, Timestamp>, key: Key, at: Timestamp) {
        if let Some(last_at) = series.get_mut(&key) {
            *last_at = at.max(*last_at);
        } else if series.len() < SERIES_MAX {
            series.insert(key, at);
        } else {
            self.unlisted.fetch_add(1, Ordering::Relaxed);
        }
    }

    /// Forgets series without a datapoint for [`SERIES_LISTED`].
    pub(crate) fn expire(&self, now: Timestamp) {
        let oldest = now.minus(SERIES_LISTED);
        self.series.write().retain(|_, last_at| *last_at >= oldest);
    }

    /// The matching series of `scope`, by namespace, name and dimensions.
    pub(crate) fn matching(&self, scope: &Scope, filter: &SeriesFilter) -> Vec<Series> {
        let from = Key {
            scope: scope.clone(),
            namespace: filter.namespace.clone().unwrap_or_default(),
            metric_name: Arc::default(),
            // Empty text sorts before every set.
            dimensions: stored_dimensions(""),
        };
        let series = self.series.read();
        series
            .range((Bound::Included(from), Bound::Unbounded))
            .take_while(|(key, _)| {
                key.scope == *scope && filter.namespace.as_ref().is_none_or(|namespace| *namespace == key.namespace)
            })
            .filter(|(key, last_at)| filter.matches(key, **last_at))
            .map(|(key, last_at)| Series {
                namespace: Arc::clone(&key.namespace),
                metric_name: Arc::clone(&key.metric_name),
                dimensions: key.dimensions.clone(),
                last_at: *last_at,
            })
            .collect()
    }

    /// How many series are listed.
    pub(crate) fn len(&self) -> usize {
        self.series.read().len()
    }

    /// Datapoints of series beyond [`SERIES_MAX`]: stored, but not listed.
    pub(crate) fn unlisted(&self) -> u64 {
        self.unlisted.load(Ordering::Relaxed)
    }
}
