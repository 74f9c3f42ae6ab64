//! Encoded spans to something that answers as a collector does.

use std::io::Read;
use std::time::{Duration, Instant};

use siskin_sdk::DropReason;
use siskin_sdk::export::{Compression, Exporter, Format, OtlpHttp, Outbox, OutboxSettings, Settled};

use crate::daemon::PATIENCE;
use crate::server::{Reply, Server, ok, status};

fn outbox(server: &Server) -> Outbox {
    let otlp = OtlpHttp::new(&server.url("/v1/traces")).unwrap().timeout(Duration::from_secs(2));
    Outbox::new(otlp, OutboxSettings::default()).unwrap()
}

/// Exports documents, and says what became of them.
fn send(outbox: &Outbox, documents: &[&[u8]]) -> Settled {
    for document in documents {
        outbox.export(document).unwrap();
    }
    outbox.flush(Instant::now() + PATIENCE);
    outbox.settle(documents.len() as u64)
}

#[test]
fn messages_are_merged_into_one_request() {
    let server = Server::start(|_, _| ok(""));
    let otlp = OtlpHttp::new(&server.url("/v1/traces")).unwrap().header("api-key", "secret").unwrap();
    let outbox = Outbox::new(otlp, OutboxSettings::default()).unwrap();
    assert_eq!(outbox.format(), Format::Otlp);
    assert_eq!(send(&outbox, &[b"one", b"two", b"three"]), Settled { sent: 3, ..Settled::default() });
    let requests: Vec<_> = server.requests();
    assert_eq!(requests.iter().flat_map(|request| request.body.clone()).collect::<Vec<_>>(), b"onetwothree");
    for request in requests {
        assert_eq!(request.line, "POST /v1/traces HTTP/1.1");
        assert_eq!(request.headers["content-type"], "application/x-protobuf");
        assert_eq!(request.headers["api-key"], "secret");
        assert!(request.headers["user-agent"].starts_with("siskin-sdk/"));
    }
}

#[test]
fn requests_are_compressed_when_that_is_wanted() {
    let server = Server::start(|_, _| ok(""));
    let otlp = OtlpHttp::new(&server.url("/")).unwrap().compression(Compression::Gzip);
    let outbox = Outbox::new(otlp, OutboxSettings::default()).unwrap();
    let document = [b'x'; 10_000];
    assert_eq!(send(&outbox, &[&document]).sent, 1);
    let request = server.request();
    assert_eq!(request.headers["content-encoding"], "gzip");
    assert!(request.body.len() < 1_000);
    let mut plain = Vec::new();
    flate2::read::GzDecoder::new(&request.body[..]).read_to_end(&mut plain).unwrap();
    assert_eq!(plain, document);
}

#[cfg(feature = "xray-api")]
#[test]
fn requests_to_xray_are_signed() {
    use siskin_sdk::Clock;
    use siskin_sdk::signing::AwsAccess;

    use crate::signature::{SECRET, verify};

    let server = Server::start(|_, _| ok(""));
    let variables =
        [("AWS_ACCESS_KEY_ID", "AKIDEXAMPLE"), ("AWS_SECRET_ACCESS_KEY", SECRET), ("AWS_REGION", "eu-west-1")];
    let set = |name: &str| variables.iter().find(|(key, _)| *key == name).map(|(_, value)| (*value).to_owned());
    let access = AwsAccess::from_variables(set).unwrap().endpoint(&server.url("")).unwrap();
    // 2015-08-30 12:36:00.
    let (clock, _) = Clock::manual(Duration::new(1_440_938_160, 0));
    let otlp = OtlpHttp::aws(access).compression(Compression::Gzip).clock(clock);
    let outbox = Outbox::new(otlp, OutboxSettings::default()).unwrap();
    assert_eq!(send(&outbox, &[b"one"]).sent, 1);
    let request = server.request();
    assert_eq!(request.line, "POST /v1/traces HTTP/1.1");
    assert_eq!(request.headers["content-type"], "application/x-protobuf");
    assert_eq!(verify(&request), "20150830/eu-west-1/xray");
}

#[test]
fn spans_rejected_out_of_a_request_are_counted_apart() {
    let answer = b"\x0a\x07\x08\x02\x12\x03bad".to_vec();
    let server = Server::start(move |_, _| Reply::Answer(200, "", answer.clone()));
    let settled = send(&outbox(&server), &[b"a"]);
    assert_eq!((settled.sent, settled.dropped.count(DropReason::SpansRejected)), (1, 2));
}

#[test]
fn statuses_mean_what_the_protocol_says() {
    // 500 is not among those to be tried again.
    for (code, sent, rejected) in [(429, 1, 0), (502, 1, 0), (503, 1, 0), (504, 1, 0), (400, 0, 1), (500, 0, 1)] {
        let server = Server::start(move |number, _| if number == 0 { status(code) } else { ok("") });
        let settled = send(&outbox(&server), &[b"a"]);
        assert_eq!((settled.sent, settled.dropped.count(DropReason::Rejected)), (sent, rejected), "{code}");
        assert_eq!((settled.kept, settled.dropped.total()), (0, rejected), "{code}");
    }
}

#[test]
fn a_request_too_large_is_halved() {
    let server = Server::start(|_, request| if request.body.len() > 3 { status(413) } else { ok("") });
    let settled = send(&outbox(&server), &[b"a", b"b", b"c", b"d", b"e", b"large", b"f"]);
    assert_eq!((settled.sent, settled.dropped.count(DropReason::TooLarge)), (6, 1));
}

#[test]
fn retry_after_is_honoured() {
    let server = Server::start(|_, _| Reply::Answer(503, "retry-after: 600\r\n", Vec::new()));
    let outbox = outbox(&server);
    outbox.export(b"a").unwrap();
    server.request();
    // Those in a hurry would try again after a second.
    outbox.flush(Instant::now() + Duration::from_millis(1_500));
    assert_eq!(outbox.settle(1).kept, 1);
    assert!(server.requests().is_empty());
}
