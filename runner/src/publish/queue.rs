//! What waits to be delivered: in order for each canary, many canaries at a time.

use std::collections::{BTreeMap, HashSet};

use siskin_blueprints::CanaryName;
use uuid::Uuid;

use super::Publication;
use super::spool::{Waiting, limits};

/// Most publications kept in memory, while the spool cannot be written.
const IN_MEMORY_MAX: usize = 256;

/// A publication in the queue.
#[derive(Clone, Debug)]
pub(super) struct Item {
    pub(super) waiting: Waiting,
    /// The publication itself, when the disk did not take it.
    pub(super) unspooled: Option<Publication>,
}

/// Publications by age. A canary whose publication is on its way has its next ones wait.
#[derive(Debug, Default)]
pub(super) struct Queue {
    items: BTreeMap<String, Item>,
    busy: HashSet<CanaryName>,
    bytes: u64,
    unspooled: usize,
}

impl Queue {
    /// Adds an item; what had to go for it, oldest first, comes back.
    pub(super) fn push(&mut self, item: Item) -> Vec<Item> {
        self.remove(&item.waiting.name.clone());
        self.bytes += item.waiting.bytes;
        self.unspooled += usize::from(item.unspooled.is_some());
        self.items.insert(item.waiting.name.clone(), item);
        let mut dropped = Vec::new();
        while self.items.len() > limits::SPOOL_FILES_MAX || self.bytes > limits::SPOOL_BYTES_MAX {
            let idle = self.items.values().find(|item| !self.busy.contains(&item.waiting.canary));
            let Some(name) = idle.map(|item| item.waiting.name.clone()) else { break };
            dropped.extend(self.remove(&name));
        }
        while self.unspooled > IN_MEMORY_MAX {
            let is_idle = |item: &&Item| item.unspooled.is_some() && !self.busy.contains(&item.waiting.canary);
            let Some(name) = self.items.values().find(is_idle).map(|item| item.waiting.name.clone()) else { break };
            dropped.extend(self.remove(&name));
        }
        dropped
    }

    /// The oldest item of a canary that has none on its way; its canary has one from here on.
    pub(super) fn take(&mut self) -> Option<Item> {
        let item = self.items.values().find(|item| !self.busy.contains(&item.waiting.canary))?.clone();
        self.busy.insert(item.waiting.canary.clone());
        Some(item)
    }

    /// An item is no longer on its way; it stays unless it is `done`.
    pub(super) fn give_back(&mut self, item: &Item, done: bool) {
        self.busy.remove(&item.waiting.canary);
        if done {
            self.remove(&item.waiting.name);
        } else if let (Some(publication), Some(kept)) = (&item.unspooled, self.items.get_mut(&item.waiting.name)) {
            kept.unspooled = Some(publication.clone());
        }
    }

    pub(super) fn has(&self, id: Uuid) -> bool {
        self.items.values().any(|item| item.waiting.id == id)
    }

    /// Takes out what has this id and is not on its way.
    pub(super) fn forget(&mut self, id: Uuid) -> Vec<Item> {
        let idle = self.items.values().filter(|item| !self.busy.contains(&item.waiting.canary));
        let names: Vec<_> = idle.filter(|item| item.waiting.id == id).map(|item| item.waiting.name.clone()).collect();
        names.iter().filter_map(|name| self.remove(name)).collect()
    }

    pub(super) fn len(&self) -> usize {
        self.items.len()
    }

    fn remove(&mut self, name: &str) -> Option<Item> {
        let item = self.items.remove(name)?;
        self.bytes -= item.waiting.bytes;
        self.unspooled -= usize::from(item.unspooled.is_some());
        Some(item)
    }
}
