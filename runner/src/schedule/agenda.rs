//! The agenda: pure decisions about what is due.

use std::cmp::Reverse;
use std::collections::{BinaryHeap, HashMap};
use std::sync::Arc;

use jiff::{SignedDuration, Timestamp};
use siskin_blueprints::{CanaryName, Schedule};

use super::{Misfire, Overlap, Plan};

/// A run that is noticed within this time is on time, not missed.
const PUNCTUAL: SignedDuration = SignedDuration::from_secs(10);

/// What happens to rates when a canary is new.
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
    /// Names the canary as [`Agenda::load`] does.
    pub index: usize,
    /// When it was due.
    pub at: Timestamp,
    /// What to do.
    pub action: Action,
}

/// What to do with a canary that is due.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum Action {
    /// Run it.
    Run,
    /// Stop the run under way and run it.
    Replace,
    /// Wait: [`Agenda::finished`] gives it back.
    Queue,
    /// Do not run it.
    Skip(Skipped),
}

/// Why a canary that is due does not run.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum Skipped {
    /// Its last run is still under way, or the place in its queue is taken.
    Overlap,
    /// It was due too long ago.
    Misfire,
    /// A maintenance window is open.
    Maintenance,
}

/// What is due when: a heap of times, each with the canary it belongs to.
#[derive(Debug)]
pub struct Agenda {
    first_run: FirstRun,
    slots: Vec<Slot>,
    /// Slots of canaries that are gone and whose runs have ended.
    free: Vec<usize>,
    by_name: HashMap<CanaryName, usize>,
    /// Times that a reload has made void stay until they come up; the slot's own time tells them apart.
    heap: BinaryHeap<Reverse<(Timestamp, usize)>>,
}

#[derive(Debug)]
struct Slot {
    /// `None` when the canary is gone from the file.
    plan: Option<Arc<Plan>>,
    due: Option<Timestamp>,
    runs: u32,
    queued: Option<Timestamp>,
}

impl Agenda {
    /// An agenda without canaries.
    pub fn new(first_run: FirstRun) -> Self {
        Self { first_run, slots: Vec::new(), free: Vec::new(), by_name: HashMap::new(), heap: BinaryHeap::new() }
    }

    /// Takes `canaries` for all there are from `now` on, and gives each a number that stays its own.
    ///
    /// A canary whose plan is what it was goes on as if nothing had happened. `handled` tells up to when the times of a
    /// canary were dealt with by an earlier process; calendar times after it were missed.
    pub fn load<'a>(
        &mut self,
        canaries: impl IntoIterator<Item = (&'a CanaryName, &'a Arc<Plan>)>,
        now: Timestamp,
        handled: impl Fn(&CanaryName) -> Option<Timestamp>,
    ) -> Vec<usize> {
        let mut before = std::mem::take(&mut self.by_name);
        let mut indices = Vec::new();
        for (name, plan) in canaries {
            let index = match before.remove(name) {
                Some(index) => {
                    if self.slots[index].plan.as_deref() != Some(plan) {
                        self.slots[index].plan = Some(Arc::clone(plan));
                        self.schedule(index, plan.next_after(now));
                    }
                    index
                }
                None => self.add(plan, self.first_due(plan, now, handled(name))),
            };
            self.by_name.insert(name.clone(), index);
            indices.push(index);
        }
        for index in before.into_values() {
            let slot = &mut self.slots[index];
            (slot.plan, slot.due, slot.queued) = (None, None, None);
            self.recycle(index);
        }
        // Void times must not pile up over many reloads.
        if self.heap.len() > 2 * self.by_name.len() + 64 {
            let times = self.slots.iter().enumerate();
            self.heap = times.filter_map(|(index, slot)| Some(Reverse((slot.due?, index)))).collect();
        }
        indices
    }

    /// When the next canary is due; `None` when none is any more.
    pub fn next_due(&mut self) -> Option<Timestamp> {
        loop {
            let Reverse((at, index)) = *self.heap.peek()?;
            if self.slots[index].due == Some(at) {
                return Some(at);
            }
            self.heap.pop();
        }
    }

    /// Takes out what is due at `now`, in order; what is to run counts as under way from here on.
    pub fn take_due(&mut self, now: Timestamp) -> Vec<Due> {
        let mut taken = Vec::new();
        while let Some(at) = self.next_due().filter(|at| *at <= now) {
            let Some(Reverse((_, index))) = self.heap.pop() else { break };
            let slot = &mut self.slots[index];
            slot.due = None;
            let Some(plan) = slot.plan.clone() else { continue };
            let last = plan.last_due(at, now);
            if last != at {
                taken.push(Due { index, at, action: Action::Skip(Skipped::Misfire) });
            }
            taken.push(Due { index, at: last, action: self.slots[index].decide(&plan, last, now) });
            let next = plan.next_after(now);
            self.schedule(index, next);
        }
        taken
    }

    /// A run of `index` is over. If another waited for it, that one counts as under way from here on.
    pub fn finished(&mut self, index: usize, now: Timestamp) -> Option<Due> {
        let slot = &mut self.slots[index];
        slot.runs = slot.runs.saturating_sub(1);
        if slot.runs > 0 {
            return None;
        }
        let waiting = slot.queued.take().zip(slot.plan.clone());
        self.recycle(index);
        let (at, plan) = waiting?;
        let action = self.slots[index].decide_late(&plan, at, now);
        Some(Due { index, at, action })
    }

    /// Until when the canary will not run by itself: its next time, for whoever looks.
    pub fn next_of(&self, index: usize) -> Option<Timestamp> {
        self.slots.get(index).and_then(|slot| slot.due)
    }

    fn first_due(&self, plan: &Plan, now: Timestamp, handled: Option<Timestamp>) -> Option<Timestamp> {
        match (plan.schedule(), self.first_run) {
            (Schedule::Once, _) | (Schedule::Rate(_), FirstRun::AtOnce) => Some(now),
            (Schedule::Rate(_), FirstRun::OnSchedule) => plan.next_after(now),
            // Rates do not make up for a time without a runner: all of them would begin at once.
            (Schedule::Cron(_) | Schedule::At(_), _) => plan.next_after(handled.unwrap_or(now).min(now)),
        }
    }

    fn add(&mut self, plan: &Arc<Plan>, due: Option<Timestamp>) -> usize {
        let slot = Slot { plan: Some(Arc::clone(plan)), due: None, runs: 0, queued: None };
        let index = if let Some(index) = self.free.pop() {
            self.slots[index] = slot;
            index
        } else {
            self.slots.push(slot);
            self.slots.len() - 1
        };
        self.schedule(index, due);
        index
    }

    fn schedule(&mut self, index: usize, due: Option<Timestamp>) {
        self.slots[index].due = due;
        self.heap.extend(due.map(|at| Reverse((at, index))));
    }

    fn recycle(&mut self, index: usize) {
        let slot = &self.slots[index];
        if slot.plan.is_none() && slot.runs == 0 {
            self.free.push(index);
        }
    }
}

impl Slot {
    fn decide(&mut self, plan: &Plan, at: Timestamp, now: Timestamp) -> Action {
        let lateness = now.duration_since(at);
        let latest = plan.max_lateness.and_then(|latest| SignedDuration::try_from(latest).ok());
        let missed = lateness > PUNCTUAL
            && match plan.misfire {
                Misfire::Skip => true,
                Misfire::Once => latest.is_some_and(|latest| lateness > latest),
            };
        if missed {
            return Action::Skip(Skipped::Misfire);
        }
        if plan.is_in_maintenance(at) {
            return Action::Skip(Skipped::Maintenance);
        }
        if self.runs == 0 {
            self.runs = 1;
            return Action::Run;
        }
        match plan.overlap {
            Overlap::Queue if self.queued.is_none() => {
                self.queued = Some(at);
                Action::Queue
            }
            Overlap::Skip | Overlap::Queue => Action::Skip(Skipped::Overlap),
            Overlap::Replace => {
                self.runs += 1;
                Action::Replace
            }
        }
    }

    /// Decides about a run that waited for another: that wait is no misfire, but it may have been too long.
    fn decide_late(&mut self, plan: &Plan, at: Timestamp, now: Timestamp) -> Action {
        let lateness = now.duration_since(at);
        let latest = plan.max_lateness.and_then(|latest| SignedDuration::try_from(latest).ok());
        if latest.is_some_and(|latest| lateness > latest.max(PUNCTUAL)) {
            return Action::Skip(Skipped::Misfire);
        }
        self.runs = 1;
        Action::Run
    }
}
