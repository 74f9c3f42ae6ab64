//! The worker on a clock that tests move.

use std::sync::Arc;
use std::time::Duration;

use axum::Router;
use axum::extract::State;
use axum::routing::post;
use parking_lot::Mutex;
use serde_json::{Value as Json, json};
use tokio_util::sync::CancellationToken;

use super::tests::{ask, definition, describe, state, with};
use super::worker::AlarmWorker;
use crate::base::Clock;
use crate::service::testing::Fixture;

async fn put_value(fixture: &Fixture, age: Duration, value: f64) {
    let at = fixture.clock.now().minus(age).as_secs_f64();
    let datum = json!({"MetricName": "m", "Value": value, "Timestamp": at});
    ask(fixture, "PutMetricData", json!({"Namespace": "ns", "MetricData": [datum]})).await.unwrap();
}

fn worker(fixture: &Fixture) -> AlarmWorker {
    AlarmWorker::new(fixture.store.clone(), fixture.bus.clone(), Clock::from(fixture.clock.clone()))
}

#[tokio::test]
async fn the_worker_raises_and_clears_on_the_minute() {
    let fixture = Fixture::new().await;
    let mut worker = worker(&fixture);
    ask(&fixture, "PutMetricAlarm", definition("a")).await.unwrap();
    put_value(&fixture, Duration::ZERO, 5.0).await;
    worker.tick().await;
    assert_eq!(state(&fixture, "a").await, "INSUFFICIENT_DATA", "the period has not ended");
    fixture.clock.advance(Duration::from_secs(59));
    worker.tick().await;
    assert_eq!(state(&fixture, "a").await, "INSUFFICIENT_DATA");
    fixture.clock.advance(Duration::from_secs(1));
    worker.tick().await;
    let got = describe(&fixture, "a").await;
    assert_eq!(got["StateValue"], "ALARM");
    assert_eq!(
        got["StateReason"],
        "Threshold Crossed: 1 datapoint [5.0 (23/11/26 08:00:00)] was greater than the threshold (2.0)."
    );
    let reason: Json = serde_json::from_str(got["StateReasonData"].as_str().unwrap()).unwrap();
    assert_eq!(
        reason["evaluatedDatapoints"],
        json!([{"timestamp": "2026-11-23T08:00:00.000+0000", "sampleCount": 1.0, "value": 5.0}])
    );
    put_value(&fixture, Duration::ZERO, 1.0).await;
    fixture.clock.advance(Duration::from_mins(1));
    worker.tick().await;
    assert_eq!(state(&fixture, "a").await, "OK");
    fixture.clock.advance(Duration::from_mins(2));
    worker.tick().await;
    assert_eq!(state(&fixture, "a").await, "OK", "the range is longer than the evaluation periods");
    fixture.clock.advance(Duration::from_mins(1));
    worker.tick().await;
    assert_eq!(state(&fixture, "a").await, "INSUFFICIENT_DATA");
}

#[tokio::test]
async fn a_state_set_by_hand_lasts_until_the_next_period() {
    let fixture = Fixture::new().await;
    let mut worker = worker(&fixture);
    ask(&fixture, "PutMetricAlarm", definition("a")).await.unwrap();
    put_value(&fixture, Duration::from_secs(30), 1.0).await;
    worker.tick().await;
    assert_eq!(state(&fixture, "a").await, "OK");
    ask(&fixture, "SetAlarmState", json!({"AlarmName": "a", "StateValue": "ALARM", "StateReason": "r"})).await.unwrap();
    fixture.clock.advance(Duration::from_secs(30));
    worker.tick().await;
    assert_eq!(state(&fixture, "a").await, "ALARM");
    fixture.clock.advance(Duration::from_secs(30));
    worker.tick().await;
    assert_eq!(state(&fixture, "a").await, "OK");
}

#[tokio::test]
async fn late_data_is_evaluated_without_waiting_for_the_next_period() {
    let fixture = Fixture::new().await;
    let mut tail = fixture.store.metrics.subscribe();
    let mut worker = worker(&fixture);
    ask(&fixture, "PutMetricAlarm", definition("a")).await.unwrap();
    ask(&fixture, "PutMetricAlarm", with(definition("b"), &json!({"Dimensions": [{"Name": "d", "Value": "v"}]})))
        .await
        .unwrap();
    worker.tick().await;
    fixture.clock.advance(Duration::from_secs(2));
    put_value(&fixture, Duration::from_secs(10), 5.0).await;
    worker.notice(&tail.recv().await.unwrap());
    worker.tick().await;
    assert_eq!(state(&fixture, "a").await, "ALARM");
    assert_eq!(state(&fixture, "b").await, "INSUFFICIENT_DATA");
    put_value(&fixture, Duration::from_secs(12), -50.0).await;
    worker.notice_lost();
    worker.tick().await;
    assert_eq!(state(&fixture, "a").await, "OK", "after a gap in the tail every alarm is looked at again");
}

#[tokio::test]
async fn high_resolution_alarms_are_evaluated_every_ten_seconds() {
    let fixture = Fixture::new().await;
    let mut worker = worker(&fixture);
    ask(&fixture, "PutMetricAlarm", with(definition("a"), &json!({"Period": 10}))).await.unwrap();
    worker.tick().await;
    put_value(&fixture, Duration::ZERO, 5.0).await;
    fixture.clock.advance(Duration::from_secs(10));
    worker.tick().await;
    assert_eq!(state(&fixture, "a").await, "ALARM");
}

#[tokio::test]
async fn the_worker_runs_until_cancelled() {
    let fixture = Fixture::new().await;
    ask(&fixture, "PutMetricAlarm", definition("a")).await.unwrap();
    put_value(&fixture, Duration::from_secs(30), 5.0).await;
    let cancel = CancellationToken::new();
    let running = tokio::spawn(super::run(
        fixture.store.clone(),
        fixture.bus.clone(),
        Clock::from(fixture.clock.clone()),
        cancel.clone(),
    ));
    while state(&fixture, "a").await != "ALARM" {
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
    cancel.cancel();
    running.await.unwrap();
}

#[tokio::test]
async fn a_webhook_hears_of_the_alarm_and_of_its_end() {
    async fn receive(State(got): State<Arc<Mutex<Vec<Json>>>>, body: String) {
        got.lock().push(serde_json::from_str(&body).unwrap());
    }
    let fixture = Fixture::new().await;
    let got: Arc<Mutex<Vec<Json>>> = Arc::default();
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
    let url = format!("http://{}/hook", listener.local_addr().unwrap());
    let router = Router::new().route("/hook", post(receive)).with_state(Arc::clone(&got));
    tokio::spawn(async move { axum::serve(listener, router).await.unwrap() });
    let cancel = CancellationToken::new();
    let bus = tokio::spawn(fixture.bus.clone().run(cancel.clone()));
    let mut worker = worker(&fixture);
    let actions = json!({"AlarmActions": [url], "OKActions": [url], "AlarmDescription": "too much"});
    ask(&fixture, "PutMetricAlarm", with(definition("a"), &actions)).await.unwrap();
    for (value, deliveries) in [(5.0, 1), (6.0, 1), (1.0, 2)] {
        put_value(&fixture, Duration::ZERO, value).await;
        fixture.clock.advance(Duration::from_mins(1));
        worker.tick().await;
        while got.lock().len() < deliveries {
            tokio::time::sleep(Duration::from_millis(10)).await;
        }
    }
    cancel.cancel();
    bus.await.unwrap().unwrap();
    let got = got.lock().clone();
    let changes: Vec<String> = got
        .iter()
        .map(|event| {
            let value = |state: &str| event["detail"][state]["value"].as_str().unwrap().to_owned();
            format!("{} -> {}", value("previousState"), value("state"))
        })
        .collect();
    assert_eq!(changes, ["INSUFFICIENT_DATA -> ALARM", "ALARM -> OK"]);
    assert_eq!(
        (&got[0]["source"], &got[0]["detail-type"]),
        (&json!("aws.cloudwatch"), &json!("CloudWatch Alarm State Change"))
    );
    let metrics = json!([{
        "id": "m1",
        "metricStat": {"metric": {"namespace": "ns", "name": "m", "dimensions": {}}, "period": 60, "stat": "Average"},
        "returnData": true,
    }]);
    assert_eq!(got[0]["detail"]["configuration"], json!({"description": "too much", "metrics": metrics}));
    let reason = "Threshold Crossed: 1 datapoint [5.0 (23/11/26 08:00:00)] was greater than the threshold (2.0).";
    assert_eq!(got[0]["detail"]["state"]["reason"], reason);
    assert_eq!(got[0]["detail"]["state"]["timestamp"], "2026-11-23T08:01:00.000+0000");
}
