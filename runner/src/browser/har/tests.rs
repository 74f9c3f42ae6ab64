//! Archives from short event sequences, shown whole where the shape matters.

use std::collections::HashMap;

use serde_json::{Value, json};

use super::{Har, Source, build};
use crate::browser::cdp::{Body, Event};
use crate::browser::exchange::Traffic;

fn archive(events: &[(&str, Value)], bodies: &HashMap<String, Body>) -> Har {
    let events: Vec<Event> =
        events.iter().map(|(method, params)| Event::parse(method, params.clone()).unwrap().unwrap()).collect();
    build(&Source {
        traffic: &Traffic::gather(&events, "F"),
        received: &HashMap::from([("1".to_owned(), 500)]),
        bodies,
        events_dropped: 0,
        browser_name: "chromium",
        browser_version: "156.0",
    })
}

fn request(timestamp: f64, url: &str, redirect: &Value) -> (&'static str, Value) {
    (
        "Network.requestWillBeSent",
        json!({"requestId": "1", "loaderId": "1", "frameId": "F", "type": "Document",
               "timestamp": timestamp, "wallTime": 1_700_000_000.0, "initiator": {"type": "other"},
               "redirectResponse": redirect,
               "request": {"url": url, "method": "GET", "headers": {"Accept": "*/*"}}}),
    )
}

fn timing() -> Value {
    json!({"requestTime": 100.010, "proxyStart": -1, "proxyEnd": -1, "dnsStart": 1, "dnsEnd": 3,
           "connectStart": 3, "connectEnd": 9, "sslStart": 5, "sslEnd": 9, "sendStart": 9, "sendEnd": 10,
           "receiveHeadersStart": 29, "receiveHeadersEnd": 30})
}

#[test]
fn redirect_and_page_are_two_entries_of_one_page() {
    let events = [
        (
            "Network.requestWillBeSentExtraInfo",
            json!({"requestId": "1", "associatedCookies": [
                       {"blockedReasons": [], "cookie": {"name": "sid", "value": "secret"}},
                       {"blockedReasons": ["SecureOnly"], "cookie": {"name": "no", "value": "x"}}],
                   "headers": {"Accept": "*/*", "Cookie": "sid=secret", "Authorization": "Basic eA=="}}),
        ),
        request(100.0, "http://u:p@site/a?token=t&x=1", &Value::Null),
        (
            "Network.responseReceivedExtraInfo",
            json!({"requestId": "1", "headers": {"Location": "/b", "Set-Cookie": "a=1; Path=/\nb=2"},
                   "headersText": "HTTP/1.1 302 Found\r\n\r\n"}),
        ),
        request(
            100.05,
            "http://site/b",
            &json!({"status": 302, "statusText": "Found", "headers": {}, "encodedDataLength": 80.0,
                   "protocol": "http/1.1", "remoteIPAddress": "[::1]", "connectionId": 7.0}),
        ),
        (
            "Network.responseReceived",
            json!({"requestId": "1", "type": "Document",
                   "response": {"status": 200, "statusText": "OK", "mimeType": "text/html", "headers": {},
                                "protocol": "h2", "timing": timing()}}),
        ),
        ("Network.responseReceivedExtraInfo", json!({"requestId": "1", "headers": {}, "headersText": "0123456789"})),
        ("Network.loadingFinished", json!({"requestId": "1", "timestamp": 100.05, "encodedDataLength": 210.0})),
        ("Page.domContentEventFired", json!({"timestamp": 100.1})),
        ("Page.loadEventFired", json!({"timestamp": 100.2})),
    ];
    let body = Body { text: "<p>hi".to_owned(), is_base64: false };
    let har = archive(&events, &HashMap::from([("1".to_owned(), body)]));
    let text = serde_json::to_string(&har).unwrap();
    for secret in ["secret", "Basic", "u:p@", "token=t&", "a=1"] {
        assert!(!text.contains(secret), "{secret} in {text}");
    }
    insta::assert_snapshot!(serde_json::to_string_pretty(&har).unwrap());
}

#[test]
fn failures_and_open_requests_have_status_0_and_a_reason() {
    let failed = archive(
        &[
            request(1.0, "http://site/", &Value::Null),
            (
                "Network.loadingFailed",
                json!({"requestId": "1", "timestamp": 1.5, "errorText": "net::ERR_CONNECTION_REFUSED"}),
            ),
        ],
        &HashMap::new(),
    );
    let entry = &failed.log.entries[0];
    assert_eq!(entry.response.status, 0);
    assert_eq!(entry.response.error.as_deref(), Some("net::ERR_CONNECTION_REFUSED"));
    assert!((entry.time - 500.0).abs() < 0.001);

    let open = archive(&[request(1.0, "http://site/", &Value::Null)], &HashMap::new());
    assert!(open.log.entries[0].response.error.is_some());
}
