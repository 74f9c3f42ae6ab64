use siskin_runner::check::link::LinkReport;
use siskin_runner::report::{
    LinkDetail, LinkSelection, broken_link_checker_report, links_json, links_junit, links_markdown, links_text,
};

use crate::site::{Site, page, redirect, status};
use crate::validators::Validators;

async fn sample() -> (Site, LinkReport) {
    let site = Site::start([
        ("/", page("<a href=/gone?a=1&amp;b=2>x</a>\n<a href=/wall></a>\n<a href=/moved></a>\n<a href=/out></a>")),
        ("/moved", redirect("/new")),
        ("/new", page("<a href='/gone?a=1&b=2'></a>")),
        ("/wall", status(403)),
    ])
    .await;
    let mut options = site.options();
    options.exclude = vec![regex::Regex::new("/out$").unwrap()];
    let report = site.check(options).await;
    (site, report)
}

/// What is written, with what changes from run to run taken out.
fn written(site: &Site, report: &LinkReport, write: impl FnOnce(&mut Vec<u8>) -> std::io::Result<()>) -> String {
    let mut out = Vec::new();
    write(&mut out).unwrap();
    let text = String::from_utf8(out).unwrap().replace(&site.url("").to_string(), "http://a.example/");
    let seconds = report.duration.as_secs_f64();
    text.replace(&format!("in {seconds:.2} s"), "in 1.00 s")
}

#[tokio::test]
async fn people_read_links_reasons_and_places() {
    let (site, report) = sample().await;
    insta::assert_snapshot!(written(&site, &report, |out| links_text(&report, LinkDetail::Redirects, out)), @r"
    UNVERIFIABLE  http://a.example/wall  403 Forbidden
                  http://a.example/:2  (a href)
    BROKEN        http://a.example/gone?a=1&b=2  404 Not Found
                  http://a.example/:1  (a href)
                  http://a.example/new:1  (a href)
    REDIRECT      http://a.example/moved
                  -> http://a.example/new
    5 links on 2 pages: 2 ok, 1 broken, 1 unverifiable, 1 skipped in 1.00 s
    ");
    insta::assert_snapshot!(written(&site, &report, |out| std::io::Write::write_all(out, links_markdown(&report).as_bytes())), @r"
    ### ❌ Links of http://a.example/

    5 links on 2 pages: 2 ok, 1 broken, 1 unverifiable, 1 skipped in 1.00 s

    | | link | why | first place | places |
    |---|---|---|---|---:|
    | ❌ | http://a.example/gone?a=1&b=2 | 404 Not Found | http://a.example/:1 | 2 |
    | ❔ | http://a.example/wall | 403 Forbidden | http://a.example/:2 | 1 |
    ");
}

#[tokio::test]
async fn programs_read_json_of_problems_or_of_all() {
    let (site, report) = sample().await;
    let json = |scope| -> serde_json::Value {
        serde_json::from_str(&written(&site, &report, |out| links_json(&report, scope, out))).unwrap()
    };
    let problems = json(LinkSelection::Problems);
    insta::assert_snapshot!(serde_json::to_string_pretty(&problems["links"]).unwrap(), @r#"
    [
      {
        "url": "http://a.example/gone?a=1&b=2",
        "verdict": "broken",
        "kind": "a href",
        "status": 404,
        "reason": {
          "code": "status",
          "text": "404 Not Found"
        },
        "redirects": [],
        "places": [
          {
            "page": "http://a.example/",
            "line": 1
          },
          {
            "page": "http://a.example/new",
            "line": 1
          }
        ]
      },
      {
        "url": "http://a.example/wall",
        "verdict": "unverifiable",
        "kind": "a href",
        "status": 403,
        "reason": {
          "code": "status",
          "text": "403 Forbidden"
        },
        "redirects": [],
        "places": [
          {
            "page": "http://a.example/",
            "line": 2
          }
        ]
      }
    ]
    "#);
    assert_eq!((&problems["complete"], problems["counts"]["links"].as_u64()), (&true.into(), Some(5)));
    assert_eq!(json(LinkSelection::All)["links"].as_array().unwrap().len(), 5);
}

#[tokio::test]
async fn awss_report_has_every_link_that_was_followed() {
    let (site, report) = sample().await;
    let aws = written(&site, &report, |out| broken_link_checker_report(&report, out));
    let aws: serde_json::Value = serde_json::from_str(&aws).unwrap();
    insta::assert_snapshot!(serde_json::to_string_pretty(&aws["brokenLinks"]).unwrap(), @r#"
    [
      {
        "url": "http://a.example/gone?a=1&b=2",
        "text": "x",
        "parentUrl": "http://a.example/",
        "statusCode": 404,
        "statusText": "Not Found",
        "failureReason": "404 Not Found",
        "screenshotResults": []
      }
    ]
    "#);
    assert_eq!(aws["links"].as_object().unwrap().len(), 4);
    assert_eq!((&aws["totalLinksChecked"], &aws["totalBrokenLinks"]), (&4.into(), &1.into()));
}

#[tokio::test]
async fn junit_is_valid_by_the_schemas_of_jenkins_and_ant() {
    let (_site, report) = sample().await;
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("junit.xml");
    links_junit(&report, &mut std::fs::File::create(&file).unwrap()).unwrap();
    let text = std::fs::read_to_string(&file).unwrap();
    assert!(text.contains("tests=\"2\" failures=\"1\" errors=\"0\""), "{text}");
    if let Some(validators) = Validators::installed() {
        validators.judge_junit(&file);
    }
}
