//! The report's folder, read anew for each answer: the suite may have run again.

use std::collections::HashSet;
use std::fs::{self, File};
use std::io::{self, Read};
use std::path::Path;

use crate::check::pixel::FILE_BYTES_MAX;
use crate::report::is_file_name;
use crate::visual::{REPORT_VERSION, VisualComparison, VisualReport, VisualStatus};

const FILE: &str = "visual.json";
const REPORT_BYTES_MAX: u64 = 64 * 1024 * 1024;
const PNG: &[u8] = b"\x89PNG\r\n\x1a\n";

/// Pictures that were approved here: key and SHA-256.
pub(super) type Approved = HashSet<(String, Option<String>)>;

/// The report, with what was approved here as updated.
///
/// # Errors
/// The file cannot be read, is too long or is no report of this version.
pub(super) fn load(folder: &Path, approved: &Approved) -> io::Result<VisualReport> {
    let path = folder.join(FILE);
    let wrong = |why: String| io::Error::new(io::ErrorKind::InvalidData, format!("{}: {why}", path.display()));
    let named = |error: io::Error| io::Error::new(error.kind(), format!("{}: {error}", path.display()));
    let json = read(&path, REPORT_BYTES_MAX).map_err(named)?;
    let mut report: VisualReport = serde_json::from_slice(&json).map_err(|error| wrong(error.to_string()))?;
    if report.version != REPORT_VERSION {
        return Err(wrong(format!("version {}: must be {REPORT_VERSION}", report.version)));
    }
    for comparison in &mut report.comparisons {
        if comparison.status.can_be_approved() && approved.contains(&name(comparison)) {
            comparison.status = VisualStatus::Updated;
            "approved: this picture is the baseline now".clone_into(&mut comparison.reason);
        }
    }
    Ok(report)
}

pub(super) fn name(comparison: &VisualComparison) -> (String, Option<String>) {
    (comparison.key.clone(), comparison.sha256.clone())
}

/// A picture that the report names; `None` for all else that may be in the folder, and for what is no PNG.
///
/// # Errors
/// The report or the picture cannot be read.
pub(super) fn picture(folder: &Path, wanted: &str) -> io::Result<Option<Vec<u8>>> {
    let report = load(folder, &Approved::new())?;
    let of = |one: &VisualComparison| {
        let files = &one.files;
        [&files.actual, &files.baseline, &files.diff].into_iter().flatten().any(|file| file == wanted)
    };
    if !is_file_name(wanted) || !report.comparisons.iter().any(of) {
        return Ok(None);
    }
    let path = folder.join(wanted);
    // A report that came from elsewhere may bring links to this machine's files.
    match fs::symlink_metadata(&path) {
        Ok(found) if found.is_file() => Ok(Some(read(&path, FILE_BYTES_MAX)?).filter(|bytes| bytes.starts_with(PNG))),
        Ok(_) => Ok(None),
        Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(None),
        Err(error) => Err(error),
    }
}

fn read(path: &Path, bytes_max: u64) -> io::Result<Vec<u8>> {
    let mut bytes = Vec::new();
    File::open(path)?.take(bytes_max + 1).read_to_end(&mut bytes)?;
    if bytes.len() as u64 > bytes_max {
        return Err(io::Error::new(io::ErrorKind::FileTooLarge, format!("longer than {bytes_max} bytes")));
    }
    Ok(bytes)
}
