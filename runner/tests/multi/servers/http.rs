//! A shop over HTTP.

use std::future::pending;

use axum::Router;
use axum::extract::Path;
use axum::http::{HeaderMap, StatusCode};
use axum::response::{IntoResponse, Redirect, Response};
use axum::routing::{get, post};
use tokio::net::TcpListener;

const LARGE_BYTES: usize = 1024 * 1024 + 1;
const KEYS: &str = "<AssumeRoleResponse><AssumeRoleResult><Credentials><AccessKeyId>ASIAROLE</AccessKeyId>\
<SecretAccessKey>role-secret-key</SecretAccessKey><SessionToken>role-session-token</SessionToken></Credentials>\
</AssumeRoleResult></AssumeRoleResponse>";

fn json(text: impl Into<String>) -> Response {
    ([("content-type", "application/json")], text.into()).into_response()
}

fn header<'a>(headers: &'a HeaderMap, name: &str) -> &'a str {
    headers.get(name).map_or("", |value| value.to_str().unwrap())
}

fn only(is_good: bool) -> Response {
    if is_good { json(r#"{"in":true}"#) } else { StatusCode::UNAUTHORIZED.into_response() }
}

async fn login(body: String) -> Response {
    if body.contains("hush-hush") {
        return json(r#"{"user":{"id":"u-17","roles":["buyer","seller"]},"line":"token=t0ken-42;"}"#);
    }
    StatusCode::FORBIDDEN.into_response()
}

async fn user(Path(id): Path<String>, headers: HeaderMap) -> Response {
    json(format!(
        r#"{{"id":"{id}","agent":"{}","got":"{}"}}"#,
        header(&headers, "user-agent"),
        header(&headers, "x-token")
    ))
}

async fn token(headers: HeaderMap, body: String) -> Response {
    // client:hush-hush
    let in_header = header(&headers, "authorization") == "Basic Y2xpZW50Omh1c2gtaHVzaA==";
    let in_body = body.contains("client_id=client&client_secret=hush-hush");
    if (in_header || in_body) && body.contains("scope=read") {
        return json(r#"{"access_token":"granted-token"}"#);
    }
    (StatusCode::UNAUTHORIZED, r#"{"error":"invalid_client"}"#).into_response()
}

async fn sts(headers: HeaderMap, body: String) -> Response {
    let signed = header(&headers, "authorization").contains("Credential=AKIAOWN/") && body.contains("RoleArn=arn");
    if signed { KEYS.into_response() } else { StatusCode::FORBIDDEN.into_response() }
}

async fn signed(headers: HeaderMap) -> Response {
    let by_role = header(&headers, "authorization").contains("Credential=ASIAROLE/");
    only(by_role && header(&headers, "x-amz-security-token") == "role-session-token")
}

pub(super) async fn start() -> u16 {
    let router = Router::new()
        .route("/stock", get(|| async { json(r#"{"tea":3,"open":true,"kinds":["black","green"],"of":null}"#) }))
        .route("/text", get(|| async { "three teas" }))
        .route("/gone", get(|| async { StatusCode::NOT_FOUND }))
        .route("/moved", get(|| async { Redirect::permanent("/stock") }))
        .route("/large", get(|| async { "x".repeat(LARGE_BYTES) }))
        .route("/silent", get(pending::<()>))
        .route("/login", post(login))
        .route("/users/{id}", get(user))
        .route("/token", post(token))
        .route("/sts", post(sts))
        .route("/signed", get(signed))
        .route("/basic", get(|headers: HeaderMap| async move { only(header(&headers, "authorization") == "Basic YWRhOmh1c2gtaHVzaA==") }))
        .route("/key", get(|headers: HeaderMap| async move { only(header(&headers, "x-api-key") == "hush-hush") }))
        .route("/own-key", get(|headers: HeaderMap| async move { only(header(&headers, "x-shop-key") == "hush-hush") }))
        .route("/bearer", get(|headers: HeaderMap| async move { only(header(&headers, "authorization") == "Bearer granted-token") }))
        .route("/traced", get(|headers: HeaderMap| async move { only(header(&headers, "x-amzn-trace-id").starts_with("Root=1-")) }));
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let port = listener.local_addr().unwrap().port();
    tokio::spawn(async move { axum::serve(listener, router).await.unwrap() });
    port
}
