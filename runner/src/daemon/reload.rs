//! Notices that the configuration has changed.

use std::fs;
use std::hash::{DefaultHasher, Hash, Hasher};
use std::path::{Path, PathBuf};
use std::time::Duration;

use tokio::sync::mpsc;
use tokio::task::spawn_blocking;
use tokio_util::sync::CancellationToken;
use tracing::error;

use crate::config::{Config, ConfigError};

/// Looking at times and sizes costs next to nothing, and works on every file system.
const LOOK_EVERY: Duration = Duration::from_secs(1);

/// Looks at `file`, and at the files it names, until `cancel`; sends what a changed file holds.
pub(super) async fn watch(
    file: PathBuf,
    mut files: Vec<PathBuf>,
    now: std::sync::Arc<tokio::sync::Notify>,
    changes: mpsc::Sender<Result<Config, ConfigError>>,
    cancel: CancellationToken,
) {
    let mut seen = print_of(&file, &files);
    loop {
        let asked = tokio::select! {
            () = cancel.cancelled() => return,
            () = tokio::time::sleep(LOOK_EVERY) => false,
            () = now.notified() => true,
        };
        let print = print_of(&file, &files);
        if print == seen && !asked {
            continue;
        }
        seen = print;
        let path = file.clone();
        // Reading may run commands for secrets.
        let loaded = match spawn_blocking(move || Config::load(&path)).await {
            Ok(loaded) => loaded,
            Err(error) => {
                error!(%error, "configuration not read");
                continue;
            }
        };
        if let Ok(config) = &loaded {
            files.clone_from(&config.files);
            seen = print_of(&file, &files);
        }
        if changes.send(loaded).await.is_err() {
            return;
        }
    }
}

/// Times and sizes of all files, as one number; a missing file counts too.
fn print_of(file: &Path, files: &[PathBuf]) -> u64 {
    let mut hasher = DefaultHasher::new();
    for path in std::iter::once(file).chain(files.iter().map(PathBuf::as_path)) {
        let known = fs::metadata(path).ok().map(|meta| (meta.len(), meta.modified().ok()));
        known.hash(&mut hasher);
    }
    hasher.finish()
}
