//! What can go wrong in the store, by whose fault it is and what the caller may do about it.

use std::io;
use std::path::PathBuf;
use std::time::Duration;

use datafusion::arrow::error::ArrowError;
use datafusion::error::DataFusionError;

/// Why rows could not be appended, read or flushed.
#[derive(Clone, Debug, thiserror::Error)]
pub enum StoreError {
    /// Memory is full until the next flush ends; nothing was written.
    #[error("the store's memory is full, try again in {} s", retry_after.as_secs())]
    Overloaded {
        /// When a flush has probably made room.
        retry_after: Duration,
    },
    /// The disk refuses writes (failed sync, nearly full, closed store); nothing was acknowledged.
    #[error("the store cannot write now: {0}")]
    Unavailable(String),
    /// A scan matched more rows than one answer may hold.
    #[error("more than {limit} rows match: ask for a shorter time range")]
    TooManyRows {
        /// The limit, in rows.
        limit: usize,
    },
    /// A batch of rows is larger than one record of the write-ahead log may be.
    #[error("one append of {bytes} bytes is more than {limit}")]
    TooLarge {
        /// What was to be appended, in bytes.
        bytes: usize,
        /// The limit, in bytes.
        limit: usize,
    },
    /// A fault of ours, or damaged files.
    #[error("{0}")]
    Internal(String),
}

impl From<ArrowError> for StoreError {
    fn from(error: ArrowError) -> Self {
        Self::Internal(format!("arrow: {error}"))
    }
}

impl From<DataFusionError> for StoreError {
    fn from(error: DataFusionError) -> Self {
        match error.find_root() {
            DataFusionError::ResourcesExhausted(cause) => {
                tracing::warn!(%cause, "query is over its memory budget");
                Self::Overloaded { retry_after: super::limits::RETRY_AFTER }
            }
            _ => Self::Internal(format!("query: {error}")),
        }
    }
}

/// Why a data directory could not be opened. Each shows as one sentence that says what to do.
#[derive(Debug, thiserror::Error)]
pub enum OpenError {
    /// Another process uses the directory.
    #[error("data directory {} is in use by {}: stop it or choose another directory with --data", dir.display(), owner(*pid))]
    Locked {
        /// The data directory.
        dir: PathBuf,
        /// Who holds it, when its lock file says so.
        pid: Option<u32>,
    },
    /// The directory cannot be created or written.
    #[error("data directory {} is not writable: {cause}", dir.display())]
    NotWritable {
        /// The data directory.
        dir: PathBuf,
        /// What the system answered.
        cause: io::Error,
    },
    /// The directory was written by another version of this program.
    #[error("{} has format {found}, this program reads format {known}: use the program that wrote it", path.display())]
    Format {
        /// The file that says so.
        path: PathBuf,
        /// The format it names.
        found: String,
        /// The format that this program knows.
        known: u32,
    },
    /// A file that holds more than single rows is damaged.
    #[error("{} is damaged: {cause}", path.display())]
    Corrupt {
        /// The damaged file or directory.
        path: PathBuf,
        /// What is wrong.
        cause: String,
    },
    /// Recovery failed.
    #[error("could not recover the data directory: {0}")]
    Recover(#[from] StoreError),
}

fn owner(pid: Option<u32>) -> String {
    pid.map_or_else(|| "another process".to_owned(), |pid| format!("process {pid}"))
}
