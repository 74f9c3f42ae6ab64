//! What our SDK sends, read and written by other people's software: the scripts say how.

use siskin_tests::{Node, Python, run_to_end};

use crate::traced;

/// Runs a script that starts the service by itself, in the place of what the service sends to.
async fn passes(mut script: std::process::Command) {
    script.env("SISKIN_TRACED", traced());
    let exit = run_to_end(script).await;
    assert_eq!((exit.code, exit.stdout.trim()), (0, "ok"), "{}", exit.stderr);
}

async fn python(name: &str) {
    if let Some(python) = Python::environment() {
        passes(python.script(name)).await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn documents_are_what_the_json_schema_wants() {
    python("schema.py").await;
}

#[tokio::test(flavor = "multi_thread")]
async fn documents_are_those_the_x_ray_sdk_for_python_writes() {
    python("rebuild.py").await;
}

#[tokio::test(flavor = "multi_thread")]
async fn documents_are_those_the_x_ray_sdk_for_node_writes() {
    if let Some(node) = Node::environment() {
        passes(node.script("rebuild.js")).await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn headers_go_to_opentelemetry_for_python_and_back() {
    python("headers.py").await;
}

#[tokio::test(flavor = "multi_thread")]
async fn spans_logs_and_metrics_are_read_by_opentelemetry_proto() {
    python("otlp_receiver.py").await;
}
