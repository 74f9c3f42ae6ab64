//! An HTTP service that makes the calls it is asked to make; `relay.py` and `relay.js` do the same.

use std::io::Write;

use axum::extract::Query;
use axum::http::{HeaderMap, StatusCode};
use axum::routing::get;
use axum::{Json, Router};
use serde_json::{Value, json};
use siskin_sdk::Config;
use siskin_sdk::http::reqwest::RequestBuilderExt;
use siskin_sdk::http::tower::TraceLayer;
use siskin_sdk::sampling::Sampler;
use tracing_subscriber::layer::SubscriberExt;
use tracing_subscriber::util::SubscriberInitExt;

use crate::Outcome;

/// Serves `/relay` and `/quiet/relay` until it is killed; `SISKIN_SAMPLING_RULES` is a file of rules, which may
/// tell the two apart.
pub(crate) fn serve() -> Outcome {
    let mut config = Config::from_env("rust")?;
    if let Some(rules) = std::env::var_os("SISKIN_SAMPLING_RULES") {
        config = config.sampler(Sampler::from_local_rules_file(rules)?);
    }
    let (layer, _guard) = siskin_sdk::layer(config)?;
    tracing_subscriber::registry().with(layer).init();
    let app = Router::new().route("/relay", get(relay)).route("/quiet/relay", get(relay)).layer(TraceLayer::new());
    tokio::runtime::Runtime::new()?.block_on(async {
        let listener = tokio::net::TcpListener::bind(("127.0.0.1", 0)).await?;
        writeln!(std::io::stdout(), "listening on {}", listener.local_addr()?)?;
        axum::serve(listener, app).await?;
        Ok(())
    })
}

/// `calls` is a list of `{"url", "calls"}`: each URL is called with the calls that it is to make in turn.
async fn relay(Query(query): Query<Value>, headers: HeaderMap) -> Result<Json<Value>, (StatusCode, String)> {
    let calls: Vec<Value> = serde_json::from_str(query["calls"].as_str().unwrap_or("[]")).map_err(bad_gateway)?;
    let client = reqwest::Client::new();
    let mut answers = Vec::new();
    for call in calls {
        let request = client.get(call["url"].as_str().unwrap_or_default());
        let response =
            request.query(&[("calls", call["calls"].to_string())]).send_traced().await.map_err(bad_gateway)?;
        answers.push(response.error_for_status().map_err(bad_gateway)?.json::<Value>().await.map_err(bad_gateway)?);
    }
    let header = headers.get("x-amzn-trace-id").and_then(|value| value.to_str().ok());
    Ok(Json(json!({ "service": "rust", "header": header, "answers": answers })))
}

fn bad_gateway(error: impl std::fmt::Display) -> (StatusCode, String) {
    (StatusCode::BAD_GATEWAY, error.to_string())
}
