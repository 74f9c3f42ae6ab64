//! The exporting thread.

use std::io;
use std::sync::Arc;
use std::thread::{Builder, JoinHandle};
use std::time::{Duration, Instant};

use super::counts::{DropReason, Dropped};
use super::document::{self, ServiceIdentity};
use super::queue::{Intake, Intaking};
use super::split::split;
use crate::export::{ExportError, Exporter};
use crate::layer::SlotKey;
use crate::segment::Segment;

/// How long a finished segment waits for company at most.
const EXPORT_INTERVAL: Duration = Duration::from_millis(100);
/// Losses are logged no more often than this.
const LOG_INTERVAL: Duration = Duration::from_mins(1);

/// Starts the thread that exports what comes through `intake`, until that is closed.
///
/// # Errors
/// When the system gives no thread.
pub(crate) fn start(
    intake: Arc<Intake>,
    exporter: Box<dyn Exporter>,
    identity: ServiceIdentity,
) -> io::Result<JoinHandle<()>> {
    let worker = Worker { intake, exporter, identity, logged: Dropped::default(), logged_at: None };
    Builder::new().name("siskin-export".to_owned()).spawn(move || worker.run())
}

struct Worker {
    intake: Arc<Intake>,
    exporter: Box<dyn Exporter>,
    identity: ServiceIdentity,
    /// The losses that were logged, and when.
    logged: Dropped,
    logged_at: Option<Instant>,
}

impl Worker {
    fn run(mut self) {
        let mut batch = Vec::new();
        loop {
            let intaking = self.intake.take(&mut batch, EXPORT_INTERVAL);
            for key in batch.drain(..) {
                self.export_segment(key);
                self.intake.finish(1);
            }
            self.log_losses();
            if intaking == Intaking::Closed {
                return;
            }
        }
    }

    fn export_segment(&self, key: SlotKey) {
        let documents = self.intake.slots.lock(key).map(|log| document::build(&log, &self.identity));
        // The slot is free again before anything is sent: sending may take its time.
        self.intake.slots.release(key);
        let Some(built) = documents else { return };
        self.intake.counts.drop_many(DropReason::AnnotationLimit, built.annotations_dropped);
        for document in built.documents {
            self.export_document(document);
        }
    }

    fn export_document(&self, document: Segment) {
        let mut pieces = vec![document];
        while let Some(piece) = pieces.pop() {
            let bytes_max = self.exporter.document_bytes_max();
            let split = split(piece, bytes_max);
            self.intake.counts.drop_many(DropReason::TooLarge, split.too_large);
            for piece in split.documents {
                match self.export_text(&piece.to_json()) {
                    Ok(()) => self.intake.counts.send_one(),
                    // The way out turned out narrower than thought: split once more.
                    Err(ExportError::TooLarge) if self.exporter.document_bytes_max() < bytes_max => pieces.push(piece),
                    Err(ExportError::TooLarge) => self.intake.counts.drop_one(DropReason::TooLarge),
                    Err(ExportError::EarlierRefused) => self.intake.counts.drop_one(DropReason::Refused),
                    Err(ExportError::Io(error)) => {
                        tracing::debug!(target: "siskin_sdk", %error, "segment document could not be exported");
                        self.intake.counts.drop_one(DropReason::ExportFailed);
                    }
                }
            }
        }
    }

    fn export_text(&self, text: &str) -> Result<(), ExportError> {
        match self.exporter.export(text) {
            Err(ExportError::EarlierRefused) => {
                self.intake.counts.refuse_one();
                self.exporter.export(text)
            }
            result => result,
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
