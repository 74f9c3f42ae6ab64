//! Baselines by content on an object store: set by conditional writes, and never by who comes second.

use std::path::Path;
use std::process::Output;

use axum::Router;
use axum::response::Html;
use axum::routing::get;
use tokio::net::TcpListener;
use tokio::process::Command;

use crate::moto::{Moto, free_port};

const PLACE: &str = "s3://runs/looks";

async fn visual(directory: &Path, port: u16, arguments: &[&str]) -> (Option<i32>, String) {
    let mut command = Command::new(env!("CARGO_BIN_EXE_siskin-runner"));
    command.arg("visual").args(arguments).args(["--baselines", PLACE]).current_dir(directory);
    command.env("AWS_ENDPOINT_URL_S3", format!("http://127.0.0.1:{port}"));
    command.env("AWS_ACCESS_KEY_ID", "AKIDEXAMPLE").env("AWS_SECRET_ACCESS_KEY", "secret").env("CI", "true");
    for name in ["GITHUB_ACTIONS", "GITHUB_STEP_SUMMARY", "TF_BUILD", "RUST_LOG"] {
        command.env_remove(name);
    }
    let Output { status, stdout, stderr } = command.output().await.unwrap();
    (status.code(), String::from_utf8([stdout, stderr].concat()).unwrap())
}

async fn page() -> String {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let url = format!("http://{}", listener.local_addr().unwrap());
    let page = |words: &'static str| get(move || async move { Html(format!("<!doctype html><h1>{words}</h1>")) });
    let router = Router::new().route("/one/tea", page("Green tea")).route("/two/tea", page("Black coffee"));
    tokio::spawn(async move { axum::serve(listener, router).await.unwrap() });
    url
}

#[tokio::test]
async fn a_baseline_on_a_bucket_is_set_once_and_its_second_setter_is_told() {
    let port = free_port();
    let Some(moto) = Moto::start(port).await else { return };
    let directory = tempfile::tempdir().unwrap();
    let site = page().await;
    // Two versions of one page, whose baselines have one name.
    std::fs::write(directory.path().join("one.txt"), format!("{site}/one/tea tea\n")).unwrap();
    std::fs::write(directory.path().join("two.txt"), format!("{site}/two/tea tea\n")).unwrap();
    let run = async |arguments: &[&str]| visual(directory.path(), port, arguments).await;
    for version in ["one", "two"] {
        let (code, said) = run(&["test", "--pages", &format!("{version}.txt"), "--report", version]).await;
        assert!(code == Some(3) && said.contains("1 missing baseline"), "{code:?} {said}");
    }
    assert_eq!(moto.keys().await, Vec::<String>::new());
    let (code, said) = run(&["approve", "one", "--all"]).await;
    assert_eq!(code, Some(0), "{said}");
    let keys = moto.keys().await;
    assert!(
        keys.len() == 2 && keys[0].starts_with("looks/index/tea.1280x720.") && keys[1].starts_with("looks/objects/")
    );
    let (code, said) = run(&["approve", "two", "--all"]).await;
    assert!(code == Some(4) && said.contains("was set by somebody else meanwhile"), "{code:?} {said}");
    let (code, said) = run(&["test", "--pages", "one.txt", "--report", "one"]).await;
    assert!(code == Some(0) && said.contains("1 matched"), "{code:?} {said}");
    let (code, said) = run(&["test", "--pages", "two.txt", "--report", "two"]).await;
    assert!(code == Some(3) && said.contains("1 different"), "{code:?} {said}");
    let (code, said) = run(&["approve", "two", "tea"]).await;
    assert_eq!(code, Some(0), "{said}");
    let (code, said) = run(&["test", "--pages", "two.txt", "--report", "two"]).await;
    assert_eq!(code, Some(0), "{said}");
    assert_eq!(moto.keys().await.len(), 3, "each picture once, none overwritten");
    moto.end().await;
    let (code, said) = run(&["test", "--pages", "one.txt", "--report", "one"]).await;
    assert!(code == Some(4) && said.contains("cannot be read"), "{code:?} {said}");
}
