//! The agenda: pure decisions about what is due.
//!
//! # Policies
//! - **Phase**: a rate runs at fixed points of time, whatever the runs take and however often the runner restarts.
//! - **Overlap**: a canary whose last run is still under way is skipped.
//! - **Misfire**: when runs were missed (the machine slept), the last of them is made up for once if it was due less
//!   than one interval ago; earlier ones are skipped.

use jiff::Timestamp;
use siskin_blueprints::{CanaryName, Schedule};

use super::phase_of;

/// What happens to rates when the agenda begins.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum FirstRun {
    /// Each canary with a rate runs at once, then on its phase.
    AtOnce,
    /// Each canary waits for its phase.
    OnSchedule,
}

/// A canary that is due.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub struct Due {
    /// Its index in the list the agenda was made from.
    pub index: usize,
    /// When it was due.
    pub at: Timestamp,
    /// What to do.
    pub skipped: Option<Skipped>,
}

/// Why a canary that is due does not run.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum Skipped {
    /// Its last run is still under way.
    Overlap,
    /// It was due longer than an interval ago.
    Misfire,
}

/// What is due when.
#[derive(Debug)]
pub struct Agenda {
    slots: Vec<Slot>,
}

#[derive(Debug)]
struct Slot {
    schedule: Schedule,
    due: Option<Timestamp>,
    under_way: bool,
}

impl Agenda {
    /// Begins at `now`; `canaries` are named by their place in the list from here on.
    pub fn new<'a>(
        canaries: impl IntoIterator<Item = (&'a CanaryName, &'a Schedule)>,
        first_run: FirstRun,
        now: Timestamp,
    ) -> Self {
        let slots = canaries.into_iter().map(|(name, schedule)| {
            let phase = schedule.interval().map(|interval| phase_of(name, interval));
            let schedule = phase.map_or(schedule.clone(), |phase| schedule.clone().with_phase(phase));
            let due = match (&schedule, first_run) {
                (Schedule::Once, _) | (Schedule::Rate(_), FirstRun::AtOnce) => Some(now),
                (Schedule::Rate(_), FirstRun::OnSchedule) | (Schedule::Cron(_), _) => schedule.next_after(now),
            };
            Slot { schedule, due, under_way: false }
        });
        Self { slots: slots.collect() }
    }

    /// When the next canary is due; `None` when none is any more.
    pub fn next(&self) -> Option<Timestamp> {
        self.slots.iter().filter_map(|slot| slot.due).min()
    }

    /// Takes out what is due at `now`, in order; what is not skipped counts as under way from here on.
    pub fn take_due(&mut self, now: Timestamp) -> Vec<Due> {
        let mut due: Vec<_> =
            self.slots.iter_mut().enumerate().flat_map(|(index, slot)| slot.take_due(index, now)).collect();
        due.sort_by_key(|due| (due.at, due.index));
        due
    }

    /// A run that was taken out is over.
    pub fn finished(&mut self, index: usize) {
        self.slots[index].under_way = false;
    }
}

impl Slot {
    fn take_due(&mut self, index: usize, now: Timestamp) -> Vec<Due> {
        let Some(first) = self.due.filter(|due| *due <= now) else { return Vec::new() };
        self.due = self.schedule.next_after(now);
        let mut taken = Vec::new();
        let at = self.last_due(first, now);
        if at != first {
            taken.push(Due { index, at: first, skipped: Some(Skipped::Misfire) });
        }
        let interval_over = self.schedule.next_after(at).is_some_and(|next| next <= now);
        let skipped = if interval_over {
            Some(Skipped::Misfire)
        } else if self.under_way {
            Some(Skipped::Overlap)
        } else {
            None
        };
        self.under_way |= skipped.is_none();
        taken.push(Due { index, at, skipped });
        taken
    }

    /// The last time due at or before `now`, knowing that `first` is one.
    fn last_due(&self, first: Timestamp, now: Timestamp) -> Timestamp {
        let Some(second) = self.schedule.next_after(first).filter(|second| *second <= now) else { return first };
        // Steps back from now by one interval, so that a night asleep costs no walk through its minutes.
        let before = now.checked_sub(second.duration_since(first)).unwrap_or(first);
        match self.schedule.next_after(before) {
            Some(last) if last <= now => last,
            Some(_) | None => second,
        }
    }
}
