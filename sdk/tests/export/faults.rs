//! Receivers that are down, slow, gone mid-way, or talk nonsense: the service goes on.

use std::net::TcpListener;
use std::time::Duration;

use siskin_sdk::DropReason;
use siskin_sdk::export::XRayApi;

use crate::daemon::PATIENCE;
use crate::server::{Reply, Server, ok};
use crate::tracing_service::Service;

fn api(address: &str) -> XRayApi {
    let api = XRayApi::from_variables(|_| None).unwrap().unsigned().timeout(Duration::from_millis(300));
    api.endpoint(&format!("http://{address}")).unwrap()
}

/// Memory of the process that is its own, in bytes.
fn resident_bytes() -> usize {
    let status = std::fs::read_to_string("/proc/self/status").unwrap();
    let line = status.lines().find(|line| line.starts_with("RssAnon:")).unwrap();
    line.split_whitespace().nth(1).unwrap().parse::<usize>().unwrap() * 1_024
}

/// Traces far more than fits, and checks that the service was not held up and memory stays bounded.
fn overwhelm(address: &str) {
    const BATCH: usize = 2_000;
    let service = Service::start(api(address), None);
    service.trace(BATCH);
    let flush = Duration::from_millis(20);
    // Everything that is bounded fills up.
    let mut traced = BATCH;
    while service.guard.flush(flush).dropped.total() == 0 {
        service.trace(BATCH);
        traced += BATCH;
    }
    let before = resident_bytes();
    for _ in 0..100 {
        service.trace(BATCH);
        traced += BATCH;
    }
    let grown = resident_bytes().saturating_sub(before);
    assert!(grown < 40 * 1024 * 1024, "{grown} bytes");
    let report = service.guard.close(Duration::from_millis(500));
    let reasons = [DropReason::MemoryFull, DropReason::QueueFull, DropReason::ExporterFull];
    let full: u64 = reasons.into_iter().map(|reason| report.dropped.count(reason)).sum();
    assert_eq!(report.dropped.total(), full, "{report:?}");
    assert_eq!(report.sent + report.pending + full, traced as u64, "each document counts once");
    assert!(full > 50_000, "{full}");
}

#[test]
fn a_receiver_that_is_down_costs_no_time_and_no_memory() {
    let closed = TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap();
    overwhelm(&closed.to_string());
}

#[test]
fn a_receiver_that_never_answers_costs_no_time_and_no_memory() {
    let server = Server::start(|_, _| Reply::Hang);
    overwhelm(&server.address);
}

#[test]
fn a_receiver_that_never_accepts_costs_no_time_and_no_memory() {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    overwhelm(&listener.local_addr().unwrap().to_string());
}

#[test]
fn answers_that_break_off_or_make_no_sense_are_no_answers() {
    let nonsense: [&[u8]; 5] =
        [b"", b"HTTP/1.1 2", b"\x00\xff\x00 garbage \r\n\r\n", b"HTTP/1.1 999999 ?\r\n\r\n", b"SSH-2.0-OpenSSH\r\n"];
    for bytes in nonsense {
        let server = Server::start(move |number, _| if number == 0 { Reply::Raw(bytes) } else { ok("{}") });
        let service = Service::start(api(&server.address), None);
        service.trace(1);
        let report = service.guard.flush(PATIENCE);
        let told = String::from_utf8_lossy(bytes);
        assert_eq!((report.sent, report.pending, report.dropped.total()), (1, 0, 0), "{told}");
        assert_eq!(server.requests().len(), 2, "{told}");
    }
}

#[test]
fn an_acceptance_whose_body_breaks_off_is_an_acceptance() {
    let server = Server::start(|_, _| Reply::Raw(b"HTTP/1.1 200 OK\r\ncontent-length: 100\r\n\r\n{\"Unproc"));
    let service = Service::start(api(&server.address), None);
    service.trace(1);
    assert_eq!(service.guard.flush(PATIENCE).sent, 1);
    assert_eq!(server.requests().len(), 1);
}

#[test]
fn an_endless_answer_is_not_read_to_its_end() {
    let server = Server::start(|_, _| Reply::Answer(200, "", vec![b' '; 8 * 1024 * 1024]));
    let service = Service::start(api(&server.address), None);
    service.trace(1);
    assert_eq!(service.guard.flush(PATIENCE).sent, 1);
}

#[test]
fn a_service_ends_in_time_though_its_receiver_never_answers() {
    let dir = tempfile::tempdir().unwrap();
    let server = Server::start(|_, _| Reply::Hang);
    let slow = api(&server.address).timeout(PATIENCE);
    let service = Service::start(slow, Some(dir.path()));
    service.trace(10);
    server.request();
    let report = service.guard.close(Duration::from_millis(10));
    assert_eq!((report.sent, report.spooled, report.pending), (0, 10, 10));
}
