//! The blueprint `multi-check` in a file of canaries.

use serde_json::{Value, json};

use crate::program::{run_under, run_with};
use crate::servers::Servers;

fn config(checks: &str, more: &str) -> String {
    format!(
        "[[canary]]\nname = \"shop\"\nblueprint = \"multi-check\"\nschedule = \"rate(5 minutes)\"\n\
         parameters = {{ checks = {checks} }}\n{more}"
    )
}

const DOCUMENT: &str = r#"{"steps": {
    "1": {"stepName": "stock", "checkerType": "HTTP", "url": "http://127.0.0.1:@HTTP@/stock", "httpMethod": "GET"},
    "2": {"stepName": "gone", "checkerType": "HTTP", "url": "http://127.0.0.1:@HTTP@/gone", "httpMethod": "GET"},
    "3": {"stepName": "echo", "checkerType": "TCP", "hostname": "127.0.0.1", "port": @ECHO@}}}"#;

#[tokio::test]
async fn a_canary_has_its_document_in_a_file_or_in_place() {
    let servers = Servers::start().await;
    let document = servers.fill(DOCUMENT);
    let inline = servers.fill(
        "{ steps = { 1 = { stepName = \"echo\", checkerType = \"TCP\", hostname = \"127.0.0.1\", port = @ECHO@ } } }",
    );
    let text = format!("'''{document}'''");
    for (checks, code) in [("\"shop.json\"", 1), (text.as_str(), 1), (inline.as_str(), 0)] {
        let config = config(checks, "");
        let files = [("canaries.toml", config.as_str()), ("shop.json", document.as_str())];
        let ended = run_with(&files, &["run", "shop", "--output", "json"]).await;
        assert_eq!(ended.code, code, "{checks} {} {}", ended.stdout, ended.stderr);
        assert_eq!(ended.report()["blueprint"], "multi-check");
    }
}

#[tokio::test]
async fn each_check_is_a_step_of_all_reports() {
    let servers = Servers::start().await;
    let document = servers.fill(DOCUMENT);
    let ended = run_with(&[("shop.json", &document)], &["run", "shop.json", "--output", "json"]).await;
    assert_eq!(ended.code, 1, "{}", ended.stderr);
    let report = ended.report();
    let outcomes: Vec<_> = report["steps"].as_array().unwrap().iter().map(|step| step["status"].clone()).collect();
    assert_eq!(outcomes, [json!("PASSED"), json!("FAILED"), json!("PASSED")], "what failed keeps nothing from running");
    assert!(report["reason"].as_str().unwrap().starts_with("STATUS_CODE IN_RANGE 200 to 299: found 404\n"), "{report}");
    let requests: Vec<_> = report["requests"].as_array().unwrap().iter().map(|one| one["status"].clone()).collect();
    assert_eq!(requests, [json!(200), json!(404)]);
    let har: Value = ended.json("results.har");
    assert_eq!(har["log"]["entries"].as_array().unwrap().len(), 2);
    let junit = String::from_utf8(ended.file("junit.xml")).unwrap();
    assert!(junit.contains("name=\"stock\"") && junit.contains("STATUS_CODE IN_RANGE 200 to 299"), "{junit}");
    let log = String::from_utf8(ended.file("log.txt")).unwrap();
    for line in [
        "HTTP stock: STATUS_CODE IN_RANGE 200 to 299 holds: found 200",
        "HTTP gone: STATUS_CODE IN_RANGE 200 to 299 does not hold: found 404",
        "TCP echo: CONNECTION_SUCCESSFUL true holds: found connected",
    ] {
        assert!(log.contains(line), "{log}");
    }
}

#[tokio::test]
async fn mistakes_and_missing_secrets_of_a_canary_are_told_when_its_file_is_read() {
    let bad = r#"{"steps": {"1": {"stepName": "a", "checkerType": "HTTP", "url": "nowhere", "httpMethod": "GOT"}}}"#;
    let needs = r#"{"steps": {"1": {"stepName": "a", "checkerType": "HTTP", "url": "http://a.test/", "httpMethod": "GET",
        "headers": {"x-a": "${AWS_SECRET:shop:key}", "x-b": "${AWS_SECRET:other}", "x-c": "${AWS_SECRET:shop:no}"}}}}"#;
    let secrets = "secrets = { shop = { env = \"SHOP\" } }\n";
    for (document, more, expected) in [
        (
            bad,
            "",
            &[
                "parameters.checks: $.steps['1'].url = \"nowhere\": an absolute URL that begins with http:// or https://",
                "parameters.checks: $.steps['1'].httpMethod = \"GOT\": one of GET, POST, PUT, PATCH, DELETE, HEAD, OPTIONS",
            ][..],
        ),
        (
            needs,
            secrets,
            &[
                "secrets.other = (not given): the document needs ${AWS_SECRET:other}: no secret is called \"other\"",
                "secrets.shop = [secret]: the document needs ${AWS_SECRET:shop:no}: \"shop\" has no text under \"no\"",
            ],
        ),
    ] {
        let config = config("\"shop.json\"", more);
        let files = [("canaries.toml", config.as_str()), ("shop.json", document)];
        let ended = run_under(&[("SHOP", r#"{"key": "hush-hush"}"#)], &files, &["check", "canaries.toml"]).await;
        assert_eq!(ended.code, 2, "{}", ended.stdout);
        for line in expected {
            assert!(ended.stderr.contains(line), "{line}\n{}", ended.stderr);
        }
        assert!(!ended.stderr.contains("hush-hush"));
    }
}

#[tokio::test]
async fn a_run_names_every_secret_that_it_has_not() {
    let document = r#"{"steps": {"1": {"stepName": "a", "checkerType": "HTTP", "url": "http://127.0.0.1:1/", "httpMethod": "GET",
        "authentication": {"type": "BASIC", "username": "${AWS_SECRET:shop:user}", "password": "${AWS_SECRET:password}"}}}}"#;
    let files = [("checks.json", document)];
    let ended = run_with(&files, &["run", "checks.json"]).await;
    assert_eq!(ended.code, 2);
    assert_eq!(
        ended.stderr,
        "--secret: the document needs ${AWS_SECRET:password}: no secret is called \"password\"\n\
         --secret: the document needs ${AWS_SECRET:shop:user}: no secret is called \"shop\"\n"
    );
    let given = ["run", "checks.json", "--secret", "shop=SHOP", "--secret", "password=SHOP"];
    let ended = run_under(&[("SHOP", "no-json")], &files, &given).await;
    assert_eq!(ended.stderr, "--secret: the document needs ${AWS_SECRET:shop:user}: \"shop\" holds no JSON object\n");
}

#[tokio::test]
async fn a_run_whose_time_is_over_keeps_what_it_has() {
    let servers = Servers::start().await;
    for silent in [
        r#""checkerType": "HTTP", "url": "http://127.0.0.1:@HTTP@/silent", "httpMethod": "GET""#,
        r#""checkerType": "TCP", "hostname": "127.0.0.1", "port": @SILENT@, "readTimeout": 30000, "expectedResponse": "x""#,
        r#""checkerType": "DNS", "domain": "silent.shop.test", "nameserver": "127.0.0.1", "port": @DNS@"#,
        r#""checkerType": "HTTP", "url": "http://127.0.0.1:@HTTP@/stock", "httpMethod": "GET", "waitTime": 60"#,
    ] {
        let document = format!(
            r#"{{"steps": {{"1": {{"stepName": "echo", "checkerType": "TCP", "hostname": "127.0.0.1", "port": @ECHO@}},
                "2": {{"stepName": "silent", {silent}}},
                "3": {{"stepName": "never", "checkerType": "TCP", "hostname": "127.0.0.1", "port": @ECHO@}}}}}}"#
        );
        let files = [("checks.json", servers.fill(&document))];
        let files = files.each_ref().map(|(name, text)| (*name, text.as_str()));
        let ended = run_with(&files, &["run", "checks.json", "--timeout", "3s", "--output", "json"]).await;
        let report = ended.report();
        let told = report["reason"].as_str().unwrap().to_owned();
        assert!(ended.code == 1 && told.starts_with("timed out after 3 s"), "{silent}: {report}");
        let steps: Vec<_> = report["steps"].as_array().unwrap().iter().map(|step| step["status"].clone()).collect();
        assert_eq!(steps, [json!("PASSED"), json!("FAILED")], "{silent}");
    }
}

#[tokio::test]
async fn a_missing_file_is_told() {
    let config = config("\"nowhere.json\"", "");
    let ended = run_with(&[("canaries.toml", &config)], &["check", "canaries.toml"]).await;
    assert_eq!(ended.code, 2);
    assert!(
        ended.stderr.contains("parameters.checks: $ = nowhere.json: cannot be read: No such file"),
        "{}",
        ended.stderr
    );
    let ended = run_with(&[], &["run", "nowhere.json"]).await;
    assert_eq!(ended.code, 2);
    assert!(ended.stderr.contains("nowhere.json: $ = nowhere.json: cannot be read"), "{}", ended.stderr);
}

#[tokio::test]
async fn scripts_call_only_hosts_that_are_allowed() {
    let servers = Servers::start().await;
    let script = servers.fill(
        "for check in multi::steps(#{ steps: #{ \"1\": #{ stepName: \"echo\", checkerType: \"TCP\", \
         hostname: \"127.0.0.1\", port: @ECHO@ } } }) { multi::run(check); }",
    );
    let refused = run_with(&[("echo.rhai", &script)], &["run", "echo.rhai", "--output", "json"]).await;
    assert_eq!(refused.code, 1, "{}", refused.stderr);
    let reason = refused.report()["reason"].as_str().unwrap().to_owned();
    assert!(reason.contains(&servers.fill("host 127.0.0.1:@ECHO@ is not allowed to this canary")), "{reason}");
    let allowed = ["run", "echo.rhai", "--allow-host", "127.0.0.1", "--output", "json"];
    assert_eq!(run_with(&[("echo.rhai", &script)], &allowed).await.code, 0);
}
