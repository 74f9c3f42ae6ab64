//! Where finished documents go.

mod file;
mod memory;
mod udp;

use std::io;

pub use file::FileExporter;
pub use memory::MemoryExporter;
pub use udp::UdpExporter;

/// Why a document was not taken.
#[derive(Debug, thiserror::Error)]
pub enum ExportError {
    /// The document is larger than the way out allows; [`Exporter::document_bytes_max`] says by now
    /// how large it may be.
    #[error("the document is too large for the exporter")]
    TooLarge,
    /// This document was not sent, because one sent before came back as refused: nobody listens, or
    /// nobody did then. Trying again may work.
    #[error("an earlier document was refused by the receiver")]
    EarlierRefused,
    /// It could not be written or sent.
    #[error("the document could not be exported: {0}")]
    Io(#[from] io::Error),
}

/// Takes documents, one at a time, on the SDK's own thread.
pub trait Exporter: Send + 'static {
    /// The largest document that can be taken, in bytes; it may shrink after
    /// [`ExportError::TooLarge`].
    fn document_bytes_max(&self) -> usize {
        crate::segment::limits::DOCUMENT_BYTES_MAX
    }

    /// Takes one document: a segment or an independent subsegment, as JSON.
    ///
    /// # Errors
    /// [`ExportError`] says whether a smaller document or another attempt would help.
    fn export(&self, document: &str) -> Result<(), ExportError>;
}
