//! What is appended is read back: from memory, and after reopening.

use super::*;
use crate::base::Scope;
use crate::store::{LogScan, MetricScan, Order, SeriesFilter};

fn scan(name: &str) -> MetricScan {
    MetricScan {
        namespace: "Shop".into(),
        metric_name: name.into(),
        dimensions: None,
        unit: None,
        since: seconds(-86_400),
        until: seconds(86_400),
    }
}

#[tokio::test]
async fn datapoints_survive_reopening() {
    let dir = TempDir::new().unwrap();
    let scope = Scope::default();
    let rows = vec![datapoint("Orders", seconds(0), 1.0), datapoint("Orders", seconds(60), 2.0)];
    {
        let store = open(&dir).await;
        store.metrics.append(&scope, rows.clone()).await.unwrap();
        store.metrics.append(&scope, vec![datapoint("Errors", seconds(0), 1.0)]).await.unwrap();
        assert_eq!(store.metrics.scan(&scope, scan("Orders")).await.unwrap(), rows);
    }
    let store = open(&dir).await;
    assert_eq!(store.metrics.scan(&scope, scan("Orders")).await.unwrap(), rows);
    let series = store.metrics.series(&scope, &SeriesFilter::default());
    assert_eq!(series.iter().map(|series| &*series.metric_name).collect::<Vec<_>>(), ["Errors", "Orders"]);
    assert_eq!(series[1].last_at, seconds(60));
}

#[tokio::test]
async fn log_pages_follow_each_other_in_both_orders() {
    let dir = TempDir::new().unwrap();
    let scope = Scope::default();
    let store = open(&dir).await;
    for batch in 0..4 {
        let rows = (0..5).map(|row| log_event("web", seconds(row % 2), &format!("{batch}-{row}"))).collect();
        store.logs.append(&scope, rows).await.unwrap();
    }
    for order in [Order::OldestFirst, Order::NewestFirst] {
        let mut after = None;
        let mut seen = Vec::new();
        loop {
            let page = LogScan {
                group: "/shop".into(),
                streams: Some(vec!["web".into()]),
                since: seconds(0),
                until: seconds(10),
                order,
                after,
                limit: 3,
            };
            let rows = store.logs.scan(&scope, page).await.unwrap();
            let Some(last) = rows.last() else { break };
            after = Some((last.at, last.id));
            seen.extend(rows.into_iter().map(|row| (row.at, row.id)));
        }
        let mut sorted = seen.clone();
        sorted.sort_unstable();
        if order == Order::NewestFirst {
            sorted.reverse();
        }
        assert_eq!(seen, sorted);
        assert_eq!(seen.len(), 20);
    }
}

#[tokio::test]
async fn rows_move_to_files_and_the_log_goes() {
    let dir = TempDir::new().unwrap();
    let scope = Scope::default();
    let rows = vec![datapoint("Orders", seconds(0), 1.0), datapoint("Orders", seconds(7_200), 2.0)];
    {
        let store = open(&dir).await;
        store.metrics.append(&scope, rows.clone()).await.unwrap();
        store.logs.append(&scope, vec![log_event("web", seconds(1), "hello")]).await.unwrap();
        store.flush().await.unwrap();
        let status = store.status();
        assert_eq!((status.wal_bytes, status.memory_bytes), (0, 0));
        assert_eq!(status.tables[0].1.files, 2, "one file per hour");
        assert_eq!(store.metrics.scan(&scope, scan("Orders")).await.unwrap(), rows);
    }
    let store = open(&dir).await;
    assert_eq!(store.metrics.scan(&scope, scan("Orders")).await.unwrap(), rows);
    assert_eq!(store.metrics.series(&scope, &SeriesFilter::default()).len(), 1);
    store.metrics.append(&scope, vec![datapoint("Orders", seconds(60), 3.0)]).await.unwrap();
    let values: Vec<f64> =
        store.metrics.scan(&scope, scan("Orders")).await.unwrap().iter().map(|row| row.sum).collect();
    assert_eq!(values, [1.0, 3.0, 2.0]);
    store.close().await.unwrap();
}
