//! Why a daemon does not start.

use std::io;
use std::path::PathBuf;

use crate::publish::{PublishError, StoreError};
use crate::visual::baseline::BaselineError;

/// Why a daemon does not start; each message is one sentence for people.
#[derive(Debug, thiserror::Error)]
pub enum DaemonError {
    /// Another process uses the directory.
    #[error("another runner uses {}: stop it, or name another directory", .0.display())]
    InUse(PathBuf),
    /// The directory cannot be used.
    #[error("data directory {}: {source}", path.display())]
    Directory {
        /// Which one.
        path: PathBuf,
        /// Why.
        source: io::Error,
    },
    /// No HTTP client for the endpoint.
    #[error(transparent)]
    Publish(#[from] PublishError),
    /// No way to the object store of the artifacts.
    #[error("artifacts = {0}")]
    Store(#[from] StoreError),
    /// No way to the baselines of pictures.
    #[error(transparent)]
    Baselines(#[from] BaselineError),
}
