//! Changed pixels that belong together.

use super::area::Rectangle;
use super::mask::Mask;

/// Regions that are told, the largest changes first.
pub const REGIONS_MAX: usize = 100;

/// Changed pixels in one tile or in tiles beside each other, that is, no more than 15 to 31 pixels apart, are one region:
/// a line of text or two, not a page.
const TILE: u32 = 16;

/// Changed pixels close to each other.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Region {
    /// The smallest rectangle that holds them.
    pub bounds: Rectangle,
    /// How many they are.
    pub changed: u64,
}

/// All regions, the largest change first, of equal ones the upper and left.
pub(super) fn regions(mask: &Mask) -> Vec<Region> {
    let columns = mask.width.div_ceil(TILE) as usize;
    let rows = mask.height.div_ceil(TILE) as usize;
    let mut found: Vec<Region> = Vec::new();
    // Regions of the rows of tiles above and at hand, joined by naming the one they became part of.
    let mut joined: Vec<usize> = Vec::new();
    let mut above: Vec<Option<usize>> = vec![None; columns];
    for row in 0..rows {
        let tiles = tiles(mask, row as u32, columns);
        let mut here: Vec<Option<usize>> = vec![None; columns];
        for (column, tile) in tiles.into_iter().enumerate() {
            let Some(tile) = tile else { continue };
            let near = column.saturating_sub(1)..(column + 2).min(columns);
            let neighbours = above[near].iter().chain(column.checked_sub(1).and_then(|left| here.get(left)));
            let mut home: Option<usize> = None;
            for neighbour in neighbours.flatten() {
                let root = root(&joined, *neighbour);
                home = Some(match home {
                    Some(home) if home != root => join(&mut found, &mut joined, home, root),
                    _ => root,
                });
            }
            let home = home.unwrap_or_else(|| {
                found.push(Region { bounds: tile.bounds, changed: 0 });
                joined.push(found.len() - 1);
                found.len() - 1
            });
            found[home].bounds = found[home].bounds.and(tile.bounds);
            found[home].changed += tile.changed;
            here[column] = Some(home);
        }
        above = here;
    }
    found.retain(|region| region.changed > 0);
    found.sort_by_key(|region| (std::cmp::Reverse(region.changed), region.bounds.y, region.bounds.x));
    found
}

fn root(joined: &[usize], mut region: usize) -> usize {
    while joined[region] != region {
        region = joined[region];
    }
    region
}

/// Makes one region of two, which keeps the lower number.
fn join(found: &mut [Region], joined: &mut [usize], one: usize, other: usize) -> usize {
    let (kept, gone) = (one.min(other), one.max(other));
    found[kept].bounds = found[kept].bounds.and(found[gone].bounds);
    found[kept].changed += found[gone].changed;
    found[gone].changed = 0;
    joined[gone] = kept;
    kept
}

/// The changed pixels of each tile of a row of tiles.
fn tiles(mask: &Mask, row: u32, columns: usize) -> Vec<Option<Region>> {
    let mut tiles: Vec<Option<Region>> = vec![None; columns];
    for y in row * TILE..((row + 1) * TILE).min(mask.height) {
        for x in mask.columns(y) {
            let bounds = Rectangle { x, y, width: 1, height: 1 };
            let tile = tiles[(x / TILE) as usize].get_or_insert(Region { bounds, changed: 0 });
            tile.bounds = tile.bounds.and(bounds);
            tile.changed += 1;
        }
    }
    tiles
}
