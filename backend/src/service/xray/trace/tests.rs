//! Traces from documents: what `BatchGetTraces` and `GetTraceSummaries` show of them.

use proptest::prelude::*;
use serde_json::{Value, json};

use super::{Trace, compile, summarize};
use crate::base::Timestamp;
use crate::service::xray::document::rows_of;
use crate::store::{RowId, SpanRow};

pub(in crate::service::xray) const TRACE: &str = "1-64f0c1aa-0123456789abcdef01234567";
const START: f64 = 1_793_000_000.0;

/// A document of [`TRACE`]: `id` is one hexadecimal digit, `at` are milliseconds from and to.
#[expect(clippy::needless_pass_by_value, reason = "callers write json! in place")]
pub(in crate::service::xray) fn document(name: &str, id: char, at: (u32, u32), more: Value) -> Value {
    let mut document = json!({
        "trace_id": TRACE,
        "name": name,
        "id": span(id),
        "start_time": START + f64::from(at.0) / 1e3,
        "end_time": START + f64::from(at.1) / 1e3,
    });
    let fields = document.as_object_mut().expect("an object");
    fields.extend(more.as_object().cloned().unwrap_or_default());
    document
}

/// A subsegment inside a document.
pub(in crate::service::xray) fn inner(name: &str, id: char, at: (u32, u32), more: Value) -> Value {
    let mut document = document(name, id, at, more);
    document.as_object_mut().expect("an object").remove("trace_id");
    document
}

pub(in crate::service::xray) fn span(id: char) -> String {
    id.to_string().repeat(16)
}

/// The rows of documents that came in this order, numbered as the store numbers them.
fn rows(documents: &[Value]) -> Vec<SpanRow> {
    let mut rows = Vec::new();
    for (sequence, document) in (1..).zip(documents) {
        let mut of_one = rows_of(&document.to_string(), Timestamp::from_secs(1_793_000_001)).expect("valid");
        for (ordinal, row) in (0..).zip(&mut of_one) {
            row.id = RowId::new(sequence, ordinal);
        }
        rows.extend(of_one);
    }
    rows
}

pub(in crate::service::xray) fn trace(documents: &[Value]) -> Trace {
    let mut traces = compile(rows(documents));
    assert_eq!(traces.len(), 1);
    traces.remove(0)
}

/// Each document as names with those inside in parentheses.
fn tree(trace: &Trace) -> String {
    fn names(document: &Value) -> String {
        let name = document["name"].as_str().expect("a name");
        let mark = if document["in_progress"] == true { "*" } else { "" };
        match document["subsegments"].as_array() {
            Some(inner) => format!("{name}{mark}({})", inner.iter().map(names).collect::<Vec<_>>().join(" ")),
            None => format!("{name}{mark}"),
        }
    }
    let documents = trace.documents.iter().map(|document| names(&document.to_document()));
    documents.collect::<Vec<_>>().join(", ")
}

fn check(documents: &[Value], expected: &str) {
    assert_eq!(tree(&trace(documents)), expected);
    // Rows of different documents may be read in any order: their numbers tell.
    let mut shuffled = rows(documents);
    shuffled.reverse();
    assert_eq!(tree(&compile(shuffled)[0]), expected, "in reverse order");
}

fn independent(name: &str, id: char, parent: char, at: (u32, u32)) -> Value {
    document(name, id, at, json!({"type": "subsegment", "parent_id": span(parent)}))
}

fn in_progress(mut document: Value) -> Value {
    let fields = document.as_object_mut().expect("an object");
    fields.remove("end_time");
    fields.insert("in_progress".to_owned(), true.into());
    document
}

#[test]
fn a_document_comes_back_as_it_was_sent() {
    let sent = document(
        "shop",
        'a',
        (0, 100),
        json!({
            "http": {"request": {"method": "GET", "url": "http://h/x?y=1"}, "response": {"status": 200, "content_length": "12"}},
            "metadata": {"default": {"list": [1, 2.5, null]}},
            "unknown_field": {"kept": true},
            "subsegments": [inner("db", 'b', (1, 2), json!({"namespace": "remote", "sql": {"url": "pg"}})),
                            inner("work", 'c', (2, 9), json!({"subsegments": [inner("deep", 'd', (3, 4), json!({}))]}))],
        }),
    );
    assert_eq!(trace(std::slice::from_ref(&sent)).documents[0].to_document(), sent);
}

#[test]
fn subsegments_sent_alone_find_their_places() {
    let segment = document("shop", 'a', (0, 100), json!({"subsegments": [inner("inside", 'b', (50, 60), json!({}))]}));
    let alone = [
        independent("first", 'c', 'a', (1, 9)),
        independent("below", 'd', 'c', (2, 3)),
        independent("in", 'e', 'b', (51, 52)),
    ];
    let mut documents = vec![segment];
    documents.extend(alone);
    check(&documents, "shop(first(below) inside(in))");
    documents.reverse();
    check(&documents, "shop(first(below) inside(in))");
    let merged = trace(&documents).documents[0].to_document();
    assert_eq!(merged["subsegments"][0].get("trace_id"), None);
    assert_eq!(merged["subsegments"][0].get("type"), None);
    assert_eq!(merged["trace_id"], TRACE);
}

#[test]
fn subsegments_whose_segment_has_not_come_stand_alone() {
    check(&[independent("late", 'b', 'a', (5, 6)), independent("below", 'c', 'b', (5, 6))], "late(below)");
    check(&[independent("one", 'b', 'c', (5, 6)), independent("other", 'c', 'b', (6, 7))], "one(other)");
}

#[test]
fn a_complete_document_replaces_one_in_progress() {
    let open =
        in_progress(document("shop", 'a', (0, 0), json!({"subsegments": [inner("gone", 'b', (0, 1), json!({}))]})));
    let complete = document("shop", 'a', (0, 100), json!({"subsegments": [inner("done", 'c', (0, 1), json!({}))]}));
    check(std::slice::from_ref(&open), "shop*(gone)");
    check(&[open.clone(), complete.clone()], "shop(done)");
    check(&[complete, open], "shop(done)");
}

#[test]
fn of_two_complete_documents_the_later_counts() {
    let one = document("one", 'a', (0, 1), json!({}));
    let other = document("other", 'a', (0, 1), json!({"subsegments": [inner("x", 'b', (0, 1), json!({}))]}));
    check(&[one.clone(), other.clone()], "other(x)");
    check(&[other, one], "one");
}

#[test]
fn a_subsegment_sent_alone_and_inside_is_shown_once() {
    let alone = independent("work", 'b', 'a', (1, 2));
    let segment = document("shop", 'a', (0, 9), json!({"subsegments": [inner("work", 'b', (1, 2), json!({}))]}));
    check(&[alone.clone(), segment], "shop(work)");
    let half = inner("work", 'b', (1, 2), json!({"in_progress": true, "end_time": null}));
    let open = in_progress(document("shop", 'a', (0, 9), json!({"subsegments": [half]})));
    check(&[open, alone], "shop*(work)");
}

#[test]
fn a_long_chain_of_subsegments_is_cut_not_followed_for_ever() {
    let id = |number: u64| format!("{:016x}", number + 1);
    let mut documents = vec![document("root", 'f', (0, 1), json!({}))];
    for number in 0..500_u64 {
        let parent = if number == 0 { span('f') } else { id(number - 1) };
        documents.push(document(
            "x",
            'a',
            (0, 1),
            json!({"id": id(number), "type": "subsegment", "parent_id": parent}),
        ));
    }
    let trace = trace(&documents);
    assert_eq!(trace.walk().count(), 501);
    for document in &trace.documents {
        let text = document.to_document().to_string();
        serde_json::from_str::<Value>(&text).expect("readers with a bound on depth read it");
    }
}

#[test]
fn calls_of_services_that_send_nothing_become_segments() {
    let aws = json!({"namespace": "aws", "aws": {"operation": "GetItem", "table_name": "users"}, "http": {"response": {"status": 200}}});
    let segment = document(
        "shop",
        'a',
        (0, 100),
        json!({"subsegments": [
            inner("DynamoDB", 'b', (1, 2), aws),
            inner("SNS", 'c', (2, 3), json!({"namespace": "aws"})),
            inner("api.example.com", 'd', (3, 4), json!({"namespace": "remote", "fault": true})),
            inner("orders", 'e', (4, 5), json!({"namespace": "remote", "http": {"request": {"traced": true}}})),
            inner("cart", 'f', (5, 6), json!({"namespace": "remote"})),
            inner("db@host", '1', (6, 7), json!({"namespace": "remote", "sql": {"url": "x"}})),
            inner("local", '2', (7, 8), json!({})),
        ]}),
    );
    let cart = document("cart", '3', (5, 6), json!({"parent_id": span('f')}));
    let trace = trace(&[segment, cart]);
    let shown: Vec<String> = trace
        .inferred()
        .map(|inferred| {
            let document = inferred.to_document();
            assert_eq!(document["inferred"], true);
            assert_eq!(document["parent_id"], inferred.call.segment.id.to_string());
            format!("{} {} {}", document["name"], inferred.service.name, document["origin"])
        })
        .collect();
    assert_eq!(
        shown,
        [
            r#""DynamoDB" users "AWS::DynamoDB::Table""#,
            r#""SNS" SNS "AWS::SNS""#,
            r#""api.example.com" api.example.com null"#,
            r#""db@host" db@host "Database::SQL""#,
        ]
    );
    let again: Vec<_> = trace.inferred().map(|inferred| inferred.id).collect();
    assert_eq!(again, trace.inferred().map(|inferred| inferred.id).collect::<Vec<_>>());
}

#[test]
fn a_summary_tells_of_the_root_and_of_all_segments() {
    let request =
        json!({"method": "POST", "url": "http://shop/api/user", "user_agent": "curl", "client_ip": "10.0.0.1"});
    let root = document(
        "shop",
        'a',
        (0, 84),
        json!({
            "http": {"request": request, "response": {"status": 500}},
            "fault": true, "user": "ola", "origin": "AWS::ECS::Container", "resource_arn": "arn:aws:ecs:x",
            "aws": {"ec2": {"instance_id": "i-1", "availability_zone": "us-west-2c"}},
            "annotations": {"plan": "pro"},
            "subsegments": [inner("orders", 'b', (1, 50), json!({"namespace": "remote", "fault": true}))],
        }),
    );
    let callee = document(
        "orders",
        'c',
        (2, 120),
        json!({
            "parent_id": span('b'), "fault": true, "annotations": {"plan": "pro", "items": 3, "gift": true},
            "cause": {"exceptions": [{"id": span('9'), "type": "OutOfStock", "message": "none left"}]},
            "subsegments": [inner("SQS", 'd', (3, 4), json!({"namespace": "aws", "throttle": true, "error": true}))],
        }),
    );
    let summary = summarize(&trace(&[root, callee]));
    insta::assert_debug_snapshot!(summary);
}

/// Documents with as many subsegments, nested as `shape` says: each takes its parent from those before it.
fn nested(shape: &[usize]) -> Value {
    fn build(shape: &[usize], index: usize) -> Value {
        let mut value = json!({
            "id": format!("{:016x}", index + 1),
            "name": format!("n{index}"),
            "start_time": START + index as f64,
            "end_time": START + index as f64 + 0.123_456,
            "metadata": {"default": {"index": index, "share": index as f64 / 7.0}},
        });
        let inner: Vec<Value> = (index + 1..shape.len())
            .filter(|child| shape[*child] % child == index)
            .map(|child| build(shape, child))
            .collect();
        if !inner.is_empty() {
            value["subsegments"] = Value::Array(inner);
        }
        value
    }
    let mut document = build(shape, 0);
    document["trace_id"] = TRACE.into();
    document
}

proptest! {
    #[test]
    fn flattening_and_compiling_lose_nothing(shape in prop::collection::vec(0_usize..1_000, 1..25)) {
        let sent = nested(&shape);
        let rows = rows(std::slice::from_ref(&sent));
        prop_assert_eq!(rows.len(), shape.len());
        prop_assert_eq!(compile(rows)[0].documents[0].to_document(), sent);
    }

    #[test]
    fn every_span_is_shown_once_wherever_its_parent_is(parents in prop::collection::vec(0_u8..14, 1..14)) {
        let mut documents = Vec::new();
        for (index, parent) in parents.iter().enumerate() {
            let id = char::from_digit(index as u32 + 1, 16).expect("a digit");
            let parent = char::from_digit(u32::from(*parent) + 1, 16).expect("a digit");
            documents.push(if index == 0 {
                document("root", id, (0, 1), json!({}))
            } else {
                independent("x", id, parent, (index as u32, index as u32 + 1))
            });
        }
        let trace = trace(&documents);
        prop_assert_eq!(trace.walk().count(), parents.len());
    }

    #[test]
    fn any_text_is_rows_or_a_refusal(text in ".{0,200}") {
        prop_assert!(rows_of(&text, Timestamp::EPOCH).is_err());
    }
}
