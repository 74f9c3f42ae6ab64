//! Graphs from traces.

use serde_json::json;

use super::{Graph, Service};
use crate::service::xray::trace::tests::{document, inner, span, trace};

fn graph(documents: &[serde_json::Value]) -> Vec<Service> {
    let mut graph = Graph::default();
    graph.add(&trace(documents));
    graph.finish()
}

/// One line per node and per edge.
fn picture(services: &[Service]) -> String {
    let name = |service: &Service| format!("{} [{}]", service.name, service.kind.as_deref().unwrap_or("-"));
    let counts = |statistics: &super::EdgeStatistics| {
        format!(
            "ok={} error={} throttle={} fault={} time={:.3}",
            statistics.ok_count,
            statistics.error_statistics.other_count,
            statistics.error_statistics.throttle_count,
            statistics.fault_statistics.total_count,
            statistics.total_response_time
        )
    };
    let mut lines = Vec::new();
    for service in services {
        let own = service.summary_statistics.as_ref().map_or_else(|| "no statistics".to_owned(), counts);
        let root = if service.root == Some(true) { " root" } else { "" };
        lines.push(format!("{} {}{root}: {own}", name(service), service.state));
        for edge in &service.edges {
            let callee = &services[edge.reference_id as usize];
            let aliases: Vec<&str> = edge.aliases.iter().map(|alias| alias.name.as_str()).collect();
            let aliases = if aliases.is_empty() { String::new() } else { format!(" as {}", aliases.join(",")) };
            let link = edge.edge_type.map_or_else(String::new, |kind| format!(" {kind}"));
            lines.push(format!("  -> {}{aliases}{link}: {}", name(callee), counts(&edge.summary_statistics)));
        }
    }
    lines.join("\n")
}

#[test]
fn the_sample_application_of_the_developer_guide() {
    let scorekeep = document(
        "Scorekeep",
        'a',
        (0, 3232),
        json!({
            "origin": "AWS::ElasticBeanstalk::Environment",
            "http": {"request": {"url": "http://scorekeep/api/user", "method": "POST"}, "response": {"status": 200}},
            "subsegments": [
                inner("Lambda", 'b', (67, 3010), json!({"namespace": "aws", "aws": {"operation": "Invoke", "function_name": "random-name"}})),
                inner("## UserModel.saveUser", 'c', (3019, 3207), json!({"subsegments": [
                    inner("DynamoDB", 'd', (3128, 3207), json!({"namespace": "aws", "aws": {"table_name": "scorekeep-user"}})),
                ]})),
            ],
        }),
    );
    let lambda = document("random-name", 'e', (115, 3010), json!({"parent_id": span('b'), "origin": "AWS::Lambda"}));
    let function = document(
        "random-name",
        'f',
        (1268, 3008),
        json!({
            "parent_id": span('e'), "origin": "AWS::Lambda::Function",
            "subsegments": [inner("SNS", '1', (1550, 2509), json!({"namespace": "aws"}))],
        }),
    );
    let services = graph(&[scorekeep, lambda, function]);
    insta::assert_snapshot!(picture(&services));
    // An edge is as long as its caller's work.
    let root = services.iter().find(|service| service.root == Some(true)).expect("a root");
    assert!(root.edges.iter().all(|edge| (edge.start_time, edge.end_time) == (root.start_time, root.end_time)));
}

#[test]
fn the_worst_outcome_counts() {
    let call = |id, fields| inner("api", id, (0, 10), fields);
    let services = graph(&[document(
        "shop",
        'a',
        (0, 100),
        json!({"fault": true, "subsegments": [
            call('b', json!({"namespace": "remote"})),
            call('c', json!({"namespace": "remote", "error": true})),
            call('d', json!({"namespace": "remote", "error": true, "throttle": true})),
            call('e', json!({"namespace": "remote", "error": true, "fault": true})),
        ]}),
    )]);
    insta::assert_snapshot!(picture(&services), @r"
    api [remote] unknown: ok=1 error=1 throttle=1 fault=1 time=0.040
    shop [-] active root: ok=0 error=0 throttle=0 fault=1 time=0.100
      -> api [remote]: ok=1 error=1 throttle=1 fault=1 time=0.040
    shop [client] unknown: no statistics
      -> shop [-]: ok=0 error=0 throttle=0 fault=1 time=0.100
    ");
}

#[test]
fn another_name_of_the_called_service_is_an_alias() {
    let caller = document(
        "shop",
        'a',
        (0, 9),
        json!({"subsegments": [inner("orders.internal", 'b', (1, 8), json!({"namespace": "remote"}))]}),
    );
    let callee = document("orders", 'c', (2, 7), json!({"parent_id": span('b')}));
    insta::assert_snapshot!(picture(&graph(&[caller, callee])), @r"
    orders [-] active: ok=1 error=0 throttle=0 fault=0 time=0.005
    shop [-] active root: ok=1 error=0 throttle=0 fault=0 time=0.009
      -> orders [-] as orders.internal: ok=1 error=0 throttle=0 fault=0 time=0.007
    shop [client] unknown: no statistics
      -> shop [-]: ok=1 error=0 throttle=0 fault=0 time=0.009
    ");
}

#[test]
fn a_pending_call_goes_to_the_service_of_that_name() {
    let traced = json!({"namespace": "remote", "http": {"request": {"traced": true}}});
    let caller = document("shop", 'a', (0, 9), json!({"subsegments": [inner("orders", 'b', (1, 8), traced)]}));
    insta::assert_snapshot!(picture(&graph(std::slice::from_ref(&caller))), @r"
    orders [remote] unknown: ok=0 error=0 throttle=0 fault=0 time=0.000
    shop [-] active root: ok=1 error=0 throttle=0 fault=0 time=0.009
      -> orders [remote]: ok=1 error=0 throttle=0 fault=0 time=0.007
    shop [client] unknown: no statistics
      -> shop [-]: ok=1 error=0 throttle=0 fault=0 time=0.009
    ");
    let mut known = Graph::default();
    known.add(&trace(&[caller]));
    known.add(&trace(&[document("orders", 'd', (2, 7), json!({"origin": "AWS::ECS::Container"}))]));
    insta::assert_snapshot!(picture(&known.finish()), @r"
    orders [AWS::ECS::Container] active root: ok=1 error=0 throttle=0 fault=0 time=0.005
    orders [client] unknown: no statistics
      -> orders [AWS::ECS::Container]: ok=1 error=0 throttle=0 fault=0 time=0.005
    shop [-] active root: ok=1 error=0 throttle=0 fault=0 time=0.009
      -> orders [AWS::ECS::Container]: ok=1 error=0 throttle=0 fault=0 time=0.007
    shop [client] unknown: no statistics
      -> shop [-]: ok=1 error=0 throttle=0 fault=0 time=0.009
    ");
}

#[test]
fn a_segment_in_progress_is_a_node_without_a_count() {
    let mut open = document("shop", 'a', (0, 9), json!({"in_progress": true}));
    open.as_object_mut().expect("an object").remove("end_time");
    insta::assert_snapshot!(picture(&graph(&[open])), @r"
    shop [-] active root: ok=0 error=0 throttle=0 fault=0 time=0.000
    shop [client] unknown: no statistics
      -> shop [-]: ok=0 error=0 throttle=0 fault=0 time=0.000
    ");
}

#[test]
fn a_link_joins_two_traces() {
    let sender =
        document("shop", 'a', (0, 9), json!({"subsegments": [inner("SQS", 'b', (1, 2), json!({"namespace": "aws"}))]}));
    let other = "1-64f0c1ab-0123456789abcdef01234567";
    let receiver = document(
        "worker",
        'c',
        (500, 600),
        json!({"trace_id": other, "links": [{"trace_id": super::super::trace::tests::TRACE, "id": span('b')}]}),
    );
    let mut graph = Graph::default();
    graph.add(&trace(&[receiver]));
    graph.add(&trace(&[sender]));
    let services = graph.finish();
    insta::assert_snapshot!(picture(&services), @r"
    SQS [AWS::SQS] unknown: ok=1 error=0 throttle=0 fault=0 time=0.001
    shop [-] active root: ok=1 error=0 throttle=0 fault=0 time=0.009
      -> SQS [AWS::SQS]: ok=1 error=0 throttle=0 fault=0 time=0.001
      -> worker [-] link: ok=1 error=0 throttle=0 fault=0 time=0.100
    shop [client] unknown: no statistics
      -> shop [-]: ok=1 error=0 throttle=0 fault=0 time=0.009
    worker [-] active root: ok=1 error=0 throttle=0 fault=0 time=0.100
    worker [client] unknown: no statistics
      -> worker [-]: ok=1 error=0 throttle=0 fault=0 time=0.100
    ");
    let shop = services.iter().find(|service| service.name == "shop" && service.state == "active").expect("a node");
    let link = shop.edges.iter().find(|edge| edge.edge_type == Some("link")).expect("an edge");
    assert!((link.received_event_age_histogram[0].value - 0.498).abs() < 1e-9);
}
