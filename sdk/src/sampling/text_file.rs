//! Files of settings, which are small.

use std::fs::File;
use std::io::{self, Read};
use std::path::Path;

/// The largest file that is read.
pub(super) const FILE_BYTES_MAX: u64 = 1024 * 1024;

/// Why a file is not read.
#[derive(Debug)]
pub(super) enum Unread {
    /// What the system says.
    Unreadable(io::Error),
    /// It has more bytes than are read.
    TooLarge,
}

/// Reads the text at `path`.
///
/// # Errors
/// When the system refuses it, it is not UTF-8, or too large.
pub(super) fn read(path: &Path) -> Result<String, Unread> {
    let mut bytes = Vec::new();
    let file = File::open(path).map_err(Unread::Unreadable)?;
    file.take(FILE_BYTES_MAX + 1).read_to_end(&mut bytes).map_err(Unread::Unreadable)?;
    // Before it is looked at as text: the cut may go through a letter.
    if bytes.len() as u64 > FILE_BYTES_MAX {
        return Err(Unread::TooLarge);
    }
    String::from_utf8(bytes).map_err(|error| Unread::Unreadable(io::Error::new(io::ErrorKind::InvalidData, error)))
}
