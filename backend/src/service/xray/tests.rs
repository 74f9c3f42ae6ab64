//! The operations against a real store.

use std::time::Duration;

use serde_json::{Value, json};

use super::batch_get_traces::{BatchGetTracesInput, batch_get_traces};
use super::put_trace_segments::{PutTraceSegmentsInput, put_trace_segments};
use super::sampling::{
    CreateSamplingRuleInput, DeleteSamplingRuleInput, GetSamplingRulesInput, SamplingRuleUpdate,
    UpdateSamplingRuleInput, create_sampling_rule, delete_sampling_rule, get_sampling_rules, update_sampling_rule,
};
use super::service_graph::{GetServiceGraphInput, get_service_graph};
use super::trace_summaries::{
    GetTraceSummariesInput, SamplingStrategy, SamplingStrategyName, TimeRangeType, get_trace_summaries,
};
use super::{XRayError, operations};
use crate::base::Timestamp;
use crate::service::testing::Fixture;
use crate::service::{ServiceId, Services};
use crate::wire;

/// A trace id that began at `at`.
fn trace_id(at: Timestamp, number: u32) -> String {
    format!("1-{:08x}-{number:024x}", at.as_secs())
}

/// A segment of 100 ms.
fn segment(at: Timestamp, number: u32, more: &Value) -> Value {
    let mut document = json!({
        "trace_id": trace_id(at, number),
        "id": format!("{:016x}", number + 1),
        "name": "shop",
        "start_time": at.as_secs_f64(),
        "end_time": at.as_secs_f64() + 0.1,
    });
    document.as_object_mut().expect("an object").extend(more.as_object().cloned().unwrap_or_default());
    document
}

impl Fixture {
    async fn put_segments(&self, documents: &[Value]) -> Vec<super::UnprocessedTraceSegment> {
        let documents = documents.iter().map(Value::to_string).collect();
        let input = PutTraceSegmentsInput { trace_segment_documents: documents };
        put_trace_segments(&self.cx(), input).await.expect("stored").unprocessed_trace_segments
    }

    /// The ids of all pages.
    async fn summaries(&self, input: impl Fn(Option<String>) -> GetTraceSummariesInput) -> Vec<String> {
        let (mut ids, mut token) = (Vec::new(), None);
        loop {
            let page = get_trace_summaries(&self.cx(), input(token)).await.expect("a page");
            ids.extend(page.trace_summaries.into_iter().map(|summary| summary.id));
            token = page.next_token;
            if token.is_none() {
                return ids;
            }
        }
    }
}

fn range(since: Timestamp, until: Timestamp) -> GetTraceSummariesInput {
    GetTraceSummariesInput {
        start_time: since,
        end_time: until,
        time_range_type: TimeRangeType::TraceId,
        sampling: None,
        sampling_strategy: None,
        filter_expression: None,
        next_token: None,
    }
}

#[tokio::test]
async fn what_was_put_is_read_back_also_after_a_restart() {
    let fixture = Fixture::new().await;
    let now = fixture.clock.now();
    let sent = segment(
        now,
        1,
        &json!({"annotations": {"a": 1}, "subsegments": [
            {"id": "00000000000000aa", "name": "SNS", "namespace": "aws", "start_time": now.as_secs_f64(), "end_time": now.as_secs_f64() + 0.05},
        ]}),
    );
    assert_eq!(fixture.put_segments(std::slice::from_ref(&sent)).await, []);
    let fixture = fixture.reopened().await;
    let absent = trace_id(now, 99);
    let input = BatchGetTracesInput { trace_ids: vec![absent, trace_id(now, 1)], next_token: None };
    let output = batch_get_traces(&fixture.cx(), input).await.expect("traces");
    assert_eq!(output.traces.len(), 1);
    let trace = &output.traces[0];
    assert!((trace.duration - 0.1).abs() < 1e-6 && !trace.limit_exceeded);
    let documents: Vec<Value> =
        trace.segments.iter().map(|segment| serde_json::from_str(&segment.document).expect("JSON")).collect();
    assert_eq!(documents[0], sent);
    assert_eq!(
        (&documents[1]["name"], &documents[1]["inferred"], &documents[1]["origin"]),
        (&json!("SNS"), &json!(true), &json!("AWS::SNS"))
    );
}

#[tokio::test]
async fn a_bad_document_is_refused_alone() {
    let fixture = Fixture::new().await;
    let now = fixture.clock.now();
    let refused = fixture
        .put_segments(&[
            segment(now, 1, &json!({})),
            segment(now, 2, &json!({"name": "a?b"})),
            json!("text"),
            json!({"name": "x"}),
        ])
        .await;
    let codes: Vec<(Option<&str>, &str)> = refused.iter().map(|one| (one.id.as_deref(), one.error_code)).collect();
    assert_eq!(codes, [(Some("0000000000000003"), "InvalidName"), (None, "ParseError"), (None, "MissingId")]);
    let found = fixture.summaries(|_| range(now, now.plus(Duration::from_secs(1)))).await;
    assert_eq!(found, [trace_id(now, 1)]);
}

#[tokio::test]
async fn summaries_are_paged_and_each_trace_comes_once() {
    let fixture = Fixture::new().await;
    let now = fixture.clock.now();
    let at = |number: u32| now.minus(Duration::from_secs(u64::from(number % 100)));
    let documents: Vec<Value> = (0..1_200).map(|number| segment(at(number), number, &json!({}))).collect();
    fixture.put_segments(&documents).await;
    let mut found = fixture
        .summaries(|token| GetTraceSummariesInput {
            next_token: token,
            ..range(now.minus(Duration::from_mins(10)), now.plus(Duration::from_secs(1)))
        })
        .await;
    assert_eq!(found.len(), 1_200);
    found.sort();
    found.dedup();
    assert_eq!(found.len(), 1_200);
    let half = |name| {
        let strategy = SamplingStrategy { name: Some(name), value: Some(0.5) };
        move |token| GetTraceSummariesInput {
            next_token: token,
            sampling: Some(true),
            sampling_strategy: Some(strategy),
            ..range(now.minus(Duration::from_secs(100)), now)
        }
    };
    let some = fixture.summaries(half(SamplingStrategyName::PartialScan)).await;
    assert!((500..700).contains(&some.len()), "{}", some.len());
    assert_eq!(some, fixture.summaries(half(SamplingStrategyName::PartialScan)).await);
}

#[tokio::test]
async fn the_kind_of_time_range_decides_what_lies_in_it() {
    let fixture = Fixture::new().await;
    let now = fixture.clock.now();
    let long = json!({"end_time": now.as_secs_f64() + 60.0});
    // Random bits where X-Ray ids have their second: the trace began with its first span.
    let foreign = json!({"trace_id": "1-deadbeef-000000000000000000000007", "id": "0000000000000077"});
    fixture.put_segments(&[segment(now, 1, &long), segment(now.plus(Duration::from_secs(30)), 2, &foreign)]).await;
    let within = |kind, from: u64, to: u64| GetTraceSummariesInput {
        time_range_type: kind,
        ..range(now.plus(Duration::from_secs(from)), now.plus(Duration::from_secs(to)))
    };
    let found = async |kind, from, to| {
        let ids = fixture.summaries(|_| within(kind, from, to)).await;
        ids.iter().map(|id| if *id == trace_id(now, 1) { "long" } else { "foreign" }).collect::<Vec<_>>()
    };
    assert_eq!(found(TimeRangeType::TraceId, 0, 1).await, ["long"]);
    assert_eq!(found(TimeRangeType::TraceId, 1, 90).await, ["foreign"]);
    assert_eq!(found(TimeRangeType::Event, 10, 20).await, ["long"]);
    assert_eq!(found(TimeRangeType::Event, 10, 31).await, ["long", "foreign"]);
    assert_eq!(found(TimeRangeType::Service, 10, 40).await, ["foreign"]);
    assert_eq!(found(TimeRangeType::Service, 59, 61).await, ["long"]);
}

#[tokio::test]
async fn what_is_not_supported_is_said() {
    let fixture = Fixture::new().await;
    let now = fixture.clock.now();
    let complaint = async |input| get_trace_summaries(&fixture.cx(), input).await.expect_err("refused").to_string();
    let filter = GetTraceSummariesInput { filter_expression: Some("fault".to_owned()), ..range(now, now) };
    insta::assert_snapshot!(complaint(filter).await, @"FilterExpression is not supported; leave it out to get all traces of the time range");
    insta::assert_snapshot!(complaint(range(now, now.minus(Duration::from_secs(1)))).await, @"StartTime cannot be after EndTime");
    insta::assert_snapshot!(complaint(range(now.minus(Duration::from_hours(7)), now)).await, @"Time range cannot be longer than 6 hours");
    let ids = BatchGetTracesInput { trace_ids: vec![trace_id(now, 1); 6], next_token: None };
    insta::assert_snapshot!(batch_get_traces(&fixture.cx(), ids).await.expect_err("refused").to_string(), @"Exceeding maximum query size: 5");
}

#[tokio::test]
async fn the_graph_of_a_time_range_joins_segments_of_several_requests() {
    let fixture = Fixture::new().await;
    let now = fixture.clock.now();
    let caller = json!({"subsegments": [{"id": "00000000000000aa", "name": "orders", "namespace": "remote", "start_time": now.as_secs_f64(), "end_time": now.as_secs_f64() + 0.05}]});
    let callee = json!({"name": "orders", "id": "00000000000000bb", "parent_id": "00000000000000aa", "fault": true});
    fixture.put_segments(&[segment(now, 1, &callee)]).await;
    fixture.put_segments(&[segment(now, 1, &caller)]).await;
    let input = |group_name: Option<&str>| GetServiceGraphInput {
        start_time: now,
        end_time: now.plus(Duration::from_mins(1)),
        group_name: group_name.map(str::to_owned),
        group_arn: None,
        next_token: None,
    };
    let output = get_service_graph(&fixture.cx(), input(None)).await.expect("a graph");
    let shown: Vec<String> = output
        .services
        .iter()
        .map(|service| {
            let to = service.edges.iter().map(|edge| output.services[edge.reference_id as usize].name.clone());
            format!("{} {} -> {}", service.name, service.state, to.collect::<Vec<_>>().join(","))
        })
        .collect();
    assert_eq!(shown, ["orders active -> ", "shop active -> orders", "shop unknown -> shop"]);
    assert!(get_service_graph(&fixture.cx(), input(Some("other"))).await.is_err());
}

#[tokio::test]
async fn rules_are_made_changed_and_deleted_and_default_stays() {
    let fixture = Fixture::new().await;
    let names = async || {
        let output =
            get_sampling_rules(&fixture.cx(), GetSamplingRulesInput { next_token: None }).await.expect("rules");
        let records = output.sampling_rule_records.into_iter();
        records
            .map(|record| {
                format!("{} {}", record.sampling_rule.rule_name.unwrap_or_default(), record.sampling_rule.fixed_rate)
            })
            .collect::<Vec<_>>()
    };
    assert_eq!(names().await, ["Default 0.05"]);
    let rule = |name: &str, priority: i32| siskin_sdk::sampling::Rule {
        rule_name: Some(name.to_owned()),
        priority,
        fixed_rate: 0.5,
        ..siskin_sdk::sampling::Rule::default()
    };
    let create = async |rule| {
        create_sampling_rule(&fixture.cx(), CreateSamplingRuleInput { sampling_rule: rule, tags: vec![] }).await
    };
    create(rule("slow", 20)).await.expect("made");
    create(rule("quick", 10)).await.expect("made");
    assert_eq!(names().await, ["quick 0.5", "slow 0.5", "Default 0.05"]);
    assert!(matches!(create(rule("quick", 10)).await, Err(XRayError::InvalidRequest(_))));
    assert!(matches!(create(rule("bad", 10_000)).await, Err(XRayError::InvalidRequest(_))));
    let update = async |name: &str, update: SamplingRuleUpdate| {
        let update = SamplingRuleUpdate { rule_name: Some(name.to_owned()), ..update };
        update_sampling_rule(&fixture.cx(), UpdateSamplingRuleInput { sampling_rule_update: update }).await
    };
    update("Default", SamplingRuleUpdate { fixed_rate: Some(0.1), ..Default::default() }).await.expect("changed");
    assert!(update("Default", SamplingRuleUpdate { priority: Some(1), ..Default::default() }).await.is_err());
    let delete = async |name: &str| {
        let input = DeleteSamplingRuleInput { rule_name: Some(name.to_owned()), rule_arn: None };
        delete_sampling_rule(&fixture.cx(), input).await
    };
    delete("slow").await.expect("deleted");
    assert!(delete("Default").await.is_err());
    assert_eq!(names().await, ["quick 0.5", "Default 0.1"]);
}

/// What the X-Ray SDKs of other languages insist on in the answers of the two calls they make.
#[tokio::test]
async fn sampling_answers_are_what_tracers_expect() {
    let fixture = Fixture::new().await;
    let services = Services::new([operations()]);
    let call = async |operation: &str, input: Value| {
        let input = wire::json::decode(input.to_string().as_bytes()).expect("JSON");
        let output = services.call(ServiceId::XRay, operation, &fixture.cx(), input).await.expect("an answer");
        String::from_utf8(wire::json::encode(&output)).expect("JSON is text")
    };
    insta::assert_snapshot!(call("GetSamplingRules", json!({"NextToken": null})).await, @r#"{"SamplingRuleRecords":[{"SamplingRule":{"RuleName":"Default","RuleARN":"arn:aws:xray:us-east-1:123456789012:sampling-rule/Default","ResourceARN":"*","Priority":10000,"FixedRate":0.05,"ReservoirSize":1,"ServiceName":"*","ServiceType":"*","Host":"*","HTTPMethod":"*","URLPath":"*","Version":1,"Attributes":{}},"CreatedAt":0,"ModifiedAt":0}]}"#);
    let report = |rule: &str| {
        json!({
            "RuleName": rule, "ClientID": "ABCDEF1234567890ABCDEF12", "Timestamp": 1_793_000_000.1,
            "RequestCount": 110, "SampledCount": 20, "BorrowCount": 10,
        })
    };
    let reports = json!({"SamplingStatisticsDocuments": [report("Default"), report("nobody's")]});
    insta::assert_snapshot!(call("GetSamplingTargets", reports).await, @r#"{"SamplingTargetDocuments":[{"RuleName":"Default","FixedRate":0.05,"ReservoirQuota":1,"ReservoirQuotaTTL":1795421100,"Interval":10}],"LastRuleModification":0,"UnprocessedStatistics":[{"RuleName":"nobody's","ErrorCode":"400","Message":"Unknown rule"}],"UnprocessedBoostStatistics":[]}"#);
}
