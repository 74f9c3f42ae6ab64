//! From finished segments to an exporter that behaves badly, or well.

use std::net::UdpSocket;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::mpsc::{Receiver, SyncSender, sync_channel};
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};

use tracing::info_span;
use tracing_core::Dispatch;
use tracing_core::dispatcher::with_default;
use tracing_subscriber::layer::SubscriberExt;

use crate::export::{ExportError, Exporter, MemoryExporter, Settled};
use crate::sampling::Sampler;
use crate::segment::{Segment, limits};
use crate::testing::tree;
use crate::{Config, DropReason, Guard, layer};

const FLUSH: Duration = Duration::from_secs(30);

fn start(config: Config) -> (Dispatch, Guard) {
    let (layer, guard) = layer(config.sampler(Sampler::always())).unwrap();
    (Dispatch::new(tracing_subscriber::registry().with(layer)), guard)
}

/// Lets each document wait until it is told to go on.
struct Gate(Mutex<Receiver<()>>);

impl Gate {
    fn new() -> (SyncSender<()>, Self) {
        let (open, gate) = sync_channel(100);
        (open, Self(Mutex::new(gate)))
    }
}

impl Exporter for Gate {
    fn export(&self, _document: &[u8]) -> Result<(), ExportError> {
        // The test is over when the other end is gone.
        let _over = self.0.lock().unwrap().recv();
        Ok(())
    }
}

#[test]
fn a_full_queue_drops_and_counts_and_never_waits() {
    let (open, gate) = Gate::new();
    let (dispatch, guard) = start(Config::new("shop").exporter(gate).queue_max(3));
    with_default(&dispatch, || {
        info_span!("first").in_scope(|| {});
        // The thread takes the first segment and hangs at the gate; what follows has to queue.
        while guard.flush(Duration::from_millis(1)).pending > 0 && guard.report().dropped.total() == 0 {
            (0..10).for_each(|_| info_span!("more").in_scope(|| {}));
        }
    });
    let dropped = guard.report().dropped;
    assert!(dropped.count(DropReason::QueueFull) > 0);
    assert_eq!(dropped.total(), dropped.count(DropReason::QueueFull));
    drop(open);
    let report = guard.flush(FLUSH);
    assert_eq!(report.pending, 0);
    assert!((1..=7).contains(&report.sent), "{}", report.sent);
}

#[test]
fn a_flush_ends_at_its_deadline() {
    let (open, gate) = Gate::new();
    let (dispatch, guard) = start(Config::new("shop").exporter(gate));
    with_default(&dispatch, || (0..3).for_each(|_| info_span!("request").in_scope(|| {})));
    let report = guard.flush(Duration::from_millis(20));
    assert_eq!((report.sent, report.pending), (0, 3));
    for _ in 0..3 {
        open.send(()).unwrap();
    }
    assert_eq!((guard.flush(FLUSH).sent, guard.flush(FLUSH).pending), (3, 0));
}

#[test]
fn a_dropped_guard_exports_what_waits_and_refuses_what_comes_later() {
    let exporter = MemoryExporter::default();
    let (dispatch, guard) = start(Config::new("shop").exporter(exporter.clone()));
    with_default(&dispatch, || {
        info_span!("request").in_scope(|| {});
        drop(guard);
        assert_eq!(exporter.take().len(), 1);
        info_span!("late").in_scope(|| {});
    });
    assert_eq!(exporter.take().len(), 0);
}

#[test]
fn a_hanging_exporter_does_not_keep_the_process() {
    let (_open, gate) = Gate::new();
    let (dispatch, guard) = start(Config::new("shop").exporter(gate));
    with_default(&dispatch, || info_span!("request").in_scope(|| {}));
    let before = Instant::now();
    drop(guard);
    assert!(before.elapsed() < FLUSH);
}

/// Takes only small documents, and says so only after the first large one.
#[derive(Default)]
struct Narrow {
    bytes_max: Arc<AtomicUsize>,
    documents: MemoryExporter,
}

const NARROW_BYTES: usize = 2_000;

impl Exporter for Narrow {
    fn document_bytes_max(&self) -> usize {
        self.bytes_max.load(Ordering::Relaxed)
    }

    fn export(&self, document: &[u8]) -> Result<(), ExportError> {
        if document.len() > NARROW_BYTES {
            self.bytes_max.store(NARROW_BYTES, Ordering::Relaxed);
            return Err(ExportError::TooLarge);
        }
        self.documents.export(document)
    }
}

#[test]
fn a_way_out_narrower_than_thought_loses_nothing() {
    let documents = MemoryExporter::default();
    let narrow = Narrow { bytes_max: Arc::new(65_000.into()), documents: documents.clone() };
    let (dispatch, guard) = start(Config::new("shop").exporter(narrow));
    with_default(&dispatch, || {
        let _request = info_span!("request").entered();
        for number in 0..50 {
            info_span!("work", number, text = "x".repeat(300)).in_scope(|| {});
        }
    });
    let report = guard.flush(FLUSH);
    assert_eq!((report.pending, report.dropped.total()), (0, 0));
    let documents: Vec<_> = documents.take().iter().map(|text| Segment::parse(text).unwrap()).collect();
    assert_eq!(tree(&documents).lines().count(), 51);
}

#[test]
fn segments_reach_the_daemons_port() {
    let daemon = UdpSocket::bind("127.0.0.1:0").unwrap();
    daemon.set_read_timeout(Some(FLUSH)).unwrap();
    let address = daemon.local_addr().unwrap().to_string();
    let (dispatch, guard) = start(Config::new("shop").daemon_address(address));
    with_default(&dispatch, || {
        let _request = info_span!("request").entered();
        for _ in 0..600 {
            info_span!("work", text = "x".repeat(100)).in_scope(|| {});
        }
    });
    let report = guard.flush(FLUSH);
    assert_eq!(report.pending, 0);
    let mut buffer = vec![0; 70_000];
    // The first is the segment; how many of the rest the socket's buffer holds is the system's choice.
    let bytes = daemon.recv(&mut buffer).unwrap();
    let datagram = std::str::from_utf8(buffer.get(..bytes).unwrap()).unwrap();
    let (header, document) = datagram.split_once('\n').unwrap();
    assert_eq!(header, r#"{"format":"json","version":1}"#);
    assert!(Segment::parse(document).unwrap().subsegments.len() > 100);
    assert_eq!(report.dropped.total(), 0);
}

#[test]
fn a_daemon_that_is_not_there_is_noticed() {
    let closed = UdpSocket::bind("127.0.0.1:0").unwrap().local_addr().unwrap().to_string();
    let (dispatch, guard) = start(Config::new("shop").daemon_address(closed));
    let refused = |guard: &Guard| guard.flush(FLUSH).dropped.count(DropReason::Refused);
    let mut segments = 0;
    while refused(&guard) == 0 {
        with_default(&dispatch, || info_span!("request").in_scope(|| {}));
        segments += 1;
    }
    let report = guard.flush(FLUSH);
    assert_eq!(report.sent + report.dropped.total(), segments);
}

/// Panics over every second document.
#[derive(Default)]
struct Clumsy(AtomicUsize);

impl Exporter for Clumsy {
    fn export(&self, _document: &[u8]) -> Result<(), ExportError> {
        assert!(self.0.fetch_add(1, Ordering::Relaxed).is_multiple_of(2), "clumsy");
        Ok(())
    }
}

#[test]
fn an_exporter_that_panics_costs_the_segments_it_panics_over() {
    let (dispatch, guard) = start(Config::new("shop").exporter(Clumsy::default()));
    with_default(&dispatch, || (0..10).for_each(|_| info_span!("request").in_scope(|| {})));
    let report = guard.close(FLUSH);
    assert_eq!((report.sent, report.pending, report.dropped.count(DropReason::Panicked)), (5, 0, 5));
}

/// Panics when asked what became of documents.
struct Secretive;

impl Exporter for Secretive {
    fn export(&self, _document: &[u8]) -> Result<(), ExportError> {
        Ok(())
    }

    fn settle(&self, _taken: u64) -> Settled {
        panic!("secret")
    }
}

#[test]
fn a_flush_ends_though_the_exporter_panics() {
    let (dispatch, guard) = start(Config::new("shop").exporter(Secretive));
    with_default(&dispatch, || info_span!("request").in_scope(|| {}));
    assert_eq!(guard.flush(FLUSH).pending, 0);
}

#[test]
fn plain_texts_are_as_short_as_x_ray_wants_them_and_a_long_url_is_whole_in_the_metadata() {
    let memory = MemoryExporter::default();
    let long = |text: &str| format!("{text}{}", "\u{e9}".repeat(limits::TEXT_CHARS_MAX));
    let (dispatch, guard) = start(Config::new("shop").service_version(long("1.")).exporter(memory.clone()));
    with_default(&dispatch, || {
        let request = info_span!(
            "request",
            otel.kind = "server",
            url.full = long("http://me:secret@shop.example/?q="),
            user_agent.original = long("curl/"),
            enduser.id = long("ada"),
        );
        request.in_scope(|| info_span!("query", db.user = long("bob")).in_scope(|| {}));
    });
    guard.flush(FLUSH);
    let segment = Segment::parse(&memory.take()[0]).unwrap();
    let request = segment.http.unwrap().request.unwrap();
    let cut = |text: &str| Some(long(text).chars().take(limits::TEXT_CHARS_MAX).collect::<String>());
    assert_eq!((request.url, request.user_agent), (cut("http://shop.example/?q="), cut("curl/")));
    assert_eq!((segment.user, segment.service.unwrap().version), (cut("ada"), cut("1.")));
    assert_eq!(segment.subsegments[0].sql.as_ref().unwrap().user, cut("bob"));
    assert_eq!(segment.metadata["default"]["url.full"], long("http://shop.example/?q="));
}
