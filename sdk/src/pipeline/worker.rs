//! The exporting thread.

use std::fmt;
use std::io;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::{Arc, Weak};
use std::thread::{Builder, JoinHandle};
use std::time::{Duration, Instant};

use super::body::ServiceIdentity;
use super::counts::{DropReason, Dropped};
use super::exit;
use super::queue::{Flush, Intake, Orders};
use super::rounds::{Due, Now, Patience, ROUNDS_INTERVAL};
use super::scribe::Scribe;
use crate::export::{ExportError, Exporter, Format};
use crate::layer::SlotKey;
use crate::layer::log::Head;
use crate::sampling::Sampler;
use crate::segment::EpochTime;
use crate::{Clock, fork};

/// How long a finished segment waits for company at most.
const EXPORT_INTERVAL: Duration = Duration::from_millis(100);
/// How often an exporter is asked whether a flush is done.
const FLUSH_INTERVAL: Duration = Duration::from_millis(5);
/// How long the exporter may be busy with a flush before the queue is looked after.
const FLUSH_STEP: Duration = Duration::from_millis(50);
/// Losses are logged no more often than this.
const LOG_INTERVAL: Duration = Duration::from_mins(1);

/// Something panicked, and the hook for that has told of it.
struct Panicked;

/// What the exporting thread needs to know of the service.
#[derive(Debug, Clone)]
pub(crate) struct Work {
    pub(crate) identity: ServiceIdentity,
    pub(crate) clock: Clock,
    pub(crate) sampler: Sampler,
    pub(crate) patience: Patience,
}

/// Starts the thread that exports what comes through `intake`, until that is closed.
///
/// # Errors
/// When the system gives no thread.
pub(crate) fn start(intake: &Arc<Intake>, exporter: Box<dyn Exporter>, work: Work) -> io::Result<()> {
    fork::watch();
    let heir = Heir { intake: Arc::downgrade(intake), exporter, work };
    let (thread, next) = heir.start()?;
    intake.set_heir(next);
    intake.set_thread(thread);
    exit::flush_at_exit(intake);
    Ok(())
}

/// All that an exporting thread needs to start.
pub(super) struct Heir {
    intake: Weak<Intake>,
    exporter: Box<dyn Exporter>,
    work: Work,
}

impl Heir {
    /// Starts the thread; returns it and what the one in a forked child would need.
    pub(super) fn start(self) -> io::Result<(JoinHandle<()>, Option<Self>)> {
        let Self { intake, exporter, work } = self;
        let next =
            exporter.successor().map(|exporter| Self { intake: Weak::clone(&intake), exporter, work: work.clone() });
        let run = move || {
            let Some(intake) = intake.upgrade() else { return };
            let _end = End(Arc::clone(&intake));
            exit::mark_exporting_thread();
            intake.release_inherited();
            let Work { identity, clock, sampler, patience } = work;
            Worker {
                intake,
                exporter,
                scribe: Scribe::new(identity),
                rounds_ns: clock.monotonic_ns(),
                clock,
                sampler,
                patience,
                taken: 0,
                closed: 0,
                logged: Dropped::default(),
                logged_at: None,
            }
            .run();
        };
        Ok((Builder::new().name("siskin-export".to_owned()).spawn(run)?, next))
    }
}

impl fmt::Debug for Heir {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Heir").field("work", &self.work).finish_non_exhaustive()
    }
}

struct Worker {
    intake: Arc<Intake>,
    exporter: Box<dyn Exporter>,
    scribe: Scribe,
    clock: Clock,
    sampler: Sampler,
    patience: Patience,
    /// When open segments were looked at last.
    rounds_ns: u64,
    /// Documents the exporter has taken since it was asked what became of them.
    taken: u64,
    /// Segments that were sent though they were open, and not logged yet.
    closed: u64,
    /// The losses that were logged, and when.
    logged: Dropped,
    logged_at: Option<Instant>,
}

impl Worker {
    fn run(mut self) {
        let mut batch = Vec::new();
        let mut orders = Orders::default();
        loop {
            let interval = if orders.flush.is_some() { FLUSH_INTERVAL } else { EXPORT_INTERVAL };
            let flush_before = orders.flush;
            orders = self.intake.take(&mut batch, interval, orders.flush);
            for key in batch.drain(..) {
                let slot = Slot { intake: Arc::clone(&self.intake), key };
                if self.survive(|worker| worker.export_segment(&slot)).is_err() {
                    self.intake.counts.drop_one(DropReason::Panicked);
                }
                self.intake.finish(1);
            }
            self.look_after_open(orders, flush_before);
            if let (Err(Panicked), Some(flush)) = (self.survive(|worker| worker.settle(orders)), orders.flush) {
                self.intake.finish_flush(flush);
            }
            self.log_losses();
            if orders.closed && orders.flush.is_none() {
                return;
            }
        }
    }

    /// A panic, be it in the exporter, costs one segment and not all that follow. What an exporter
    /// says of its documents stands for itself; nothing else outlives the call.
    fn survive(&mut self, work: impl FnOnce(&mut Self)) -> Result<(), Panicked> {
        catch_unwind(AssertUnwindSafe(|| work(self))).map_err(|_message| Panicked)
    }

    fn export_segment(&mut self, slot: &Slot) {
        let Some(head) = self.scribe.read(&self.intake.slots, slot.key) else { return };
        if self.is_wanted(&head) {
            self.send(&head);
        }
    }

    /// Does what is due about segments that are open: once a second, when a flush begins, and when one
    /// of them runs out of memory.
    fn look_after_open(&mut self, orders: Orders, flush_before: Option<Flush>) {
        let now_ns = self.clock.monotonic_ns();
        let has_come_round = now_ns.saturating_sub(self.rounds_ns) >= ROUNDS_INTERVAL.as_nanos() as u64;
        let is_flush_new = orders.flush.is_some() && orders.flush != flush_before;
        if !has_come_round && !is_flush_new && !self.intake.slots.take_pressing() {
            return;
        }
        self.rounds_ns = now_ns;
        let now = Now { ticks: self.clock.ticks(), nanos_per_tick: self.clock.nanos_per_tick() };
        for slot in self.intake.slots.used() {
            let Some(open) = self.intake.slots.look(slot, now.ticks) else { continue };
            let Some(due) = self.patience.due(&open, now, orders.closed) else { continue };
            if self.survive(|worker| worker.attend(open.key, due, now.ticks)).is_err() {
                self.intake.counts.drop_one(DropReason::Panicked);
            }
            if due.release {
                self.intake.slots.release(open.key);
            }
        }
    }

    /// Sends what is due of an open segment.
    fn attend(&mut self, key: SlotKey, due: Due, now: u64) {
        let Some((harvest, spilt)) = self.scribe.take(&self.intake.slots, key, due.choice) else { return };
        let head = harvest.head;
        self.intake.counts.drop_many(DropReason::Late, spilt.late);
        self.intake.counts.drop_many(DropReason::MemoryFull, spilt.overfull);
        // OTLP knows no spans in progress.
        if due.announce && self.exporter.format() == Format::XRay {
            self.scribe.read_open(&head);
            // What does not fit comes again when it ends, so it is not lost.
            self.send_documents(&head);
            self.scribe.spent = harvest.spent;
        }
        self.scribe.read_leaving(&head, now);
        self.closed += u64::from(self.scribe.has_root());
        if self.is_wanted(&head) {
            self.send(&head);
            self.intake.slots.spend(key, self.scribe.spent);
        }
    }

    /// Whether what was read is to be sent. Where the segment's own span is, the sampler is told of it.
    fn is_wanted(&mut self, head: &Head) -> bool {
        if self.scribe.is_empty() {
            return false;
        }
        let Some(decision) = head.decision.as_ref().filter(|decision| decision.watched) else { return true };
        if !self.scribe.has_root() {
            return head.sampled;
        }
        let outcome = self.scribe.outcome(head, self.clock.nanos_per_tick());
        let now = EpochTime::from_nanos(self.clock.wall_ns());
        let verdict = self.sampler.ended(&decision.rule_name, head.sampled, &outcome, now);
        // It may have been watched in case it fails, and did not: as if it had never been recorded.
        head.sampled || verdict.capture
    }

    /// Sends what was read, and counts what of it is not sent.
    fn send(&mut self, head: &Head) {
        let too_large = self.send_documents(head);
        let (counts, lost) = (&self.intake.counts, self.scribe.lost);
        counts.drop_many(DropReason::TooLarge, too_large);
        counts.drop_many(DropReason::AnnotationLimit, lost.annotations);
        counts.drop_many(DropReason::EventLimit, lost.events);
        counts.drop_many(DropReason::KeyLimit, lost.keys);
        counts.drop_many(DropReason::SpanCut, lost.cut);
        counts.drop_many(DropReason::Late, lost.late);
    }

    /// Sends what was read; returns how many spans fit no document.
    fn send_documents(&mut self, head: &Head) -> u64 {
        let Self { intake, exporter, scribe, .. } = self;
        let nanos_per_tick = self.clock.nanos_per_tick();
        let taken = &mut self.taken;
        let mut send = |document: &[u8]| {
            match exporter.export(document) {
                Ok(()) => *taken += 1,
                // The way out may have turned out narrower than thought: then it is split once more.
                Err(ExportError::TooLarge) => return Err(exporter.document_bytes_max()),
                Err(ExportError::Full) => intake.counts.drop_one(DropReason::ExporterFull),
                Err(ExportError::Io(error)) => {
                    tracing::debug!(target: "siskin_sdk", %error, "segment document could not be exported");
                    intake.counts.drop_one(DropReason::ExportFailed);
                }
            }
            Ok(())
        };
        match exporter.format() {
            Format::XRay => {
                scribe.write(head, nanos_per_tick);
                scribe.documents(head, nanos_per_tick, exporter.document_bytes_max(), &mut send)
            }
            #[cfg(feature = "otlp")]
            Format::Otlp => scribe.otlp(head, nanos_per_tick, exporter.document_bytes_max(), &mut send),
            // `layer` refuses such an exporter.
            #[cfg(not(feature = "otlp"))]
            Format::Otlp => 1,
        }
    }

    /// Counts what became of documents, after asking the exporter to send them if someone waits for
    /// that.
    fn settle(&mut self, orders: Orders) {
        match orders.flush {
            Some(flush) if orders.closed => self.exporter.close(flush.deadline),
            // In steps, so that the queue does not fill while a receiver is waited for.
            Some(flush) => self.exporter.flush(flush.deadline.min(Instant::now() + FLUSH_STEP)),
            None => {}
        }
        let settled = self.exporter.settle(std::mem::take(&mut self.taken));
        self.intake.counts.settle(&settled);
        if let Some(flush) = orders.flush
            && (orders.closed || settled.kept + settled.spooled == 0 || Instant::now() >= flush.deadline)
        {
            self.intake.finish_flush(flush);
        }
    }

    fn log_losses(&mut self) {
        let dropped = self.intake.counts.dropped();
        let has_news = dropped != self.logged || self.closed > 0;
        if !has_news || self.logged_at.is_some_and(|at| at.elapsed() < LOG_INTERVAL) {
            return;
        }
        if dropped != self.logged {
            tracing::warn!(target: "siskin_sdk", ?dropped, "trace segments were lost");
        }
        if self.closed > 0 {
            tracing::warn!(target: "siskin_sdk", closed = self.closed, "trace segments were sent though spans are open");
        }
        (self.logged, self.closed) = (dropped, 0);
        self.logged_at = Some(Instant::now());
    }
}

/// A finished segment's slot, which becomes free whatever happens.
struct Slot {
    intake: Arc<Intake>,
    key: SlotKey,
}

impl Drop for Slot {
    fn drop(&mut self) {
        self.intake.slots.release(self.key);
    }
}

/// Tells that the exporting thread is gone, whatever ended it.
struct End(Arc<Intake>);

impl Drop for End {
    fn drop(&mut self) {
        self.0.end();
    }
}
