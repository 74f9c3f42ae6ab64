//! The daemon's TCP port, over real sockets.

use std::io::{BufRead, BufReader, Read, Write};
use std::net::{TcpListener, TcpStream};
use std::thread;

use super::super::daemon::DaemonSource;
use super::super::source::{CentralError, CentralSource};
use super::super::wire::{SamplingTarget, Statistics, StatisticsReport};
use super::service::START_SECS;
use crate::segment::EpochTime;

const RULES: &str = r#"{"SamplingRuleRecords":[{"SamplingRule":{"RuleName":"Default","RuleARN":"arn:aws:xray:local:000000000000:sampling-rule/Default","ResourceARN":"*","Priority":10000,"FixedRate":0.05,"ReservoirSize":1,"ServiceName":"*","ServiceType":"*","Host":"*","HTTPMethod":"*","URLPath":"*","Version":1,"Attributes":null},"CreatedAt":0.0,"ModifiedAt":1793000000.0},{"SamplingRule":{"RuleName":7}},{}],"NextToken":"more"}"#;
const TARGETS: &str = r#"{"SamplingTargetDocuments":[{"RuleName":"Default","FixedRate":0.05,"ReservoirQuota":1,"ReservoirQuotaTTL":1793000300.0,"Interval":10}],"LastRuleModification":1793000000,"UnprocessedStatistics":[]}"#;

/// Reads one request; returns its path and body.
fn request(stream: &TcpStream) -> (String, String) {
    let mut reader = BufReader::new(stream);
    let (mut first, mut length) = (String::new(), 0);
    reader.read_line(&mut first).unwrap();
    loop {
        let mut line = String::new();
        reader.read_line(&mut line).unwrap();
        if line.trim().is_empty() {
            break;
        }
        if let Some(value) = line.to_ascii_lowercase().strip_prefix("content-length:") {
            length = value.trim().parse().unwrap();
        }
    }
    let mut body = vec![0; length];
    reader.read_exact(&mut body).unwrap();
    (first.trim().to_owned(), String::from_utf8(body).unwrap())
}

fn answer(status: &str, body: &str) -> String {
    format!("HTTP/1.1 {status}\r\ncontent-length: {}\r\nconnection: close\r\n\r\n{body}", body.len())
}

/// A daemon that answers one request with `respond`, and then tells what was asked.
fn daemon(
    respond: impl FnOnce(&mut TcpStream) + Send + 'static,
) -> (DaemonSource, thread::JoinHandle<(String, String)>) {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let source = DaemonSource::new(&listener.local_addr().unwrap().to_string());
    let serving = thread::spawn(move || {
        let (mut stream, _) = listener.accept().unwrap();
        let asked = request(&stream);
        respond(&mut stream);
        asked
    });
    (source, serving)
}

fn text(status: &'static str, body: &'static str) -> impl FnOnce(&mut TcpStream) + Send {
    move |stream| stream.write_all(answer(status, body).as_bytes()).unwrap()
}

#[test]
fn pages_are_asked_for_and_read() {
    for (token, body) in [(None, "{}"), (Some("more"), r#"{"NextToken":"more"}"#)] {
        let (mut source, serving) = daemon(text("200 OK", RULES));
        let page = source.fetch_rules(token).unwrap();
        assert_eq!((page.rules.len(), page.malformed, page.next_token.as_deref()), (1, 2, Some("more")));
        assert_eq!(serving.join().unwrap(), ("POST /GetSamplingRules HTTP/1.1".to_owned(), body.to_owned()));
    }
}

#[test]
fn statistics_are_brought_and_targets_read() {
    let (mut source, serving) = daemon(text("200 OK", TARGETS));
    let statistics = Statistics {
        rule_name: "Default".to_owned(),
        client_id: "ABCDEF1234567890ABCDEF12".to_owned(),
        timestamp: EpochTime::from_nanos(START_SECS * 1_000_000_000 + 100_000_000),
        request_count: 110,
        sampled_count: 20,
        borrow_count: 10,
    };
    let report = StatisticsReport { statistics: vec![statistics], boost_statistics: Vec::new() };
    let answer = source.report(&report).unwrap();
    let target = SamplingTarget {
        rule_name: "Default".to_owned(),
        fixed_rate: 0.05,
        reservoir_quota: Some(1),
        reservoir_quota_ttl: EpochTime::from_secs_f64(1_793_000_300.0),
        interval: Some(10),
        sampling_boost: None,
    };
    assert_eq!((answer.targets, answer.last_rule_modification), (vec![target], EpochTime::from_secs_f64(1.793e9)));
    let (path, body) = serving.join().unwrap();
    assert_eq!(path, "POST /SamplingTargets HTTP/1.1");
    insta::assert_snapshot!(body, @r#"{"SamplingStatisticsDocuments":[{"RuleName":"Default","ClientID":"ABCDEF1234567890ABCDEF12","Timestamp":1793000000.1,"RequestCount":110,"SampledCount":20,"BorrowCount":10}]}"#);
}

fn detail(source: &mut DaemonSource) -> String {
    let CentralError { detail, .. } = source.fetch_rules(None).unwrap_err();
    detail.split_once("/GetSamplingRules: ").unwrap().1.to_owned()
}

#[test]
fn failures_and_garbage_are_told() {
    let told = |status, body| detail(&mut daemon(text(status, body)).0);
    insta::assert_snapshot!(told("500 Internal Server Error", "no\n"), @"HTTP status 500: no");
    insta::assert_snapshot!(told("302 Found", ""), @"HTTP status 302: ");
    insta::assert_snapshot!(told("200 OK", "<html>"), @"expected value at line 1 column 1 in <html>");
    insta::assert_snapshot!(told("200 OK", "{}"), @"missing field `SamplingRuleRecords` at line 1 column 2 in {}");
    // Somebody else's answer does not settle statistics.
    let (mut source, _serving) = daemon(text("200 OK", r#"{"message":"hello"}"#));
    let error = source.report(&StatisticsReport::default()).unwrap_err().detail;
    insta::assert_snapshot!(error.split_once("/SamplingTargets: ").unwrap().1, @r#"missing field `SamplingTargetDocuments` at line 1 column 19 in {"message":"hello"}"#);
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let closed = listener.local_addr().unwrap();
    drop(listener);
    insta::assert_snapshot!(detail(&mut DaemonSource::new(&closed.to_string())), @"io: Connection refused (os error 111)");
}

#[test]
fn hanging_and_endless_answers_end() {
    let hang = |stream: &mut TcpStream| {
        // Until the other side gives up.
        let _closed = stream.read(&mut [0]);
    };
    insta::assert_snapshot!(detail(&mut daemon(hang).0), @"timeout: global");
    // A byte now and then keeps no call alive: its time is one for all.
    let slow = |stream: &mut TcpStream| {
        let mut sent = stream.write_all(b"HTTP/1.1 200 OK\r\ncontent-length: 1000\r\n\r\n");
        while sent.is_ok() {
            thread::sleep(std::time::Duration::from_millis(50));
            sent = stream.write_all(b" ");
        }
    };
    insta::assert_snapshot!(detail(&mut daemon(slow).0), @"timeout: global");
    let endless = |stream: &mut TcpStream| {
        let mut sent = stream.write_all(b"HTTP/1.1 200 OK\r\n\r\n");
        while sent.is_ok() {
            sent = stream.write_all(&[b' '; 8 * 1024]);
        }
    };
    insta::assert_snapshot!(detail(&mut daemon(endless).0), @"the response body is larger than request limit: 1048576");
}
