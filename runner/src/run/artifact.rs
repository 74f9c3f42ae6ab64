//! Files of a run, laid out as AWS Synthetics does.

use std::fs::{self, File};
use std::io::{self, Write};
use std::path::{Path, PathBuf};

use jiff::Timestamp;
use jiff::tz::TimeZone;
use siskin_blueprints::CanaryName;

/// What a file holds.
#[derive(Clone, Copy, Debug, Eq, PartialEq, serde::Deserialize, serde::Serialize)]
#[serde(rename_all = "snake_case")]
pub enum ArtifactKind {
    /// A PNG picture of the page.
    Screenshot,
    /// HTTP Archive 1.2.
    Har,
    /// The log, as text.
    Log,
    /// `SyntheticsReport-PASSED.json` or `-FAILED.json`.
    SyntheticsReport,
    /// A page for people.
    Html,
    /// JUnit XML.
    Junit,
    /// A summary for pull requests.
    Markdown,
    /// The Rhai source that ran.
    Script,
    /// `BrokenLinkCheckerReport.json`.
    LinkReport,
    /// A baseline, or what differs from it: a PNG picture; or all comparisons of the run, `visual.json`.
    Visual,
    /// All of a run in one line, beside those of the others of its hour.
    Pack,
}

/// One file of a run.
#[derive(Clone, Debug, Eq, PartialEq, serde::Deserialize, serde::Serialize)]
pub struct Artifact {
    /// Its name in the run's directory.
    pub file_name: String,
    /// What it holds.
    pub kind: ArtifactKind,
    /// Its size.
    pub bytes: u64,
}

impl Artifact {
    /// Whether it is a picture.
    pub fn is_screenshot(&self) -> bool {
        self.kind == ArtifactKind::Screenshot
    }
}

/// The directory of one run: `canary/<region>/<name>/<yyyy>/<mm>/<dd>/<hh>/<mm-ss-ms>` in UTC; made with its first file.
#[derive(Clone, Debug)]
pub struct RunDirectory(PathBuf);

impl RunDirectory {
    /// The directory of a run below `root`.
    pub fn new(root: &Path, region: &str, canary: &CanaryName, started: Timestamp) -> Self {
        let at = started.to_zoned(TimeZone::UTC);
        let hour = format!("{:04}/{:02}/{:02}/{:02}", at.year(), at.month(), at.day(), at.hour());
        Self::within(&root.join("canary").join(region).join(canary.as_str()).join(hour), started)
    }

    /// The directory of a run in the folder of its hour.
    pub(crate) fn within(hour: &Path, started: Timestamp) -> Self {
        let at = started.to_zoned(TimeZone::UTC);
        Self(hour.join(format!("{:02}-{:02}-{:03}", at.minute(), at.second(), at.millisecond())))
    }

    /// Where it is.
    pub fn path(&self) -> &Path {
        &self.0
    }

    /// The folder of the hour in which the run began.
    pub(crate) fn hour(&self) -> &Path {
        self.0.parent().expect("a run's directory is within an hour's: it is made so")
    }

    /// Writes a whole file; a killed runner leaves all of it or none.
    ///
    /// # Errors
    /// What the file system says.
    pub fn write(&self, file_name: &str, kind: ArtifactKind, bytes: &[u8]) -> io::Result<Artifact> {
        let path = self.0.join(file_name);
        match write_whole(&path, bytes) {
            Err(error) if error.kind() == io::ErrorKind::NotFound => {
                fs::create_dir_all(&self.0)?;
                write_whole(&path, bytes)?;
            }
            written => written?,
        }
        Ok(Artifact { file_name: file_name.to_owned(), kind, bytes: bytes.len() as u64 })
    }
}

/// Writes `bytes` beside `path` and renames them into place, so that no reader and no crash meets half a file.
///
/// The bytes are not forced to the disk: after a power failure the file may be missing.
///
/// # Errors
/// What the file system says.
pub fn write_whole(path: &Path, bytes: &[u8]) -> io::Result<()> {
    let mut beside = path.as_os_str().to_owned();
    beside.push(".partial");
    let beside = PathBuf::from(beside);
    let written =
        File::create(&beside).and_then(|mut file| file.write_all(bytes)).and_then(|()| fs::rename(&beside, path));
    if written.is_err() {
        // A full disk is the likely cause: do not leave the half file to make it fuller.
        drop(fs::remove_file(&beside));
    }
    written
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn runs_are_laid_out_by_time() {
        let root = tempfile::tempdir().unwrap();
        let started: Timestamp = "2026-11-23T08:03:05.042Z".parse().unwrap();
        let directory = RunDirectory::new(root.path(), "us-east-1", &"shop".parse().unwrap(), started);
        let below = directory.path().strip_prefix(root.path()).unwrap();
        assert_eq!(below, Path::new("canary/us-east-1/shop/2026/11/23/08/03-05-042"));
        let artifact = directory.write("log.txt", ArtifactKind::Log, b"hello").unwrap();
        assert_eq!(artifact.bytes, 5);
        let names: Vec<_> = fs::read_dir(directory.path()).unwrap().map(|entry| entry.unwrap().file_name()).collect();
        assert_eq!(names, ["log.txt"]);
    }
}
