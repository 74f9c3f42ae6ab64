//! Runs that passed without a browser, packed: one line each in a file for each hour, in place of a folder of files.
//!
//! A line has all that the files of a folder are made of, so a run can be unpacked whenever somebody wants to look at it.

use std::borrow::Cow;
use std::fs::{self, File, OpenOptions};
use std::io::{self, Write};
use std::os::unix::fs::FileExt;
use std::path::Path;

use serde::{Deserialize, Serialize};
use siskin_blueprints::Script;
use url::Url;

use super::write_all;
use crate::browser::har::Har;
use crate::run::{Artifact, ArtifactKind, RunDirectory, RunReport};

/// The file's name, in the folder of its hour.
pub(crate) const PACK: &str = "passed.jsonl";
/// A larger pack was not written by us: an hour has 3,600 runs at most.
const PACK_BYTES_MAX: u64 = 1024 * 1024 * 1024;

/// One run of a pack.
#[derive(Clone, Debug, Deserialize, Serialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct Packed<'a> {
    pub(crate) report: Cow<'a, RunReport>,
    pub(crate) har: Cow<'a, Har>,
    /// The script that ran, unless it is that of the line before.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) script: Option<Cow<'a, Script>>,
}

/// Adds a run to the pack of its hour, with the script that ran when the pack may have another or none.
///
/// # Errors
/// What the file system says; then the pack is as it was.
pub(crate) fn add(
    hour: &Path,
    report: &RunReport,
    har: &Har,
    script: Option<&Script>,
    needs_script: bool,
) -> io::Result<Artifact> {
    let path = hour.join(PACK);
    let open = || OpenOptions::new().read(true).append(true).create(true).open(&path);
    let mut file = match open() {
        Err(error) if error.kind() == io::ErrorKind::NotFound => {
            fs::create_dir_all(hour)?;
            open()?
        }
        opened => opened?,
    };
    let before = file.metadata()?.len();
    let script = script.filter(|_| needs_script || before == 0).map(Cow::Borrowed);
    let packed = Packed { report: Cow::Borrowed(report), har: Cow::Borrowed(har), script };
    let mut line = serde_json::to_vec(&packed).map_err(io::Error::other)?;
    line.push(b'\n');
    if !ends_with_a_line(&file, before)? {
        line.insert(0, b'\n');
    }
    if let Err(error) = file.write_all(&line) {
        file.set_len(before)?;
        return Err(error);
    }
    Ok(Artifact { file_name: PACK.to_owned(), kind: ArtifactKind::Pack, bytes: line.len() as u64 })
}

/// Whether nothing was cut off at the end, by the end of a machine.
fn ends_with_a_line(file: &File, bytes: u64) -> io::Result<bool> {
    if bytes == 0 {
        return Ok(true);
    }
    let mut last = [0];
    file.read_exact_at(&mut last, bytes - 1)?;
    Ok(last == *b"\n")
}

/// All runs of a pack, in the order of their ends; lines that cannot be read are logged and left out.
///
/// # Errors
/// What the file system says, or that the file is too large for a pack.
pub(crate) fn read(path: &Path) -> io::Result<Vec<Packed<'static>>> {
    let bytes = fs::metadata(path)?.len();
    if bytes > PACK_BYTES_MAX {
        return Err(io::Error::other(format!("{}: {bytes} bytes, at most {PACK_BYTES_MAX}", path.display())));
    }
    let mut runs: Vec<Packed<'static>> = Vec::new();
    for line in fs::read(path)?.split(|byte| *byte == b'\n').filter(|line| !line.is_empty()) {
        match serde_json::from_slice::<Packed<'static>>(line) {
            Ok(mut run) => {
                run.script = run.script.or_else(|| runs.last().and_then(|before| before.script.clone()));
                runs.push(run);
            }
            Err(error) => tracing::warn!(pack = %path.display(), %error, "unreadable line of a pack left out"),
        }
    }
    Ok(runs)
}

/// Writes the folder of a packed run, as if it had never been packed; `hour` is the folder of the pack.
///
/// # Errors
/// The first file that could not be written.
pub(crate) fn unpack(hour: &Path, packed: Packed<'_>, console: Option<&Url>) -> io::Result<RunReport> {
    let mut report = packed.report.into_owned();
    let directory = RunDirectory::within(hour, report.start.started);
    report.directory = Some(directory.path().to_owned());
    report.artifacts.clear();
    write_all(&mut report, &packed.har, packed.script.as_deref(), &directory, console)?;
    Ok(report)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::run::Outcome;
    use crate::run::sample::{archive_of, with_outcome};

    #[test]
    fn a_line_that_was_cut_off_costs_no_other() {
        let root = tempfile::tempdir().unwrap();
        let hour = root.path().join("2026/11/23/08");
        let script = Script { name: "shop.rhai".to_owned(), source: "let x = 1;".to_owned() };
        let report = with_outcome(Outcome::Passed);
        let har = archive_of(&report);
        let path = hour.join(PACK);
        add(&hour, &report, &har, Some(&script), true).unwrap();
        let half = fs::read_to_string(&path).unwrap();
        fs::write(&path, format!("{half}{}", half.get(..100).unwrap())).unwrap();
        add(&hour, &report, &har, Some(&script), false).unwrap();
        let runs = read(&path).unwrap();
        assert_eq!(runs.len(), 2);
        for run in &runs {
            assert_eq!((run.script.as_deref(), &*run.har), (Some(&script), &har));
        }
        fs::remove_file(&path).unwrap();
        add(&hour, &report, &har, Some(&script), false).unwrap();
        assert_eq!(read(&path).unwrap()[0].script.as_deref(), Some(&script), "a new pack has the script again");
    }

    #[test]
    fn an_unpacked_run_is_what_it_was() {
        let root = tempfile::tempdir().unwrap();
        let report = with_outcome(Outcome::Passed);
        let har = archive_of(&report);
        let packed = Packed { report: Cow::Borrowed(&report), har: Cow::Borrowed(&har), script: None };
        let unpacked = unpack(root.path(), packed, None).unwrap();
        let text = fs::read(unpacked.directory.unwrap().join("results.har")).unwrap();
        assert_eq!(serde_json::from_slice::<Har>(&text).unwrap(), har);
    }
}
