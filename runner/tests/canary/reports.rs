//! What a run leaves for others to read, judged by other people's programs, and what CI systems are told.

use std::path::Path;

use serde_json::Value;

use crate::program::{Ended, again, run_with};
use crate::site;
use crate::validators::Validators;

fn judge(ended: &Ended, validators: &Validators) {
    let directory = ended.run_directory();
    validators.judge_har(&directory.join("results.har"));
    validators.judge_junit(&directory.join("junit.xml"));
}

fn entries<'a>(har: &'a Value, path: &str) -> Vec<&'a Value> {
    let all = har["log"]["entries"].as_array().unwrap();
    all.iter()
        .filter(|entry| entry["request"]["url"].as_str().unwrap().split('?').next().unwrap().ends_with(path))
        .collect()
}

#[tokio::test]
async fn browser_reports_of_every_outcome_are_valid_and_hold_no_secret() {
    let Some(validators) = Validators::installed() else { return };
    let site = site::start().await;
    let host = site.url.strip_prefix("http://").unwrap();
    let closed = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap().local_addr().unwrap();
    let script = format!(
        r#"
        step("login", || {{
            page::open("{0}/login?token=sesame&user=a");
            page::wait_for_text("welcome");
        }});
        step("long", || {{ page::open("{0}/long"); }});
        step("answer", || {{
            http::get("{0}/away?api_key=sesame");
        }});
        step("gone <&\x01>", || {{ page::open("http://{closed}/"); }});
        "#,
        site.url
    );
    let arguments = ["run", "all.rhai", "--allow-host", host, "--allow-host", &closed.to_string(), "--output", "json"];
    let ended = run_with(&[("all.rhai", &script)], &arguments).await;
    assert_eq!(ended.code, 1, "{} {}", ended.stdout, ended.stderr);
    judge(&ended, &validators);

    let har = ended.json("results.har");
    let redirect = entries(&har, "/login")[0];
    assert_eq!(
        (&redirect["response"]["status"], &redirect["response"]["redirectURL"]),
        (&302.into(), &"/welcome".into())
    );
    let welcome = entries(&har, "/welcome")[0];
    assert!(welcome["timings"]["wait"].as_f64().unwrap() > 0.0, "{welcome}");
    assert!(redirect["timings"]["connect"].as_f64().unwrap() >= 0.0, "it made the connection: {redirect}");
    assert_eq!(welcome["response"]["content"]["size"], site::WELCOME.len());
    let posted = &entries(&har, "/session")[0]["request"]["postData"]["text"];
    assert_eq!(posted, r#"{"user":"a","password":"[redacted]"}"#);
    let long = entries(&har, "/long")[0];
    assert_eq!(long["response"]["content"]["comment"], "text left out: longer than 64 KiB");
    assert_eq!(long["response"]["content"]["size"], site::LONG_BYTES);
    let gone = har["log"]["entries"].as_array().unwrap().last().unwrap();
    assert_eq!(
        (&gone["response"]["status"], &gone["response"]["_error"]),
        (&0.into(), &"net::ERR_CONNECTION_REFUSED".into())
    );
    for name in ended.names() {
        let bytes = ended.file(&name);
        // The script itself is kept as it is.
        let leaks = name != "all.rhai" && bytes.windows(6).any(|window| window == b"sesame");
        assert!(!leaks, "{name}");
    }

    let passed = again(&ended, &["run", "heartbeat", "--url", &site.url, "--output", "json"]).await;
    assert_eq!(passed.code, 0, "{}", passed.stdout);
    judge(&passed, &validators);
    let broken = ["run", "heartbeat", "--url", &site.url, "--browser-binary", "/no/chrome", "--output", "json"];
    let broken = again(&passed, &broken).await;
    assert_eq!(broken.code, 4, "{}", broken.stdout);
    judge(&broken, &validators);
}

#[tokio::test]
async fn browser_failure_stands_beside_the_last_good_run() {
    let site = site::start().await;
    let url = format!("{}/turns", site.url);
    let arguments = ["run", "heartbeat", "--url", &url, "--output", "json", "--endpoint-url", "http://127.0.0.1:9"];
    let first = again(&run_with(&[], &["blueprints"]).await, &arguments).await;
    assert_eq!(first.report()["status"], "PASSED");
    let second = again(&first, &arguments).await;
    assert_eq!(second.report()["status"], "FAILED");
    let page = String::from_utf8(second.file("report.html")).unwrap();
    let beside = page.split("<section class=\"beside\">").nth(1).unwrap().split("</section>").next().unwrap();
    assert_eq!(beside.matches("data:image/png;base64,").count(), 2);
    assert!(beside.contains("<td>other status</td><td class=\"n\">200, "), "{page}");
    let trace = second.report()["traceId"].as_str().unwrap().to_owned();
    assert!(page.contains(&format!("<a href=\"http://127.0.0.1:9/console/trace?id={trace}\">")));
}

#[tokio::test]
async fn ci_is_told_the_place_and_the_summary() {
    let site = site::start().await;
    let host = site.url.strip_prefix("http://").unwrap();
    let script = format!("let answer = http::get(\"{}/broken\");\nassert::status(answer, 200);\n", site.url);
    let files = [("check.rhai", script.as_str()), ("summary.md", "before\n")];
    let arguments = ["run", "./check.rhai", "--allow-host", host, "--output", "json"];
    let variables = [("GITHUB_ACTIONS", "true"), ("GITHUB_STEP_SUMMARY", "summary.md")];
    let ended = crate::program::run_under(&variables, &files, &arguments).await;
    assert_eq!(ended.code, 1, "{}", ended.stderr);
    let line = ended.stderr.lines().find(|line| line.starts_with("::error ")).unwrap();
    assert!(
        line.starts_with("::error title=check failed,file=./check.rhai,line=2,col=9::status 500: expected 200%0A"),
        "{line}"
    );
    let summary = std::fs::read_to_string(Path::new(ended.directory.path()).join("summary.md")).unwrap();
    assert!(summary.starts_with("before\n### ❌ check: failed in "), "{summary}");
    // What programs read stays whole.
    assert_eq!(ended.report()["status"], "FAILED");

    let nowhere = [("GITHUB_STEP_SUMMARY", "/nonexistent/summary.md")];
    let ended = crate::program::run_under(&nowhere, &files, &arguments).await;
    assert_eq!(ended.code, 4);
    assert!(ended.stderr.contains("GITHUB_STEP_SUMMARY = /nonexistent/summary.md: No such file"), "{}", ended.stderr);
}
