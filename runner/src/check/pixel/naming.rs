//! Says in words what happened to each region.

use std::collections::HashMap;
use std::fmt;
use std::panic::resume_unwind;
use std::thread;

use super::area::Rectangle;
use super::colour::{Colour, delta_limit};
use super::crop::{Crop, RowHashing, look_again, most_common};
use super::regions::Region;
use super::size::{RowHashes, SizeChange};
use super::{Comparison, Picture, PixelError};

/// Regions that are named, the largest changes first.
pub const NAMED_REGIONS_MAX: usize = 50;

/// What happened to a region, as far as its pixels tell.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Change {
    /// The same is drawn elsewhere.
    Moved {
        /// Pixels to the right; to the left when negative.
        right: i64,
        /// Pixels down; up when negative.
        down: i64,
    },
    /// The same shapes have other colours.
    Recoloured {
        /// What most of the changed pixels were.
        from: Colour,
        /// What these are now.
        to: Colour,
    },
    /// There was text, and there is other text.
    TextChanged,
    /// There was only what lies behind.
    Added,
    /// There is only what lies behind.
    Removed,
    /// None of the others: another picture, for one.
    Changed,
}

impl fmt::Display for Change {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Moved { right, down } => {
                let mut between = "moved";
                for (by, more, less) in [(right, "right", "left"), (down, "down", "up")] {
                    if *by != 0 {
                        write!(out, "{between} {} {}", by.unsigned_abs(), if *by > 0 { more } else { less })?;
                        between = " and";
                    }
                }
                Ok(())
            }
            Self::Recoloured { from, to } => write!(out, "recoloured from {from} to {to}"),
            Self::TextChanged => out.write_str("text changed"),
            Self::Added => out.write_str("added"),
            Self::Removed => out.write_str("removed"),
            Self::Changed => out.write_str("changed"),
        }
    }
}

/// A region and what happened to it; as text `40x20 at 8,16: added`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct NamedRegion {
    /// Where it lies; of what moved, where it was.
    pub region: Region,
    /// What happened.
    pub change: Change,
}

impl fmt::Display for NamedRegion {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(out, "{}: {}", self.region.bounds, self.change)
    }
}

/// What happened to a picture, in words.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Explanation {
    /// How the size changed, and where rows came in or went out when that explains it.
    pub size: Option<String>,
    /// The largest changes first, [`NAMED_REGIONS_MAX`] at most.
    pub regions: Vec<NamedRegion>,
}

/// Looks at the changed regions of both pictures once more, and names what happened to them.
///
/// # Errors
/// As [`super::compare`]; the pictures must be those that were compared.
pub fn explain(before: Picture<'_>, after: Picture<'_>, comparison: &Comparison) -> Result<Explanation, PixelError> {
    let told: Vec<Region> = comparison.regions.iter().take(NAMED_REGIONS_MAX).copied().collect();
    let bounds: Vec<Rectangle> = told.iter().map(|region| region.bounds).collect();
    let only_height = comparison.size_change.filter(|change| change.before.width == change.after.width);
    let hashing = if only_height.is_some() { RowHashing::Yes } else { RowHashing::No };
    if told.is_empty() && comparison.size_change.is_none() {
        return Ok(Explanation { size: None, regions: Vec::new() });
    }
    let (old, new) = thread::scope(|scope| {
        let new = scope.spawn(|| look_again(&after, &bounds, hashing));
        (look_again(&before, &bounds, hashing), new.join().unwrap_or_else(|panic| resume_unwind(panic)))
    });
    let (old, new) = (old?, new?);
    let limit = delta_limit(comparison.threshold);
    let mut regions: Vec<Looked> = Vec::with_capacity(told.len());
    for (region, (old, new)) in told.into_iter().zip(old.crops.into_iter().zip(new.crops)) {
        let change = name(old.as_ref(), new.as_ref(), limit);
        regions.push(Looked { named: NamedRegion { region, change }, old, new });
    }
    let hashes = RowHashes { before: old.row_hashes, after: new.row_hashes };
    Ok(Explanation {
        size: comparison.size_change.map(|change| describe(change, &hashes)),
        regions: join_moves(regions, limit),
    })
}

fn describe(change: SizeChange, hashes: &RowHashes) -> String {
    let Some((y, rows)) = hashes.inserted_or_removed() else { return change.to_string() };
    if change.after.height > change.before.height {
        format!("{change}: {rows} rows were inserted at {y}, what was below moved {rows} down")
    } else {
        format!("{change}: {rows} rows were removed at {y}, what was below moved {rows} up")
    }
}

struct Looked {
    named: NamedRegion,
    old: Option<Crop>,
    new: Option<Crop>,
}

/// Makes one of a region that vanished and one that appeared with the same content.
fn join_moves(mut regions: Vec<Looked>, limit: f64) -> Vec<NamedRegion> {
    let mut at = 0;
    while at < regions.len() {
        if regions[at].named.change == Change::Removed
            && let Some(target) = regions.iter().position(|other| is_moved(&regions[at], other, limit))
        {
            let (from, to) = (regions[at].named.region, regions[target].named.region);
            regions[at].named = NamedRegion {
                region: Region { bounds: from.bounds, changed: from.changed + to.changed },
                change: Change::Moved {
                    right: i64::from(to.bounds.x) - i64::from(from.bounds.x),
                    down: i64::from(to.bounds.y) - i64::from(from.bounds.y),
                },
            };
            regions.remove(target);
            at -= usize::from(target < at);
        }
        at += 1;
    }
    regions.into_iter().map(|looked| looked.named).collect()
}

fn is_moved(gone: &Looked, come: &Looked, limit: f64) -> bool {
    let (Some(old), Some(new)) = (&gone.old, &come.new) else { return false };
    if come.named.change != Change::Added || old.columns != new.columns || old.pixels.len() != new.pixels.len() {
        return false;
    }
    let alike = old.pixels.iter().zip(&new.pixels).filter(|(old, new)| old.is_like(**new, limit)).count();
    alike * 100 >= old.pixels.len() * 97
}

fn name(old: Option<&Crop>, new: Option<&Crop>, limit: f64) -> Change {
    let (old, new) = match (old, new) {
        (Some(old), Some(new)) => (Drawn::of(old, limit), Drawn::of(new, limit)),
        (None, Some(_)) => return Change::Added,
        (Some(_), None) => return Change::Removed,
        (None, None) => return Change::Changed,
    };
    let both = old.ink.iter().zip(&new.ink).filter(|(old, new)| **old && **new).count();
    let either = old.ink_count + new.ink_count - both;
    // The same shapes, but for a few pixels of anti-aliasing.
    if either == 0 || both * 100 >= either * 95 {
        return recoloured(&old, &new, limit).unwrap_or(Change::Changed);
    }
    if old.ink_count * 20 <= new.ink_count {
        return Change::Added;
    }
    if new.ink_count * 20 <= old.ink_count {
        return Change::Removed;
    }
    if let Some(moved) = moved(&old, &new, limit) {
        return moved;
    }
    if old.ground.is_like(new.ground, limit) && old.looks_like_text() && new.looks_like_text() {
        return Change::TextChanged;
    }
    Change::Changed
}

/// A crop, and what of it is more than its ground.
struct Drawn<'c> {
    crop: &'c Crop,
    ground: Colour,
    ink: Vec<bool>,
    ink_count: usize,
}

impl<'c> Drawn<'c> {
    fn of(crop: &'c Crop, limit: f64) -> Self {
        let ground = crop.ground();
        let ink: Vec<bool> = crop.pixels.iter().map(|pixel| !pixel.is_like(ground, limit)).collect();
        let ink_count = ink.iter().filter(|ink| **ink).count();
        Self { crop, ground, ink, ink_count }
    }

    /// First and last column and row with ink.
    fn extent(&self) -> Option<(usize, usize, usize, usize)> {
        let inked = || self.ink.iter().enumerate().filter(|(_, ink)| **ink).map(|(at, _)| at);
        let columns = self.crop.columns;
        let left = inked().map(|at| at % columns).min()?;
        let right = inked().map(|at| at % columns).max()?;
        Some((left, right, inked().next()? / columns, inked().next_back()? / columns))
    }

    /// Whether ink and ground take turns more often than in a shape.
    fn looks_like_text(&self) -> bool {
        let mut turns = 0;
        let mut inked_rows = 0;
        for row in self.ink.chunks_exact(self.crop.columns) {
            inked_rows += usize::from(row.contains(&true));
            turns += row.windows(2).filter(|pair| pair[0] != pair[1]).count();
        }
        // A box or a disc has two turns in each of its rows, glyphs about one for every four pixels.
        turns * 10 > inked_rows * 21 && turns * 24 > inked_rows * self.crop.columns
    }
}

/// Whether each colour became one other colour.
fn recoloured(old: &Drawn<'_>, new: &Drawn<'_>, limit: f64) -> Option<Change> {
    let pairs = || old.crop.pixels.iter().copied().zip(new.crop.pixels.iter().copied());
    let mut became: HashMap<Colour, HashMap<Colour, usize>> = HashMap::new();
    for (from, to) in pairs() {
        *became.entry(from).or_default().entry(to).or_default() += 1;
    }
    let consistent: usize = became.values().filter_map(|targets| targets.values().max()).sum();
    let ((from, to), _) = most_common(pairs().filter(|(from, to)| !from.is_like(*to, limit)))?;
    // Many colours that each became another one are another picture.
    let few = became.len() * 8 <= old.crop.pixels.len().max(64);
    (few && consistent * 100 >= old.crop.pixels.len() * 90).then_some(Change::Recoloured { from, to })
}

/// Whether the same ink lies elsewhere in the region.
fn moved(old: &Drawn<'_>, new: &Drawn<'_>, limit: f64) -> Option<Change> {
    let (from, to) = (old.extent()?, new.extent()?);
    let size = |(left, right, top, bottom): (usize, usize, usize, usize)| (right - left, bottom - top);
    if size(from) != size(to) || from == to || !old.ground.is_like(new.ground, limit) {
        return None;
    }
    let (columns, rows) = size(from);
    let mut alike = 0;
    for y in 0..=rows {
        for x in 0..=columns {
            let was = old.crop.pixels[(from.2 + y) * old.crop.columns + from.0 + x];
            let is = new.crop.pixels[(to.2 + y) * new.crop.columns + to.0 + x];
            alike += usize::from(was.is_like(is, limit));
        }
    }
    let by = |from: usize, to: usize| (to as i64 - from as i64) * i64::from(old.crop.step);
    (alike * 100 >= (rows + 1) * (columns + 1) * 97)
        .then(|| Change::Moved { right: by(from.0, to.0), down: by(from.2, to.2) })
}
