use jiff::tz::TimeZone;
use quick_xml::Reader;
use quick_xml::events::Event;

use super::*;
use crate::run::Outcome;
use crate::run::sample::{failed_run, with_outcome};

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

#[test]
fn the_page_holds_everything_and_escapes_it() {
    let page = html(&failed_run(), &|name| (name == "01-home-succeeded.png").then(|| b"png".to_vec()));
    assert!(page.contains("src=\"data:image/png;base64,cG5n\""));
    assert!(page.contains("cart &lt;&amp;&gt; &quot;ä&quot;"));
    assert!(page.contains("&lt;b&gt;status 500&lt;/b&gt;"));
    assert!(page.contains("net::ERR_CONNECTION_REFUSED"));
    assert!(!page.contains("<b>status"));
    for outside in ["src=\"http", "href=\"http", "<script"] {
        assert!(!page.contains(outside), "the page needs nothing from outside: {outside}");
    }
}

#[test]
fn the_log_is_text() {
    insta::assert_snapshot!(log_text(&failed_run()), @r"
    2026-11-23T08:00:00.500Z INFO  begins
    2026-11-23T08:00:01.300Z ERROR <b>status 500</b>
    ");
}
