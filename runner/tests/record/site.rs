//! The shop that is recorded.

use std::sync::{Arc, Mutex};

use axum::Router;
use axum::body::Bytes;
use axum::extract::State;
use axum::response::{Html, IntoResponse, Response};
use axum::routing::{get, post};
use tokio::net::TcpListener;

/// The running shop; it ends with the test.
pub(crate) struct Shop {
    pub(crate) url: String,
    /// Its address as a host and a port.
    pub(crate) host: String,
    /// The orders that came, as they were sent.
    pub(crate) orders: Arc<Mutex<Vec<String>>>,
}

/// Nothing but what comes from the page's own server, no inline style or script, no `eval`, no text as HTML.
const STRICT: &str = "default-src 'self'; script-src 'self'; style-src 'self'; require-trusted-types-for 'script'; \
base-uri 'none'; object-src 'none'";

async fn thanks(State(orders): State<Arc<Mutex<Vec<String>>>>, body: Bytes) -> Html<&'static str> {
    orders.lock().unwrap().push(String::from_utf8_lossy(&body).into_owned());
    Html(
        "<meta charset=utf-8><link rel=icon href='data:,'><title>Thanks</title><h1>Thank you</h1><a href='/'>Back to the shop</a>",
    )
}

async fn strict() -> Response {
    let page = "<!doctype html><meta charset=utf-8><title>Strict</title><link rel=icon href=/icon>\
<h1>Strict</h1><button id=go>Go</button><p id=said></p><script src=/strict.js></script>";
    ([("content-security-policy", STRICT)], Html(page)).into_response()
}

pub(crate) async fn start() -> Shop {
    let orders = Arc::<Mutex<Vec<String>>>::default();
    let script = |text: &'static str| ([("content-type", "text/javascript")], text);
    let about = "<meta charset=utf-8><link rel=icon href='data:,'><title>Loading</title><h1>About tea</h1>\
<script>addEventListener('load', () => setTimeout(() => { document.title = 'About tea'; }, 200))</script>\
<button id=close onclick='window.close()'>Close</button><button id=like onclick='this.textContent=\"Liked\"'>Like</button>";
    let pay = "<meta charset=utf-8><link rel=icon href='data:,'><input id=note aria-label=Note>\
<button onclick='this.textContent=\"Paid\"'>Pay</button>";
    let router = Router::new()
        .route("/", get(|| async { Html(include_str!("shop.html")) }))
        .route("/about", get(move || async move { Html(about) }))
        .route("/pay", get(move || async move { Html(pay) }))
        .route("/thanks", post(thanks))
        .route("/strict", get(strict))
        .route("/icon", get(|| async { "" }))
        .route(
            "/strict.js",
            get(move || async move {
                script("document.getElementById('go').onclick = () => { document.getElementById('said').textContent = 'went'; };")
            }),
        )
        .with_state(Arc::clone(&orders));
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let host = listener.local_addr().unwrap().to_string();
    tokio::spawn(async move { axum::serve(listener, router).await.unwrap() });
    Shop { url: format!("http://{host}"), host, orders }
}
