//! Which artifacts are kept.
//!
//! Two runs of a canary stay whatever the limits say: the last good one, and the first failed one of the last series of
//! failures. They are what one looks at when something breaks.

use std::fs;
use std::io;
use std::path::{Path, PathBuf};

use jiff::civil::DateTime;
use jiff::tz::TimeZone;
use jiff::{SignedDuration, Timestamp};
use tracing::warn;

use crate::config::RetentionLimits;

/// A run without a report that is younger than this may be under way.
const UNDER_WAY: SignedDuration = SignedDuration::from_hours(1);

/// One run's directory.
#[derive(Clone, Debug, Eq, PartialEq)]
struct Kept {
    path: PathBuf,
    started: Timestamp,
    bytes: u64,
    /// `None` when it has no report.
    passed: Option<bool>,
    protected: bool,
}

/// What a sweep removed.
#[derive(Clone, Copy, Debug, Default, Eq, PartialEq)]
pub(super) struct Swept {
    pub(super) runs: usize,
    pub(super) bytes: u64,
}

/// Removes what is over the limits below `artifacts`, oldest first.
///
/// # Errors
/// The first directory that cannot be read; ones that cannot be removed are logged and left.
pub(super) fn sweep(artifacts: &Path, limits: RetentionLimits, now: Timestamp) -> io::Result<Swept> {
    let mut swept = Swept::default();
    if limits == RetentionLimits::default() {
        return Ok(swept);
    }
    let mut all = Vec::new();
    for region in folders(&artifacts.join("canary"))? {
        for canary in folders(&region)? {
            let mut runs = runs_of(&canary)?;
            protect(&mut runs);
            for run in over(&runs, limits, now) {
                remove(run, &canary, &mut swept);
            }
            runs.retain(|run| run.path.exists());
            all.extend(runs.into_iter().map(|run| (run, canary.clone())));
        }
    }
    let Some(most) = limits.bytes else { return Ok(swept) };
    all.sort_by_key(|(run, _)| run.started);
    let mut bytes: u64 = all.iter().map(|(run, _)| run.bytes).sum();
    for (run, canary) in all.iter().filter(|(run, _)| may_go(run, now)) {
        if bytes <= most {
            break;
        }
        if remove(run, canary, &mut swept) {
            bytes -= run.bytes;
        }
    }
    Ok(swept)
}

/// Marks what stays: the last good run, and the first of the last series of failed ones. `runs` are sorted by age.
fn protect(runs: &mut [Kept]) {
    if let Some(last_good) = runs.iter_mut().rev().find(|run| run.passed == Some(true)) {
        last_good.protected = true;
    }
    let Some(last_failed) = runs.iter().rposition(|run| run.passed == Some(false)) else { return };
    let series = runs.get(..=last_failed).unwrap_or_default();
    let before = series.iter().rposition(|run| run.passed == Some(true));
    let first = (before.map_or(0, |before| before + 1)..=last_failed).find(|at| runs[*at].passed == Some(false));
    if let Some(first) = first {
        runs[first].protected = true;
    }
}

/// Runs that are too old, or too many; `runs` are sorted by age.
fn over(runs: &[Kept], limits: RetentionLimits, now: Timestamp) -> impl Iterator<Item = &Kept> + use<'_> {
    let oldest = limits.age.and_then(|age| now.checked_sub(SignedDuration::try_from(age).ok()?).ok());
    let too_many = limits.runs.map_or(0, |most| runs.len().saturating_sub(most));
    runs.iter()
        .enumerate()
        .filter(move |(at, run)| *at < too_many || oldest.is_some_and(|oldest| run.started < oldest))
        .map(|(_, run)| run)
        .filter(move |run| may_go(run, now))
}

fn may_go(run: &Kept, now: Timestamp) -> bool {
    !run.protected && (run.passed.is_some() || now.duration_since(run.started) > UNDER_WAY)
}

fn remove(run: &Kept, canary: &Path, swept: &mut Swept) -> bool {
    if let Err(error) = fs::remove_dir_all(&run.path) {
        warn!(path = %run.path.display(), %error, "artifacts not removed");
        return false;
    }
    swept.runs += 1;
    swept.bytes += run.bytes;
    // Hours, days, months and years go with their last run; what is not empty refuses.
    let mut above = run.path.parent();
    while let Some(folder) = above.filter(|folder| *folder != canary && fs::remove_dir(folder).is_ok()) {
        above = folder.parent();
    }
    true
}

/// All runs of a canary, oldest first: `<yyyy>/<mm>/<dd>/<hh>/<mm-ss-ms>`.
fn runs_of(canary: &Path) -> io::Result<Vec<Kept>> {
    let mut level = vec![canary.to_owned()];
    for _ in 0..5 {
        let mut below = Vec::new();
        for folder in &level {
            below.extend(folders(folder)?);
        }
        level = below;
    }
    let mut runs = Vec::new();
    for path in level {
        let Some(started) = path.strip_prefix(canary).ok().and_then(started_of) else { continue };
        let passed = [("PASSED", true), ("FAILED", false)]
            .into_iter()
            .find(|(word, _)| path.join(format!("SyntheticsReport-{word}.json")).is_file())
            .map(|(_, passed)| passed);
        runs.push(Kept { bytes: bytes_in(&path)?, path, started, passed, protected: false });
    }
    runs.sort_by_key(|run| run.started);
    Ok(runs)
}

fn started_of(below: &Path) -> Option<Timestamp> {
    let mut parts = below.iter().map(|part| part.to_str());
    let mut number = || parts.next()??.parse::<i16>().ok();
    let (year, month, day, hour) = (number()?, number()?, number()?, number()?);
    let mut rest = parts.next()??.split('-').map(|text| text.parse::<i32>().ok());
    let (minute, second, millisecond) = (rest.next()??, rest.next()??, rest.next()??);
    let nanosecond = millisecond.checked_mul(1_000_000)?;
    let at = DateTime::new(year, month as i8, day as i8, hour as i8, minute as i8, second as i8, nanosecond).ok()?;
    TimeZone::UTC.to_timestamp(at).ok()
}

/// Real folders only: what a link leads to is not ours.
fn folders(of: &Path) -> io::Result<Vec<PathBuf>> {
    let entries = match fs::read_dir(of) {
        Ok(entries) => entries,
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(Vec::new()),
        Err(error) => return Err(error),
    };
    let mut folders = Vec::new();
    for entry in entries {
        let entry = entry?;
        if entry.file_type()?.is_dir() {
            folders.push(entry.path());
        }
    }
    Ok(folders)
}

fn bytes_in(run: &Path) -> io::Result<u64> {
    fs::read_dir(run)?.map(|entry| Ok(entry?.metadata()?.len())).sum()
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::*;
    use crate::run::{ArtifactKind, RunDirectory};

    /// Runs of one canary, one a day until the 20th; `+` passed, `-` failed, `.` has no report.
    fn runs(root: &Path, canary: &str, outcomes: &str) {
        let first: Timestamp = "2026-11-20T08:00:00Z".parse().unwrap();
        let days = outcomes.len() as i64 - 1;
        for (day, outcome) in outcomes.chars().enumerate() {
            let started = first - SignedDuration::from_hours(24 * (days - day as i64));
            let directory = RunDirectory::create(root, "us-east-1", &canary.parse().unwrap(), started).unwrap();
            directory.write("log.txt", ArtifactKind::Log, &[b'x'; 1000]).unwrap();
            let name = match outcome {
                '+' => "SyntheticsReport-PASSED.json",
                '-' => "SyntheticsReport-FAILED.json",
                _ => continue,
            };
            directory.write(name, ArtifactKind::SyntheticsReport, b"{}").unwrap();
        }
    }

    fn left(root: &Path, canary: &str) -> String {
        let runs = runs_of(&root.join("canary/us-east-1").join(canary)).unwrap();
        let days = runs.iter().map(|run| {
            let mark = run.passed.map_or('.', |passed| if passed { '+' } else { '-' });
            format!("{}{mark}", run.started.strftime("%d"))
        });
        days.collect::<Vec<_>>().join(" ")
    }

    #[test]
    fn what_is_over_the_limits_goes_but_for_the_two_that_tell_most() {
        let none = RetentionLimits::default();
        let age = |days: u64| RetentionLimits { age: Some(Duration::from_hours(24 * days)), ..none };
        let count = |runs| RetentionLimits { runs: Some(runs), ..none };
        let bytes = |bytes| RetentionLimits { bytes: Some(bytes), ..none };
        let cases = [
            ("+++", none, "18+ 19+ 20+"),
            ("+++", age(2), "19+ 20+"),
            ("+++", age(0), "20+"),
            ("++---", age(0), "17+ 18-"),
            ("--+--+", age(0), "18- 20+"),
            ("-----", count(2), "16- 19- 20-"),
            ("+++++", count(2), "19+ 20+"),
            ("+.+.", count(1), "19+ 20."),
            ("++++", bytes(2500), "19+ 20+"),
            ("-+++", bytes(1), "17- 20+"),
        ];
        for (outcomes, limits, expected) in cases {
            let root = tempfile::tempdir().unwrap();
            runs(root.path(), "shop", outcomes);
            sweep(root.path(), limits, "2026-11-20T12:00:00Z".parse().unwrap()).unwrap();
            assert_eq!(left(root.path(), "shop"), expected, "{outcomes} {limits:?}");
        }
    }

    #[test]
    fn bytes_are_counted_over_all_canaries_and_a_run_under_way_stays() {
        let root = tempfile::tempdir().unwrap();
        runs(root.path(), "one", "++");
        runs(root.path(), "two", "+++.");
        let limits = RetentionLimits { bytes: Some(4100), ..RetentionLimits::default() };
        let swept = sweep(root.path(), limits, "2026-11-20T08:30:00Z".parse().unwrap()).unwrap();
        assert_eq!(swept, Swept { runs: 2, bytes: 2004 });
        assert_eq!((left(root.path(), "one"), left(root.path(), "two")), ("19+ 20+".into(), "19+ 20.".into()));
        assert_eq!(sweep(Path::new("/no/artifacts"), limits, Timestamp::UNIX_EPOCH).unwrap(), Swept::default());
    }
}
