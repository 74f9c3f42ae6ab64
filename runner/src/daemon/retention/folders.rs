//! Runs kept in a directory.

use std::collections::HashMap;
use std::fs::{self, File};
use std::io::{self, Read};
use std::path::{Path, PathBuf};

use jiff::Timestamp;
use tracing::warn;

use super::kept::{Kept, Swept, protect, take_over, time_of, too_large};
use crate::config::RetentionLimits;
use crate::daemon::tree::{folders, hours};
use crate::publish::objects::{is_sent, mark_of};
use crate::report::PACK;

const READ_BYTES: usize = 64 * 1024;

/// Removes what is over the limits from a directory.
#[derive(Debug, Default)]
pub(in crate::daemon) struct Sweeper {
    /// Bytes and runs of packs, so that only what grew is counted again.
    counted: HashMap<PathBuf, (u64, usize)>,
}

/// What a directory of artifacts is for.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(in crate::daemon) enum Role {
    /// It keeps them.
    Keeps,
    /// They are on an object store once they are sent: then only what the next run may be compared with stays.
    Sends,
}

/// Where a run is: its folder or its pack, and the folder of its canary.
#[derive(Clone, Debug)]
struct Place {
    path: PathBuf,
    canary: PathBuf,
}

impl Sweeper {
    /// Removes what is over the limits below `artifacts`, oldest first.
    ///
    /// # Errors
    /// The first directory that cannot be read; what cannot be removed is logged and left.
    pub(in crate::daemon) fn sweep(
        &mut self,
        artifacts: &Path,
        role: Role,
        limits: RetentionLimits,
        now: Timestamp,
    ) -> io::Result<Swept> {
        let mut swept = Swept::default();
        if limits == RetentionLimits::default() && role == Role::Keeps {
            return Ok(swept);
        }
        let mut counted = HashMap::new();
        let mut all = Vec::new();
        for region in folders(&artifacts.join("canary"))? {
            for canary in folders(&region)? {
                let mut runs = self.runs_of(&canary, limits.runs.is_some(), &mut counted)?;
                protect(&mut runs);
                for run in take_over(&mut runs, limits, now) {
                    remove(&run, &mut swept);
                }
                if role == Role::Sends {
                    runs.retain(|run| {
                        // A pack grows until its hour is over.
                        let is_done = run.may_go(now) && run.started < now && is_sent(&run.place.path);
                        if is_done {
                            remove(run, &mut Swept::default());
                        }
                        !is_done
                    });
                }
                all.extend(runs);
            }
        }
        self.counted = counted;
        if let Some(most) = limits.bytes {
            for run in too_large(all, most, now) {
                remove(&run, &mut swept);
            }
        }
        Ok(swept)
    }

    /// All runs of a canary, oldest first.
    fn runs_of(
        &self,
        canary: &Path,
        counts: bool,
        counted: &mut HashMap<PathBuf, (u64, usize)>,
    ) -> io::Result<Vec<Kept<Place>>> {
        let mut runs = Vec::new();
        for hour in hours(canary)? {
            let pack = hour.join(PACK);
            if let Some(started) = time_below(canary, &hour)
                && let Ok(metadata) = fs::symlink_metadata(&pack)
                && metadata.is_file()
            {
                let bytes = metadata.len();
                let packed = if counts { self.count(&pack, bytes, counted)? } else { 1 };
                let place = Place { path: pack, canary: canary.to_owned() };
                let (passed, packed) = (Some(true), Some(packed));
                runs.push(Kept { place, started, bytes, passed, packed, protected: false });
            }
            for path in folders(&hour)? {
                let Some(started) = time_below(canary, &path) else { continue };
                let passed = [("PASSED", true), ("FAILED", false)]
                    .into_iter()
                    .find(|(word, _)| path.join(format!("SyntheticsReport-{word}.json")).is_file())
                    .map(|(_, passed)| passed);
                let bytes = bytes_in(&path)?;
                let place = Place { path, canary: canary.to_owned() };
                runs.push(Kept { place, started, bytes, passed, packed: None, protected: false });
            }
        }
        runs.sort_by_key(|run| run.started);
        Ok(runs)
    }

    fn count(&self, pack: &Path, bytes: u64, counted: &mut HashMap<PathBuf, (u64, usize)>) -> io::Result<usize> {
        let known = self.counted.get(pack).filter(|(known, _)| *known == bytes);
        let runs = known.map_or_else(|| lines_in(pack), |(_, runs)| Ok(*runs))?;
        counted.insert(pack.to_owned(), (bytes, runs));
        Ok(runs)
    }
}

fn lines_in(path: &Path) -> io::Result<usize> {
    let mut file = File::open(path)?;
    let mut part = vec![0; READ_BYTES];
    let mut lines = 0;
    loop {
        let read = file.read(&mut part)?;
        if read == 0 {
            return Ok(lines);
        }
        lines += part.iter().take(read).filter(|byte| **byte == b'\n').count();
    }
}

fn remove(run: &Kept<Place>, swept: &mut Swept) {
    let Place { path, canary } = &run.place;
    let removed = if run.packed.is_some() { fs::remove_file(path) } else { fs::remove_dir_all(path) };
    if let Err(error) = removed {
        warn!(path = %path.display(), %error, "artifacts not removed");
        return;
    }
    swept.add(run);
    if run.packed.is_some() {
        // There is one only where packs are sent to a store.
        drop(fs::remove_file(mark_of(path, false)));
    }
    // Hours, days, months and years go with their last run; what is not empty refuses.
    let mut above = path.parent();
    while let Some(folder) = above.filter(|folder| folder != canary && fs::remove_dir(folder).is_ok()) {
        above = folder.parent();
    }
}

fn time_below(canary: &Path, folder: &Path) -> Option<Timestamp> {
    time_of(folder.strip_prefix(canary).ok()?.iter().map(|part| part.to_str().unwrap_or_default()))
}

fn bytes_in(run: &Path) -> io::Result<u64> {
    fs::read_dir(run)?.map(|entry| Ok(entry?.metadata()?.len())).sum()
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use jiff::SignedDuration;

    use super::*;

    use crate::run::{ArtifactKind, RunDirectory};

    fn sweep(artifacts: &Path, limits: RetentionLimits, now: Timestamp) -> io::Result<Swept> {
        Sweeper::default().sweep(artifacts, Role::Keeps, limits, now)
    }

    /// Runs of one canary, one a day until the 20th; `+` passed, `-` failed, `.` has no report.
    fn runs(root: &Path, canary: &str, outcomes: &str) {
        let first: Timestamp = "2026-11-20T08:00:00Z".parse().unwrap();
        let days = outcomes.len() as i64 - 1;
        for (day, outcome) in outcomes.chars().enumerate() {
            let started = first - SignedDuration::from_hours(24 * (days - day as i64));
            let directory = RunDirectory::new(root, "us-east-1", &canary.parse().unwrap(), started);
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
        let canary = root.join("canary/us-east-1").join(canary);
        let runs = Sweeper::default().runs_of(&canary, true, &mut HashMap::new()).unwrap();
        let days = runs.iter().map(|run| {
            let mark = run.passed.map_or('.', |passed| if passed { '+' } else { '-' });
            let packed = run.packed.map(|runs| format!("*{runs}")).unwrap_or_default();
            format!("{}{mark}{packed}", run.started.strftime("%d"))
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

    #[test]
    fn packs_go_as_a_whole_and_the_one_with_the_last_good_run_stays() {
        let none = RetentionLimits::default();
        let age = |days: u64| RetentionLimits { age: Some(Duration::from_hours(24 * days)), ..none };
        let count = |runs| RetentionLimits { runs: Some(runs), ..none };
        let bytes = |bytes| RetentionLimits { bytes: Some(bytes), ..none };
        // A folder each on the 18th to 20th at 8:00, and packs of 3 runs at 9:00.
        let cases = [
            ("+++", none, "18+ 18+*3 19+ 19+*3 20+ 20+*3"),
            ("+++", age(1), "20+ 20+*3"),
            ("+++", count(7), "19+*3 20+ 20+*3"),
            ("+++", count(4), "20+ 20+*3"),
            ("+++", count(3), "20+ 20+*3"),
            ("+--", count(1), "18+ 19- 20+*3"),
            ("+++", bytes(1), "20+ 20+*3"),
        ];
        for (outcomes, limits, expected) in cases {
            let root = tempfile::tempdir().unwrap();
            runs(root.path(), "shop", outcomes);
            for day in ["18", "19", "20"] {
                let hour = root.path().join("canary/us-east-1/shop/2026/11").join(day).join("09");
                fs::create_dir_all(&hour).unwrap();
                fs::write(hour.join(PACK), "{}\n{}\n{}\n").unwrap();
            }
            sweep(root.path(), limits, "2026-11-20T12:00:00Z".parse().unwrap()).unwrap();
            assert_eq!(left(root.path(), "shop"), expected, "{outcomes} {limits:?}");
        }
    }

    #[test]
    fn a_pack_that_grew_is_counted_again() {
        let root = tempfile::tempdir().unwrap();
        let pack = root.path().join(PACK);
        let mut sweeper = Sweeper::default();
        let mut count = |text: &str| {
            fs::write(&pack, text).unwrap();
            let mut counted = HashMap::new();
            let runs = sweeper.count(&pack, text.len() as u64, &mut counted).unwrap();
            sweeper.counted = counted;
            runs
        };
        assert_eq!((count("{}\n"), count("{}\n{}\n"), count("{}\n{}\n")), (1, 2, 2));
    }
}
