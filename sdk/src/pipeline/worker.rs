//! The exporting thread.

use std::io;
use std::sync::Arc;
use std::thread::{Builder, JoinHandle};
use std::time::{Duration, Instant};

use super::counts::{DropReason, Dropped};
use super::document::{self, ServiceIdentity};
use super::queue::{Intake, Orders};
use super::split::split;
use crate::export::{ExportError, Exporter};
use crate::layer::SlotKey;
use crate::segment::Segment;

/// How long a finished segment waits for company at most.
const EXPORT_INTERVAL: Duration = Duration::from_millis(100);
/// How long the exporter may be busy with a flush before the queue is looked after.
const FLUSH_STEP: Duration = Duration::from_millis(50);
/// Losses are logged no more often than this.
const LOG_INTERVAL: Duration = Duration::from_mins(1);

/// A document does not fit the exporter.
struct TooLarge;

/// Starts the thread that exports what comes through `intake`, until that is closed.
///
/// # Errors
/// When the system gives no thread.
pub(crate) fn start(
    intake: Arc<Intake>,
    exporter: Box<dyn Exporter>,
    identity: ServiceIdentity,
) -> io::Result<JoinHandle<()>> {
    let worker = Worker { intake, exporter, identity, taken: 0, logged: Dropped::default(), logged_at: None };
    Builder::new().name("siskin-export".to_owned()).spawn(move || worker.run())
}

struct Worker {
    intake: Arc<Intake>,
    exporter: Box<dyn Exporter>,
    identity: ServiceIdentity,
    /// Documents the exporter has taken since it was asked what became of them.
    taken: u64,
    /// The losses that were logged, and when.
    logged: Dropped,
    logged_at: Option<Instant>,
}

impl Worker {
    fn run(mut self) {
        let mut batch = Vec::new();
        loop {
            let orders = self.intake.take(&mut batch, EXPORT_INTERVAL);
            for key in batch.drain(..) {
                self.export_segment(key);
                self.intake.finish(1);
            }
            self.settle(orders);
            self.log_losses();
            if orders.closed && orders.flush.is_none() {
                return;
            }
        }
    }

    fn export_segment(&mut self, key: SlotKey) {
        let documents = self.intake.slots.lock(key).map(|log| document::build(&log, &self.identity));
        // The slot is free again before anything is sent: sending may take its time.
        self.intake.slots.release(key);
        let Some(built) = documents else { return };
        self.intake.counts.drop_many(DropReason::AnnotationLimit, built.annotations_dropped);
        for document in built.documents {
            self.export_document(document);
        }
    }

    fn export_document(&mut self, document: Segment) {
        let mut pieces = vec![document];
        while let Some(piece) = pieces.pop() {
            let bytes_max = self.exporter.document_bytes_max();
            let split = split(piece, bytes_max);
            self.intake.counts.drop_many(DropReason::TooLarge, split.too_large);
            for piece in split.documents {
                match self.export(piece.to_json().as_bytes()) {
                    Ok(()) => {}
                    // The way out turned out narrower than thought: split once more.
                    Err(TooLarge) if self.exporter.document_bytes_max() < bytes_max => pieces.push(piece),
                    Err(TooLarge) => self.intake.counts.drop_one(DropReason::TooLarge),
                }
            }
        }
    }

    /// Hands a document to the exporter, and counts it unless it can be split.
    fn export(&mut self, document: &[u8]) -> Result<(), TooLarge> {
        match self.exporter.export(document) {
            Ok(()) => self.taken += 1,
            Err(ExportError::TooLarge) => return Err(TooLarge),
            Err(ExportError::Full) => self.intake.counts.drop_one(DropReason::ExporterFull),
            Err(ExportError::Io(error)) => {
                tracing::debug!(target: "siskin_sdk", %error, "segment document could not be exported");
                self.intake.counts.drop_one(DropReason::ExportFailed);
            }
        }
        Ok(())
    }

    /// Counts what became of documents, after asking the exporter to send them if someone waits for
    /// that.
    fn settle(&mut self, orders: Orders) {
        if let Some(flush) = orders.flush {
            // In steps, so that the queue does not fill while a receiver is waited for.
            self.exporter.flush(flush.deadline.min(Instant::now() + FLUSH_STEP));
        }
        let settled = self.exporter.settle(std::mem::take(&mut self.taken));
        self.intake.counts.settle(&settled);
        if let Some(flush) = orders.flush {
            // What is on disk outlives the process, and is no reason to keep it.
            let waiting = settled.kept + if orders.closed { 0 } else { settled.spooled };
            if waiting == 0 || Instant::now() >= flush.deadline {
                self.intake.finish_flush(flush);
            }
        }
    }

    fn log_losses(&mut self) {
        let dropped = self.intake.counts.dropped();
        let due = self.logged_at.is_none_or(|at| at.elapsed() >= LOG_INTERVAL);
        if due && dropped != self.logged {
            tracing::warn!(target: "siskin_sdk", ?dropped, "trace segments were lost");
            self.logged = dropped;
            self.logged_at = Some(Instant::now());
        }
    }
}

impl Drop for Worker {
    fn drop(&mut self) {
        self.intake.end();
    }
}
