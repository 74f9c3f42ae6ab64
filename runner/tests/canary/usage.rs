//! Wrong usage ends with 2 and one clear sentence; what is asked for is told.

use crate::program::{run, run_with};

#[tokio::test]
async fn wrong_usage_is_told_in_a_sentence_and_ends_with_2() {
    let cases: &[(&[&str], &str)] = &[
        (
            &["run", "heartbeat"],
            "url = (not given): is required: the page, or a list of pages that are opened in order",
        ),
        (
            &["run", "heartbeat", "--url", "shop"],
            "url[0] = \"shop\": an absolute URL that begins with http:// or https://",
        ),
        (&["run", "heartbeat", "--url", "http://a.example", "--timeout", "1s"], "timeout = 1s: 3s to 840s"),
        (
            &["run", "heartbeat", "--url", "http://a.example", "--timeout", "soon"],
            "--timeout = \"soon\": a duration such as 30s or 1m 30s",
        ),
        (&["run", "heartbeat", "--param", "url"], "--param url: NAME=VALUE"),
        (&["run", "heartbeat", "--param", "urls=x"], "urls = x: no such parameter; there are url, status, text, "),
        (
            &["run", "heartbeet"],
            "heartbeet is no blueprint (heartbeat, api, broken-links, visual, multi-check), no script (*.rhai) and no multi-checks document (*.json), and there is no canaries.toml with such a canary",
        ),
        (&["run", "missing.rhai"], "missing.rhai: No such file or directory"),
        (&["run", "heartbeat", "--url", "http://a.example", "--account", "12"], "--account = 12: twelve digits"),
        (&["check", "nowhere.toml"], "nowhere.toml: No such file or directory"),
        (&["runner", "--config", "nowhere.toml"], "nowhere.toml: No such file or directory"),
        (&["fly"], "unrecognized subcommand 'fly'"),
    ];
    for (arguments, message) in cases {
        let ended = run(arguments).await;
        assert_eq!(ended.code, 2, "{arguments:?}: {}", ended.stderr);
        assert!(ended.stderr.contains(message), "{arguments:?}: {}", ended.stderr);
    }
}

#[tokio::test]
async fn a_checked_file_is_listed_or_its_problems_are_placed() {
    let good = "[[canary]]\nname = \"home\"\nblueprint = \"heartbeat\"\nschedule = \"rate(1 minute)\"\nparameters = { url = \"http://a.example/\" }\n";
    let ended = run_with(&[("canaries.toml", good)], &["check", "canaries.toml"]).await;
    assert_eq!(ended.code, 0, "{}", ended.stderr);
    assert_eq!(ended.stdout, "canaries.toml: 1 canary, no problems\n  home  heartbeat  rate(1 minute)  a.example:80\n");
    let bad = good.replace("1 minute", "1 minutes");
    let ended = run_with(&[("canaries.toml", &bad)], &["check", "canaries.toml"]).await;
    assert_eq!(ended.code, 2);
    assert_eq!(
        ended.stderr,
        "canaries.toml:4:12: canary[0].schedule = \"rate(1 minutes)\": the unit is singular for 1: rate(1 minute)\n"
    );
}

#[tokio::test]
async fn scripts_that_do_not_compile_show_the_line() {
    let ended = run_with(&[("bad.rhai", "let a = 1;\nlet b = ;\n")], &["run", "bad.rhai"]).await;
    assert_eq!(ended.code, 2);
    assert!(ended.stderr.starts_with("bad.rhai:2:9: "), "{}", ended.stderr);
    assert!(ended.stderr.contains("\n    2 | let b = ;"), "{}", ended.stderr);
}

#[tokio::test]
async fn blueprints_are_listed() {
    let ended = run(&["blueprints"]).await;
    assert_eq!(ended.code, 0);
    assert!(ended.stdout.starts_with("heartbeat\n  Opens one or more pages"), "{}", ended.stdout);
    let ended = run(&["blueprints", "--output", "json"]).await;
    let list = ended.report();
    assert_eq!(list[1]["name"], "api");
    let url = &list[0]["parameters"][0];
    assert!(
        url["required"] == true && url["kind"] == "URL or table, or list" && url["fields"][0]["name"] == "url",
        "{url}"
    );
    let status = &list[0]["parameters"][1];
    assert!(
        status["default"] == "200-299" && status["rule"].as_str().unwrap().starts_with("status codes from"),
        "{status}"
    );
}

#[tokio::test]
async fn a_missing_browser_is_told_and_ends_with_4() {
    let ended = run(&["run", "heartbeat", "--url", "http://127.0.0.1:9/", "--browser-binary", "/no/chrome"]).await;
    assert_eq!(ended.code, 4, "{}", ended.stdout);
    assert!(ended.stdout.contains("BROKEN") && ended.stdout.contains("/no/chrome"), "{}", ended.stdout);
}
