//! Where finished documents go.

mod error;
mod file;
mod format;
mod memory;
mod settled;
mod udp;

use std::time::Instant;

pub use error::ExportError;
pub use file::FileExporter;
pub use format::Format;
pub use memory::MemoryExporter;
pub use settled::Settled;
pub use udp::UdpExporter;

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

    /// What became of documents since it was asked last, and how many it still has. `taken` were
    /// taken since then; unless an exporter says otherwise, all of them were sent.
    fn settle(&self, taken: u64) -> Settled {
        Settled { sent: taken, ..Settled::default() }
    }
}
