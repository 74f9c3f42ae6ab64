//! A small site with everything that can go wrong.

use std::future::pending;
use std::sync::Arc;
use std::sync::Mutex;

use axum::Router;
use axum::extract::{Request, State};
use axum::http::{HeaderMap, StatusCode};
use axum::middleware::{Next, from_fn_with_state};
use axum::response::{Html, IntoResponse, Response};
use axum::routing::{get, post};
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
        .route(
            "/login",
            get(|| async { (StatusCode::FOUND, [("location", "/welcome"), ("set-cookie", "sid=sesame")]) }),
        )
        .route("/welcome", get(|| async { Html(WELCOME) }))
        .route("/session", post(|| async { ([("content-type", "application/json")], r#"{"access_token": "sesame"}"#) }))
        .route("/long", get(|| async { Html(" ".repeat(LONG_BYTES)) }))
        .route("/away", get(|| async { (StatusCode::OK, [("set-cookie", "sid=sesame")], "away") }))
        .route("/turns", get(good_once))
        .route("/half", get(|| async { Html(HALF) }))
        .layer(from_fn_with_state(Arc::clone(&seen), note))
        .with_state(Arc::clone(&seen));
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let url = format!("http://{}", listener.local_addr().unwrap());
    tokio::spawn(async move { axum::serve(listener, router).await.unwrap() });
    Site { url, seen }
}

/// Well the first time, and never again.
async fn good_once(State(seen): State<Seen>) -> (StatusCode, Html<&'static str>) {
    let before = seen.lock().unwrap().iter().filter(|(path, _)| path == "/turns").count();
    let status = if before <= 1 { StatusCode::OK } else { StatusCode::INTERNAL_SERVER_ERROR };
    (status, Html("<!doctype html><title>Turns</title><link rel=icon href='data:,'><h1>Turns</h1>"))
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

/// Sends a password and is answered with a token.
pub(crate) const WELCOME: &str = "<!doctype html><title>Welcome</title><link rel=icon href='data:,'><p id=out></p>\
    <script>fetch('/session', { method: 'POST', headers: { 'content-type': 'application/json' },\
    body: JSON.stringify({ user: 'a', password: 'ses' + 'ame' }) }).then(r => r.json())\
    .then(() => { document.querySelector('#out').textContent = 'welcome' })</script>";

/// More than is kept of a body.
pub(crate) const LONG_BYTES: usize = 70_000;
