//! The `heartbeat` blueprint and page scripts in a real Chrome.

use crate::program::{Ended, run, run_with};
use crate::site::{self, Site};

async fn heartbeat(site: &Site, path: &str, more: &[&str]) -> Ended {
    let url = format!("{}{path}", site.url);
    let mut arguments = vec!["run", "heartbeat", "--url", &url, "--output", "json"];
    arguments.extend(more);
    run(&arguments).await
}

fn reason(ended: &Ended) -> String {
    ended.report()["reason"].as_str().unwrap_or_default().to_owned()
}

fn is_png(bytes: &[u8]) -> bool {
    bytes.starts_with(b"\x89PNG\r\n\x1a\n")
}

#[tokio::test]
async fn browser_heartbeat_passes_with_picture_har_and_one_trace() {
    let site = site::start().await;
    let ended = heartbeat(&site, "/", &["--param", "text=3 left"]).await;
    assert_eq!(ended.code, 0, "{} {}", ended.stdout, ended.stderr);
    let report = ended.report();
    let pictures = ended.pictures();
    assert!(pictures.len() == 1 && pictures[0].ends_with("-loaded.png"), "{pictures:?}");
    assert!(pictures.iter().all(|name| is_png(&ended.file(name))));
    let har = ended.json("results.har");
    let urls: Vec<_> = har["log"]["entries"]
        .as_array()
        .unwrap()
        .iter()
        .map(|entry| entry["request"]["url"].as_str().unwrap())
        .collect();
    assert_eq!(urls.iter().filter(|url| url.ends_with("/stock")).count(), 1, "{urls:?}");
    let synthetics = ended.json("SyntheticsReport-PASSED.json");
    assert_eq!(synthetics["customerScript"]["requests"]["_2xx"], 2, "{synthetics}");
    assert!(report["browser"].as_str().unwrap().starts_with("chrom"));
    let root = format!("Root={};", report["traceId"].as_str().unwrap());
    let seen = site.seen.lock().unwrap().clone();
    assert!(seen.len() >= 2 && seen.iter().all(|(_, trace)| trace.as_ref().unwrap().starts_with(&root)), "{seen:?}");
    let page = String::from_utf8(ended.file("report.html")).unwrap();
    assert!(page.contains("data:image/png;base64,"));
}

#[tokio::test]
async fn browser_heartbeat_fails_on_a_bad_status_and_keeps_the_picture() {
    let site = site::start().await;
    let ended = heartbeat(&site, "/broken", &[]).await;
    assert_eq!(ended.code, 1, "{} {}", ended.stdout, ended.stderr);
    assert!(reason(&ended).starts_with("status 500: expected 200-299\nat heartbeat.rhai:"), "{}", reason(&ended));
    let names = ended.names();
    assert!(names.iter().any(|name| name.ends_with("-failed.png")), "{names:?}");
    assert!(heartbeat(&site, "/broken", &["--param", "status=500"]).await.code == 0, "500 can be what is expected");
}

#[tokio::test]
async fn browser_heartbeat_fails_on_a_missing_text() {
    let site = site::start().await;
    let ended = heartbeat(&site, "/", &["--param", "text=Coffee", "--timeout", "20s"]).await;
    assert_eq!(ended.code, 1, "{} {}", ended.stdout, ended.stderr);
    assert!(reason(&ended).contains("the page shows \"Coffee\""), "{}", reason(&ended));
    assert!(reason(&ended).contains("page::wait_for_text(wanted.text);"), "the line that waited: {}", reason(&ended));
}

#[tokio::test]
async fn browser_heartbeat_fails_when_nobody_listens() {
    let closed = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap().local_addr().unwrap();
    let ended = run(&["run", "heartbeat", "--url", &format!("http://{closed}/"), "--output", "json"]).await;
    assert_eq!(ended.code, 1, "{} {}", ended.stdout, ended.stderr);
    assert!(reason(&ended).contains("did not load: net::ERR_CONNECTION_REFUSED"), "{}", reason(&ended));
}

#[tokio::test]
async fn browser_run_of_a_page_that_never_answers_ends_at_its_timeout_with_evidence() {
    let site = site::start().await;
    let ended = heartbeat(&site, "/silent", &["--timeout", "4s"]).await;
    assert_eq!(ended.code, 1, "{} {}", ended.stdout, ended.stderr);
    assert!(reason(&ended).starts_with("timed out after 4 s"), "{}", reason(&ended));
    let har = ended.json("results.har");
    assert_eq!(har["log"]["entries"][0]["response"]["status"], 0, "{har}");
    assert!(!ended.file("log.txt").is_empty());
    assert_eq!(ended.json("SyntheticsReport-FAILED.json")["executionStatus"], "FAILED");
}

#[tokio::test]
async fn browser_run_of_a_page_that_never_finishes_has_its_last_picture() {
    let site = site::start().await;
    let script =
        format!("step(\"home\", || page::open(\"{0}/\"));\nstep(\"half\", || page::open(\"{0}/half\"));", site.url);
    let host = site.url.strip_prefix("http://").unwrap();
    let ended = run_with(
        &[("half.rhai", &script)],
        &["run", "half.rhai", "--allow-host", host, "--timeout", "6s", "--output", "json"],
    )
    .await;
    assert_eq!(ended.code, 1, "{} {}", ended.stdout, ended.stderr);
    assert!(reason(&ended).starts_with("timed out after 6 s"), "{}", reason(&ended));
    let report = ended.report();
    assert_eq!(report["steps"][1]["status"], "FAILED", "{report}");
    let pictures = ended.pictures();
    let last = pictures.last().unwrap();
    assert!(last.ends_with("half-failed.png") && is_png(&ended.file(last)), "{pictures:?}");
}

#[tokio::test]
async fn browser_script_uses_elements_and_steps() {
    let site = site::start().await;
    let script = format!(
        r##"
        step("open", || {{
            let answer = page::open("{}/");
            assert::status(answer, 200);
            assert::equal(page::title(), "Tea shop");
        }});
        step("buy", || {{
            element::click("role=button[name=\"Buy\"]");
            page::wait_for_text("Thank you");
            assert::equal(element::text(["#shelf", "#stock"]), "Thank you");
            assert::that(!element::is_visible("#nothing"), "there is nothing");
            assert::equal(element::count("button"), 1);
            assert::equal(page::evaluate("return 1 + 1"), 2);
            metric::put("Bought", 1, "Count");
        }});
        step("miss", || element::click("text=Sell"));
        "##,
        site.url
    );
    let host = site.url.strip_prefix("http://").unwrap();
    let ended = run_with(
        &[("buy.rhai", &script)],
        &["run", "buy.rhai", "--allow-host", host, "--timeout", "25s", "--output", "json"],
    )
    .await;
    assert_eq!(ended.code, 1, "{} {}", ended.stdout, ended.stderr);
    let report = ended.report();
    let outcomes: Vec<_> =
        report["steps"].as_array().unwrap().iter().map(|step| step["status"].as_str().unwrap()).collect();
    assert_eq!(outcomes, ["PASSED", "PASSED", "FAILED"], "{report}");
    assert!(
        reason(&ended).contains("no element matches") && reason(&ended).contains("buy.rhai:"),
        "{}",
        reason(&ended)
    );
    assert_eq!(report["metrics"][0]["name"], "Bought");
    // The script needs a repair, and its report says where.
    let fallback = serde_json::json!([{"wanted": "#shelf", "matched": "#stock", "position": 2}]);
    assert_eq!(report["steps"][1]["selectorFallbacks"], fallback, "{report}");
    assert!(String::from_utf8(ended.file("report.html")).unwrap().contains("#stock matched in place of #shelf"));
}
