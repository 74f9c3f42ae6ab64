//! A file with documents.
//!
//! ```text
//! magic, 8 bytes | where the first document not yet sent begins, 8 bytes
//! then for each document: its length, 4 bytes | CRC-32 of it, 4 bytes | the document
//! ```
//! Numbers are little-endian.

use std::fs::{File, OpenOptions};
use std::io::{self, BufReader, Read, Seek, SeekFrom, Write};
use std::path::PathBuf;

use super::super::{Batch, BatchMax};

const MAGIC: &[u8; 8] = b"SISKSPL1";
const HEADER_BYTES: u64 = 16;
pub(super) const RECORD_HEADER_BYTES: u64 = 8;
/// A document is never larger; a length beyond is no length.
pub(super) const DOCUMENT_BYTES_MAX: u32 = 16 * 1024 * 1024;

/// One file of a spool.
#[derive(Debug)]
pub(super) struct SpoolFile {
    pub(super) number: u64,
    pub(super) path: PathBuf,
    file: File,
    /// Where the first document not yet sent begins.
    begin: u64,
    /// Where the next document goes.
    pub(super) end: u64,
    /// Documents in between.
    pub(super) documents: u64,
}

/// What came of reading documents.
#[derive(Debug, Default)]
pub(super) struct Reading {
    /// Where each document that was read ends.
    pub(super) ends: Vec<u64>,
    /// Documents in front of them that are not what was written, and are left out from now on.
    pub(super) corrupt: u64,
}

impl SpoolFile {
    /// Makes a file.
    pub(super) fn create(number: u64, path: PathBuf) -> io::Result<Self> {
        let mut file = OpenOptions::new().create_new(true).read(true).write(true).open(&path)?;
        let mut header = MAGIC.to_vec();
        header.extend_from_slice(&HEADER_BYTES.to_le_bytes());
        if let Err(error) = file.write_all(&header) {
            std::fs::remove_file(&path)?;
            return Err(error);
        }
        Ok(Self { number, path, file, begin: HEADER_BYTES, end: HEADER_BYTES, documents: 0 })
    }

    /// Opens a file of a process that is gone, up to where it makes sense; returns it and whether more
    /// was in it, as after a crash in the middle of a write.
    ///
    /// # Errors
    /// When it cannot be read, or is no such file at all.
    pub(super) fn adopt(number: u64, path: PathBuf) -> io::Result<(Self, bool)> {
        let file = OpenOptions::new().read(true).write(true).open(&path)?;
        let bytes = file.metadata()?.len();
        let mut reader = BufReader::new(&file);
        let (mut magic, mut begin) = ([0; 8], [0; 8]);
        reader.read_exact(&mut magic)?;
        reader.read_exact(&mut begin)?;
        if magic != *MAGIC {
            return Err(io::Error::new(io::ErrorKind::InvalidData, "not a spool file"));
        }
        let begin = Some(u64::from_le_bytes(begin)).filter(|begin| (HEADER_BYTES..=bytes).contains(begin));
        let begin = begin.unwrap_or(HEADER_BYTES);
        reader.seek(SeekFrom::Start(begin))?;
        let (mut end, mut documents) = (begin, 0);
        while bytes - end >= RECORD_HEADER_BYTES {
            let (length, _) = read_header(&mut reader)?;
            let next = end + RECORD_HEADER_BYTES + u64::from(length);
            if length > DOCUMENT_BYTES_MAX || next > bytes {
                break;
            }
            reader.seek_relative(i64::from(length))?;
            (end, documents) = (next, documents + 1);
        }
        drop(reader);
        Ok((Self { number, path, file, begin, end, documents }, end < bytes))
    }

    /// Adds a document.
    ///
    /// # Errors
    /// When it cannot be written, as when the disk is full; nothing of it stays.
    pub(super) fn append(&mut self, document: &[u8], record: &mut Vec<u8>) -> io::Result<()> {
        record.clear();
        record.extend_from_slice(&(document.len() as u32).to_le_bytes());
        record.extend_from_slice(&crc32fast::hash(document).to_le_bytes());
        record.extend_from_slice(document);
        let written = self.file.seek(SeekFrom::Start(self.end)).and_then(|_| self.file.write_all(record));
        if let Err(error) = written {
            self.file.set_len(self.end)?;
            return Err(error);
        }
        self.end += record.len() as u64;
        self.documents += 1;
        Ok(())
    }

    /// Reads documents into `batch`, from the first not yet sent, up to a corrupt one; those right in
    /// front are left out for good.
    pub(super) fn read(&mut self, batch: &mut Batch, max: BatchMax) -> io::Result<Reading> {
        self.file.seek(SeekFrom::Start(self.begin))?;
        let mut reader = BufReader::new(&self.file);
        let mut reading = Reading::default();
        let mut document = Vec::new();
        let (mut begin, mut at) = (self.begin, self.begin);
        while at < self.end && batch.len() < max.documents {
            let (length, checksum) = read_header(&mut reader)?;
            let next = at + RECORD_HEADER_BYTES + u64::from(length);
            if length > DOCUMENT_BYTES_MAX || next > self.end {
                // The lengths were right when the file was adopted or written: the rest is lost.
                if reading.ends.is_empty() {
                    reading.corrupt = self.documents;
                    begin = self.end;
                }
                break;
            }
            if !batch.is_empty() && batch.bytes() + length as usize > max.bytes {
                break;
            }
            document.resize(length as usize, 0);
            reader.read_exact(&mut document)?;
            if crc32fast::hash(&document) == checksum {
                batch.push(&document);
                reading.ends.push(next);
            } else if reading.ends.is_empty() {
                reading.corrupt += 1;
                begin = next;
            } else {
                break;
            }
            at = next;
        }
        drop(reader);
        if reading.ends.is_empty() && reading.corrupt == 0 {
            // Fewer documents than were counted.
            (reading.corrupt, begin) = (self.documents, self.end);
        }
        if reading.corrupt > 0 {
            self.forget(begin, reading.corrupt)?;
        }
        Ok(reading)
    }

    /// Notes that the first `count` documents, which end at `end`, are not needed any more.
    ///
    /// # Errors
    /// When the note cannot be written: they are forgotten as long as this process lives.
    pub(super) fn forget(&mut self, end: u64, count: u64) -> io::Result<()> {
        self.begin = end;
        self.documents = self.documents.saturating_sub(count);
        self.file.seek(SeekFrom::Start(MAGIC.len() as u64))?;
        self.file.write_all(&end.to_le_bytes())
    }
}

/// Reads a document's length and checksum.
fn read_header(reader: &mut impl Read) -> io::Result<(u32, u32)> {
    let mut number = [0; 4];
    reader.read_exact(&mut number)?;
    let length = u32::from_le_bytes(number);
    reader.read_exact(&mut number)?;
    Ok((length, u32::from_le_bytes(number)))
}
