//! One JSON object per line: requests on the reaper's standard input, replies on its output.

use std::fs::File;
use std::io::{self, Read};
use std::os::fd::{AsFd, BorrowedFd};
use std::path::PathBuf;

use serde::{Deserialize, Serialize};

/// Longest line either side reads, in bytes.
pub(super) const LINE_BYTES_MAX: u64 = 64 * 1024;

#[derive(Debug, Clone, Serialize, Deserialize)]
pub(super) struct Request {
    pub(super) id: u64,
    pub(super) action: Action,
}

#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(super) enum Action {
    /// Makes a working folder below `root` and starts Chrome in it, with a profile of these preferences (JSON).
    Start { browser: PathBuf, arguments: Vec<String>, preferences: String, root: PathBuf },
    /// Starts ChromeDriver beside a Chrome, in the same folder. One that runs already is told of again.
    StartDriver { browser: BrowserId, driver: PathBuf },
    /// Kills Chrome with all that belongs to it, and removes their working folder.
    Stop { browser: BrowserId },
}

/// Where the browser's own DevTools endpoint is.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Devtools {
    pub(crate) port: u16,
    /// With its leading `/`.
    pub(crate) path: String,
}

/// Names one browser for the life of a reaper; never used twice, unlike a process id.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(transparent)]
pub(crate) struct BrowserId(pub(super) u64);

#[derive(Debug, Serialize, Deserialize)]
pub(super) struct Reply {
    pub(super) id: u64,
    pub(super) outcome: Outcome,
}

#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(super) enum Outcome {
    Started {
        browser: BrowserId,
        devtools: Devtools,
    },
    DriverStarted {
        port: u16,
    },
    /// `survivors` processes would not die: they are stuck in the kernel.
    Stopped {
        survivors: usize,
    },
    /// The request cannot be met as the machine is set up.
    Misconfigured(String),
    Failed(String),
}

/// The reaper's standard input.
#[derive(Debug)]
pub(super) struct Requests {
    input: File,
    /// The beginning of the next line.
    unread: Vec<u8>,
}

impl Requests {
    pub(super) fn open() -> io::Result<Self> {
        Ok(Self { input: io::stdin().as_fd().try_clone_to_owned()?.into(), unread: Vec::new() })
    }

    /// What came, once there is something. `None` when the runner is gone; one that talks nonsense is as good as that.
    pub(super) fn read(&mut self) -> Option<Vec<Request>> {
        let mut buffer = [0; 8192];
        let count = match self.input.read(&mut buffer) {
            Ok(0) => return None,
            Ok(count) => count,
            Err(error) if error.kind() == io::ErrorKind::Interrupted => 0,
            Err(_) => return None,
        };
        self.unread.extend_from_slice(buffer.get(..count)?);
        self.take_lines()
    }

    fn take_lines(&mut self) -> Option<Vec<Request>> {
        let whole = self.unread.iter().rposition(|byte| *byte == b'\n').map_or(0, |end| end + 1);
        let lines: Vec<u8> = self.unread.drain(..whole).collect();
        let lines = lines.split(|byte| *byte == b'\n').filter(|line| !line.is_empty());
        let requests = lines.map(|line| serde_json::from_slice(line).ok()).collect();
        if self.unread.len() as u64 > LINE_BYTES_MAX { None } else { requests }
    }
}

impl AsFd for Requests {
    fn as_fd(&self) -> BorrowedFd<'_> {
        self.input.as_fd()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(pieces: &[&[u8]], expected: Option<&[u64]>) {
        let mut requests = Requests { input: File::open("/dev/null").unwrap(), unread: Vec::new() };
        let mut read = Some(Vec::new());
        for piece in pieces {
            requests.unread.extend_from_slice(piece);
            read = read.zip(requests.take_lines()).map(|(before, more)| [before, more].concat());
        }
        let ids = read.map(|read: Vec<Request>| read.iter().map(|request| request.id).collect::<Vec<_>>());
        assert_eq!(ids.as_deref(), expected);
    }

    #[test]
    fn requests_are_lines_however_they_come() {
        let one = br#"{"id":1,"action":{"stop":{"browser":7}}}"#;
        let two = br#"{"id":2,"action":{"stop":{"browser":8}}}"#;
        check(&[one], Some(&[]));
        check(&[one, b"\n"], Some(&[1]));
        check(&[&one[..9], &one[9..], b"\n", two, b"\n"], Some(&[1, 2]));
        check(&[&[one.as_slice(), two].join(&b'\n'), b"\n"], Some(&[1, 2]));
    }

    #[test]
    fn nonsense_is_no_request() {
        check(&[b"{}\n"], None);
        check(&[&vec![b'x'; LINE_BYTES_MAX as usize + 1]], None);
    }
}
