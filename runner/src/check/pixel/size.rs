//! How a picture's size changed, and what explains it.

use std::fmt;

/// Width and height in pixels.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Dimensions {
    /// Columns.
    pub width: u32,
    /// Rows.
    pub height: u32,
}

impl fmt::Display for Dimensions {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(out, "{}x{}", self.width, self.height)
    }
}

/// Pictures of different sizes: they are compared from the left upper corner, and what only one has counts as changed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct SizeChange {
    /// Of the first picture.
    pub before: Dimensions,
    /// Of the second.
    pub after: Dimensions,
}

impl SizeChange {
    pub(super) fn between(before: Dimensions, after: Dimensions) -> Option<Self> {
        (before != after).then_some(Self { before, after })
    }
}

impl fmt::Display for SizeChange {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        let changes = [
            (self.before.width, self.after.width, "wider", "narrower"),
            (self.before.height, self.after.height, "taller", "shorter"),
        ];
        let mut between = "";
        for (before, after, more, less) in changes {
            if before != after {
                let word = if after > before { more } else { less };
                write!(out, "{between}{} pixels {word}", after.abs_diff(before))?;
                between = " and ";
            }
        }
        write!(out, ", {} after {}", self.after, self.before)
    }
}

/// Rows of both pictures, by hash: finds the one place where rows came in or went out.
#[derive(Debug, Default)]
pub(super) struct RowHashes {
    pub(super) before: Vec<u64>,
    pub(super) after: Vec<u64>,
}

impl RowHashes {
    /// Explains a change of height alone: `Some((y, rows))` when all rows but `rows` at `y` are there as before, in the same
    /// order.
    pub(super) fn inserted_or_removed(&self) -> Option<(u32, u32)> {
        let shorter = self.before.len().min(self.after.len());
        let apart = self.before.len().abs_diff(self.after.len());
        let same = |(one, other): &(&u64, &u64)| one == other;
        let above = self.before.iter().zip(&self.after).take_while(same).count();
        let below = self.before.iter().rev().zip(self.after.iter().rev()).take_while(same).count();
        (apart > 0 && above + below >= shorter).then_some((above as u32, apart as u32))
    }
}
