//! A row of files.

use std::collections::VecDeque;
use std::fs;
use std::io;

use super::super::{Batch, BatchMax, Format};
use super::file::{DOCUMENT_BYTES_MAX, RECORD_HEADER_BYTES, SpoolFile};
use super::folder::Folder;
use super::settings::{SpoolError, SpoolSettings};
use crate::DropReason;
use crate::pipeline::Dropped;

/// The spool of one process.
#[derive(Debug)]
pub(crate) struct Spool {
    settings: SpoolSettings,
    format: Format,
    folder: Folder,
    /// Oldest first.
    files: VecDeque<SpoolFile>,
    next_number: u64,
    /// The file whose documents are with a receiver: it must not go now.
    pinned: Option<u64>,
    dropped: Dropped,
    /// The last write failed; said once.
    failing: bool,
    /// Used again for each document.
    record: Vec<u8>,
}

/// Documents that were read and wait for their receiver's answer.
#[derive(Debug)]
pub(crate) struct Ticket {
    file: u64,
    ends: Vec<u64>,
}

impl Spool {
    /// Makes this process's folder.
    ///
    /// # Errors
    /// [`SpoolError`] when it cannot be made or locked.
    pub(crate) fn open(settings: SpoolSettings, format: Format) -> Result<Self, SpoolError> {
        settings.let_go();
        let made = Folder::make(&settings.dir, format);
        let (folder, lock) = made.map_err(|error| SpoolError { dir: settings.dir.clone(), error })?;
        settings.hold(lock);
        Ok(Self {
            settings,
            format,
            folder,
            files: VecDeque::new(),
            next_number: 0,
            pinned: None,
            dropped: Dropped::default(),
            failing: false,
            record: Vec::new(),
        })
    }

    /// Takes over what processes that are gone have left. It counts in this one's limits.
    pub(crate) fn adopt(&mut self) {
        let mut moved = Vec::new();
        let (folder, next_number) = (&self.folder, &mut self.next_number);
        let next = || {
            let number = *next_number;
            *next_number += 1;
            moved.push(number);
            folder.file(number)
        };
        if let Err(error) = folder.adopt(&self.settings.dir, self.format, next) {
            tracing::warn!(target: "siskin_sdk", %error, "spooled documents of earlier processes were not found");
        }
        for number in moved {
            self.adopt_file(number);
        }
        let documents = self.documents();
        if documents > 0 {
            tracing::info!(target: "siskin_sdk", documents, "documents of earlier processes will be sent");
        }
    }

    fn adopt_file(&mut self, number: u64) {
        match SpoolFile::adopt(number, self.folder.file(number)) {
            Ok((file, torn)) => {
                if torn {
                    self.dropped.add(DropReason::SpoolCorrupt, 1);
                }
                self.files.push_back(file);
                while self.is_over(0, 0) && self.evict() {}
            }
            // Moving it failed, and it is still where it was.
            Err(error) if error.kind() == io::ErrorKind::NotFound => {}
            Err(error) => {
                tracing::warn!(target: "siskin_sdk", %error, "a spool file is unreadable and is removed");
                self.dropped.add(DropReason::SpoolCorrupt, 1);
                let path = self.folder.file(number);
                self.tell(fs::remove_file(path));
            }
        }
    }

    /// Documents on disk.
    pub(crate) fn documents(&self) -> u64 {
        self.files.iter().map(|file| file.documents).sum()
    }

    /// What was lost since this was asked last.
    pub(crate) fn take_dropped(&mut self) -> Dropped {
        std::mem::take(&mut self.dropped)
    }

    /// Writes a document, or counts why it could not be written.
    pub(crate) fn append(&mut self, document: &[u8]) {
        let bytes = RECORD_HEADER_BYTES + document.len() as u64;
        if document.len() > DOCUMENT_BYTES_MAX as usize || bytes > self.settings.bytes_max / 2 {
            self.dropped.add(DropReason::TooLarge, 1);
            return;
        }
        let full = self.files.back().is_none_or(|file| file.end + bytes > self.settings.file_bytes_max());
        while self.is_over(bytes, usize::from(full)) {
            if !self.evict() {
                self.dropped.add(DropReason::SpoolFull, 1);
                return;
            }
        }
        let into_new = full || self.files.is_empty();
        let mut written = self.write(document, into_new);
        if written.as_ref().is_err_and(|error| error.kind() == io::ErrorKind::NotFound) {
            // Who cleans up temporary files has removed the folder.
            written = self.make_folder().and_then(|()| self.write(document, true));
        }
        match written {
            Ok(()) => self.failing = false,
            Err(error) => {
                self.dropped.add(DropReason::SpoolFailed, 1);
                if !std::mem::replace(&mut self.failing, true) {
                    tracing::warn!(target: "siskin_sdk", %error, "documents cannot be spooled");
                }
            }
        }
    }

    fn make_folder(&mut self) -> io::Result<()> {
        let (folder, lock) = Folder::make(&self.settings.dir, self.format)?;
        self.folder = folder;
        self.settings.hold(lock);
        Ok(())
    }

    fn write(&mut self, document: &[u8], into_new: bool) -> io::Result<()> {
        if into_new {
            let number = self.next_number;
            let file = SpoolFile::create(number, self.folder.file(number))?;
            self.next_number += 1;
            self.files.push_back(file);
        }
        match self.files.back_mut() {
            Some(file) => file.append(document, &mut self.record),
            None => Err(io::ErrorKind::NotFound.into()),
        }
    }

    /// Whether so many bytes and files more would be too many.
    fn is_over(&self, bytes: u64, files: usize) -> bool {
        let used: u64 = self.files.iter().map(|file| file.end).sum();
        used + bytes > self.settings.bytes_max || self.files.len() + files > self.settings.files_max
    }

    /// Drops the oldest file that can go.
    fn evict(&mut self) -> bool {
        let oldest = self.files.iter().position(|file| Some(file.number) != self.pinned);
        let Some(file) = oldest.and_then(|index| self.files.remove(index)) else { return false };
        self.dropped.add(DropReason::SpoolFull, file.documents);
        self.tell(fs::remove_file(&file.path));
        true
    }

    /// Reads the oldest documents; they stay on disk until they are forgotten. `None` when there are
    /// none.
    pub(crate) fn read(&mut self, batch: &mut Batch, max: BatchMax) -> Option<Ticket> {
        loop {
            let file = self.files.front_mut()?;
            let reading = if file.documents > 0 { file.read(batch, max) } else { Ok(super::file::Reading::default()) };
            match reading {
                Ok(reading) => {
                    let number = file.number;
                    self.dropped.add(DropReason::SpoolCorrupt, reading.corrupt);
                    if !reading.ends.is_empty() {
                        self.pinned = Some(number);
                        return Some(Ticket { file: number, ends: reading.ends });
                    }
                    self.remove_front_if_empty();
                }
                Err(error) => {
                    tracing::warn!(target: "siskin_sdk", %error, "a spool file is unreadable and is removed");
                    batch.clear();
                    self.dropped.add(DropReason::SpoolCorrupt, file.documents);
                    let path = file.path.clone();
                    self.files.pop_front();
                    self.tell(fs::remove_file(path));
                }
            }
        }
    }

    /// Forgets the first `count` of the documents that were read; the others can be read again.
    pub(crate) fn settle(&mut self, ticket: &Ticket, count: usize) {
        self.pinned = None;
        let end = count.checked_sub(1).and_then(|last| ticket.ends.get(last));
        let file = self.files.iter_mut().find(|file| file.number == ticket.file);
        let (Some(end), Some(file)) = (end, file) else { return };
        let noted = file.forget(*end, count as u64);
        self.tell(noted);
        self.remove_front_if_empty();
    }

    fn remove_front_if_empty(&mut self) {
        if let Some(file) = self.files.pop_front_if(|file| file.documents == 0) {
            self.tell(fs::remove_file(&file.path));
        }
    }

    /// What fails here costs a second sending at most.
    fn tell(&self, done: io::Result<()>) {
        if let Err(error) = done {
            tracing::debug!(target: "siskin_sdk", dir = %self.settings.dir.display(), %error, "spool");
        }
    }
}

impl Drop for Spool {
    fn drop(&mut self) {
        self.folder.remove_if_empty();
        self.settings.let_go();
    }
}
