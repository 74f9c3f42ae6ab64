//! The shop of the examples.

use std::sync::{Arc, Mutex};

use axum::Router;
use axum::body::Bytes;
use axum::extract::State;
use axum::http::{HeaderMap, Method, StatusCode, Uri};
use axum::response::{Html, IntoResponse, Response};
use axum::routing::{any, get, post};
use tokio::net::TcpListener;

/// The running shop; it ends with the test.
pub(crate) struct Shop {
    pub(crate) url: String,
    /// Everything that was sent to `/echo`, as it came.
    pub(crate) seen: Arc<Mutex<Vec<String>>>,
}

type Seen = State<Arc<Mutex<Vec<String>>>>;

async fn echo(State(seen): Seen, method: Method, uri: Uri, headers: HeaderMap, body: Bytes) -> Response {
    let body = String::from_utf8_lossy(&body).into_owned();
    seen.lock().unwrap().push(format!("{method} {uri}\n{}{body}", lines(&headers)));
    let authorization = headers.get("authorization").map_or("", |value| value.to_str().unwrap());
    let answer = serde_json::json!({"method": method.as_str(), "body": body, "authorization": authorization});
    ([("content-type", "application/json")], answer.to_string()).into_response()
}

fn lines(headers: &HeaderMap) -> String {
    let lines = headers.iter().map(|(name, value)| format!("{name}: {}\n", value.to_str().unwrap_or_default()));
    lines.collect::<Vec<_>>().concat()
}

async fn private(headers: HeaderMap) -> Response {
    // ada:secret
    if headers.get("authorization").is_some_and(|value| value == "Basic YWRhOnNlY3JldA==") {
        return Html("<title>Private</title>inside").into_response();
    }
    (StatusCode::UNAUTHORIZED, [("www-authenticate", "Basic realm=\"shop\"")], "").into_response()
}

async fn token(headers: HeaderMap, body: String) -> Response {
    // siskin:hush-hush
    let known = headers.get("authorization").is_some_and(|value| value == "Basic c2lza2luOmh1c2gtaHVzaA==");
    if known && body == "grant_type=client_credentials" {
        return ([("content-type", "application/json")], r#"{"access_token":"granted","token_type":"Bearer"}"#)
            .into_response();
    }
    (StatusCode::UNAUTHORIZED, r#"{"error":"invalid_client"}"#).into_response()
}

pub(crate) async fn start() -> Shop {
    let json = |text: &'static str| ([("content-type", "application/json")], text);
    let seen = Arc::<Mutex<Vec<String>>>::default();
    let router = Router::new()
        .route("/", get(|| async { Html(include_str!("shop.html")) }))
        .route(
            "/tea",
            get(|| async { Html("<meta charset=utf-8><link rel=icon href='data:,'><title>Tea</title><h1>Tea</h1>") }),
        )
        .route("/pay", get(|| async { Html("<link rel=icon href='data:,'><p>Pay here</p><button>Pay now</button>") }))
        .route("/stock", get(move || async move { json(r#"{"tea":3,"kinds":["black","green"]}"#) }))
        .route("/echo", any(echo))
        .route("/headers", get(|headers: HeaderMap| async move { lines(&headers) }))
        .route("/private", get(private))
        .route("/token", post(token))
        .route("/cookie", get(|| async { ([("set-cookie", "basket=b1; Path=/")], "") }))
        .route("/prices.csv", get(|| async { ([("content-type", "text/csv")], "tea,3.50\n") }))
        .with_state(Arc::clone(&seen));
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let url = format!("http://{}", listener.local_addr().unwrap());
    tokio::spawn(async move { axum::serve(listener, router).await.unwrap() });
    Shop { url, seen }
}
