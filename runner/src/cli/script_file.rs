//! A script that is written: where it goes is made sure of first.

use std::io::{self, Write};
use std::path::{Path, PathBuf};

use siskin_blueprints::Script;
use tempfile::NamedTempFile;

use super::check::is_script;
use super::output::{Stop, say};
use crate::authoring::check_script;

/// What is written.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(super) enum Content {
    Script,
    Json,
}

/// Where a script goes: a file that is there whole or not at all, or the terminal.
#[derive(Debug)]
pub(super) struct ScriptFile {
    content: Content,
    to: Option<(PathBuf, NamedTempFile)>,
}

impl ScriptFile {
    /// Makes sure that the file can be written; one that is there is replaced only if `replace` says so.
    pub(super) fn prepare(path: Option<&Path>, content: Content, replace: bool) -> Result<Self, Stop> {
        let Some(path) = path else { return Ok(Self { content, to: None }) };
        let refuse = |why: &dyn std::fmt::Display| Stop::usage(format_args!("--out {}: {why}", path.display()));
        let is_json = path.extension().is_some_and(|ending| ending.eq_ignore_ascii_case("json"));
        match content {
            Content::Script if !is_script(path) => return Err(refuse(&"a name that ends in .rhai")),
            Content::Json if !is_json => return Err(refuse(&"a name that ends in .json")),
            Content::Script | Content::Json => {}
        }
        if !replace && path.symlink_metadata().is_ok() {
            return Err(refuse(&"it is there already; --force replaces it"));
        }
        if path.is_dir() {
            return Err(refuse(&"it is a directory"));
        }
        let folder = path.parent().filter(|folder| !folder.as_os_str().is_empty()).unwrap_or(Path::new("."));
        // The folder is what must take a new file; a full disk shows only later.
        let file = NamedTempFile::with_prefix_in(".siskin-", folder)
            .map_err(|error| refuse(&format_args!("its folder takes no new file: {}", error.kind())))?;
        Ok(Self { content, to: Some((path.to_owned(), file)) })
    }

    /// The name that the script tells how to run it by.
    pub(super) fn name(&self) -> String {
        let name = self.to.as_ref().and_then(|(path, _)| path.file_name());
        name.map_or_else(|| "recorded.rhai".to_owned(), |name| name.to_string_lossy().into_owned())
    }

    /// Checks the script as `check` does, and writes it.
    pub(super) fn write(self, mut source: String) -> Result<(), Stop> {
        if !source.ends_with('\n') {
            source.push('\n');
        }
        if self.content == Content::Script {
            check_script(&Script { name: self.name(), source: source.clone() })?;
        }
        let Some((path, mut file)) = self.to else {
            say(source.trim_end());
            return Ok(());
        };
        let told = |error: io::Error| Stop::tooling(format_args!("{}: {error}", path.display()));
        file.write_all(source.as_bytes()).map_err(told)?;
        readable(&file).map_err(told)?;
        file.persist(&path).map_err(|error| told(error.error))?;
        Ok(())
    }
}

/// Temporary files are for their owner alone; a script is as any file that a program writes.
fn readable(file: &NamedTempFile) -> io::Result<()> {
    use std::os::unix::fs::PermissionsExt;
    file.as_file().set_permissions(std::fs::Permissions::from_mode(0o644))
}
