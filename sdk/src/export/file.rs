//! Documents written to a file, one on each line.

use std::cell::RefCell;
use std::fs::{File, OpenOptions};
use std::io::{self, Write};
use std::path::Path;

use super::{ExportError, Exporter};

/// Appends each document to a file as one line of JSON.
#[derive(Debug)]
pub struct FileExporter {
    file: File,
    /// Used again for each line.
    line: RefCell<Vec<u8>>,
}

impl FileExporter {
    /// Opens `path` for appending and makes it if it is not there.
    ///
    /// # Errors
    /// When the file cannot be opened.
    pub fn append(path: impl AsRef<Path>) -> io::Result<Self> {
        let file = OpenOptions::new().create(true).append(true).open(path)?;
        Ok(Self { file, line: RefCell::default() })
    }
}

impl Exporter for FileExporter {
    fn export(&self, document: &[u8]) -> Result<(), ExportError> {
        // One write for the whole line: lines of several processes do not mix.
        let mut line = self.line.borrow_mut();
        line.clear();
        line.extend_from_slice(document);
        line.push(b'\n');
        (&self.file).write_all(&line)?;
        Ok(())
    }

    fn successor(&self) -> Option<Box<dyn Exporter>> {
        let file = self.file.try_clone().ok()?;
        Some(Box::new(Self { file, line: RefCell::default() }))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn documents_are_lines() {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("segments.jsonl");
        for document in ["{\"a\":1}", "{\"b\":2}"] {
            FileExporter::append(&path).unwrap().export(document.as_bytes()).unwrap();
        }
        assert_eq!(std::fs::read_to_string(path).unwrap(), "{\"a\":1}\n{\"b\":2}\n");
    }
}
