//! A service to watch and a backend that keeps what it is told.

use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};

use axum::Router;
use axum::body::Bytes;
use axum::extract::State;
use axum::http::{HeaderMap, StatusCode};
use axum::routing::get;
use serde_json::Value;
use tokio::net::TcpListener;

/// One call that was answered: its `amz-sdk-invocation-id`, its operation, its input.
#[derive(Clone, Debug)]
pub(crate) struct Told {
    pub(crate) id: String,
    pub(crate) operation: String,
    pub(crate) input: Value,
}

#[derive(Clone, Default)]
pub(crate) struct Backend {
    told: Arc<Mutex<Vec<Told>>>,
    watched: Arc<AtomicUsize>,
    held_after: Arc<AtomicUsize>,
    away: Arc<AtomicBool>,
    pub(crate) url: String,
}

impl Backend {
    pub(crate) async fn start() -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let held_after = Arc::new(AtomicUsize::new(usize::MAX));
        let backend = Self { held_after, url: format!("http://{}", listener.local_addr().unwrap()), ..Self::default() };
        let router = Router::new()
            .route("/watched", get(watched))
            .route("/slow", get(slow))
            .fallback(answer)
            .with_state(backend.clone());
        tokio::spawn(async move { axum::serve(listener, router).await.unwrap() });
        backend
    }

    /// From now on calls are answered with 503, or again with 200.
    pub(crate) fn set_away(&self, away: bool) {
        self.away.store(away, Ordering::SeqCst);
    }

    /// The service answers this many requests, and lets the others wait.
    pub(crate) fn hold_after(&self, requests: usize) {
        self.held_after.store(requests, Ordering::SeqCst);
    }

    /// How often the service was asked.
    pub(crate) fn watched(&self) -> usize {
        self.watched.load(Ordering::SeqCst)
    }

    pub(crate) fn told(&self) -> Vec<Told> {
        self.told.lock().unwrap().clone()
    }

    /// Calls as a receiver sees them that tells by their ids what it has already.
    pub(crate) fn told_once(&self) -> Vec<Told> {
        let mut seen = std::collections::HashSet::new();
        self.told().into_iter().filter(|told| seen.insert(told.id.clone())).collect()
    }

    /// Canary and value of every datapoint of a metric for a canary as a whole.
    pub(crate) fn datapoints(&self, metric: &str) -> Vec<(String, f64)> {
        let puts = self.told_once().into_iter().filter(|told| told.operation == "PutMetricData");
        let datums = puts.flat_map(|told| told.input["MetricData"].as_array().unwrap().clone());
        let of_canary = datums.filter(|datum| datum["MetricName"] == metric).filter_map(|datum| {
            let dimensions = datum["Dimensions"].as_array().unwrap();
            let [only] = dimensions.as_slice() else { return None };
            (only["Name"] == "CanaryName")
                .then(|| (only["Value"].as_str().unwrap().to_owned(), datum["Value"].as_f64().unwrap()))
        });
        let mut of_canary: Vec<_> = of_canary.collect();
        of_canary.sort_by(|one, two| one.0.cmp(&two.0));
        of_canary
    }
}

async fn watched(State(backend): State<Backend>) -> &'static str {
    let before = backend.watched.fetch_add(1, Ordering::SeqCst);
    if before >= backend.held_after.load(Ordering::SeqCst) {
        std::future::pending::<()>().await;
    }
    "fine"
}

async fn slow(State(backend): State<Backend>) -> &'static str {
    backend.watched.fetch_add(1, Ordering::SeqCst);
    tokio::time::sleep(std::time::Duration::from_millis(700)).await;
    "fine"
}

async fn answer(State(backend): State<Backend>, headers: HeaderMap, body: Bytes) -> (StatusCode, &'static str) {
    if backend.away.load(Ordering::SeqCst) {
        return (StatusCode::SERVICE_UNAVAILABLE, "{}");
    }
    let text = |name: &str| headers.get(name).map_or("-", |value| value.to_str().unwrap()).to_owned();
    let operation = text("x-amz-target").rsplit('.').next().unwrap().to_owned();
    let input = serde_json::from_slice(&body).unwrap();
    backend.told.lock().unwrap().push(Told { id: text("amz-sdk-invocation-id"), operation, input });
    (StatusCode::OK, "{}")
}
