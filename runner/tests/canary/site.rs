//! A small site with everything that can go wrong.

use std::future::pending;
use std::sync::Arc;
use std::sync::Mutex;

use axum::Router;
use axum::extract::{Request, State};
use axum::http::{HeaderMap, StatusCode};
use axum::middleware::{Next, from_fn_with_state};
use axum::response::{Html, IntoResponse, Response};
use axum::routing::get;
use tokio::net::TcpListener;

/// What the site saw: path and trace header of each request.
pub(crate) type Seen = Arc<Mutex<Vec<(String, Option<String>)>>>;

pub(crate) struct Site {
    pub(crate) url: String,
    pub(crate) seen: Seen,
}

pub(crate) async fn start() -> Site {
    let seen = Seen::default();
    let router = Router::new()
        .route("/", get(|| async { Html(HOME) }))
        .route("/stock", get(|| async { ([("content-type", "application/json")], r#"{"tea": 3}"#) }))
        .route("/broken", get(|| async { (StatusCode::INTERNAL_SERVER_ERROR, Html("<h1>Out of order</h1>")) }))
        .route("/silent", get(|| async { pending::<()>().await }))
        .route("/half", get(|| async { Html(HALF) }))
        .layer(from_fn_with_state(Arc::clone(&seen), note));
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let url = format!("http://{}", listener.local_addr().unwrap());
    tokio::spawn(async move { axum::serve(listener, router).await.unwrap() });
    Site { url, seen }
}

async fn note(State(seen): State<Seen>, headers: HeaderMap, request: Request, next: Next) -> Response {
    let trace = headers.get("x-amzn-trace-id").map(|value| value.to_str().unwrap().to_owned());
    seen.lock().unwrap().push((request.uri().path().to_owned(), trace));
    next.run(request).await.into_response()
}

const HOME: &str = "<!doctype html><title>Tea shop</title><link rel=icon href='data:,'>\
    <h1>Welcome to the tea shop</h1><p id=stock></p><button>Buy</button>\
    <script>fetch('/stock').then(r => r.json()).then(s => { document.querySelector('#stock').textContent = `${s.tea} left` });\
    document.querySelector('button').onclick = () => { document.querySelector('#stock').textContent = 'Thank you' }</script>";

/// Shows something, and then never finishes loading.
const HALF: &str =
    "<!doctype html><title>Half</title><link rel=icon href='data:,'><h1>Half a page</h1><script src=/silent></script>";
