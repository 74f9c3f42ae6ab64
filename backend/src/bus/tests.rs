//! Delivery against a real listener, with a clock that tests move.

use std::sync::Arc;
use std::time::Duration;

use axum::Router;
use axum::extract::State;
use axum::http::{HeaderMap, StatusCode};
use axum::routing::post;
use parking_lot::Mutex;
use serde_json::{Value as Json, json};
use tokio::task::JoinHandle;
use tokio_util::sync::CancellationToken;

use super::catalogued::{Delivery, Outbox};
use super::{DELIVERED, DELIVERY_FAILED, DELIVERY_SOURCE, DeliveryReport, Event, Target};
use crate::base::{Scope, Timestamp};
use crate::service::testing::Fixture;
use crate::store::{EventRow, EventScan, Order};

/// Answers with the scripted statuses in turn, then 200; keeps what it got.
#[derive(Clone, Debug, Default)]
struct Receiver {
    script: Arc<Mutex<Vec<u16>>>,
    got: Arc<Mutex<Vec<(HeaderMap, Json)>>>,
}

async fn receive(State(receiver): State<Receiver>, headers: HeaderMap, body: String) -> StatusCode {
    receiver.got.lock().push((headers, serde_json::from_str(&body).unwrap()));
    let mut script = receiver.script.lock();
    let status = if script.is_empty() { 200 } else { script.remove(0) };
    StatusCode::from_u16(status).unwrap()
}

impl Receiver {
    /// A listener that answers `script`, and its URL.
    async fn start(script: &[u16]) -> (Self, String) {
        let receiver = Self { script: Arc::new(Mutex::new(script.to_vec())), got: Arc::default() };
        let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
        let url = format!("http://{}/hook?token=secret", listener.local_addr().unwrap());
        let router = Router::new().route("/hook", post(receive)).with_state(receiver.clone());
        tokio::spawn(async move { axum::serve(listener, router).await.unwrap() });
        (receiver, url)
    }

    fn count(&self) -> usize {
        self.got.lock().len()
    }
}

#[derive(Debug)]
struct Running {
    cancel: CancellationToken,
    task: JoinHandle<()>,
}

impl Running {
    fn start(fixture: &Fixture) -> Self {
        let cancel = CancellationToken::new();
        let run = fixture.bus.clone().run(cancel.clone());
        Self { cancel, task: tokio::spawn(async move { run.await.unwrap() }) }
    }

    async fn stop(self) {
        self.cancel.cancel();
        self.task.await.unwrap();
    }
}

fn event(fixture: &Fixture, detail: Json) -> Event {
    let resources = vec!["arn:aws:cloudwatch:us-east-1:123456789012:alarm:a".to_owned()];
    Event::new(fixture.clock.now(), "aws.cloudwatch", "CloudWatch Alarm State Change", resources, detail)
}

async fn hand_over(fixture: &Fixture, event: &Event, targets: &[&str]) {
    let targets = targets.iter().map(|name| Target::parse(name).unwrap()).collect();
    let change = fixture.bus.outbox(event, targets);
    fixture.store.catalog.commit(&Scope::default(), vec![change]).await.unwrap();
    fixture.bus.wake();
}

async fn rows(fixture: &Fixture, source: &str) -> Vec<EventRow> {
    let scan = EventScan {
        since: Timestamp::MIN,
        until: Timestamp::MAX,
        source: Some(source.into()),
        detail_type: None,
        resource: None,
        order: Order::OldestFirst,
        limit: 1000,
    };
    fixture.store.events.scan(&Scope::default(), scan).await.unwrap()
}

async fn reports(fixture: &Fixture, wanted: usize) -> Vec<(String, DeliveryReport)> {
    loop {
        let found = rows(fixture, DELIVERY_SOURCE).await;
        if found.len() >= wanted {
            return found
                .iter()
                .map(|row| (row.detail_type.to_string(), serde_json::from_str(&row.detail).unwrap()))
                .collect();
        }
        tokio::time::sleep(Duration::from_millis(10)).await;
    }
}

async fn pending(fixture: &Fixture) -> Vec<Delivery> {
    let found = fixture.store.catalog.list_all_scopes::<Delivery>().await.unwrap();
    found.into_iter().map(|(_, delivery)| delivery.document).collect()
}

/// Waits until the only delivery was tried `attempts` times, then moves the clock to its next try.
async fn skip_wait(fixture: &Fixture, attempts: u32) {
    loop {
        if let [delivery] = &pending(fixture).await[..]
            && delivery.attempts == attempts
        {
            assert!(delivery.due > fixture.clock.now());
            fixture.clock.advance(delivery.due.since(fixture.clock.now()));
            fixture.bus.wake();
            return;
        }
        tokio::time::sleep(Duration::from_millis(10)).await;
    }
}

#[tokio::test]
async fn what_waits_in_the_outbox_is_read_with_what_is_recorded() {
    let fixture = Fixture::new().await;
    let recorded = event(&fixture, json!({ "n": 1 }));
    fixture.bus.publish(&Scope::default(), vec![recorded.clone()]).await.unwrap();
    fixture.clock.advance(Duration::from_secs(1));
    let waiting = event(&fixture, json!({ "n": 2 }));
    hand_over(&fixture, &waiting, &[]).await;
    // Written, then the process ended before the outbox was told.
    hand_over(&fixture, &recorded, &[]).await;
    let scan = EventScan {
        since: recorded.at,
        until: Timestamp::MAX,
        source: Some("aws.cloudwatch".into()),
        detail_type: Some(vec!["CloudWatch Alarm State Change".into()]),
        resource: Some("arn:aws:cloudwatch:us-east-1:123456789012:alarm:a".to_owned()),
        order: Order::NewestFirst,
        limit: 10,
    };
    let ids = |rows: Vec<EventRow>| rows.iter().map(|row| row.id.to_string()).collect::<Vec<_>>();
    let all = fixture.bus.scan(&Scope::default(), scan.clone()).await.unwrap();
    assert_eq!(ids(all), [waiting.id.as_str(), recorded.id.as_str()]);
    for missed in [
        EventScan { until: waiting.at, ..scan.clone() },
        EventScan { limit: 1, order: Order::OldestFirst, ..scan.clone() },
    ] {
        assert_eq!(ids(fixture.bus.scan(&Scope::default(), missed).await.unwrap()), [recorded.id.as_str()]);
    }
    for none in [
        EventScan { source: Some("aws.ec2".into()), ..scan.clone() },
        EventScan { detail_type: Some(vec!["other".into()]), ..scan.clone() },
        EventScan { resource: Some("arn:aws:cloudwatch:us-east-1:123456789012:alarm:b".to_owned()), ..scan.clone() },
    ] {
        assert!(fixture.bus.scan(&Scope::default(), none).await.unwrap().is_empty());
    }
}

#[tokio::test]
async fn a_webhook_gets_the_envelope_and_the_event_is_recorded() {
    let fixture = Fixture::new().await;
    let (receiver, url) = Receiver::start(&[]).await;
    let bus = Running::start(&fixture);
    let event = event(&fixture, json!({"alarmName": "a", "n": 1.5}));
    hand_over(&fixture, &event, &[&url]).await;
    let told = reports(&fixture, 1).await;
    assert_eq!(told[0].0, DELIVERED);
    assert_eq!(
        (told[0].1.attempts, told[0].1.event_id.as_str(), told[0].1.target.name()),
        (1, event.id.as_str(), url.as_str())
    );
    let got = receiver.got.lock().clone();
    assert_eq!(got.len(), 1);
    assert_eq!(got[0].0["content-type"], "application/json; charset=utf-8");
    let expected = json!({
        "version": "0", "id": event.id, "detail-type": "CloudWatch Alarm State Change", "source": "aws.cloudwatch",
        "account": "123456789012", "time": "2026-11-23T08:00:00Z", "region": "us-east-1",
        "resources": ["arn:aws:cloudwatch:us-east-1:123456789012:alarm:a"], "detail": {"alarmName": "a", "n": 1.5},
    });
    assert_eq!(got[0].1, expected);
    let members = |value: &Json| value.as_object().unwrap().keys().cloned().collect::<Vec<_>>();
    assert_eq!(members(&got[0].1), members(&expected), "in the documented order");
    let recorded = rows(&fixture, "aws.cloudwatch").await;
    assert_eq!((recorded.len(), &*recorded[0].id), (1, event.id.as_str()));
    bus.stop().await;
    assert!(pending(&fixture).await.is_empty());
    assert!(fixture.store.catalog.list_all_scopes::<Outbox>().await.unwrap().is_empty());
}

#[tokio::test]
async fn failures_that_may_pass_are_tried_again_later() {
    let fixture = Fixture::new().await;
    let (receiver, url) = Receiver::start(&[500, 503, 429]).await;
    let bus = Running::start(&fixture);
    hand_over(&fixture, &event(&fixture, json!({})), &[&url]).await;
    for attempts in 1..=3 {
        skip_wait(&fixture, attempts).await;
    }
    let told = reports(&fixture, 1).await;
    assert_eq!((told[0].0.as_str(), told[0].1.attempts), (DELIVERED, 4));
    assert_eq!(receiver.count(), 4);
    bus.stop().await;
}

#[tokio::test]
async fn what_fails_for_ever_ends_as_a_dead_letter() {
    let fixture = Fixture::new().await;
    let (receiver, url) = Receiver::start(&[500; 20]).await;
    let bus = Running::start(&fixture);
    let event = event(&fixture, json!({"k": "v"}));
    hand_over(&fixture, &event, &[&url]).await;
    for attempts in 1..super::retry::ATTEMPTS_MAX {
        skip_wait(&fixture, attempts).await;
    }
    let told = reports(&fixture, 1).await;
    assert_eq!((told[0].0.as_str(), told[0].1.attempts), (DELIVERY_FAILED, super::retry::ATTEMPTS_MAX));
    assert_eq!(told[0].1.error.as_deref(), Some("the webhook answered 500 Internal Server Error"));
    assert_eq!(told[0].1.envelope, Some(event.to_envelope(&Scope::default())));
    assert_eq!(receiver.count(), super::retry::ATTEMPTS_MAX as usize);
    bus.stop().await;
    assert!(pending(&fixture).await.is_empty());
}

#[tokio::test]
async fn what_can_never_work_is_not_tried_again() {
    let fixture = Fixture::new().await;
    let (_receiver, url) = Receiver::start(&[404]).await;
    let bus = Running::start(&fixture);
    let topic = "arn:aws:sns:us-east-1:123456789012:topic";
    hand_over(&fixture, &event(&fixture, json!({})), &[&url, topic]).await;
    let mut told = reports(&fixture, 2).await;
    told.sort_by_key(|(_, report)| report.target.name().to_owned());
    let errors: Vec<&str> = told.iter().map(|(_, report)| report.error.as_deref().unwrap()).collect();
    assert!(errors[0].starts_with(topic), "{errors:?}");
    assert_eq!(errors[1], "the webhook answered 404 Not Found");
    assert!(told.iter().all(|(kind, report)| kind == DELIVERY_FAILED && report.attempts == 1));
    bus.stop().await;
}

#[tokio::test]
async fn a_dead_address_is_a_failure_that_may_pass_and_tells_no_secret() {
    let fixture = Fixture::new().await;
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
    let url = format!("http://{}/secret", listener.local_addr().unwrap());
    drop(listener);
    let webhooks = super::target::Webhooks::new().unwrap();
    let target = Target::parse(&url).unwrap();
    let outcome = target.deliver(&webhooks, &Scope::default(), &event(&fixture, json!({}))).await;
    let super::target::Outcome::Failed { reason } = outcome else { panic!("{outcome:?}") };
    assert!(reason.starts_with("the request to the webhook failed: ") && !reason.contains("secret"), "{reason}");
    assert!(!target.log_name().contains("secret"));
}

#[tokio::test]
async fn deliveries_go_on_after_a_restart() {
    let fixture = Fixture::new().await;
    let (receiver, url) = Receiver::start(&[500]).await;
    // Handed over while no bus runs: as if the process died right after the commit.
    let event = event(&fixture, json!({}));
    hand_over(&fixture, &event, &[&url]).await;
    let fixture = fixture.reopened().await;
    let bus = Running::start(&fixture);
    // The first try fails, then the process ends in the middle of the wait.
    loop {
        if let [delivery] = &pending(&fixture).await[..]
            && delivery.attempts == 1
        {
            break;
        }
        tokio::time::sleep(Duration::from_millis(10)).await;
    }
    bus.stop().await;
    let fixture = fixture.reopened().await;
    let bus = Running::start(&fixture);
    skip_wait(&fixture, 1).await;
    let told = reports(&fixture, 1).await;
    assert_eq!((told[0].0.as_str(), told[0].1.attempts), (DELIVERED, 2));
    assert_eq!(receiver.count(), 2);
    assert_eq!(rows(&fixture, "aws.cloudwatch").await.len(), 1);
    bus.stop().await;
}

#[tokio::test]
async fn an_event_recorded_before_a_crash_is_not_recorded_twice() {
    let fixture = Fixture::new().await;
    let event = event(&fixture, json!({}));
    fixture.bus.publish(&Scope::default(), vec![event.clone()]).await.unwrap();
    // The crash came before the outbox was emptied.
    hand_over(&fixture, &event, &["arn:aws:sns:us-east-1:123456789012:topic"]).await;
    let fixture = fixture.reopened().await;
    let bus = Running::start(&fixture);
    reports(&fixture, 1).await;
    assert_eq!(rows(&fixture, "aws.cloudwatch").await.len(), 1);
    bus.stop().await;
}

#[test]
fn targets_are_urls_with_a_host_and_arns() {
    for text in [
        "http://a",
        "https://a.example:8080/x?y=z",
        "http://[::1]:1/",
        "arn:aws:sns:us-east-1:123456789012:t",
        "arn:aws:automate:us-east-1:ec2:stop",
    ] {
        assert!(Target::parse(text).is_some(), "{text}");
    }
    let long = format!("https://a/{}", "x".repeat(1024));
    for text in ["", "a", "ftp://a/", "http://", "file:///etc/passwd", "arn:aws:sns", "arn:aws::::", &long] {
        assert!(Target::parse(text).is_none(), "{text}");
    }
}
