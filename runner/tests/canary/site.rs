//! A small site with everything that can go wrong.

use std::collections::HashMap;
use std::future::pending;
use std::sync::Arc;
use std::sync::Mutex;

use axum::Router;
use axum::extract::{Path, Query, Request, State};
use axum::http::{HeaderMap, StatusCode};
use axum::middleware::{Next, from_fn_with_state};
use axum::response::{Html, IntoResponse, Response};
use axum::routing::{get, post};
use serde_json::{Value, json};
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
        .route("/ill", get(|| async { Html(ILL) }))
        .route("/token", post(grant))
        .route("/orders", post(make_order))
        .route("/orders/{id}", get(look_at_order))
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

/// Grants a token to siskin:hush-hush.
async fn grant(headers: HeaderMap, body: String) -> Response {
    let known = headers.get("authorization").is_some_and(|value| value == "Basic c2lza2luOmh1c2gtaHVzaA==");
    if known && body.contains("grant_type=client_credentials") && body.contains("scope=orders") {
        return axum::Json(json!({"access_token": "granted", "token_type": "Bearer"})).into_response();
    }
    (StatusCode::UNAUTHORIZED, axum::Json(json!({"error": "invalid_client"}))).into_response()
}

/// Takes an order and gives it a number.
async fn make_order(body: String) -> Response {
    let item = serde_json::from_str::<Value>(&body).map_or(Value::Null, |body| body["item"].clone());
    let answer = json!({"id": 42, "item": item, "sent": body});
    let headers = [("content-type", "application/json"), ("etag", "\"v1\"")];
    (StatusCode::CREATED, headers, answer.to_string()).into_response()
}

/// Tells what it was asked.
async fn look_at_order(
    Path(id): Path<u64>,
    Query(query): Query<HashMap<String, String>>,
    headers: HeaderMap,
) -> Response {
    let header = |name: &str| headers.get(name).map_or("", |value| value.to_str().unwrap()).to_owned();
    let answer = json!({
        "id": id, "lang": query.get("lang"), "more": query.get("more"), "match": header("if-match"),
        "kind": header("x-kind"), "authorization": header("authorization"),
    });
    ([("content-type", "application/json")], answer.to_string()).into_response()
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

/// Has a file that is not there, and an error.
const ILL: &str = "<!doctype html><title>Ill</title><link rel=icon href='data:,'><h1>Ill</h1><img src=/missing.png>\
    <script>console.error('boom')</script>";

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
