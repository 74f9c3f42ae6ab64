//! What shows although each of its pixels would be tolerated: lines, and areas in a slightly other colour.

use super::mask::Mask;

/// What of the threshold a difference must have to show in an area.
pub(super) const FAINT: f64 = 0.1;
/// Pixels in a row or a column from which on they are no anti-aliasing; stems of letters are shorter, but for headlines.
const LINE: u32 = 40;
const TILE: u32 = 16;
/// Share of two by two tiles above which an area shows.
const AREA_PERCENT: u32 = 50;

/// Pixels of `mask` in straight lines, each once.
pub(super) fn lines(mask: &Mask) -> Vec<(u32, u32)> {
    let mut found = Vec::new();
    // Of each column the row behind the last pixel, and how many there are without a gap.
    let mut columns = vec![(0, 0); mask.width as usize];
    for y in 0..mask.height {
        let mut run = (0, 0);
        for x in mask.columns(y) {
            let across = follow(&mut run, x);
            let down = follow(&mut columns[x as usize], y);
            found.extend(come_true(across).map(|back| (x - back, y)));
            found.extend(come_true(down).map(|back| (x, y - back)));
        }
    }
    found.sort_unstable();
    found.dedup();
    found
}

/// How long the run is with one more at `at`.
fn follow((end, length): &mut (u32, u32), at: u32) -> u32 {
    *length = if *end == at { *length + 1 } else { 1 };
    *end = at + 1;
    *length
}

/// The pixels back that a run of this length adds to a line: all of them once it is one, and then each.
fn come_true(length: u32) -> std::ops::Range<u32> {
    match length {
        LINE => 0..LINE,
        _ if length > LINE => 0..1,
        _ => 0..0,
    }
}

/// Marks those pixels of `faint` as changed that cover areas.
pub(super) fn mark_areas(faint: &Mask, changed: &mut Mask) {
    let columns = faint.width.div_ceil(TILE) as usize;
    let mut above: Option<Vec<u32>> = None;
    for row in 0..faint.height.div_ceil(TILE) {
        let here = count(faint, row, columns);
        if let (Some(above), Some(here)) = (&above, &here) {
            for column in 1..columns {
                let sum = above[column - 1] + above[column] + here[column - 1] + here[column];
                let (left, top) = ((column as u32 - 1) * TILE, (row - 1) * TILE);
                let (right, bottom) = ((left + 2 * TILE).min(faint.width), (top + 2 * TILE).min(faint.height));
                if sum * 100 > (right - left) * (bottom - top) * AREA_PERCENT {
                    mark(faint, changed, (left, top), (right, bottom));
                }
            }
        }
        above = here;
    }
}

fn mark(faint: &Mask, changed: &mut Mask, (left, top): (u32, u32), (right, bottom): (u32, u32)) {
    for y in top..bottom {
        for x in (left..right).filter(|x| faint.has(*x, y)) {
            changed.set(x, y);
        }
    }
}

/// Pixels of each tile of a row of tiles; `None` when there are none.
fn count(mask: &Mask, row: u32, columns: usize) -> Option<Vec<u32>> {
    let mut counts: Option<Vec<u32>> = None;
    for y in row * TILE..((row + 1) * TILE).min(mask.height) {
        let Some(words) = mask.row(y) else { continue };
        let counts = counts.get_or_insert_with(|| vec![0; columns]);
        for (at, word) in words.iter().enumerate().filter(|(_, word)| **word != 0) {
            for (tile, count) in counts[at * 4..].iter_mut().take(4).enumerate() {
                *count += (word >> (tile as u32 * TILE) & 0xffff).count_ones();
            }
        }
    }
    counts
}
