//! Which runs have begun and not been told of: so that one that was killed still gets its datapoint.
//!
//! One file, to which each run adds a line when it begins and one when it is told of. It goes when no run is open.

use std::collections::HashMap;
use std::fs::{self, File, OpenOptions};
use std::io::{self, Write};
use std::path::{Path, PathBuf};
use std::sync::Arc;

use parking_lot::Mutex;
use uuid::Uuid;

use super::{RunStart, write_whole};

const FILE: &str = "begun.jsonl";
/// A larger file is written anew with what is open, when most of it is about runs that are told of.
const FILE_BYTES_MAX: u64 = 1024 * 1024;

/// The runs that are under way; clones are the same journal.
#[derive(Clone, Debug)]
pub struct Journal(Arc<Inner>);

#[derive(Debug)]
struct Inner {
    path: PathBuf,
    state: Mutex<State>,
}

#[derive(Debug, Default)]
struct State {
    open: HashMap<Uuid, RunStart>,
    /// `None` while there is no file.
    file: Option<File>,
    bytes: u64,
}

#[derive(serde::Deserialize, serde::Serialize)]
#[serde(rename_all = "snake_case")]
enum Line<Start> {
    Begun(Start),
    Told(Uuid),
}

impl Journal {
    /// Opens the journal in `directory`, made when it is missing.
    ///
    /// # Errors
    /// What the file system says.
    pub fn open(directory: &Path) -> io::Result<Self> {
        fs::create_dir_all(directory)?;
        let path = directory.join(FILE);
        let text = match fs::read_to_string(&path) {
            Err(error) if error.kind() == io::ErrorKind::NotFound => String::new(),
            read => read?,
        };
        let mut state = State::default();
        for line in text.lines() {
            match serde_json::from_str::<Line<RunStart>>(line) {
                Ok(Line::Begun(start)) => drop(state.open.insert(start.run_id, start)),
                Ok(Line::Told(run_id)) => drop(state.open.remove(&run_id)),
                // Cut off by the end of its process or its machine.
                Err(error) => tracing::warn!(path = %path.display(), %error, "unreadable line of the journal left out"),
            }
        }
        let inner = Inner { path, state: Mutex::new(state) };
        inner.rewrite(&mut inner.state.lock())?;
        Ok(Self(Arc::new(inner)))
    }

    /// Notes that a run begins.
    ///
    /// # Errors
    /// What the file system says.
    pub fn begin(&self, start: &RunStart) -> io::Result<()> {
        let mut state = self.0.state.lock();
        state.open.insert(start.run_id, start.clone());
        self.0.append(&mut state, &Line::Begun(start))
    }

    /// Forgets a run whose report is delivered or spooled.
    ///
    /// # Errors
    /// What the file system says; [`io::ErrorKind::NotFound`] for a run that is not open.
    pub fn finish(&self, run_id: Uuid) -> io::Result<()> {
        let mut state = self.0.state.lock();
        if state.open.remove(&run_id).is_none() {
            return Err(io::ErrorKind::NotFound.into());
        }
        if state.open.is_empty() {
            return self.0.rewrite(&mut state);
        }
        self.0.append(&mut state, &Line::<RunStart>::Told(run_id))?;
        if state.bytes > FILE_BYTES_MAX { self.0.rewrite(&mut state) } else { Ok(()) }
    }

    /// Runs that have begun and not been told of, oldest first; at the start of a process those of an earlier one.
    pub fn orphans(&self) -> Vec<RunStart> {
        let mut starts: Vec<_> = self.0.state.lock().open.values().cloned().collect();
        starts.sort_by_key(|start| start.started);
        starts
    }
}

impl Inner {
    fn append(&self, state: &mut State, line: &Line<impl serde::Serialize>) -> io::Result<()> {
        let mut text = serde_json::to_vec(line).map_err(io::Error::other)?;
        text.push(b'\n');
        let mut file = match state.file.take() {
            Some(file) => file,
            None => OpenOptions::new().append(true).create(true).open(&self.path)?,
        };
        file.write_all(&text)?;
        state.file = Some(file);
        state.bytes += text.len() as u64;
        Ok(())
    }

    /// Leaves nothing but what is open, and no file when nothing is.
    fn rewrite(&self, state: &mut State) -> io::Result<()> {
        state.file = None;
        state.bytes = 0;
        if state.open.is_empty() {
            return match fs::remove_file(&self.path) {
                Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(()),
                removed => removed,
            };
        }
        let mut text = Vec::new();
        for start in state.open.values() {
            serde_json::to_writer(&mut text, &Line::Begun(start)).map_err(io::Error::other)?;
            text.push(b'\n');
        }
        write_whole(&self.path, &text)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use jiff::Timestamp;
    use siskin_sdk::id::{SpanId, TraceId};

    fn start(name: &str) -> RunStart {
        RunStart {
            canary: name.parse().unwrap(),
            kind: "heartbeat".to_owned(),
            run_id: Uuid::new_v4(),
            trace_id: TraceId::random(1),
            segment_id: SpanId::random(),
            due: Timestamp::UNIX_EPOCH,
            started: Timestamp::UNIX_EPOCH,
        }
    }

    fn orphans(directory: &Path) -> Vec<Uuid> {
        Journal::open(directory).unwrap().orphans().iter().map(|start| start.run_id).collect()
    }

    #[test]
    fn what_was_begun_and_not_finished_is_an_orphan() {
        let directory = tempfile::tempdir().unwrap();
        let journal = Journal::open(directory.path()).unwrap();
        let (one, two) = (start("one"), start("two"));
        journal.begin(&one).unwrap();
        journal.begin(&two).unwrap();
        journal.finish(one.run_id).unwrap();
        assert_eq!(journal.finish(one.run_id).unwrap_err().kind(), io::ErrorKind::NotFound);
        assert_eq!(orphans(directory.path()), [two.run_id]);
        let next = Journal::open(directory.path()).unwrap();
        next.finish(two.run_id).unwrap();
        assert_eq!(fs::read_dir(directory.path()).unwrap().count(), 0, "nothing is open");
    }

    #[test]
    fn a_line_that_was_cut_off_costs_no_other() {
        let directory = tempfile::tempdir().unwrap();
        let one = start("one");
        Journal::open(directory.path()).unwrap().begin(&one).unwrap();
        let path = directory.path().join(FILE);
        let text = fs::read_to_string(&path).unwrap();
        fs::write(&path, format!("{text}{}", text.get(..20).unwrap())).unwrap();
        assert_eq!(orphans(directory.path()), [one.run_id]);
        assert_eq!(fs::read_to_string(&path).unwrap(), text, "and it is gone");
    }

    #[test]
    fn the_file_stays_small_while_runs_follow_each_other() {
        let directory = tempfile::tempdir().unwrap();
        let journal = Journal::open(directory.path()).unwrap();
        let first = start("first");
        journal.begin(&first).unwrap();
        for _ in 0..5_000 {
            let other = start("other");
            journal.begin(&other).unwrap();
            journal.finish(other.run_id).unwrap();
        }
        let bytes = fs::metadata(directory.path().join(FILE)).unwrap().len();
        assert!(bytes < 2 * FILE_BYTES_MAX, "{bytes}");
        assert_eq!(orphans(directory.path()), [first.run_id]);
    }
}
