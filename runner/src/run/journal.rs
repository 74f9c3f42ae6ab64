//! Which runs have begun and not been told of: so that one that was killed still gets its datapoint.

use std::fs;
use std::io;
use std::path::{Path, PathBuf};

use uuid::Uuid;

use super::{RunStart, write_whole};

/// A directory with one small file for each run under way.
#[derive(Clone, Debug)]
pub struct Journal(PathBuf);

impl Journal {
    /// Opens the journal in `directory`, made when it is missing.
    ///
    /// # Errors
    /// What the file system says.
    pub fn open(directory: &Path) -> io::Result<Self> {
        fs::create_dir_all(directory)?;
        Ok(Self(directory.to_owned()))
    }

    /// Notes that a run begins.
    ///
    /// # Errors
    /// What the file system says.
    pub fn begin(&self, start: &RunStart) -> io::Result<()> {
        let text = serde_json::to_vec(start).map_err(io::Error::other)?;
        write_whole(&self.path(start.run_id), &text)
    }

    /// Forgets a run whose report is delivered or spooled.
    ///
    /// # Errors
    /// What the file system says.
    pub fn finish(&self, run_id: Uuid) -> io::Result<()> {
        fs::remove_file(self.path(run_id))
    }

    /// Runs that an earlier process began and never finished; unreadable files are removed.
    ///
    /// # Errors
    /// What the file system says.
    pub fn orphans(&self) -> io::Result<Vec<RunStart>> {
        let mut starts = Vec::new();
        for entry in fs::read_dir(&self.0)? {
            let path = entry?.path();
            match fs::read(&path).map(|text| serde_json::from_slice::<RunStart>(&text)) {
                Ok(Ok(start)) => starts.push(start),
                Ok(Err(error)) => {
                    tracing::warn!(path = %path.display(), %error, "unreadable journal entry removed");
                    fs::remove_file(&path)?;
                }
                Err(error) => return Err(error),
            }
        }
        starts.sort_by_key(|start| start.started);
        Ok(starts)
    }

    fn path(&self, run_id: Uuid) -> PathBuf {
        self.0.join(format!("{run_id}.json"))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use jiff::Timestamp;
    use siskin_sdk::id::{SpanId, TraceId};

    #[test]
    fn what_was_begun_and_not_finished_is_an_orphan() {
        let directory = tempfile::tempdir().unwrap();
        let journal = Journal::open(directory.path()).unwrap();
        let start = |name: &str| RunStart {
            canary: name.parse().unwrap(),
            kind: "heartbeat".to_owned(),
            run_id: Uuid::new_v4(),
            trace_id: TraceId::random(1),
            segment_id: SpanId::random(),
            due: Timestamp::UNIX_EPOCH,
            started: Timestamp::UNIX_EPOCH,
        };
        let (one, two) = (start("one"), start("two"));
        journal.begin(&one).unwrap();
        journal.begin(&two).unwrap();
        journal.finish(one.run_id).unwrap();
        let orphans = Journal::open(directory.path()).unwrap().orphans().unwrap();
        assert_eq!(orphans.iter().map(|start| start.run_id).collect::<Vec<_>>(), [two.run_id]);
    }
}
