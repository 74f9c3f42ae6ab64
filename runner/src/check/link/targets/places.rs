//! Where links stand: one list for each link, in one store for all.

/// A line of a page, by the page's target.
#[derive(Clone, Copy, Debug, Eq, Ord, PartialEq, PartialOrd)]
pub(in crate::check::link) struct Place {
    pub(in crate::check::link) page: u32,
    pub(in crate::check::link) line: u32,
}

/// Places that are kept; 12 bytes each.
const PLACES_MAX: usize = 4_000_000;
const NONE: u32 = u32::MAX;

#[derive(Debug, Default)]
pub(super) struct Places {
    nodes: Vec<(Place, u32)>,
    free: Vec<u32>,
    /// Places that found no room.
    pub(super) dropped: u64,
}

/// A list in a [`Places`].
#[derive(Clone, Copy, Debug)]
pub(super) struct List(u32);

impl List {
    pub(super) const EMPTY: Self = Self(NONE);
}

impl Places {
    pub(super) fn push(&mut self, list: &mut List, place: Place) {
        let node = (place, list.0);
        if let Some(free) = self.free.pop() {
            if let Some(slot) = self.nodes.get_mut(free as usize) {
                *slot = node;
                list.0 = free;
            }
        } else if self.nodes.len() < PLACES_MAX {
            list.0 = self.nodes.len() as u32;
            self.nodes.push(node);
        } else {
            self.dropped += 1;
        }
    }

    /// Lets the places of a list go.
    pub(super) fn clear(&mut self, list: &mut List) {
        let mut at = std::mem::replace(&mut list.0, NONE);
        while let Some((_, next)) = self.nodes.get(at as usize) {
            self.free.push(at);
            at = *next;
        }
    }

    /// The places of a list, the latest first.
    pub(super) fn iter(&self, list: List) -> impl Iterator<Item = Place> {
        let mut at = list.0;
        std::iter::from_fn(move || {
            let (place, next) = self.nodes.get(at as usize)?;
            at = *next;
            Some(*place)
        })
    }
}
