//! Tests of the store as its users see it.

mod concurrency;
mod crash;
mod faulty_disk;
mod files;
mod limits;
mod model;
mod round_trip;

use std::sync::Arc;

use tempfile::TempDir;

use super::{Dimensions, LogRow, MetricRow, RowId, Store, StoreOptions};
use crate::base::{Clock, ManualClock, Timestamp};

/// Where the tests' clock stands: 2026-11-23T08:00:00Z.
pub(crate) const START: Timestamp = Timestamp::from_secs(1_795_420_800);

pub(crate) fn clock() -> Clock {
    ManualClock::at(START).into()
}

pub(crate) async fn open(dir: &TempDir) -> Store {
    open_with(StoreOptions::new(dir.path())).await
}

pub(crate) async fn open_with(options: StoreOptions) -> Store {
    Store::open(options, clock()).await.expect("the directory is free and sound")
}

pub(crate) fn seconds(offset: i64) -> Timestamp {
    Timestamp::from_nanos(START.as_nanos() + offset * 1_000_000_000)
}

pub(crate) fn datapoint(name: &str, at: Timestamp, value: f64) -> MetricRow {
    MetricRow {
        namespace: "Shop".into(),
        metric_name: name.into(),
        dimensions: Dimensions::new([("Host", "a"), ("Zone", "eu")]),
        unit: "Count".into(),
        at,
        storage_resolution: 60,
        count: 1.0,
        sum: value,
        min: value,
        max: value,
    }
}

pub(crate) fn log_event(stream: &str, at: Timestamp, message: &str) -> LogRow {
    LogRow {
        id: RowId::default(),
        group: "/shop".into(),
        stream: Arc::from(stream),
        at,
        ingested_at: START,
        message: message.to_owned(),
        trace_id: None,
    }
}
