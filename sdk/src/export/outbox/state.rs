//! What is to be sent, and what to do next.

use std::collections::VecDeque;
use std::sync::Arc;
use std::time::{Duration, Instant};

use super::super::spool::{Spool, Ticket};
use super::super::{Batch, BatchMax, Delivery, Rest, Settled};
use super::backoff::Backoff;
use crate::DropReason;

/// Attempts at documents over which their receiver fails.
pub(super) const ATTEMPTS_MAX: u32 = 8;
/// Refusals are logged no more often than this.
const LOG_INTERVAL: Duration = Duration::from_mins(1);

/// The documents of an outbox.
#[derive(Debug)]
pub(super) struct State {
    max: BatchMax,
    memory_bytes_max: usize,
    /// The last may still grow.
    waiting: VecDeque<Waiting>,
    flight: Option<Flight>,
    /// The receiver has not answered yet; also after a close, which takes the flight away.
    delivering: bool,
    pub(super) spool: Option<Spool>,
    /// What earlier processes left is not counted yet.
    pub(super) adopting: bool,
    backoff: Backoff,
    /// Attempts at the oldest documents, over which the receiver failed.
    failures: u32,
    /// The receiver found a batch of the spool too large; the next is smaller.
    spool_documents_max: usize,
    /// Memory and spool take turns.
    spool_next: bool,
    /// Someone waits: send at once.
    pub(super) hurry: bool,
    /// Send nothing more.
    pub(super) closing: bool,
    settled: Settled,
    refusal_logged_at: Option<Instant>,
}

#[derive(Debug)]
struct Waiting {
    batch: Batch,
    since: Instant,
    /// It was sent before, or is full.
    due: bool,
}

/// Documents that are with the receiver.
#[derive(Debug)]
struct Flight {
    batch: Arc<Batch>,
    /// Where they are on disk, if they are.
    ticket: Option<Ticket>,
}

/// What to do next.
#[derive(Debug)]
pub(super) enum Next {
    /// Send this, and tell [`State::settle`] what became of it.
    Deliver(Arc<Batch>),
    /// Nothing until then, or until something comes.
    Wait(Option<Instant>),
    /// Nothing any more.
    End,
}

/// A document found no room.
#[derive(Debug)]
pub(super) struct NoRoom;

impl State {
    pub(super) fn new(max: BatchMax, memory_bytes_max: usize) -> Self {
        Self {
            max,
            memory_bytes_max,
            waiting: VecDeque::new(),
            flight: None,
            delivering: false,
            spool: None,
            adopting: false,
            backoff: Backoff::default(),
            failures: 0,
            spool_documents_max: max.documents,
            spool_next: false,
            hurry: false,
            closing: false,
            settled: Settled::default(),
            refusal_logged_at: None,
        }
    }

    /// Takes a document; says whether that changes what is to be done next.
    pub(super) fn push(&mut self, document: &[u8], now: Instant) -> Result<bool, NoRoom> {
        if self.memory_bytes() + document.len() > self.memory_bytes_max {
            let Some(spool) = &mut self.spool else { return Err(NoRoom) };
            spool.append(document);
            return Ok(false);
        }
        let max = self.max;
        let fits = |waiting: &&mut Waiting| !waiting.due && waiting.batch.bytes() + document.len() <= max.bytes;
        let Some(open) = self.waiting.back_mut().filter(fits) else {
            if let Some(full) = self.waiting.back_mut() {
                full.due = true;
            }
            let due = max.documents <= 1;
            self.waiting.push_back(Waiting { batch: Batch::from_iter([document]), since: now, due });
            return Ok(true);
        };
        open.batch.push(document);
        open.due = open.batch.len() >= max.documents;
        Ok(open.due)
    }

    /// Bytes of documents in memory, those with the receiver included.
    fn memory_bytes(&self) -> usize {
        let flight = self.flight.as_ref().map_or(0, |flight| flight.batch.bytes());
        flight + self.waiting.iter().map(|waiting| waiting.batch.bytes()).sum::<usize>()
    }

    /// Documents that are in memory only.
    fn kept(&self) -> u64 {
        let flight = self.flight.as_ref().filter(|flight| flight.ticket.is_none());
        let flight = flight.map_or(0, |flight| flight.batch.len());
        (flight + self.waiting.iter().map(|waiting| waiting.batch.len()).sum::<usize>()) as u64
    }

    /// Decides what to do next.
    pub(super) fn next(&mut self, now: Instant) -> Next {
        if self.closing {
            return Next::End;
        }
        if let Some(until) = self.backoff.until(self.hurry, now) {
            let linger = self.spool_due(now);
            return Next::Wait(Some(linger.map_or(until, |linger| linger.min(until))));
        }
        let due = self.waiting.front().map(|front| self.is_due(front, now));
        let spooled = self.spool.as_ref().is_some_and(|spool| spool.documents() > 0);
        if spooled && (self.spool_next || due != Some(true)) {
            self.spool_next = false;
            if let Some(batch) = self.take_spooled() {
                return Next::Deliver(batch);
            }
        }
        self.spool_next = spooled;
        match due {
            Some(true) => self.take_waiting().map_or(Next::Wait(None), Next::Deliver),
            Some(false) => Next::Wait(self.waiting.front().map(|front| front.since + self.max.linger)),
            None => {
                self.hurry = false;
                Next::Wait(None)
            }
        }
    }

    fn is_due(&self, waiting: &Waiting, now: Instant) -> bool {
        waiting.due || self.hurry || now.duration_since(waiting.since) >= self.max.linger
    }

    /// Moves what is due to the spool, as the receiver is away; says when more will be due.
    fn spool_due(&mut self, now: Instant) -> Option<Instant> {
        self.spool.as_ref()?;
        while let Some(front) = self.waiting.front() {
            if !self.is_due(front, now) {
                return Some(front.since + self.max.linger);
            }
            self.spool_front();
        }
        None
    }

    fn spool_front(&mut self) {
        if let Some(spool) = &mut self.spool
            && let Some(front) = self.waiting.pop_front()
        {
            front.batch.documents().for_each(|document| spool.append(document));
        }
    }

    fn take_waiting(&mut self) -> Option<Arc<Batch>> {
        let batch = Arc::new(self.waiting.pop_front()?.batch);
        self.flight = Some(Flight { batch: Arc::clone(&batch), ticket: None });
        self.delivering = true;
        Some(batch)
    }

    fn take_spooled(&mut self) -> Option<Arc<Batch>> {
        let max = BatchMax { documents: self.spool_documents_max, ..self.max };
        let mut batch = Batch::default();
        let ticket = self.spool.as_mut()?.read(&mut batch, max)?;
        let batch = Arc::new(batch);
        self.flight = Some(Flight { batch: Arc::clone(&batch), ticket: Some(ticket) });
        self.delivering = true;
        Some(batch)
    }

    /// Takes note of what became of the batch that was to be delivered.
    pub(super) fn settle(&mut self, delivery: Delivery, now: Instant) {
        self.delivering = false;
        // It is not there any more when the outbox was closed meanwhile.
        let Some(Flight { batch, ticket }) = self.flight.take() else { return };
        let Delivery { done, mut dropped, spans_rejected, rest } = delivery;
        let mut done = done.min(batch.len());
        let left = batch.len() - done;
        let mut drop_rest = |reason| {
            done = batch.len();
            dropped.add(reason, left as u64);
        };
        let mut halve = false;
        match rest {
            Rest::None => drop_rest(DropReason::ExportFailed),
            Rest::Refused { reason, error } => {
                drop_rest(reason);
                if self.refusal_logged_at.is_none_or(|at| now.duration_since(at) >= LOG_INTERVAL) {
                    self.refusal_logged_at = Some(now);
                    tracing::warn!(target: "siskin_sdk", documents = left, error, "documents were refused");
                }
            }
            Rest::TooLarge if left <= 1 => drop_rest(DropReason::TooLarge),
            Rest::TooLarge => halve = true,
            Rest::Failed { error } if self.failures + 1 >= ATTEMPTS_MAX => {
                drop_rest(DropReason::Rejected);
                tracing::warn!(target: "siskin_sdk", documents = left, error, "the receiver fails over documents");
            }
            Rest::Failed { error } => {
                self.failures += 1;
                self.stay_away(None, &error, now);
            }
            Rest::Away { after, error } => self.stay_away(after, &error, now),
        }
        if halve || done == batch.len() {
            self.come_back();
        }
        self.settled.sent += (done as u64).saturating_sub(dropped.total());
        self.settled.dropped.add_all(&dropped);
        self.settled.drop_many(DropReason::SpansRejected, spans_rejected);
        self.keep(&batch, done, ticket.as_ref(), halve, now);
    }

    /// Keeps what is not settled.
    fn keep(&mut self, batch: &Batch, done: usize, ticket: Option<&Ticket>, halve: bool, now: Instant) {
        if let Some(ticket) = ticket {
            self.spool_documents_max = if halve { batch.len().div_ceil(2) } else { self.max.documents };
            if let Some(spool) = &mut self.spool {
                spool.settle(ticket, done);
            }
            return;
        }
        let left = batch.len() - done;
        if left == 0 {
            return;
        }
        if self.backoff.is_away()
            && let Some(spool) = &mut self.spool
        {
            batch.documents().skip(done).for_each(|document| spool.append(document));
            return;
        }
        let mut again = |documents: Batch| self.waiting.push_front(Waiting { batch: documents, since: now, due: true });
        if halve {
            again(batch.documents().skip(done + left / 2).collect());
            again(batch.documents().skip(done).take(left / 2).collect());
        } else {
            again(batch.documents().skip(done).collect());
        }
    }

    fn stay_away(&mut self, after: Option<Duration>, error: &str, now: Instant) {
        if !self.backoff.is_away() {
            tracing::warn!(target: "siskin_sdk", error, "the receiver of traces is away");
        }
        self.backoff.fail(after, now);
    }

    fn come_back(&mut self) {
        self.failures = 0;
        if self.backoff.is_away() {
            tracing::info!(target: "siskin_sdk", "the receiver of traces is back");
        }
        self.backoff.reset();
    }

    /// Sends nothing more, and puts on disk what is in memory only. What is with the receiver is among
    /// it, and may arrive twice.
    pub(super) fn close(&mut self) {
        self.closing = true;
        if self.spool.is_none() {
            return;
        }
        while !self.waiting.is_empty() {
            self.spool_front();
        }
        if let Some(Flight { batch, .. }) = self.flight.take_if(|flight| flight.ticket.is_none())
            && let Some(spool) = &mut self.spool
        {
            batch.documents().for_each(|document| spool.append(document));
        }
    }

    /// Whether documents are with the receiver.
    pub(super) fn is_delivering(&self) -> bool {
        self.delivering
    }

    /// Whether everything in memory is settled.
    pub(super) fn is_empty(&self) -> bool {
        self.kept() == 0
    }

    /// Whether everything is.
    pub(super) fn is_done(&self) -> bool {
        self.is_empty() && !self.adopting && self.spool.as_ref().is_none_or(|spool| spool.documents() == 0)
    }

    /// What became of documents since this was asked last.
    pub(super) fn take_settled(&mut self) -> Settled {
        let mut settled = std::mem::take(&mut self.settled);
        if let Some(spool) = &mut self.spool {
            let dropped = spool.take_dropped();
            settled.dropped.add_all(&dropped);
        }
        settled.kept = self.kept();
        settled.spooled = self.spool.as_ref().map_or(0, Spool::documents);
        settled
    }
}
