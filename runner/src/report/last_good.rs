//! The last run before this one that passed, read back from its artifacts.

use std::fs;
use std::io;
use std::path::{Path, PathBuf};

use jiff::Timestamp;
use serde::Deserialize;
use serde::de::DeserializeOwned;
use url::Url;

use super::pack::{self, PACK, Packed};
use crate::run::RunDirectory;

/// Levels of folders from a canary's own to a run's: year, month, day, hour, run.
const LEVELS: usize = 5;
/// Runs that are looked at on the way back; a canary that failed for longer has nothing near to compare with.
const RUNS_LOOKED_AT_MAX: usize = 5_000;
/// A larger file of a run was not written by us.
const FILE_BYTES_MAX: u64 = 64 * 1024 * 1024;
const REPORT: &str = "SyntheticsReport-PASSED.json";
const ARCHIVE: &str = "results.har";

/// What a failed run is compared with.
#[derive(Clone, Debug, PartialEq)]
pub struct LastGood {
    pub directory: PathBuf,
    pub started: Timestamp,
    pub steps: Vec<GoodStep>,
    pub requests: Vec<GoodRequest>,
}

/// A step of a run that passed.
#[derive(Clone, Debug, PartialEq)]
pub struct GoodStep {
    pub name: String,
    pub milliseconds: f64,
    /// File names of its pictures, in order.
    pub screenshots: Vec<String>,
}

/// A request of a run that passed.
#[derive(Clone, Debug, PartialEq)]
pub struct GoodRequest {
    pub method: String,
    pub url: String,
    /// 0 when there was no answer.
    pub status: u16,
    pub milliseconds: f64,
}

impl LastGood {
    /// Looks from the run in `directory` back in time; `None` when no run passed, or its files cannot be read any more.
    ///
    /// A packed run is unpacked for it: it is the one to look at beside the failure. `console` is for its page.
    pub fn before(directory: &Path, console: Option<&Url>) -> Option<Self> {
        let canary = directory.ancestors().nth(LEVELS)?;
        let mut looked_at = 0;
        let found = match newest_before(canary, directory, LEVELS, &mut looked_at)? {
            Found::Folder(folder) => folder,
            Found::Packed(hour, run) => match pack::unpack(&hour, *run, console) {
                Ok(report) => report.directory?,
                Err(error) => {
                    tracing::warn!(hour = %hour.display(), %error, "last good run cannot be unpacked");
                    return None;
                }
            },
        };
        match Self::read(&found) {
            Ok(good) => Some(good),
            Err(error) => {
                tracing::warn!(directory = %found.display(), %error, "last good run cannot be read");
                None
            }
        }
    }

    fn read(directory: &Path) -> io::Result<Self> {
        let report: ReportFile = file(&directory.join(REPORT))?;
        let archive: ArchiveFile = file(&directory.join(ARCHIVE))?;
        let milliseconds = |from: Timestamp, until: Timestamp| until.duration_since(from).as_secs_f64() * 1000.0;
        let steps = report.customer_script.steps.into_iter().map(|step| GoodStep {
            name: step.step_name,
            milliseconds: milliseconds(step.start_time, step.end_time),
            screenshots: step.screenshots.into_iter().map(|picture| picture.file_name).collect(),
        });
        let requests = archive.log.entries.into_iter().map(|entry| GoodRequest {
            method: entry.request.method,
            url: entry.request.url,
            status: entry.response.status,
            milliseconds: entry.time,
        });
        Ok(Self {
            directory: directory.to_owned(),
            started: report.start_time,
            steps: steps.collect(),
            requests: requests.collect(),
        })
    }

    /// The bytes of one of its pictures.
    pub fn picture(&self, name: &str) -> Option<Vec<u8>> {
        // The name comes from a file: it must not lead anywhere else.
        let is_plain = !name.contains(['/', '\\']) && name != "..";
        if is_plain { fs::read(self.directory.join(name)).ok() } else { None }
    }
}

/// A run that passed.
enum Found {
    Folder(PathBuf),
    /// In the pack of an hour's folder.
    Packed(PathBuf, Box<Packed<'static>>),
}

/// The newest run below `folder` that passed and whose path sorts before `own`: names sort as time does.
fn newest_before(folder: &Path, own: &Path, levels: usize, looked_at: &mut usize) -> Option<Found> {
    if levels == 0 {
        *looked_at += 1;
        return (folder != own && folder.join(REPORT).is_file()).then(|| Found::Folder(folder.to_owned()));
    }
    let entries = fs::read_dir(folder).ok()?;
    let mut below: Vec<PathBuf> = entries.flatten().map(|entry| entry.path()).collect();
    let has_pack = levels == 1 && below.iter().any(|path| path.ends_with(PACK));
    // A folder on the way to our own is not before it, but may hold what is.
    below.retain(|path| (path.as_path() <= own || own.starts_with(path)) && !path.ends_with(PACK));
    below.sort_unstable_by(|a, b| b.cmp(a));
    let mut packed = if has_pack { packed_before(folder, own) } else { None };
    for path in below {
        if *looked_at >= RUNS_LOOKED_AT_MAX {
            return None;
        }
        if let Some((at, run)) = packed.take_if(|(at, _)| *at > path) {
            drop(at);
            return Some(Found::Packed(folder.to_owned(), run));
        }
        if let Some(found) = newest_before(&path, own, levels - 1, looked_at) {
            return Some(found);
        }
    }
    packed.map(|(_, run)| Found::Packed(folder.to_owned(), run))
}

/// The newest packed run of an hour before `own`, and where its folder would be.
fn packed_before(hour: &Path, own: &Path) -> Option<(PathBuf, Box<Packed<'static>>)> {
    let runs = match pack::read(&hour.join(PACK)) {
        Ok(runs) => runs,
        Err(error) => {
            tracing::warn!(hour = %hour.display(), %error, "pack cannot be read");
            return None;
        }
    };
    let placed = runs.into_iter().map(|run| {
        let directory = RunDirectory::within(hour, run.report.start.started);
        (directory.path().to_owned(), Box::new(run))
    });
    placed.filter(|(path, _)| path.as_path() < own).max_by(|(one, _), (other, _)| one.cmp(other))
}

fn file<T: DeserializeOwned>(path: &Path) -> io::Result<T> {
    let bytes = fs::metadata(path)?.len();
    if bytes > FILE_BYTES_MAX {
        return Err(io::Error::other(format!("{}: {bytes} bytes, at most {FILE_BYTES_MAX}", path.display())));
    }
    serde_json::from_slice(&fs::read(path)?).map_err(io::Error::other)
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct ReportFile {
    start_time: Timestamp,
    customer_script: ScriptPart,
}

#[derive(Deserialize)]
struct ScriptPart {
    steps: Vec<StepPart>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct StepPart {
    step_name: String,
    start_time: Timestamp,
    end_time: Timestamp,
    screenshots: Vec<PicturePart>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct PicturePart {
    file_name: String,
}

#[derive(Deserialize)]
struct ArchiveFile {
    log: LogPart,
}

#[derive(Deserialize)]
struct LogPart {
    entries: Vec<EntryPart>,
}

#[derive(Deserialize)]
struct EntryPart {
    time: f64,
    request: RequestPart,
    response: ResponsePart,
}

#[derive(Deserialize)]
struct RequestPart {
    method: String,
    url: String,
}

#[derive(Deserialize)]
struct ResponsePart {
    status: u16,
}

#[cfg(test)]
mod tests {
    use super::*;

    fn run(root: &Path, at: &str, passed: bool) -> PathBuf {
        let directory = root.join("canary/us-east-1/shop").join(at);
        fs::create_dir_all(&directory).unwrap();
        let step = r#"{"stepName":"home","startTime":"2026-11-23T08:00:00Z","endTime":"2026-11-23T08:00:00.25Z",
                       "screenshots":[{"fileName":"01-home-loaded.png"}]}"#;
        let report = format!(r#"{{"startTime":"2026-11-23T08:00:00Z","customerScript":{{"steps":[{step}]}}}}"#);
        let word = if passed { "PASSED" } else { "FAILED" };
        fs::write(directory.join(format!("SyntheticsReport-{word}.json")), report).unwrap();
        let entry = r#"{"time":12.5,"request":{"method":"GET","url":"http://a/"},"response":{"status":200}}"#;
        fs::write(directory.join(ARCHIVE), format!(r#"{{"log":{{"entries":[{entry}]}}}}"#)).unwrap();
        directory
    }

    #[test]
    fn the_newest_good_run_before_is_found_over_hours_and_years() {
        let root = tempfile::tempdir().unwrap();
        let oldest = run(root.path(), "2025/12/31/23/59-59-999", true);
        let good = run(root.path(), "2026/11/22/23/10-00-000", true);
        let failed = run(root.path(), "2026/11/23/08/00-00-000", false);
        let own = run(root.path(), "2026/11/23/08/05-00-000", false);
        run(root.path(), "2026/11/23/09/00-00-000", true);
        assert_eq!(LastGood::before(&own, None).unwrap().directory, good);
        assert_eq!(LastGood::before(&failed, None).unwrap().directory, good);
        assert_eq!(LastGood::before(&good, None).unwrap().directory, oldest);
        assert_eq!(LastGood::before(&oldest, None), None);
    }

    #[test]
    fn steps_and_requests_are_read_back() {
        let root = tempfile::tempdir().unwrap();
        run(root.path(), "2026/11/23/08/00-00-000", true);
        let own = run(root.path(), "2026/11/23/08/05-00-000", false);
        let good = LastGood::before(&own, None).unwrap();
        let step = GoodStep {
            name: "home".to_owned(),
            milliseconds: 250.0,
            screenshots: vec!["01-home-loaded.png".to_owned()],
        };
        assert_eq!(good.steps, [step]);
        assert_eq!((good.requests[0].status, good.requests[0].milliseconds), (200, 12.5));
        assert_eq!(good.picture("../../../../../../etc/passwd"), None);
    }
}
