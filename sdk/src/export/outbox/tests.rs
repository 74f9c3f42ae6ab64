//! An outbox in front of receivers that answer as a script says.

use std::path::Path;
use std::sync::mpsc::{Receiver, Sender, channel};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};

use proptest::prelude::*;

use super::super::{Batch, BatchMax, Delivery, ExportError, Exporter, Rest, Settled, SpoolSettings, Transport};
use super::state::{ATTEMPTS_MAX, Next, State};
use super::{Outbox, OutboxSettings};
use crate::DropReason;

const PATIENCE: Duration = Duration::from_secs(30);
const MAX: BatchMax = BatchMax { documents: 3, bytes: 1_000, linger: Duration::from_secs(1) };

fn texts(batch: &Batch) -> Vec<String> {
    batch.documents().map(|document| String::from_utf8(document.to_vec()).unwrap()).collect()
}

fn away() -> Rest {
    Rest::Away { after: None, error: "nobody there".to_owned() }
}

/// What the state wants delivered now.
fn batch(state: &mut State, now: Instant) -> Vec<String> {
    match state.next(now) {
        Next::Deliver(batch) => texts(&batch),
        other => panic!("{other:?}"),
    }
}

fn push(state: &mut State, documents: &[&str], now: Instant) {
    for document in documents {
        state.push(document.as_bytes(), now).unwrap();
    }
}

#[test]
fn documents_leave_when_enough_are_together_or_have_waited() {
    let start = Instant::now();
    let mut state = State::new(MAX, 10_000);
    push(&mut state, &["a", "b"], start);
    assert!(matches!(state.next(start), Next::Wait(Some(until)) if until == start + MAX.linger));
    push(&mut state, &["c", "d"], start);
    assert_eq!(batch(&mut state, start), ["a", "b", "c"]);
    state.settle(Delivery::sent(3), start);
    assert_eq!(batch(&mut state, start + MAX.linger), ["d"]);
    state.settle(Delivery::sent(1), start);
    assert_eq!(state.take_settled(), Settled { sent: 4, ..Settled::default() });
    push(&mut state, &[&"x".repeat(600), &"y".repeat(600)], start);
    assert_eq!(batch(&mut state, start).len(), 1, "together they are too large");
}

#[test]
fn what_is_not_settled_is_tried_again_after_a_while() {
    let start = Instant::now();
    let mut state = State::new(MAX, 10_000);
    push(&mut state, &["a", "b", "c"], start);
    batch(&mut state, start);
    state.settle(Delivery { done: 1, ..Delivery::unsettled(away()) }, start);
    assert_eq!((state.take_settled().sent, state.take_settled().kept), (1, 2));
    assert!(matches!(state.next(start), Next::Wait(Some(until)) if until > start));
    assert_eq!(batch(&mut state, start + Duration::from_secs(1)), ["b", "c"]);
}

#[test]
fn a_wish_of_the_receiver_is_honoured_whoever_is_in_a_hurry() {
    let start = Instant::now();
    let mut state = State::new(MAX, 10_000);
    push(&mut state, &["a", "b", "c"], start);
    batch(&mut state, start);
    let after = Some(Duration::from_secs(100));
    state.settle(Delivery::unsettled(Rest::Away { after, error: String::new() }), start);
    state.hurry = true;
    let until = start + Duration::from_secs(100);
    assert!(matches!(state.next(start + Duration::from_secs(50)), Next::Wait(Some(at)) if at == until));
    assert_eq!(batch(&mut state, until).len(), 3);
}

#[test]
fn a_batch_too_large_goes_in_halves_and_a_document_too_large_is_dropped() {
    let start = Instant::now();
    let mut state = State::new(MAX, 10_000);
    push(&mut state, &["a", "b", "c"], start);
    batch(&mut state, start);
    state.settle(Delivery::unsettled(Rest::TooLarge), start);
    assert_eq!(batch(&mut state, start), ["a"]);
    state.settle(Delivery::unsettled(Rest::TooLarge), start);
    assert_eq!(batch(&mut state, start), ["b", "c"]);
    state.settle(Delivery::sent(2), start);
    let settled = state.take_settled();
    assert_eq!((settled.sent, settled.dropped.count(DropReason::TooLarge), settled.kept), (2, 1, 0));
}

#[test]
fn documents_their_receiver_fails_over_are_given_up() {
    let mut now = Instant::now();
    let mut state = State::new(MAX, 10_000);
    push(&mut state, &["a", "b", "c", "d"], now);
    for _ in 0..ATTEMPTS_MAX {
        assert_eq!(batch(&mut state, now).len(), 3);
        state.settle(Delivery::unsettled(Rest::Failed { error: "500".to_owned() }), now);
        now += Duration::from_mins(2);
    }
    assert_eq!(state.take_settled().dropped.count(DropReason::Rejected), 3);
    assert_eq!(batch(&mut state, now), ["d"]);
}

/// Answers each batch as the next line of a script says, and tells of it.
struct Script {
    answers: Arc<Mutex<Receiver<Rest>>>,
    batches: Sender<Vec<String>>,
}

fn script() -> (Script, Sender<Rest>, Receiver<Vec<String>>) {
    let (answer, answers) = channel();
    let (batches, seen) = channel();
    (Script { answers: Arc::new(Mutex::new(answers)), batches }, answer, seen)
}

impl Transport for Script {
    fn batch_max(&self) -> BatchMax {
        MAX
    }

    fn deliver(&mut self, batch: &Batch) -> Delivery {
        // Who does not look has seen enough.
        let _unseen = self.batches.send(texts(batch));
        match self.answers.lock().unwrap_or_else(PoisonError::into_inner).recv() {
            Ok(Rest::None) => Delivery::sent(batch.len()),
            Ok(Rest::TooLarge) => panic!("as the script says"),
            Ok(rest) => Delivery::unsettled(rest),
            Err(_) => Delivery::unsettled(away()),
        }
    }

    fn successor(&self) -> Option<Box<dyn Transport>> {
        None
    }
}

fn export(outbox: &Outbox, documents: &[&str]) {
    documents.iter().try_for_each(|document| outbox.export(document.as_bytes())).unwrap();
}

fn outbox(script: Script, spool: Option<&Path>) -> Outbox {
    let settings = OutboxSettings::default();
    let settings = spool.into_iter().fold(settings, |settings, dir| settings.spool(SpoolSettings::new(dir)));
    Outbox::new(script, settings).unwrap()
}

#[test]
fn a_flush_does_not_wait_for_company() {
    let (script, answer, _seen) = script();
    let outbox = outbox(script, None);
    export(&outbox, &["a"]);
    answer.send(Rest::None).unwrap();
    outbox.flush(Instant::now() + PATIENCE);
    assert_eq!(outbox.settle(1), Settled { sent: 1, ..Settled::default() });
}

#[test]
fn a_transport_that_panics_is_a_receiver_that_fails() {
    let (script, answer, seen) = script();
    let outbox = outbox(script, None);
    export(&outbox, &["a"]);
    answer.send(Rest::TooLarge).unwrap();
    answer.send(Rest::None).unwrap();
    outbox.flush(Instant::now() + PATIENCE);
    assert_eq!(outbox.settle(1).sent, 1);
    assert_eq!(seen.try_iter().count(), 2);
}

#[test]
fn memory_is_bounded_and_what_is_beyond_is_refused() {
    let (script, _answer, seen) = script();
    let outbox = Outbox::new(script, OutboxSettings::default().memory_bytes_max(10_000)).unwrap();
    let document = [b'x'; 100];
    let taken = (0..1_000).take_while(|_| outbox.export(&document).is_ok()).count();
    assert_eq!(taken, 100);
    seen.recv_timeout(PATIENCE).unwrap();
    // Those with the receiver count, too.
    assert!(matches!(outbox.export(&document), Err(ExportError::Full)));
    assert_eq!(outbox.settle(100).kept, 100);
}

#[test]
fn an_outbox_that_is_closed_leaves_everything_on_disk_even_what_is_unanswered() {
    let dir = tempfile::tempdir().unwrap();
    let (hanging, answer, seen) = script();
    let first = outbox(hanging, Some(dir.path()));
    export(&first, &["a", "b", "c", "d"]);
    seen.recv_timeout(PATIENCE).unwrap();
    first.close(Instant::now());
    assert_eq!(first.settle(4), Settled { spooled: 4, ..Settled::default() });
    // The process would end here; the thread lets go of the folder.
    drop((first, answer));
    assert!(seen.recv_timeout(PATIENCE).is_err(), "no attempt after that");
    let (script, answer, seen) = script();
    let second = outbox(script, Some(dir.path()));
    second.settle(0);
    assert_eq!(seen.recv_timeout(PATIENCE).unwrap(), ["d", "a", "b"]);
    (0..2).for_each(|_| answer.send(Rest::None).unwrap());
    assert_eq!(seen.recv_timeout(PATIENCE).unwrap(), ["c"]);
    second.flush(Instant::now() + PATIENCE);
    assert_eq!(second.settle(0), Settled { sent: 4, ..Settled::default() });
}

#[test]
fn while_the_receiver_is_away_documents_go_to_disk_and_back() {
    let dir = tempfile::tempdir().unwrap();
    let (script, answer, seen) = script();
    let settings = OutboxSettings::default().memory_bytes_max(500).spool(SpoolSettings::new(dir.path()));
    let outbox = Outbox::new(script, settings).unwrap();
    answer.send(away()).unwrap();
    let documents: Vec<String> = (0..100).map(|number| format!("{number:0100}")).collect();
    for document in &documents {
        outbox.export(document.as_bytes()).unwrap();
    }
    let settled = outbox.settle(100);
    assert_eq!(settled.kept + settled.spooled, 100);
    assert!(settled.spooled >= 95);
    // It is back.
    (0..100).for_each(|_| answer.send(Rest::None).unwrap());
    outbox.flush(Instant::now() + PATIENCE);
    assert_eq!(outbox.settle(0), Settled { sent: 100, ..Settled::default() });
    let mut arrived: Vec<String> = seen.try_iter().skip(1).flatten().collect();
    arrived.sort();
    assert_eq!(arrived, documents);
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]
    #[test]
    fn every_document_is_settled_once_or_still_there(
        pushes in prop::collection::vec((1..5_usize, 0..6_u8, 0..4_usize), 1..40),
        spooled: bool,
    ) {
        let dir = tempfile::tempdir().unwrap();
        let mut state = State::new(MAX, 2_000);
        if spooled {
            let settings = SpoolSettings::new(dir.path());
            state.spool = Some(super::super::spool::Spool::open(settings, super::super::Format::XRay).unwrap());
        }
        let mut now = Instant::now();
        let (mut taken, mut total) = (0, Settled::default());
        for (documents, answer, done) in pushes {
            taken += (0..documents).filter(|_| state.push(&[b'x'; 150], now).is_ok()).count() as u64;
            now += Duration::from_secs(20);
            if let Next::Deliver(batch) = state.next(now) {
                let rest = match answer {
                    0 | 1 => Rest::None,
                    2 => away(),
                    3 => Rest::Failed { error: String::new() },
                    4 => Rest::Refused { reason: DropReason::Rejected, error: String::new() },
                    _ => Rest::TooLarge,
                };
                let all = rest == Rest::None;
                let done = if all { batch.len() } else { done.min(batch.len() - 1) };
                state.settle(Delivery { done, ..Delivery::unsettled(rest) }, now);
            }
            let settled = state.take_settled();
            total.sent += settled.sent;
            total.dropped.add_all(&settled.dropped);
            prop_assert_eq!(total.sent + total.dropped.total() + settled.kept + settled.spooled, taken);
        }
    }
}
