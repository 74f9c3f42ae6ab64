//! Takes documents.

use std::time::Instant;

use super::{ExportError, Format, Settled};

/// Takes documents, one at a time, on the SDK's own thread.
///
/// A document that is taken is reported on exactly once, by [`Exporter::settle`]. Only `export` has
/// to be written by an exporter that is done with a document when it returns.
pub trait Exporter: Send + 'static {
    /// The form documents are wanted in.
    fn format(&self) -> Format {
        Format::XRay
    }

    /// The largest document that can be taken, in bytes; it may shrink after
    /// [`ExportError::TooLarge`].
    fn document_bytes_max(&self) -> usize {
        crate::segment::limits::DOCUMENT_BYTES_MAX
    }

    /// Takes one document in the form [`Exporter::format`] says.
    ///
    /// # Errors
    /// The document was not taken; [`ExportError`] says whether a smaller one would be.
    fn export(&self, document: &[u8]) -> Result<(), ExportError>;

    /// Sends what it kept for company; returns when that is done, at the deadline at the latest.
    fn flush(&self, _deadline: Instant) {}

    /// Does the same for the last time, and puts on disk what could not be sent, if it can.
    fn close(&self, deadline: Instant) {
        self.flush(deadline);
    }

    /// What became of documents since it was asked last, and how many it still has. `taken` were
    /// taken since then; unless an exporter says otherwise, all of them were sent.
    fn settle(&self, taken: u64) -> Settled {
        Settled { sent: taken, ..Settled::default() }
    }

    /// An exporter like this one, that shares no connection and no thread with it, for the case that
    /// the process forks. Without one, what a forked child records is dropped and counted.
    fn successor(&self) -> Option<Box<dyn Exporter>> {
        None
    }
}
