//! Why a document was not taken.

use std::io;

/// Why a document was not taken.
#[derive(Debug, thiserror::Error)]
pub enum ExportError {
    /// The document is larger than the way out allows; [`document_bytes_max`] says by now how large it
    /// may be.
    ///
    /// [`document_bytes_max`]: super::Exporter::document_bytes_max
    #[error("the document is too large for the exporter")]
    TooLarge,
    /// The way out, or what waits in front of it, is full.
    #[error("the exporter has no room for the document")]
    Full,
    /// It could not be written or sent.
    #[error("the document could not be exported: {0}")]
    Io(#[from] io::Error),
}
