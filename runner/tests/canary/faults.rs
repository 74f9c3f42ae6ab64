//! What goes wrong on the way, each with its own outcome in report and exit code.

use std::process::Command;
use std::time::Duration;

use crate::misbehaving::Site;
use crate::program::{Ended, run, run_with};

/// Passed, the watched thing failed, our own tooling failed.
const FAILED: i32 = 1;
const TOOLING: i32 = 4;

#[track_caller]
fn check(ended: &Ended, code: i32, reason: &str) {
    let report = ended.report();
    let told = report["reason"].as_str().unwrap_or_default();
    assert!(told.starts_with(reason), "{told}");
    assert_eq!(ended.code, code, "{told}");
    if code == FAILED {
        assert_eq!(report["status"], "FAILED");
        // The report was written all the same.
        assert!(!ended.file("report.html").is_empty() && !ended.file("results.har").is_empty());
    } else {
        assert_eq!(report["status"], "BROKEN");
    }
}

#[tokio::test]
async fn browser_faults_of_the_site_have_an_outcome_each() {
    let site = Site::start().await;
    let secure = Site::start_self_signed().await;
    let cases = [
        (
            "http://no-such-name.invalid/".to_owned(),
            "http://no-such-name.invalid/ did not load: net::ERR_NAME_NOT_RESOLVED",
        ),
        (secure.url("/").into(), &format!("{} did not load: net::ERR_CERT_AUTHORITY_INVALID", secure.url("/"))),
        (site.url("/500").into(), "status 500: expected 200-299"),
        (site.url("/loop").into(), &format!("{} did not load: net::ERR_TOO_MANY_REDIRECTS", site.url("/loop"))),
        (site.url("/huge").into(), &format!("{} did not load: the document is larger than 64 MiB", site.url("/huge"))),
        (site.url("/endless-page").into(), "timed out after 5 s"),
    ];
    for (url, reason) in cases {
        // Only the page that never ends is to meet its time, also on a busy machine.
        let timeout = if reason.starts_with("timed out") { "5s" } else { "1m" };
        let ended = run(&["run", "heartbeat", "--url", &url, "--timeout", timeout, "--output", "json"]).await;
        check(&ended, FAILED, reason);
    }
}

#[tokio::test]
async fn faults_of_an_endpoint_have_an_outcome_each() {
    let site = Site::start().await;
    let secure = Site::start_self_signed().await;
    let step = |url: &str| format!("[{{\"url\": \"{url}\"}}]");
    let cases = [
        ("http://no-such-name.invalid/".to_owned(), "GET http://no-such-name.invalid/: failed to lookup address"),
        (secure.url("/").into(), &format!("GET {}: invalid peer certificate", secure.url("/"))),
        (site.url("/500").into(), "status 500: expected 2"),
        (site.url("/loop").into(), &format!("{}: more than 10 redirects", site.url("/loop"))),
        (site.url("/endless-page").into(), "timed out after 5 s"),
    ];
    for (url, reason) in cases {
        let steps = format!("steps={}", step(&url));
        let ended = run(&["run", "api", "--param", &steps, "--timeout", "5s", "--output", "json"]).await;
        check(&ended, FAILED, reason);
    }
    // Of a body that is too large the first part is read, and the connection closed.
    let steps = format!("steps={}", step(site.url("/huge").as_str()));
    let ended = run(&["run", "api", "--param", &steps, "--output", "json"]).await;
    assert_eq!(ended.code, 0, "{}", ended.stdout);
    let har = ended.json("results.har");
    let content = &har["log"]["entries"][0]["response"]["content"];
    assert_eq!(content["size"], 1024 * 1024);
    let limit = "the body is longer than 1 MiB (1,048,576 bytes), of which no more is read";
    assert_eq!(content["comment"], limit);
    let log = String::from_utf8(ended.file("log.txt")).unwrap();
    assert!(log.contains(&format!("WARN  GET {}: {limit}", site.url("/huge"))), "{log}");
}

/// Of two gigabytes a mebibyte is read.
#[tokio::test]
async fn checks_of_a_body_beyond_the_limit_name_it() {
    const LIMIT: &str = "the body is longer than 1 MiB (1,048,576 bytes), of which no more is read";
    let site = Site::start().await;
    let cases = [
        (r#""of": "text", "compare": "exists""#, None),
        (r#""of": "text", "compare": "contains", "value": "the end""#, Some("expected contains \"the end\"; ")),
        (r#""of": "text", "compare": "not_contains", "value": "the end""#, Some("text is not known as a whole: ")),
        (r#""of": "json", "at": "$.tea", "compare": "equals", "value": 3"#, Some("the body cannot be read as JSON: ")),
    ];
    for (part, reason) in cases {
        let steps = format!(r#"steps=[{{"url": "{}", "expect": [{{{part}}}]}}]"#, site.url("/huge"));
        let ended = run(&["run", "api", "--param", &steps, "--output", "json"]).await;
        let told = ended.report()["reason"].as_str().unwrap_or_default().to_owned();
        match reason {
            None => assert_eq!(ended.code, 0, "{told}"),
            Some(reason) => assert!(ended.code == FAILED && told.contains(&format!("{reason}{LIMIT}")), "{told}"),
        }
    }
}

/// A run whose artifacts lie on a file system of their own, of so many bytes.
async fn run_on_small_disk(bytes: &str, url: &str) -> Option<Ended> {
    let folder = tempfile::tempdir().unwrap();
    let mount = format!("mkdir -p out && mount -t tmpfs -o size={bytes} tmpfs out");
    let try_out = ["--mount", "--map-root-user", "sh", "-c", &mount];
    let allowed = Command::new("unshare").args(try_out).current_dir(folder.path()).output();
    if !allowed.is_ok_and(|ran| ran.status.success()) {
        assert!(std::env::var_os("CI").is_none(), "CI must allow name spaces");
        return None;
    }
    let script = format!("{mount} && exec \"$@\"; exit 99");
    let program = env!("CARGO_BIN_EXE_siskin-runner");
    let wrapped = ["--mount", "--map-root-user", "sh", "-c", &script, "sh", program];
    let arguments = ["run", "heartbeat", "--url", url, "--artifacts", "out", "--output", "json"];
    Some(crate::program::run_program("unshare", &[&wrapped[..], &arguments[..]].concat()).await)
}

#[tokio::test]
async fn browser_run_on_a_full_disk_is_broken_and_says_why() {
    let site = Site::start().await;
    let url: String = site.url("/").into();
    // Room for the script and no picture; room for the picture and not for all reports.
    for (bytes, lost) in [("4k", "artifacts not written: 01-"), ("20k", "artifacts not written: ")] {
        let Some(ended) = run_on_small_disk(bytes, &url).await else { return };
        check(&ended, TOOLING, lost);
        let reason = ended.report()["reason"].as_str().unwrap().to_owned();
        assert!(reason.contains("No space left on device"), "{reason}");
    }
}

#[tokio::test]
async fn an_unwritable_artifact_folder_is_told_and_ends_with_4() {
    let file = [("out", "a file, not a folder")];
    let ended = run_with(
        &file,
        &["run", "heartbeat", "--url", "http://127.0.0.1:9/", "--artifacts", "out", "--output", "json"],
    )
    .await;
    check(&ended, TOOLING, "artifacts directory out: ");
    assert!(Duration::from_millis(ended.report()["durationMs"].as_u64().unwrap()) < Duration::from_secs(5));
}
