use serde_json::{Value as Json, json};

use super::operations;
use crate::base::{Scope, Timestamp};
use crate::bus::Event;
use crate::service::testing::Fixture;

const START: i64 = 1_795_420_000;

/// An event as runners publish it: run `index` of `canary`, a minute after the one before.
fn event(canary: &str, index: i64, passed: bool) -> Event {
    let word = if passed { "Successful" } else { "Failure" };
    let ended = START + 60 * index;
    let detail = json!({
        "account-id": "123456789012", "canary-id": canary, "canary-name": canary, "canary-run-id": format!("{canary}-{index}"),
        "artifact-location": format!("canary/{canary}/{index}"), "test-run-status": if passed { "PASSED" } else { "FAILED" },
        "state-reason": (!passed).then_some("status was 500"), "state-reason-code": (!passed).then_some("CANARY_FAILURE"),
        "canary-run-timeline": {"started": ended as f64 - 1.5, "completed": ended as f64}, "message": "m",
        "trace-id": "1-6928a800-000000000000000000000001", "blueprint": "heartbeat", "duration-ms": 1500,
        "artifacts": ["01-home.png"],
        "steps": [{"name": "home", "status": "passed", "reason": null, "duration-ms": 900, "screenshots": ["01-home.png"]}],
        "step-count": 1,
    });
    let arn = format!("arn:aws:synthetics:us-east-1:123456789012:canary:{canary}");
    let kind = format!("Synthetics Canary TestRun {word}");
    Event::new(Timestamp::from_secs(ended), "siskin.runner", &kind, vec![arn], detail)
}

async fn with_runs() -> Fixture {
    let fixture = Fixture::new().await;
    let mut events: Vec<Event> = (0..5).map(|index| event("shop", index, index != 3)).collect();
    events.push(event("api", 2, true));
    // The runner was not answered in time and published again.
    events.push(event("shop", 1, true));
    // Anybody may publish under this name.
    events.push(Event::new(Timestamp::from_secs(START), "siskin.runner", super::RUN_PASSED, vec![], json!({"x": 1})));
    fixture.bus.publish(&Scope::default(), events).await.unwrap();
    fixture
}

async fn ask(fixture: &Fixture, operation: &str, input: Json) -> Result<Json, String> {
    fixture.ask(operations(), operation, input).await
}

#[tokio::test]
async fn runs_come_newest_first_in_pages() {
    let fixture = with_runs().await;
    let (mut input, mut ids) = (json!({"name": "shop", "MaxResults": 2}), Vec::new());
    loop {
        let got = ask(&fixture, "GetCanaryRuns", input.clone()).await.unwrap();
        ids.extend(got["CanaryRuns"].as_array().unwrap().iter().map(|run| run["Id"].as_str().unwrap().to_owned()));
        match got.get("NextToken") {
            Some(token) => input["NextToken"] = token.clone(),
            None => break,
        }
    }
    assert_eq!(ids, ["shop-4", "shop-3", "shop-2", "shop-1", "shop-0"]);
    let got = ask(&fixture, "GetCanaryRuns", json!({"name": "shop", "MaxResults": 2})).await.unwrap();
    let ended = START + 180;
    assert_eq!(
        got["CanaryRuns"][1],
        json!({
            "Id": "shop-3", "Name": "shop",
            "Status": {"State": "FAILED", "StateReason": "status was 500", "StateReasonCode": "CANARY_FAILURE", "TestResult": "FAILED"},
            "Timeline": {"Started": ended as f64 - 1.5, "Completed": ended, "MetricTimestampForRunAndRetries": ended as f64 - 1.5},
            "ArtifactS3Location": "canary/shop/3",
        })
    );
    let none = ask(&fixture, "GetCanaryRuns", json!({"name": "none"})).await.unwrap_err();
    assert!(none.ends_with(": Canary not found: none"), "{none}");
    assert!(ask(&fixture, "GetCanaryRuns", json!({"name": "shop", "MaxResults": 0})).await.is_err());
    assert!(ask(&fixture, "GetCanaryRuns", json!({"name": "shop", "NextToken": "nope"})).await.is_err());
}

#[tokio::test]
async fn the_last_run_of_each_canary() {
    let fixture = with_runs().await;
    let last = async |input: Json| -> Vec<String> {
        let got = ask(&fixture, "DescribeCanariesLastRun", input).await.unwrap();
        let runs = got["CanariesLastRun"].as_array().unwrap().clone();
        runs.iter().map(|run| run["LastRun"]["Id"].as_str().unwrap().to_owned()).collect()
    };
    assert_eq!(last(json!({})).await, ["api-2", "shop-4"]);
    assert_eq!(last(json!({"Names": ["shop"]})).await, ["shop-4"]);
    assert_eq!(last(json!({"MaxResults": 1})).await, ["api-2"]);
    let runs = super::last_runs(
        &fixture.store.events,
        &Scope::default(),
        fixture.clock.now(),
        std::time::Duration::from_hours(1),
    )
    .await
    .unwrap();
    assert_eq!(
        (runs[1].steps[0].name.as_str(), runs[1].steps[0].duration_ms, runs[1].blueprint.as_deref()),
        ("home", 900, Some("heartbeat"))
    );
}
