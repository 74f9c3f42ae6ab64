//! A disk that fails when told to, dies in the middle of a call, and loses at a power cut all that was not synced.

use std::collections::HashMap;
use std::fs;
use std::io;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use parking_lot::Mutex;
use tempfile::TempDir;

use crate::store::disk::{Disk, DiskFile, LocalDisk};

/// The real file system with faults. Clones are the same disk.
#[derive(Clone, Debug)]
pub(crate) struct FaultyDisk(Arc<Mutex<State>>);

#[derive(Debug)]
struct State {
    faults: Faults,
    calls: u64,
    files: HashMap<u64, FileState>,
    next_file: u64,
    /// Directory entries changed since the sync of their directory, oldest first.
    unsynced: Vec<EntryChange>,
    graveyard: TempDir,
    buried: u64,
}

/// What goes wrong.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Faults {
    /// So many of the next syncs of files fail.
    pub(crate) failing_syncs: u32,
    /// Writes store half and report a full disk.
    pub(crate) full: bool,
    /// What the disk says is free.
    pub(crate) free_bytes: Option<u64>,
    /// The changing call with this number is done half, and all calls from then on fail.
    pub(crate) dies_at: Option<u64>,
    /// Links work, but say that they failed.
    pub(crate) lying_links: bool,
}

#[derive(Debug)]
struct FileState {
    path: PathBuf,
    len: u64,
    synced_len: u64,
}

#[derive(Debug)]
enum EntryChange {
    Added(PathBuf),
    Renamed { from: PathBuf, to: PathBuf, replaced: Option<PathBuf> },
    Removed { path: PathBuf, buried: PathBuf },
}

impl EntryChange {
    fn dir(&self) -> Option<&Path> {
        match self {
            Self::Added(path) | Self::Removed { path, .. } | Self::Renamed { to: path, .. } => path.parent(),
        }
    }
}

/// Whether the call at hand is to be done in whole or in half.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Extent {
    Whole,
    Half,
}

fn dead() -> io::Error {
    io::Error::other("the disk is gone")
}

impl State {
    fn call(&mut self) -> io::Result<Extent> {
        self.calls += 1;
        match self.faults.dies_at {
            Some(at) if self.calls > at => Err(dead()),
            Some(at) if self.calls == at => Ok(Extent::Half),
            _ => Ok(Extent::Whole),
        }
    }

    fn bury(&mut self, path: &Path) -> io::Result<PathBuf> {
        self.buried += 1;
        let grave = self.graveyard.path().join(self.buried.to_string());
        fs::hard_link(path, &grave)?;
        Ok(grave)
    }
}

impl FaultyDisk {
    pub(crate) fn new() -> Self {
        Self(Arc::new(Mutex::new(State {
            faults: Faults::default(),
            calls: 0,
            files: HashMap::new(),
            next_file: 0,
            unsynced: Vec::new(),
            graveyard: TempDir::new().unwrap(),
            buried: 0,
        })))
    }

    pub(crate) fn set(&self, faults: Faults) {
        self.0.lock().faults = faults;
    }

    /// How many changing calls there were.
    pub(crate) fn calls(&self) -> u64 {
        self.0.lock().calls
    }

    /// Takes back everything that was not synced: the worst that a power cut may do.
    pub(crate) fn cut_power(&self) {
        let mut state = self.0.lock();
        for file in state.files.values().filter(|file| file.path.exists()) {
            fs::OpenOptions::new().write(true).open(&file.path).unwrap().set_len(file.synced_len).unwrap();
        }
        while let Some(change) = state.unsynced.pop() {
            match change {
                EntryChange::Added(path) => fs::remove_file(path).unwrap(),
                EntryChange::Renamed { from, to, replaced } => {
                    fs::rename(&to, from).unwrap();
                    if let Some(grave) = replaced {
                        fs::hard_link(grave, to).unwrap();
                    }
                }
                EntryChange::Removed { path, buried } => fs::hard_link(buried, path).unwrap(),
            }
        }
    }
}

impl Disk for FaultyDisk {
    fn create(&self, path: &Path) -> io::Result<Box<dyn DiskFile>> {
        let mut state = self.0.lock();
        let extent = state.call()?;
        let file = LocalDisk.create(path)?;
        state.unsynced.push(EntryChange::Added(path.to_owned()));
        let id = state.next_file;
        state.next_file += 1;
        state.files.insert(id, FileState { path: path.to_owned(), len: 0, synced_len: 0 });
        if extent == Extent::Half {
            return Err(dead());
        }
        Ok(Box::new(FaultyFile { file, id, disk: self.clone() }))
    }

    fn rename(&self, from: &Path, to: &Path) -> io::Result<()> {
        let mut state = self.0.lock();
        if state.call()? == Extent::Half {
            return Err(dead());
        }
        let replaced = if to.exists() { Some(state.bury(to)?) } else { None };
        LocalDisk.rename(from, to)?;
        for file in state.files.values_mut().filter(|file| file.path == from) {
            file.path = to.to_owned();
        }
        state.unsynced.push(EntryChange::Renamed { from: from.to_owned(), to: to.to_owned(), replaced });
        Ok(())
    }

    fn link(&self, from: &Path, to: &Path) -> io::Result<()> {
        let mut state = self.0.lock();
        let extent = state.call()?;
        LocalDisk.link(from, to)?;
        state.unsynced.push(EntryChange::Added(to.to_owned()));
        if extent == Extent::Half || state.faults.lying_links {
            return Err(dead());
        }
        Ok(())
    }

    fn remove(&self, path: &Path) -> io::Result<()> {
        let mut state = self.0.lock();
        let extent = state.call()?;
        let buried = state.bury(path)?;
        LocalDisk.remove(path)?;
        state.unsynced.push(EntryChange::Removed { path: path.to_owned(), buried });
        if extent == Extent::Half { Err(dead()) } else { Ok(()) }
    }

    fn sync_dir(&self, dir: &Path) -> io::Result<()> {
        let mut state = self.0.lock();
        if state.call()? == Extent::Half {
            return Err(dead());
        }
        state.unsynced.retain(|change| change.dir() != Some(dir));
        Ok(())
    }

    fn free_bytes(&self, path: &Path) -> io::Result<u64> {
        let free_bytes = self.0.lock().faults.free_bytes;
        free_bytes.map_or_else(|| LocalDisk.free_bytes(path), Ok)
    }
}

#[derive(Debug)]
struct FaultyFile {
    file: Box<dyn DiskFile>,
    id: u64,
    disk: FaultyDisk,
}

impl FaultyFile {
    fn state<A>(&self, change: impl FnOnce(&mut FileState) -> A) -> A {
        change(self.disk.0.lock().files.get_mut(&self.id).unwrap())
    }
}

impl DiskFile for FaultyFile {
    fn write(&mut self, bytes: &[u8]) -> io::Result<()> {
        let (extent, full) = {
            let mut state = self.disk.0.lock();
            (state.call()?, state.faults.full)
        };
        let half = extent == Extent::Half || full;
        let written = if half { &bytes[..bytes.len() / 2] } else { bytes };
        self.file.write(written)?;
        self.state(|file| file.len += written.len() as u64);
        match (extent, full) {
            (Extent::Half, _) => Err(dead()),
            (Extent::Whole, true) => Err(io::Error::from(io::ErrorKind::StorageFull)),
            (Extent::Whole, false) => Ok(()),
        }
    }

    fn sync(&mut self) -> io::Result<()> {
        let mut state = self.disk.0.lock();
        if state.call()? == Extent::Half {
            return Err(dead());
        }
        if state.faults.failing_syncs > 0 {
            state.faults.failing_syncs -= 1;
            return Err(io::Error::other("input/output error"));
        }
        drop(state);
        // What a real sync costs says nothing about correctness: the power cut is simulated.
        self.state(|file| file.synced_len = file.len);
        Ok(())
    }

    fn truncate(&mut self, len: u64) -> io::Result<()> {
        if self.disk.0.lock().call()? == Extent::Half {
            return Err(dead());
        }
        self.file.truncate(len)?;
        self.state(|file| {
            file.len = len;
            file.synced_len = file.synced_len.min(len);
        });
        Ok(())
    }
}
