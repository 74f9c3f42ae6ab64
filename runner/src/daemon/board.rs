//! What the daemon is doing right now, for whoever looks.

use std::collections::{BTreeMap, VecDeque};
use std::sync::Arc;
use std::time::Duration;

use jiff::Timestamp;
use parking_lot::Mutex;

use crate::run::Outcome;

/// Last outcomes that are kept of each canary.
const OUTCOMES_MAX: usize = 20;

/// What the daemon is doing; clones are the same board.
#[derive(Clone, Debug, Default)]
pub struct Board(Arc<Mutex<State>>);

/// The board at one moment.
#[derive(Clone, Debug, Default)]
pub struct State {
    /// Canaries by their names.
    pub canaries: BTreeMap<String, Row>,
    /// Results that wait for the backend.
    pub waiting: usize,
    /// The last thing that the operator should know.
    pub notice: Option<String>,
    /// Whether no run begins any more.
    pub closing: bool,
}

/// One canary.
#[derive(Clone, Debug, Default)]
pub struct Row {
    /// Groups it belongs to.
    pub groups: Vec<String>,
    /// When it runs, as it is written.
    pub schedule: String,
    /// Its next time.
    pub next: Option<Timestamp>,
    /// Runs that wait for a place or are under way.
    pub runs: usize,
    /// When the last of them began; `None` while they wait.
    pub began: Option<Timestamp>,
    /// When a failed run is tried again, while it waits for that.
    pub tried_again: Option<Timestamp>,
    /// How its last runs ended, the newest at the end.
    pub outcomes: VecDeque<Outcome>,
    /// How long the last one took.
    pub duration: Option<Duration>,
}

impl Board {
    /// What it shows now.
    pub fn state(&self) -> State {
        self.0.lock().clone()
    }

    pub(super) fn change(&self, change: impl FnOnce(&mut State)) {
        change(&mut self.0.lock());
    }

    pub(super) fn row(&self, canary: &str, change: impl FnOnce(&mut Row)) {
        if let Some(row) = self.0.lock().canaries.get_mut(canary) {
            change(row);
        }
    }
}

impl Row {
    pub(super) fn ended(&mut self, outcome: &Outcome, duration: Duration) {
        if self.outcomes.len() == OUTCOMES_MAX {
            self.outcomes.pop_front();
        }
        self.outcomes.push_back(outcome.clone());
        self.duration = Some(duration);
    }
}
