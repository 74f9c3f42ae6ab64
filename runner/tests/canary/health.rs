//! What a `heartbeat` can watch beside status and text, in a real Chrome.

use serde_json::Value;

use crate::program::{Ended, run, run_with};
use crate::site;

/// A heartbeat with more parameters.
async fn heartbeat(url: &str, parameters: &[&str]) -> Ended {
    let mut arguments = vec!["run", "heartbeat", "--url", url, "--output", "json"];
    arguments.extend(parameters.iter().flat_map(|parameter| ["--param", parameter]));
    run(&arguments).await
}

fn metrics(report: &Value, name: &str) -> Vec<f64> {
    let metrics = report["metrics"].as_array().unwrap().iter();
    metrics.filter(|metric| metric["name"] == name).map(|metric| metric["value"].as_f64().unwrap()).collect()
}

#[tokio::test]
async fn browser_heartbeat_warns_or_fails_by_its_limits_of_vitals() {
    let site = site::start().await;
    let url = format!("{}/", site.url);
    let watched =
        ["click=button", "vitals.lcp.warn=0", "vitals.inp.fail=600000", "vitals.cls.fail=1", "vitals.ttfb.fail=600000"];
    let warned = heartbeat(&url, &watched).await;
    assert_eq!(warned.code, 0, "{} {}", warned.stdout, warned.stderr);
    let report = warned.report();
    let warnings = report["warnings"].as_array().unwrap();
    assert_eq!(warnings.len(), 1, "{warnings:?}");
    let warning = warnings[0].as_str().unwrap();
    assert!(
        warning.starts_with(&format!("{url}: LCP is ")) && warning.ends_with(" ms: expected at most 0"),
        "{warning}"
    );
    assert_eq!(metrics(&report, "Warnings"), [1.0]);
    for name in ["LCP", "INP", "TTFB"] {
        assert!(
            metrics(&report, name)[..].iter().all(|ms| *ms > 0.0) && metrics(&report, name).len() == 1,
            "{name}: {report}"
        );
    }
    assert_eq!(metrics(&report, "CLS").len(), 1);
    assert!(String::from_utf8(warned.file("report.html")).unwrap().contains("<h2>Warnings"));
    let failed = heartbeat(&url, &["vitals.lcp.fail=0"]).await;
    assert_eq!(failed.code, 1, "{} {}", failed.stdout, failed.stderr);
    let reason = failed.report()["reason"].as_str().unwrap().to_owned();
    assert!(
        reason.starts_with("LCP is ") && reason.contains(" ms: expected at most 0\nat heartbeat.rhai:"),
        "{reason}"
    );
}

#[tokio::test]
async fn browser_heartbeat_watches_failed_requests_and_the_console() {
    let site = site::start().await;
    let url = format!("{}/ill", site.url);
    let fine = heartbeat(&url, &[]).await;
    assert_eq!(fine.code, 0, "they are not looked at: {} {}", fine.stdout, fine.stderr);
    assert_eq!(fine.report()["warnings"], serde_json::json!([]));
    let failed = heartbeat(&url, &["failed_requests=fail"]).await;
    let reason = failed.report()["reason"].as_str().unwrap_or_default().to_owned();
    assert_eq!(failed.code, 1, "{reason}");
    let missing = format!("GET {}/missing.png: 404", site.url);
    assert!(reason.starts_with("requests of the page failed: [") && reason.contains(&missing), "{reason}");
    let warned = heartbeat(&url, &["failed_requests=warn", "ignore_requests=missing", "console_errors=warn"]).await;
    let report = warned.report();
    let told: Vec<_> = report["warnings"].as_array().unwrap().iter().map(|one| one.as_str().unwrap()).collect();
    assert_eq!(warned.code, 0, "{told:?}");
    assert!(told.len() == 1 && told[0].contains("the console has errors: [") && told[0].contains("boom"), "{told:?}");
    let ignored = heartbeat(&url, &["console_errors=fail", r#"ignore_console=["boom", "missing\\.png"]"#]).await;
    assert_eq!(ignored.code, 0, "{} {}", ignored.stdout, ignored.stderr);
}

#[tokio::test]
async fn browser_heartbeat_has_a_status_and_a_text_for_each_page_and_blames_none_for_another() {
    let site = site::start().await;
    let config = format!(
        "[[canary]]\nname = \"pages\"\nblueprint = \"heartbeat\"\nschedule = \"rate(1 minute)\"\n\
         [canary.parameters]\nurl = [{{ url = \"{0}/ill\", name = \"ill\" }}, {{ url = \"{0}/\", text = \"3 left\" }}, \
         {{ url = \"{0}/broken\", status = 500, text = \"Out of order\" }}]\nscreenshot = false\n\
         console_errors = \"warn\"\nfailed_requests = \"warn\"\n",
        site.url
    );
    let ended = run_with(&[("canaries.toml", &config)], &["run", "pages", "--output", "json"]).await;
    assert_eq!(ended.code, 0, "{} {}", ended.stdout, ended.stderr);
    let report = ended.report();
    let names: Vec<_> = report["steps"].as_array().unwrap().iter().map(|step| step["name"].as_str().unwrap()).collect();
    assert_eq!(names, ["ill".to_owned(), format!("{}/", site.url), format!("{}/broken", site.url)]);
    let told: Vec<_> = report["warnings"].as_array().unwrap().iter().map(|one| one.as_str().unwrap()).collect();
    // Chrome itself writes to the console that the last page was answered by 500.
    assert!(told[..2].iter().all(|one| one.starts_with("ill: ")), "{told:?}");
    assert!(!told.iter().any(|one| one.starts_with(&format!("{}/: ", site.url))), "{told:?}");
}
