//! The queue and its thread, with a sink that does as it is told.

use std::collections::VecDeque;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use super::*;

const LONG: Duration = Duration::from_secs(30);
const SOON: Duration = Duration::from_millis(5);

struct Parcel(usize);

impl Item for Parcel {
    fn bytes(&self) -> usize {
        self.0
    }
}

/// Answers in turn; with nothing left to say, it accepts.
#[derive(Clone, Default)]
struct ScriptedSink {
    answers: Arc<Mutex<VecDeque<Result<Delivered, SendError>>>>,
    batches: Arc<Mutex<Vec<usize>>>,
}

impl ScriptedSink {
    fn new(answers: impl IntoIterator<Item = Result<Delivered, SendError>>) -> Self {
        Self { answers: Arc::new(Mutex::new(answers.into_iter().collect())), batches: Arc::default() }
    }
}

impl Sink<Parcel> for ScriptedSink {
    fn batch_len(&self, _items: &[Parcel]) -> usize {
        3
    }

    fn send(&mut self, batch: &[Parcel]) -> Result<Delivered, SendError> {
        self.batches.lock().unwrap().push(batch.len());
        self.answers.lock().unwrap().pop_front().unwrap_or(Ok(Delivered::all(batch.len())))
    }
}

fn queue(items_max: usize, bytes_max: usize) -> Arc<Queue<Parcel>> {
    Arc::new(Queue::new(QueueLimits { items_max, bytes_max }))
}

/// Flushes again and again, which cuts each pause between attempts short.
fn drive(guard: &ShippingGuard) -> DeliveryReport {
    loop {
        let report = guard.flush(SOON);
        if report.pending == 0 {
            return report;
        }
    }
}

#[test]
fn items_are_sent_in_batches() {
    let (queue, sink) = (queue(100, 100), ScriptedSink::default());
    for _ in 0..8 {
        queue.push(Parcel(1));
    }
    let guard = start("test", &queue, sink.clone(), LONG).unwrap();
    let report = guard.flush(LONG);
    assert_eq!((report.sent, report.pending, report.lost.total()), (8, 0, 0));
    assert_eq!(*sink.batches.lock().unwrap(), [3, 3, 2]);
}

#[test]
fn what_waits_is_bounded_by_count_and_bytes() {
    for (limits, bytes, fit) in [((5, 1_000), 1, 5), ((100, 50), 10, 5)] {
        let queue = queue(limits.0, limits.1);
        for _ in 0..9 {
            queue.push(Parcel(bytes));
        }
        let guard = start("test", &queue, ScriptedSink::default(), LONG).unwrap();
        let report = guard.flush(LONG);
        assert_eq!((report.sent, report.lost.count(LossReason::QueueFull)), (fit, 9 - fit));
        // And there is room again.
        for _ in 0..fit {
            queue.push(Parcel(bytes));
        }
        assert_eq!(guard.flush(LONG).sent, 2 * fit);
    }
}

#[test]
fn a_batch_is_tried_again_until_it_is_taken() {
    let (queue, sink) = (queue(100, 100), ScriptedSink::new(vec![Err(SendError::again("away")); 3]));
    let guard = start("test", &queue, sink.clone(), SOON).unwrap();
    queue.push(Parcel(1));
    let report = drive(&guard);
    assert_eq!((report.sent, report.retries, report.lost.total()), (1, 3, 0));
    assert_eq!(*sink.batches.lock().unwrap(), [1; 4]);
}

#[test]
fn a_batch_nobody_takes_is_given_up_and_counted() {
    let answers = vec![Err(SendError::again("away")); worker::ATTEMPTS_MAX as usize];
    let (queue, sink) = (queue(100, 100), ScriptedSink::new(answers));
    let guard = start("test", &queue, sink, LONG).unwrap();
    queue.push(Parcel(1));
    queue.push(Parcel(1));
    let report = drive(&guard);
    assert_eq!((report.sent, report.lost.count(LossReason::SendFailed)), (0, 2));
    queue.push(Parcel(1));
    assert_eq!(drive(&guard).sent, 1);
}

#[test]
fn refusals_are_not_tried_again() {
    let partly = Delivered::except(3, [(LossReason::TooOld, 2), (LossReason::TooNew, 0)]);
    let (queue, sink) = (queue(100, 100), ScriptedSink::new([Err(SendError::refused("bad")), Ok(partly)]));
    for _ in 0..6 {
        queue.push(Parcel(1));
    }
    let guard = start("test", &queue, sink.clone(), LONG).unwrap();
    let report = guard.flush(LONG);
    let lost = |reason| report.lost.count(reason);
    assert_eq!((report.sent, lost(LossReason::Refused), lost(LossReason::TooOld)), (1, 3, 2));
    assert_eq!(sink.batches.lock().unwrap().len(), 2);
    assert_eq!(format!("{:?}", report.lost), r#"{"too_old": 2, "refused": 3}"#);
}

#[test]
fn a_dropped_guard_sends_the_rest_and_closes() {
    let (queue, sink) = (queue(100, 100), ScriptedSink::default());
    let guard = start("test", &queue, sink.clone(), LONG).unwrap();
    queue.push(Parcel(1));
    drop(guard);
    assert_eq!(*sink.batches.lock().unwrap(), [1]);
    queue.push(Parcel(1));
    assert_eq!(queue.counts.lost().count(LossReason::Closed), 1);
}

#[test]
fn a_receiver_that_lies_about_losses_is_not_believed() {
    let delivered = Delivered::except(3, [(LossReason::TooOld, 2), (LossReason::Refused, u64::MAX)]);
    assert_eq!(delivered, Delivered { accepted: 0, lost: vec![(LossReason::TooOld, 2), (LossReason::Refused, 1)] });
}
