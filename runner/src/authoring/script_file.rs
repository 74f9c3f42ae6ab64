//! Scripts that are written whole or not at all.

use std::fs::{self, OpenOptions};
use std::io::{self, Write};
use std::path::Path;

use siskin_blueprints::{Script, limits};
use tempfile::NamedTempFile;

use super::AuthoringError;
use crate::script;

/// Whether a script may be written: its size, and what `check` finds.
///
/// # Errors
/// All mistakes, a line each.
pub fn check_script(script: &Script) -> Result<(), AuthoringError> {
    let (bytes, max) = (script.source.len(), limits::SCRIPT_BYTES_MAX);
    if bytes > max {
        return Err(AuthoringError::refused(format_args!("the script has {bytes} bytes: at most {max}")));
    }
    let mistakes: Vec<_> = script::mistakes(script).iter().map(ToString::to_string).collect();
    if mistakes.is_empty() { Ok(()) } else { Err(AuthoringError::refused(mistakes.join("\n"))) }
}

/// Writes a new script.
///
/// # Errors
/// A file that is there already, or what the file system says.
pub fn create_script(path: &Path, source: &str) -> Result<(), AuthoringError> {
    let mut file = OpenOptions::new().write(true).create_new(true).open(path).map_err(|error| {
        if error.kind() == io::ErrorKind::AlreadyExists {
            AuthoringError::refused(format_args!(
                "{}: is there already, nothing was written; choose another name",
                path.display()
            ))
        } else {
            AuthoringError::failed(format_args!("{}: {error}", path.display()))
        }
    })?;
    file.write_all(source.as_bytes())
        .map_err(|error| AuthoringError::failed(format_args!("{}: {error}", path.display())))
}

/// Writes a script in the place of one that is there.
///
/// # Errors
/// What the file system says; then the script is as it was.
pub fn replace_script(path: &Path, source: &str) -> Result<(), AuthoringError> {
    let replace = || {
        // A link stays one: what it leads to is written.
        let path = fs::canonicalize(path)?;
        let folder = path.parent().unwrap_or(Path::new("/"));
        let mut file = NamedTempFile::with_prefix_in(".siskin-", folder)?;
        file.write_all(source.as_bytes())?;
        file.as_file().set_permissions(fs::metadata(&path)?.permissions())?;
        file.as_file().sync_all()?;
        file.persist(&path).map_err(|error| error.error)?;
        Ok(())
    };
    replace().map_err(|error: io::Error| AuthoringError::failed(format_args!("{}: {error}", path.display())))
}
