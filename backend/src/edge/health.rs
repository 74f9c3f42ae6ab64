//! Whether the process lives, and whether it can take work.

use std::fmt;
use std::sync::Arc;

use axum::extract::State;
use axum::response::{IntoResponse, Response};
use axum::routing::get;
use axum::{Json, Router};
use http::StatusCode;
use serde::Serialize;

/// Whether the system can take work.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Readiness {
    /// It can.
    Ready,
    /// It cannot, for this reason: `the store is read only: disk full`.
    NotReady(String),
}

type Probe = dyn Fn() -> Readiness + Send + Sync;

#[derive(Clone)]
struct Health {
    probe: Arc<Probe>,
}

impl fmt::Debug for Health {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Health").finish_non_exhaustive()
    }
}

/// `GET /health` answers 200 as long as the process runs; `GET /ready` asks `probe` and answers 200 or 503.
pub fn router(probe: impl Fn() -> Readiness + Send + Sync + 'static) -> Router {
    Router::new()
        .route("/health", get(health))
        .route("/ready", get(ready))
        .with_state(Health { probe: Arc::new(probe) })
}

#[derive(Debug, Serialize)]
struct Status {
    status: &'static str,
    #[serde(skip_serializing_if = "Option::is_none")]
    reason: Option<String>,
}

async fn health() -> Response {
    Json(Status { status: "alive", reason: None }).into_response()
}

async fn ready(State(health): State<Health>) -> Response {
    match (health.probe)() {
        Readiness::Ready => Json(Status { status: "ready", reason: None }).into_response(),
        Readiness::NotReady(reason) => {
            let status = Status { status: "not ready", reason: Some(reason) };
            (StatusCode::SERVICE_UNAVAILABLE, Json(status)).into_response()
        }
    }
}

#[cfg(test)]
mod tests {
    use axum::body::Body;
    use http::Request;
    use http_body_util::BodyExt as _;
    use tower::ServiceExt as _;

    use super::*;

    async fn get(path: &str, readiness: Readiness) -> (u16, String) {
        let request = Request::get(path).body(Body::empty()).unwrap();
        let response = router(move || readiness.clone()).oneshot(request).await.unwrap();
        let status = response.status().as_u16();
        let body = response.into_body().collect().await.unwrap().to_bytes();
        (status, String::from_utf8(body.to_vec()).unwrap())
    }

    #[tokio::test]
    async fn alive_is_not_ready() {
        let full = Readiness::NotReady("disk full".to_owned());
        assert_eq!(get("/health", full.clone()).await, (200, r#"{"status":"alive"}"#.to_owned()));
        let not_ready = r#"{"status":"not ready","reason":"disk full"}"#;
        assert_eq!(get("/ready", full).await, (503, not_ready.to_owned()));
        assert_eq!(get("/ready", Readiness::Ready).await, (200, r#"{"status":"ready"}"#.to_owned()));
    }
}
