//! The canaries of the daemon, and when they run.

use std::collections::{HashMap, HashSet};
use std::sync::Arc;

use jiff::Timestamp;
use tracing::warn;

use super::Board;
use super::board::Row;
use super::handled::Handled;
use crate::config::{Config, Entry};
use crate::schedule::{Agenda, Due, FirstRun};

/// The canaries of the daemon, by the agenda's numbers.
#[derive(Debug)]
pub(super) struct Roster {
    agenda: Agenda,
    entries: HashMap<usize, Arc<Entry>>,
    handled: Handled,
    groups: Vec<String>,
    board: Board,
}

impl Roster {
    pub(super) fn new(first_run: FirstRun, handled: Handled, groups: Vec<String>, board: Board) -> Self {
        Self { agenda: Agenda::new(first_run), entries: HashMap::new(), handled, groups, board }
    }

    /// Takes the canaries of `config` in; gives back those that are new or not what they were.
    pub(super) fn load(&mut self, config: Config, now: Timestamp) -> Vec<Arc<Entry>> {
        let is_wanted =
            |entry: &Entry| self.groups.is_empty() || entry.groups.iter().any(|group| self.groups.contains(group));
        let entries: Vec<_> = config.entries.into_iter().filter(is_wanted).map(Arc::new).collect();
        let names: HashSet<_> = entries.iter().map(|entry| entry.canary.name.as_str()).collect();
        if let Err(error) = self.handled.keep_only(&names) {
            warn!(%error, "notes of canaries that are gone not removed");
        }
        let named = entries.iter().map(|entry| (&entry.canary.name, &entry.plan));
        let indices = self.agenda.load(named, now, |name| self.handled.until(name));
        let before = std::mem::take(&mut self.entries);
        let mut changed = Vec::new();
        for (index, entry) in indices.iter().zip(&entries) {
            let old = before.get(index).filter(|old| old.canary.name == entry.canary.name);
            if old.is_none_or(|old| old.canary != entry.canary) {
                changed.push(Arc::clone(entry));
            }
            if entry.plan.is_calendar() && self.handled.until(&entry.canary.name).is_none() {
                self.handled.note(&entry.canary.name, now);
            }
            self.entries.insert(*index, Arc::clone(entry));
        }
        self.show(&indices, &entries);
        changed
    }

    fn show(&self, indices: &[usize], entries: &[Arc<Entry>]) {
        self.board.change(|state| {
            let mut before = std::mem::take(&mut state.canaries);
            for (index, entry) in indices.iter().zip(entries) {
                let name = entry.canary.name.to_string();
                let row = before.remove(&name).unwrap_or_default();
                let (groups, schedule) = (entry.groups.clone(), entry.plan.schedule().to_string());
                let next = self.agenda.next_of(*index);
                state.canaries.insert(name, Row { groups, schedule, next, ..row });
            }
        });
    }

    pub(super) fn len(&self) -> usize {
        self.entries.len()
    }

    pub(super) fn entry(&self, index: usize) -> Option<Arc<Entry>> {
        self.entries.get(&index).cloned()
    }

    pub(super) fn next(&mut self) -> Option<Timestamp> {
        self.agenda.next_due()
    }

    /// What is due at `now`; calendar times are noted as dealt with.
    pub(super) fn take_due(&mut self, now: Timestamp) -> Vec<Due> {
        let taken = self.agenda.take_due(now);
        for due in &taken {
            let Some(entry) = self.entries.get(&due.index) else { continue };
            if entry.plan.is_calendar() {
                self.handled.note(&entry.canary.name, due.at);
            }
            let next = self.agenda.next_of(due.index);
            self.board.row(entry.canary.name.as_str(), |row| row.next = next);
        }
        taken
    }

    pub(super) fn finished(&mut self, index: usize, now: Timestamp) -> Option<Due> {
        self.agenda.finished(index, now)
    }
}
