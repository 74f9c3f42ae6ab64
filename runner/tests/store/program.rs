//! Starts the program.

use std::path::Path;
use std::process::Stdio;
use std::time::Duration;

use axum::Router;
use axum::http::StatusCode;
use axum::routing::get;
use tokio::net::TcpListener;
use tokio::process::{Child, Command};
use tokio::time::{sleep, timeout};

/// How long a condition may take to come true on a busy machine.
const PATIENCE: Duration = Duration::from_mins(2);

pub(crate) async fn until(what: &str, mut holds: impl AsyncFnMut() -> bool) {
    let held = timeout(PATIENCE, async {
        while !holds().await {
            sleep(Duration::from_millis(20)).await;
        }
    });
    assert!(held.await.is_ok(), "{what}");
}

/// A service that is `/up` and `/down`.
pub(crate) async fn service() -> String {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let url = format!("http://{}", listener.local_addr().unwrap());
    let router = Router::new()
        .route("/up", get(|| async { "fine" }))
        .route("/down", get(|| async { StatusCode::INTERNAL_SERVER_ERROR }));
    tokio::spawn(async move { axum::serve(listener, router).await.unwrap() });
    url
}

/// Begins `siskin-runner runner` in `directory` with the store at `port`.
pub(crate) fn start(directory: &Path, port: u16, more: &[&str]) -> Child {
    let mut command = Command::new(env!("CARGO_BIN_EXE_siskin-runner"));
    command
        .args(["runner", "--data", "data"])
        .args(more)
        .current_dir(directory)
        .env("AWS_ENDPOINT_URL_S3", format!("http://127.0.0.1:{port}"))
        .env("AWS_ACCESS_KEY_ID", "AKIDEXAMPLE")
        .env("AWS_SECRET_ACCESS_KEY", "secret")
        .env_remove("AWS_ENDPOINT_URL")
        .env_remove("RUST_LOG")
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .kill_on_drop(true);
    command.spawn().unwrap()
}

/// What the program said, once it was told to end.
pub(crate) async fn end(program: Child) -> (Option<i32>, String, String) {
    let id = program.id().unwrap().to_string();
    assert!(Command::new("kill").args(["-TERM", &id]).status().await.unwrap().success());
    ended(program).await
}

pub(crate) async fn ended(program: Child) -> (Option<i32>, String, String) {
    let ended = timeout(PATIENCE, program.wait_with_output()).await.unwrap().unwrap();
    let text = |bytes: &[u8]| String::from_utf8_lossy(bytes).into_owned();
    (ended.status.code(), text(&ended.stdout), text(&ended.stderr))
}
