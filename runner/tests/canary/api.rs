//! The `api` blueprint and scripts without a browser.

use crate::program::{run, run_under, run_with};
use crate::site;

#[tokio::test]
async fn an_api_canary_checks_each_answer() {
    let site = site::start().await;
    let steps = format!(
        r#"steps=[{{"name": "stock", "url": "{}/stock", "expect": [
            {{"of": "json", "at": "$.tea", "compare": "greater_than", "value": 2}},
            {{"of": "header", "at": "Content-Type", "compare": "contains", "value": "json"}}]}}]"#,
        site.url
    );
    let ended = run(&["run", "api", "--param", &steps, "--output", "json"]).await;
    assert_eq!(ended.code, 0, "{} {}", ended.stdout, ended.stderr);
    let report = ended.report();
    assert_eq!(report["status"], "PASSED");
    assert_eq!(report["steps"][0]["name"], "stock");
    assert_eq!(report["requests"][0]["status"], 200);
    assert_eq!(
        ended.names(),
        [
            "SyntheticsReport-PASSED.json",
            "api.rhai",
            "junit.xml",
            "log.txt",
            "report.html",
            "results.har",
            "summary.md"
        ]
    );
    let har = ended.json("results.har");
    assert_eq!(har["log"]["entries"][0]["response"]["status"], 200);
    let trace = site.seen.lock().unwrap()[0].1.clone().unwrap();
    assert!(trace.starts_with(&format!("Root={};Parent=", report["traceId"].as_str().unwrap())), "{trace}");
}

#[tokio::test]
async fn a_failed_check_ends_with_1_and_says_what_was_found() {
    let site = site::start().await;
    let steps = format!(
        r#"steps=[{{"url": "{0}/stock", "expect": [{{"of": "json", "at": "$.tea", "compare": "equals", "value": 4}}]}},
                  {{"url": "{0}/"}}]"#,
        site.url
    );
    let ended = run(&["run", "api", "--param", &steps]).await;
    assert_eq!(ended.code, 1, "{}", ended.stderr);
    assert!(ended.stdout.contains("FAILED   api"), "{}", ended.stdout);
    assert!(ended.stdout.contains("$.tea is 3: expected equals 4"), "{}", ended.stdout);
    assert_eq!(site.seen.lock().unwrap().len(), 1, "the first failed step ends the run");
}

#[tokio::test]
async fn a_script_and_a_canary_of_a_file_run_too() {
    let site = site::start().await;
    let script = "step(\"stock\", || assert::status(http::get(variable(\"url\")), 200));";
    let url = format!("{}/stock", site.url);
    let ended = run_with(&[("stock.rhai", script)], &["run", "stock.rhai", "--url", &url, "--output", "json"]).await;
    assert_eq!(ended.code, 0, "{} {}", ended.stdout, ended.stderr);
    assert_eq!(ended.report()["canary"], "stock");
    let config = format!(
        "[[canary]]\nname = \"shop-stock\"\nscript = \"stock.rhai\"\nschedule = \"rate(1 minute)\"\n\
         hosts = [\"127.0.0.1\"]\nvariables = {{ url = \"{url}\" }}\n"
    );
    let files = [("stock.rhai", script), ("canaries.toml", config.as_str())];
    let ended = run_with(&files, &["run", "shop-stock", "--output", "json"]).await;
    assert_eq!(ended.code, 0, "{} {}", ended.stdout, ended.stderr);
    assert_eq!(ended.report()["canary"], "shop-stock");
}

#[tokio::test]
async fn the_time_of_a_request_is_told_in_its_parts() {
    let site = site::start().await;
    let url = format!("{}/stock", site.url.replace("127.0.0.1", "localhost"));
    let steps = format!(r#"steps=[{{"url": "{url}"}}, {{"url": "{url}"}}]"#);
    let ended = run(&["run", "api", "--param", &steps, "--output", "json"]).await;
    assert_eq!(ended.code, 0, "{} {}", ended.stdout, ended.stderr);
    let har = ended.json("results.har");
    let timings = |at: usize, name: &str| har["log"]["entries"][at]["timings"][name].as_f64().unwrap();
    assert!(timings(0, "dns") >= 0.0 && timings(0, "connect") > 0.0 && timings(0, "wait") > 0.0, "{har}");
    let not_known = -1.0;
    for (at, name) in [(0, "ssl"), (1, "dns"), (1, "connect"), (1, "ssl")] {
        assert!((timings(at, name) - not_known).abs() < f64::EPSILON, "{at} {name}: an open connection is used again");
    }
    let report = ended.report();
    let first = &report["requests"][0]["timings"];
    assert!(first["dnsMs"].is_number() && first["connectMs"].is_number() && first["tlsMs"].is_null(), "{first}");
    assert!(report["requests"][1]["timings"]["connectMs"].is_null());
}

#[tokio::test]
async fn a_service_that_never_answers_ends_the_run_at_its_timeout() {
    let site = site::start().await;
    let steps = format!(r#"steps=[{{"url": "{}/silent"}}]"#, site.url);
    let ended = run(&["run", "api", "--param", &steps, "--timeout", "3s", "--output", "json"]).await;
    assert_eq!(ended.code, 1, "{} {}", ended.stdout, ended.stderr);
    let report = ended.report();
    assert_eq!(report["status"], "FAILED");
    assert!(report["reason"].as_str().unwrap().starts_with("timed out after 3 s: GET "), "{report}");
    assert!(ended.names().contains(&"SyntheticsReport-FAILED.json".to_owned()));
}

#[tokio::test]
async fn secrets_of_a_file_reach_the_script_and_nothing_else() {
    const SECRET: &str = "correct-horse-battery";
    let script = "log::info(\"token \" + secret::get(\"token\"));\nassert::equal(secret::get(\"token\").len(), 21);";
    let config = "[[canary]]\nname = \"keeps\"\nscript = \"keeps.rhai\"\nschedule = \"rate(1 minute)\"\n\
                  secrets = { token = { env = \"SHOP_TOKEN\" } }\n";
    let files = [("keeps.rhai", script), ("canaries.toml", config)];
    let variables = [("SHOP_TOKEN", SECRET)];
    let ended = run_under(&variables, &files, &["run", "keeps", "--output", "json"]).await;
    assert_eq!(ended.code, 0, "{}", ended.stderr);
    let mut told = ended.stdout + &ended.stderr;
    let mut folders = vec![ended.directory.path().to_owned()];
    while let Some(folder) = folders.pop() {
        for entry in std::fs::read_dir(folder).unwrap() {
            let path = entry.unwrap().path();
            if path.is_dir() {
                folders.push(path);
            } else {
                told.push_str(&String::from_utf8_lossy(&std::fs::read(path).unwrap()));
            }
        }
    }
    assert!(told.contains("token [redacted]"), "{told}");
    assert!(!told.contains(SECRET), "{told}");
}
