//! What is kept of runs, wherever it is, and which of it is over the limits.
//!
//! Two runs of a canary stay whatever the limits say: the last good one, and the first failed one of the last series of
//! failures. They are what one looks at when something breaks.

use jiff::civil::DateTime;
use jiff::tz::TimeZone;
use jiff::{SignedDuration, Timestamp};

use crate::config::RetentionLimits;

/// A run without a report that is younger than this may be under way.
const UNDER_WAY: SignedDuration = SignedDuration::from_hours(1);

/// One run, or the packed runs of one hour.
#[derive(Clone, Debug, Eq, PartialEq)]
pub(super) struct Kept<Place> {
    pub(super) place: Place,
    /// When it began; of a pack, the end of its hour.
    pub(super) started: Timestamp,
    pub(super) bytes: u64,
    /// `None` when it has no report.
    pub(super) passed: Option<bool>,
    /// How many runs a pack has; `None` for one that has a folder.
    pub(super) packed: Option<usize>,
    pub(super) protected: bool,
}

/// What a sweep removed.
#[derive(Clone, Copy, Debug, Default, Eq, PartialEq)]
pub(in crate::daemon) struct Swept {
    pub(in crate::daemon) runs: usize,
    pub(in crate::daemon) bytes: u64,
}

impl<Place> Kept<Place> {
    pub(super) fn may_go(&self, now: Timestamp) -> bool {
        !self.protected && (self.passed.is_some() || now.duration_since(self.started) > UNDER_WAY)
    }

    pub(super) fn runs(&self) -> usize {
        self.packed.unwrap_or(1)
    }
}

impl Swept {
    pub(super) fn add<Place>(&mut self, gone: &Kept<Place>) {
        self.runs += gone.runs();
        self.bytes += gone.bytes;
    }
}

/// Marks what stays: the last good run, and the first of the last series of failed ones. `runs` are sorted by age.
pub(super) fn protect<Place>(runs: &mut [Kept<Place>]) {
    if let Some(last_good) = runs.iter_mut().rev().find(|run| run.passed == Some(true)) {
        last_good.protected = true;
    }
    // Whatever hour a pack is of, the run that ended a series of failures has a folder.
    let folders: Vec<usize> = (0..runs.len()).filter(|at| runs[*at].packed.is_none()).collect();
    if let Some(last_good) = folders.iter().rev().find(|at| runs[**at].passed == Some(true)) {
        runs[*last_good].protected = true;
    }
    let Some(last_failed) = folders.iter().rposition(|at| runs[*at].passed == Some(false)) else { return };
    let series = folders.get(..=last_failed).unwrap_or_default();
    let before = series.iter().rposition(|at| runs[*at].passed == Some(true));
    let after = series.get(before.map_or(0, |before| before + 1)..).unwrap_or_default();
    if let Some(first) = after.iter().find(|at| runs[**at].passed == Some(false)) {
        runs[*first].protected = true;
    }
}

/// Takes out the runs of one canary that are too old, or too many; `runs` are sorted by age.
pub(super) fn take_over<Place>(
    runs: &mut Vec<Kept<Place>>,
    limits: RetentionLimits,
    now: Timestamp,
) -> Vec<Kept<Place>> {
    let oldest = limits.age.and_then(|age| now.checked_sub(SignedDuration::try_from(age).ok()?).ok());
    let mut newer = runs.iter().map(Kept::runs).sum::<usize>();
    let mut over = Vec::new();
    let mut left = Vec::new();
    for run in runs.drain(..) {
        newer -= run.runs();
        let is_over =
            limits.runs.is_some_and(|most| newer >= most) || oldest.is_some_and(|oldest| run.started < oldest);
        if is_over && run.may_go(now) { over.push(run) } else { left.push(run) }
    }
    *runs = left;
    over
}

/// The oldest of the runs of all canaries that have to go for the rest to have at most `most` bytes.
pub(super) fn too_large<Place>(mut all: Vec<Kept<Place>>, most: u64, now: Timestamp) -> Vec<Kept<Place>> {
    all.sort_by_key(|run| run.started);
    let mut bytes: u64 = all.iter().map(|run| run.bytes).sum();
    let over = all.into_iter().filter(|run| run.may_go(now));
    over.take_while(|run| {
        let goes = bytes > most;
        bytes = bytes.saturating_sub(run.bytes);
        goes
    })
    .collect()
}

/// When a run began by the path of its folder below its canary's, `<yyyy>/<mm>/<dd>/<hh>/<mm-ss-ms>`; of the folder of an
/// hour, its last moment.
pub(super) fn time_of<'a>(below: impl IntoIterator<Item = &'a str>) -> Option<Timestamp> {
    let mut parts = below.into_iter();
    let mut number = || parts.next()?.parse::<i16>().ok();
    let (year, month, day, hour) = (number()?, number()?, number()?, number()?);
    let mut rest = parts.next().unwrap_or("59-59-999").split('-').map(|text| text.parse::<i32>().ok());
    let (minute, second, millisecond) = (rest.next()??, rest.next()??, rest.next()??);
    let nanosecond = millisecond.checked_mul(1_000_000)?;
    let at = DateTime::new(year, month as i8, day as i8, hour as i8, minute as i8, second as i8, nanosecond).ok()?;
    TimeZone::UTC.to_timestamp(at).ok()
}
