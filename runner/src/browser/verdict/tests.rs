//! Every row of the table of cases: event sequences as a real Chrome sent them, cut to the fields used.

use serde_json::{Value, json};

use super::*;
use crate::browser::cdp::Event;

const FRAME: &str = "F";

fn request(id: &str, url: &str) -> (&'static str, Value) {
    (
        "Network.requestWillBeSent",
        json!({"requestId": id, "loaderId": id, "frameId": FRAME, "type": "Document",
               "timestamp": 1.0, "wallTime": 1.0, "request": {"url": url, "method": "GET"}}),
    )
}

fn response(id: &str, status: u16) -> (&'static str, Value) {
    ("Network.responseReceived", json!({"requestId": id, "type": "Document", "response": {"status": status}}))
}

fn finished(id: &str) -> (&'static str, Value) {
    ("Network.loadingFinished", json!({"requestId": id, "timestamp": 2.0, "encodedDataLength": 10.0}))
}

fn failed(id: &str, text: &str) -> (&'static str, Value) {
    (
        "Network.loadingFailed",
        json!({"requestId": id, "timestamp": 2.0, "errorText": text,
               "canceled": text == "net::ERR_ABORTED"}),
    )
}

fn committed(loader: &str, url: &str) -> (&'static str, Value) {
    ("Page.frameNavigated", json!({"frame": {"id": FRAME, "loaderId": loader, "url": url}}))
}

fn error_page(url: &str) -> (&'static str, Value) {
    (
        "Page.frameNavigated",
        json!({"frame": {"id": FRAME, "loaderId": "E", "url": "chrome-error://chromewebdata/",
                         "unreachableUrl": url}}),
    )
}

fn follow(events: &[(&str, Value)]) -> MainDocument {
    let mut document = MainDocument::new(FRAME);
    for (method, params) in events {
        let event = Event::parse(method, params.clone()).unwrap().unwrap();
        document.observe(&event);
    }
    document
}

/// Verdict, status and reason of an answered command, which must also be settled.
fn judge(events: &[(&str, Value)]) -> (Verdict, Option<u16>, Option<String>) {
    let document = follow(events);
    assert!(document.settled(), "{document:?}");
    let (verdict, failure) = document.classify(Ended::Answered).unwrap();
    (verdict, document.status(), failure)
}

const URL: &str = "http://site/";

#[test]
fn whole_document_is_loaded_whatever_its_status() {
    for status in [200, 404, 500] {
        let events = [request("1", URL), response("1", status), committed("1", URL), finished("1")];
        assert_eq!(judge(&events), (Verdict::Loaded, Some(status), None));
    }
}

#[test]
fn redirects_are_one_request() {
    let events = [
        request("1", URL),
        request("1", "http://site/next"),
        response("1", 200),
        committed("1", "http://site/next"),
        finished("1"),
    ];
    assert_eq!(judge(&events).0, Verdict::Loaded);
    assert_eq!(follow(&events).url(), Some("http://site/next"));
}

#[test]
fn error_answers_without_a_body() {
    for (status, text) in [(500, "net::ERR_HTTP_RESPONSE_CODE_FAILURE"), (401, "net::ERR_INVALID_AUTH_CREDENTIALS")] {
        let events = [request("1", URL), response("1", status), failed("1", text), error_page(URL)];
        let expected = (Verdict::EmptyError, Some(status), Some(text.to_owned()));
        assert_eq!(judge(&events), expected);
    }
}

#[test]
fn no_content_and_download_leave_the_page() {
    let no_content = [request("1", URL), response("1", 204), failed("1", "net::ERR_ABORTED")];
    assert_eq!(judge(&no_content).0, Verdict::NoContent);

    let download = [
        request("1", URL),
        response("1", 200),
        failed("1", "net::ERR_ABORTED"),
        ("Page.downloadWillBegin", json!({"frameId": FRAME, "guid": "g", "url": URL, "suggestedFilename": "f"})),
    ];
    assert!(!follow(&download[..3]).settled());
    let (verdict, status, _) = judge(&download);
    assert_eq!((verdict, status), (Verdict::Download, Some(200)));
}

#[test]
fn network_and_browser_refusals() {
    for text in [
        "net::ERR_EMPTY_RESPONSE",
        "net::ERR_CONNECTION_RESET",
        "net::ERR_TOO_MANY_REDIRECTS",
        "net::ERR_CERT_AUTHORITY_INVALID",
        "net::ERR_UNSAFE_PORT",
        "net::ERR_ADDRESS_UNREACHABLE",
    ] {
        let events = [request("1", URL), failed("1", text), error_page(URL)];
        assert_eq!(judge(&events), (Verdict::Failed, None, Some(text.to_owned())));
    }
}

#[test]
fn truncated_body_fails_although_it_is_shown() {
    let text = "net::ERR_CONTENT_LENGTH_MISMATCH";
    let events = [request("1", URL), response("1", 200), committed("1", URL), failed("1", text)];
    let expected = (Verdict::Failed, Some(200), Some(text.to_owned()));
    assert_eq!(judge(&events), expected);
}

#[test]
fn refused_command_keeps_the_events_reason() {
    for text in ["net::ERR_NAME_NOT_RESOLVED", "net::ERR_CONNECTION_REFUSED"] {
        // Chrome asks twice more for its error page; those requests are not the document.
        let document = follow(&[
            request("1", URL),
            failed("1", text),
            request("2", URL),
            failed("2", "net::ERR_ABORTED"),
            error_page(URL),
        ]);
        assert_eq!(
            document.classify(Ended::Refused("unknown error: net::ERR_OTHER")),
            Some((Verdict::Failed, Some(text.to_owned())))
        );
    }
}

#[test]
fn no_answer_is_a_timeout_with_what_was_missing() {
    let reason = |events: &[(&str, Value)]| follow(events).classify(Ended::TimedOut);
    let silent = [request("1", URL), failed("1", "net::ERR_ABORTED")];
    assert_eq!(reason(&silent), Some((Verdict::TimedOut, Some("the server did not answer in time".to_owned()))));
    let hung = [request("1", URL), response("1", 200), committed("1", URL), finished("1")];
    assert_eq!(reason(&hung), Some((Verdict::TimedOut, Some("the page did not finish loading in time".to_owned()))));
}

#[test]
fn a_document_that_was_stopped_for_its_size_says_so() {
    let stopped = [request("1", URL), response("1", 200), committed("1", URL), failed("1", "net::ERR_ABORTED")];
    assert_eq!(
        follow(&stopped).classify(Ended::TooLarge),
        Some((Verdict::Failed, Some("the document is larger than 64 MiB".to_owned())))
    );
    let half = [request("1", URL), response("1", 200), committed("1", URL)];
    assert_eq!(
        follow(&half).classify(Ended::TimedOut),
        Some((Verdict::TimedOut, Some("the document did not arrive whole in time".to_owned())))
    );
}

#[test]
fn offline_without_events_keeps_the_commands_reason() {
    let document = MainDocument::new(FRAME);
    assert_eq!(
        document.classify(Ended::Refused("net::ERR_INTERNET_DISCONNECTED")),
        Some((Verdict::Failed, Some("net::ERR_INTERNET_DISCONNECTED".to_owned())))
    );
}

#[test]
fn page_that_moves_on_is_judged_by_where_it_went() {
    let events = [
        request("1", URL),
        response("1", 200),
        committed("1", URL),
        finished("1"),
        request("2", "http://site/login"),
        response("2", 503),
        committed("2", "http://site/login"),
        finished("2"),
    ];
    assert_eq!(judge(&events), (Verdict::Loaded, Some(503), None));
}

#[test]
fn frames_and_subresources_are_not_the_document() {
    let (method, mut frame) = request("9", "http://ads/");
    frame["frameId"] = json!("child");
    let (_, mut image) = request("8", "http://site/x.png");
    image["type"] = json!("Image");
    let document = follow(&[(method, frame), (method, image), response("9", 500)]);
    assert_eq!(document.status(), None);
    assert_eq!(document.classify(Ended::Answered), None);
    assert!(!document.settled());
}

#[test]
fn fragment_moves_without_a_request() {
    let events = [("Page.navigatedWithinDocument", json!({"frameId": FRAME, "url": "http://site/#a"}))];
    assert_eq!(judge(&events), (Verdict::SameDocument, None, None));
}
