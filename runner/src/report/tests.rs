use jiff::tz::TimeZone;
use quick_xml::Reader;
use quick_xml::events::Event;
use url::Url;

use super::*;
use crate::browser::Vitals;
use crate::run::sample::{archive_of, at, failed_run, with_outcome};
use crate::run::{Outcome, RunReport, StepReport};

#[test]
fn a_run_is_one_line_and_its_reason() {
    insta::assert_snapshot!(line(&failed_run(), &TimeZone::UTC), @r"
    08:00:01  FAILED   shop-home  842 ms  2 steps  /a/run/report.html
              status 500: expected 200-299
              at heartbeat.rhai:10:9
                 10 |         assert::status(answer, good_status);
    ");
    assert_eq!(
        line(&with_outcome(Outcome::Passed), &TimeZone::UTC),
        "08:00:01  PASSED   shop-home  842 ms  2 steps  /a/run/report.html"
    );
}

#[test]
fn the_synthetics_report_has_awss_fields() {
    insta::assert_snapshot!(serde_json::to_string_pretty(&synthetics_report(&failed_run())).unwrap());
}

#[test]
fn warnings_are_told_in_every_report_and_break_out_of_none() {
    let mut report = with_outcome(Outcome::Passed);
    report.warnings = vec!["cart: LCP is <b>2600</b> ms".to_owned()];
    assert!(line(&report, &TimeZone::UTC).ends_with("\n          warning: cart: LCP is <b>2600</b> ms"));
    assert!(markdown(&report).contains("- ⚠️ cart: LCP is \\<b\\>2600"), "{}", markdown(&report));
    assert_eq!(run_json(&report)["warnings"][0], "cart: LCP is <b>2600</b> ms");
    let many = RunReport { warnings: vec!["w".repeat(5_000); 100], ..report };
    assert!(markdown(&many).len() <= markdown::BYTES_MAX && markdown(&many).contains("and 80 more"));
}

#[test]
fn junit_tells_every_step() {
    insta::assert_snapshot!(junit(&failed_run()));
}

#[test]
fn junit_is_well_formed_and_tells_what_failed_outside_of_steps() {
    let broken = with_outcome(Outcome::Broken { reason: "no Chrome <found> & \"none\" \u{1}".to_owned() });
    let mut without_steps = broken.clone();
    without_steps.steps.clear();
    let mut passed = with_outcome(Outcome::Passed);
    passed.steps.pop();
    for (report, cases, failures, errors) in [(failed_run(), 2, 1, 0), (without_steps, 1, 0, 1), (passed, 1, 0, 0)] {
        let text = junit(&report);
        let mut reader = Reader::from_str(&text);
        let (mut seen_cases, mut seen_failures, mut seen_errors) = (0, 0, 0);
        loop {
            match reader.read_event().unwrap() {
                Event::Start(tag) | Event::Empty(tag) => match tag.name().as_ref() {
                    "testcase" => seen_cases += 1,
                    "failure" => seen_failures += 1,
                    "error" => seen_errors += 1,
                    _ => {}
                },
                Event::Eof => break,
                _ => {}
            }
        }
        assert_eq!((seen_cases, seen_failures, seen_errors), (cases, failures, errors), "{text}");
        assert!(text.contains(&format!("tests=\"{cases}\" failures=\"{failures}\" errors=\"{errors}\"")), "{text}");
    }
}

#[test]
fn markdown_cannot_be_broken_out_of() {
    insta::assert_snapshot!(markdown(&failed_run()));
    let nasty = with_outcome(Outcome::Failed { reason: "```\n# not a heading".to_owned() });
    assert!(markdown(&nasty).contains("````text\n```\n# not a heading\n````"));
}

/// The page of a run, with the requests that its report names.
fn page_of(report: &RunReport, trace: Option<&Url>, last_good: Option<&LastGood>) -> String {
    let picture = |name: &str| (name == "01-home-succeeded.png").then(|| b"png".to_vec());
    html(&Sheet { report, har: &archive_of(report), trace, last_good, picture: &picture })
}

#[test]
fn the_page_holds_everything_and_escapes_it() {
    let mut report = failed_run();
    report.vitals = vec![Vitals {
        url: "http://shop.example/?a=<b>".to_owned(),
        ttfb_ms: Some(20.0),
        fcp_ms: Some(1_900.0),
        lcp_ms: Some(4_001.0),
        cls: 0.1,
        inp_ms: None,
    }];
    let page = page_of(&report, None, None);
    for part in [
        "src=\"data:image/png;base64,cG5n\"",
        "cart &lt;&amp;&gt; &quot;ä&quot;",
        "&lt;b&gt;status 500&lt;/b&gt;",
        "net::ERR_CONNECTION_REFUSED",
        "<li class=\"good\"><b>20 ms</b><abbr title=\"time to first byte\">TTFB</abbr>",
        "<li class=\"fair\"><b>1.90 s</b>",
        "<li class=\"poor\"><b>4.00 s</b>",
        "<li class=\"none\"><b>–</b>",
        "<li class=\"good\"><b>0.100</b>",
        "?a=&lt;b&gt;",
        "<i class=\"wait\" style=\"left:",
    ] {
        assert!(page.contains(part), "{part}\n{page}");
    }
    assert!(!page.contains("<b>status"));
    for outside in ["src=\"http", "href=\"http", "<script"] {
        assert!(!page.contains(outside), "the page needs nothing from outside: {outside}");
    }
}

#[test]
fn the_trace_is_a_link_where_a_console_shows_it() {
    let trace = Url::parse("http://siskin.example:4747/console/trace?id=1-2").unwrap();
    assert!(
        page_of(&failed_run(), Some(&trace), None)
            .contains("<a href=\"http://siskin.example:4747/console/trace?id=1-2\">")
    );
}

#[test]
fn a_failed_run_stands_beside_the_last_good_one() {
    let request = |url: &str, status, milliseconds| GoodRequest {
        method: "GET".to_owned(),
        url: url.to_owned(),
        status,
        milliseconds,
    };
    let good = LastGood {
        directory: "/nowhere".into(),
        started: at("07:00:00"),
        steps: vec![
            GoodStep { name: "http://shop.example/".to_owned(), milliseconds: 120.0, screenshots: Vec::new() },
            GoodStep { name: "pay".to_owned(), milliseconds: 80.0, screenshots: Vec::new() },
        ],
        requests: vec![
            request("http://shop.example/", 200, 19.0),
            request("http://shop.example/cart", 200, 12.0),
            request("http://shop.example/pay", 204, 8.0),
        ],
    };
    let page = page_of(&failed_run(), None, Some(&good));
    for part in [
        "Beside the last good run <small>2026-11-23 07:00:00 UTC</small>",
        "<td>http://shop.example/</td><td class=\"n\">120 ms</td><td class=\"n\">300 ms</td>",
        "<td>pay</td><td class=\"n\">80 ms</td><td class=\"n\">not reached</td>",
        "<td class=\"n\">–</td><td class=\"n\">✗ 300 ms</td>",
        "<td>other status</td><td class=\"n\">200, 12 ms</td><td class=\"n\">500, 20 ms</td>",
        "<td>missing</td><td class=\"n\">204, 8.0 ms</td>",
        "<td>new</td>",
        "<p>1 requests went as in the last good run.</p>",
    ] {
        assert!(page.contains(part), "{part}\n{page}");
    }
}

#[test]
fn a_summary_fits_into_a_comment() {
    let mut report = with_outcome(Outcome::Failed { reason: "`".repeat(9_000) });
    let step = report.steps[1].clone();
    report.steps = vec![StepReport { name: "<".repeat(900), ..step }; 500];
    let text = markdown(&report);
    assert!(text.len() <= markdown::BYTES_MAX, "{}", text.len());
    assert!(text.contains(" more | |") && text.ends_with("`\n"), "{text}");
}

#[test]
fn the_log_is_text() {
    insta::assert_snapshot!(log_text(&failed_run()), @r"
    2026-11-23T08:00:00.500Z INFO  begins
    2026-11-23T08:00:01.300Z ERROR <b>status 500</b>
    ");
}
