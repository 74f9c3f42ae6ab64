//! Segments that stay open: announced, streamed, closed.

use std::collections::HashMap;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Barrier};
use std::thread;
use std::time::Duration;

use tracing::{error, field, info_span};
use tracing_core::Dispatch;
use tracing_core::dispatcher::with_default;
use tracing_subscriber::layer::SubscriberExt;

use crate::export::{ExportError, Exporter, MemoryExporter};
use crate::id::SpanId;
use crate::propagation::xray;
use crate::sampling::{AnomalyConditions, Sampler};
use crate::segment::{EpochTime, Segment};
use crate::testing::{Expect, Find, Receiver, tree};
use crate::{Clock, Config, DropReason, Guard, ManualClock, SpanExt, with_remote_parent};

const CALLER: &str = "Root=1-64f0c1aa-0123456789abcdef01234567;Parent=00f067aa0ba902b7;Sampled=1";
pub(super) const FLUSH: Duration = Duration::from_secs(30);
pub(super) const MINUTE: Duration = Duration::from_mins(1);
pub(super) const HOUR: Duration = Duration::from_hours(1);

pub(super) fn config() -> (Config, ManualClock) {
    let (clock, hands) = Clock::manual(Duration::from_secs(1_793_000_000));
    (Config::new("shop").sampler(Sampler::always()).clock(clock), hands)
}

fn start() -> (Receiver, ManualClock) {
    let (config, hands) = config();
    (Receiver::with_config(config), hands)
}

pub(super) fn with_exporter(config: Config) -> (Dispatch, Guard) {
    let (layer, guard) = crate::layer(config).unwrap();
    (Dispatch::new(tracing_subscriber::registry().with(layer)), guard)
}

fn seconds(seconds: u64) -> EpochTime {
    EpochTime::from_nanos(seconds * 1_000_000_000)
}

/// Each span with its parent, from documents and inside of them.
fn spans(documents: &[Segment]) -> Vec<(Option<SpanId>, &Segment)> {
    let mut stack: Vec<_> = documents.iter().map(|document| (document.parent_id, document)).collect();
    let mut spans = Vec::new();
    while let Some((parent, span)) = stack.pop() {
        stack.extend(span.subsegments.iter().map(|child| (Some(span.id), child)));
        spans.push((parent, span));
    }
    spans
}

#[test]
fn a_segment_that_stays_open_is_announced_once_and_sent_once() {
    let (receiver, hands) = start();
    receiver.trace(|| {
        let caller = xray::parse(CALLER);
        let request = with_remote_parent(caller, || info_span!("request", annotation.tenant = "blue"));
        let ended = info_span!(parent: &request, "ended", annotation.of = "the past");
        let pending = info_span!(parent: &request, "pending", items = 3);
        hands.advance(Duration::from_secs(9));
        drop(ended);
        assert_eq!(receiver.tree(), "", "it is young");
        hands.advance(Duration::from_secs(1));

        let announced = receiver.documents();
        insta::assert_snapshot!(tree(&announced), @"
        shop [segment] IN PROGRESS tenant=blue {span.name=request}
          ended [independent] of=the past
          pending IN PROGRESS {items=3}
        ");
        let segment = &announced[0];
        assert_eq!(segment.end_time, None);
        assert_eq!(segment.parent_id, caller_id());
        assert_eq!(segment.start_time, seconds(1_793_000_000));

        request.record("annotation.tenant", "red");
        hands.advance(MINUTE);
        assert_eq!(receiver.tree(), "", "once is enough");
        drop(pending);
        drop(info_span!(parent: &request, "late"));
        insta::assert_snapshot!(receiver.tree(), @"
        pending [independent] {items=3}
        late [independent]
        ");
        drop(info_span!(parent: &request, "last"));
        drop(request);
        let rest = receiver.documents();
        insta::assert_snapshot!(tree(&rest), @"
        shop [segment] tenant=red {span.name=request}
          last
        ");
        assert_eq!(
            (rest[0].id, rest[0].parent_id, rest[0].start_time),
            (segment.id, segment.parent_id, segment.start_time)
        );
        assert_eq!(rest[0].end_time, Some(seconds(1_793_000_070)));
    });
    assert_eq!(receiver.flush().dropped.total(), 0);
}

fn caller_id() -> Option<SpanId> {
    xray::parse(CALLER).unwrap().parent
}

#[test]
fn a_segment_is_announced_though_a_thread_holds_what_is_said_of_it() {
    let (receiver, hands) = start();
    let (inside, seen) = (Barrier::new(2), Barrier::new(2));
    let announced = thread::scope(|scope| {
        let working = scope.spawn(|| {
            receiver.trace(|| {
                let _request = info_span!("request", annotation.tenant = "blue").entered();
                drop(info_span!("work"));
                inside.wait();
                seen.wait();
            });
        });
        inside.wait();
        hands.advance(MINUTE);
        let announced = receiver.tree();
        seen.wait();
        working.join().unwrap();
        announced
    });
    insta::assert_snapshot!(announced, @"shop [segment] IN PROGRESS {span.name=request}");
    insta::assert_snapshot!(receiver.tree(), @"
    shop [segment] tenant=blue {span.name=request}
      work
    ");
}

#[test]
fn what_is_watched_but_not_sampled_is_not_announced() {
    let (config, hands) = config();
    let sampler = Sampler::never().capture_anomalies(AnomalyConditions::default());
    let receiver = Receiver::with_config(config.sampler(sampler));
    receiver.trace(|| {
        let request = info_span!("request", http.response.status_code = 500);
        info_span!(parent: &request, "work").in_scope(|| {});
        hands.advance(2 * HOUR);
        assert_eq!(receiver.tree(), "");
        drop(request);
    });
    insta::assert_snapshot!(receiver.tree(), @"
    shop [segment] FAULT {span.name=request} http:{response:{status:500}}
      work
    ");
}

#[test]
fn a_segment_need_not_be_announced() {
    let (config, hands) = config();
    let receiver = Receiver::with_config(config.in_progress_after(None).close_open_after(None));
    receiver.trace(|| {
        let request = info_span!("request");
        info_span!(parent: &request, "work").in_scope(|| {});
        hands.advance(100 * HOUR);
        assert_eq!(receiver.tree(), "");
    });
    insta::assert_snapshot!(receiver.tree(), @"
    shop [segment] {span.name=request}
      work
    ");
}

#[test]
fn a_span_that_never_ends_is_closed_and_its_trace_goes_on() {
    let (receiver, hands) = start();
    receiver.trace(|| {
        let leaked = info_span!("request", attempt = field::Empty);
        let stuck = info_span!(parent: &leaked, "stuck");
        hands.advance(HOUR / 2);
        let young = info_span!(parent: &leaked, "young");
        receiver.documents();
        hands.advance(HOUR / 2);
        let closed = receiver.documents();
        insta::assert_snapshot!(tree(&closed), @"
        shop [segment] {span.name=request} {siskin: still_open=true}
          stuck {siskin: still_open=true}
        ");
        assert_eq!(closed[0].end_time, Some(seconds(1_793_003_600)));

        // Its trace is still known, and what ends in it is sent.
        let context = leaked.trace_context().unwrap();
        assert_eq!((context.root, context.parent), (closed[0].trace_id, Some(closed[0].id)));
        leaked.record("attempt", 2);
        drop(stuck);
        drop(young);
        info_span!(parent: &leaked, "new").in_scope(|| error!("out of stock"));
        let later = receiver.documents();
        insta::assert_snapshot!(tree(&later), @"
        young [independent]
        new [independent] FAULT cause: out of stock
        ");
        assert!(later.iter().all(|it| it.parent_id == Some(closed[0].id) && it.trace_id == closed[0].trace_id));

        // A second one is not sent.
        drop(leaked);
        assert_eq!(receiver.tree(), "");
    });
    let dropped = receiver.flush().dropped;
    assert_eq!((dropped.count(DropReason::Late), dropped.total()), (1, 1), "the attempt came late");
}

#[test]
fn each_span_is_closed_in_its_turn() {
    let (receiver, hands) = start();
    receiver.trace(|| {
        let request = info_span!("request");
        hands.advance(HOUR / 2);
        let second = info_span!(parent: &request, "second");
        let mut trees = Vec::new();
        for _ in 0..3 {
            trees.push(receiver.tree());
            hands.advance(HOUR / 2);
        }
        insta::assert_snapshot!(trees.join("-\n"), @"
        shop [segment] IN PROGRESS {span.name=request}
          second IN PROGRESS
        -
        shop [segment] {span.name=request} {siskin: still_open=true}
        -
        second [independent] {siskin: still_open=true}
        ");
        assert!(request.trace_context().is_some(), "the segment is given time to show that it lives");
        drop((second, request));
    });
    assert_eq!((receiver.tree().as_str(), receiver.flush().dropped.total()), ("", 0));
}

#[test]
fn a_forgotten_segment_gives_its_slot_to_others() {
    let (config, hands) = config();
    let receiver = Receiver::with_config(config.open_segments_max(1));
    receiver.trace(|| {
        let forgotten = info_span!("forgotten");
        let child = info_span!(parent: &forgotten, "child");
        hands.advance(HOUR);
        receiver.documents();
        drop(info_span!(parent: None, "no room"));
        assert_eq!(receiver.flush().dropped.count(DropReason::SegmentsOpen), 1);
        drop(info_span!(parent: &forgotten, "a sign of life"));
        receiver.flush();
        hands.advance(59 * MINUTE);
        assert_eq!(receiver.tree(), "a sign of life [independent]\n");
        assert!(forgotten.trace_context().is_some());
        hands.advance(MINUTE);
        receiver.flush();
        assert!(forgotten.trace_context().is_none());
        drop(info_span!(parent: None, "next"));
        drop((child, forgotten));
    });
    insta::assert_snapshot!(receiver.tree(), @"shop [segment] {span.name=next}");
}

#[test]
fn what_is_open_when_the_guard_goes_is_sent() {
    let exporter = MemoryExporter::default();
    let (config, hands) = config();
    let (dispatch, guard) = with_exporter(config.exporter(exporter.clone()));
    with_default(&dispatch, || {
        let announced = info_span!("announced");
        hands.advance(MINUTE);
        guard.flush(FLUSH);
        let request = info_span!(parent: None, "request", annotation.tenant = "blue").entered();
        let work = info_span!("work").entered();
        info_span!("done").in_scope(|| {});
        let report = guard.close(FLUSH);
        assert_eq!((report.sent, report.pending, report.dropped.total()), (3, 0, 0));
        drop((work, request, announced));
    });
    let documents: Vec<_> = exporter.take().iter().map(|text| Segment::parse(text).unwrap()).collect();
    insta::assert_snapshot!(tree(documents.get(1..).unwrap()), @"
    shop [segment] {span.name=announced} {siskin: still_open=true}
    shop [segment] tenant=blue {span.name=request} {siskin: still_open=true}
      work {siskin: still_open=true}
        done
    ");
}

/// Counts spans without keeping them.
#[derive(Debug, Clone, Default)]
struct Counting(Arc<AtomicU64>);

impl Exporter for Counting {
    fn export(&self, document: &[u8]) -> Result<(), ExportError> {
        let spans = document.windows(13).filter(|bytes| bytes == b"\"start_time\":").count();
        self.0.fetch_add(spans as u64, Ordering::Relaxed);
        Ok(())
    }
}

#[test]
fn an_endless_segment_takes_bounded_memory_and_loses_nothing() {
    const CHILDREN: u64 = 200_000;
    const AT_ONCE: u64 = 2_000;
    let (config, hands) = config();
    let counted = Counting::default();
    // Less than a hundredth of what is written.
    let (dispatch, guard) = with_exporter(config.memory_bytes_max(1024 * 1024).exporter(counted.clone()));
    with_default(&dispatch, || {
        // The thread never leaves the segment.
        let _endless = info_span!("endless").entered();
        hands.advance(MINUTE);
        guard.flush(FLUSH);
        for _ in 0..CHILDREN / AT_ONCE {
            for number in 0..AT_ONCE {
                info_span!("child", number).in_scope(|| {});
            }
            guard.flush(FLUSH);
        }
    });
    let report = guard.close(FLUSH);
    assert_eq!((report.pending, report.dropped.total()), (0, 0));
    assert_eq!(counted.0.load(Ordering::Relaxed), CHILDREN + 2);
}

#[test]
fn a_segment_that_grows_fast_is_streamed_however_young() {
    let (receiver, _hands) = start();
    receiver.trace(|| {
        let _import = info_span!("import").entered();
        let mut documents = 0;
        // More than a segment's memory.
        for row in 0..60_000 {
            info_span!("row", row).in_scope(|| {});
            if row % 2_000 == 0 {
                documents += receiver.documents().len();
            }
        }
        assert!(documents > 0);
    });
    assert_eq!(receiver.flush().dropped.total(), 0);
}

#[test]
fn a_thread_that_stays_inside_does_not_hold_up_the_others_for_ever() {
    const SPANS: u32 = 20_000;
    let (receiver, hands) = start();
    let (inside, seen) = (Barrier::new(2), Barrier::new(2));
    let request = receiver.trace(|| info_span!("request"));
    let documents = thread::scope(|scope| {
        scope.spawn(|| {
            receiver.trace(|| {
                let _request = request.clone().entered();
                let _work = info_span!("work").entered();
                inside.wait();
                seen.wait();
            });
        });
        inside.wait();
        hands.advance(MINUTE);
        let mut documents = Vec::new();
        receiver.trace(|| {
            for number in 0..SPANS {
                info_span!(parent: &request, "item", number).in_scope(|| {});
                if number % 1_000 == 0 {
                    documents.extend(receiver.documents());
                }
            }
        });
        assert!(documents.spans("item").len() > 5_000, "{} have come", documents.spans("item").len());
        seen.wait();
        documents
    });
    receiver.trace(|| drop(request));
    let documents: Vec<_> = documents.into_iter().chain(receiver.documents()).collect();
    assert_eq!(documents.spans("item").len() as u32, SPANS);
    assert_eq!(documents.spans("work").len(), 1);
    assert_eq!(receiver.flush().dropped.total(), 0);
}

#[test]
fn threads_that_share_a_segment_lose_none_of_its_spans() {
    const THREADS: u64 = 4;
    const ROUNDS: u64 = 300;
    let (receiver, hands) = start();
    let documents = receiver.trace(|| {
        let shared = info_span!("shared");
        hands.advance(MINUTE);
        let mut documents = receiver.documents();
        thread::scope(|scope| {
            let (senders, receivers): (Vec<_>, Vec<_>) =
                (0..THREADS).map(|_| std::sync::mpsc::channel::<tracing::Span>()).unzip();
            for (number, inbox) in receivers.into_iter().enumerate() {
                let (shared, outbox) = (shared.clone(), senders[(number + 1) % senders.len()].clone());
                let receiver = &receiver;
                scope.spawn(move || {
                    receiver.trace(|| {
                        let _inside = (number % 2 == 0).then(|| shared.clone().entered());
                        for round in 0..ROUNDS {
                            let began = info_span!(parent: &shared, "moved", round, by = field::Empty);
                            began.in_scope(|| info_span!("inner", round).in_scope(|| {}));
                            // Ends at another thread, which says something of it before.
                            outbox.send(began).expect("the next thread waits for all there are");
                            while let Ok(other) = inbox.try_recv() {
                                other.record("by", number);
                            }
                        }
                        drop(outbox);
                    });
                    for other in inbox {
                        receiver.trace(|| other.record("by", number));
                        receiver.trace(|| drop(other));
                    }
                });
            }
            drop(senders);
            for _ in 0..20 {
                documents.extend(receiver.documents());
            }
        });
        drop(shared);
        documents.extend(receiver.documents());
        documents
    });
    let mut complete: HashMap<SpanId, u32> = HashMap::new();
    for (_, span) in spans(&documents).into_iter().filter(|(_, span)| !span.in_progress) {
        *complete.entry(span.id).or_default() += 1;
        if span.name == "moved" {
            assert!(span.metadata["default"].get("by").is_some(), "what another thread said is there");
        }
    }
    assert_eq!(complete.len() as u64, 1 + 2 * THREADS * ROUNDS);
    assert!(complete.values().all(|count| *count == 1));
    documents.span("shop").expect_ok();
    assert_eq!(receiver.flush().dropped.total(), 0);
}
