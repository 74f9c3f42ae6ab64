//! Tells glyphs that were drawn up to one pixel aside from real changes.
//!
//! Where ink moves by up to a pixel, every pixel of the one picture lies between two neighbours of the other: itself and
//! the one where the ink came from. That alone proves little, half of all text passes for it by chance. All pixels around
//! must agree on the direction, and they are asked together, by tiles about as large as a glyph. Where ink moves sideways by
//! part of a pixel, [`Run`] knows more.

use super::antialias::View;
use super::colour::Rgba;
use super::density::densest;
use super::mask::Mask;
use super::transport::Run;

const TILE: u32 = 16;
/// Agreement from which on a tile has moved, in percent of its changed pixels.
const AGREED_PERCENT: u32 = 90;
/// Changed pixels below which a tile proves nothing of itself: its neighbours decide.
const TELLING: u32 = 12;
/// How far outside the two neighbours a channel may lie: glyphs are sampled, not blended.
const SLACK: i16 = 20;
/// What may be left over of pixels drawn aside: in percent of these, and of any window.
const REMAINS_PERCENT: u64 = 2;
const REMAINS_SIDE: u32 = 32;
const REMAINS_WINDOW_PERCENT: f64 = 10.0;
const DIRECTIONS: [(i32, i32); 8] = [(-1, 0), (1, 0), (0, -1), (0, 1), (-1, -1), (1, 1), (-1, 1), (1, -1)];

#[derive(Clone, Copy, Debug, Default)]
struct Tile {
    changed: u32,
    /// Changed pixels that a move in each direction explains.
    explained: [u32; 8],
    /// Changed pixels whose row has the same ink, a pixel aside at most.
    transported: u32,
}

impl Tile {
    /// Whether it may still turn out to have moved, however its other pixels changed.
    fn is_open(&self) -> bool {
        let best = self.explained.iter().fold(self.transported, |best, count| best.max(*count));
        (self.changed - best) * 100 <= TILE * TILE * (100 - AGREED_PERCENT)
    }

    fn has_moved(&self) -> bool {
        let agreed = |count: &u32| count * 100 >= self.changed * AGREED_PERCENT;
        agreed(&self.transported) || self.explained.iter().any(agreed)
    }
}

/// What each tile's changed pixels say.
#[derive(Debug)]
pub(super) struct Shifts {
    columns: u32,
    tiles: Vec<Tile>,
}

impl Shifts {
    pub(super) fn new(width: u32, height: u32) -> Self {
        let columns = width.div_ceil(TILE);
        Self { columns, tiles: vec![Tile::default(); (columns * height.div_ceil(TILE)) as usize] }
    }

    /// Takes down a changed pixel, when its tile is decided; otherwise it is for [`Self::add`].
    pub(super) fn is_decided(&mut self, (x, y): (u32, u32)) -> bool {
        let tile = &mut self.tiles[(y / TILE * self.columns + x / TILE) as usize];
        let decided = !tile.is_open();
        tile.changed += u32::from(decided);
        decided
    }

    /// Takes down a changed pixel.
    pub(super) fn add<const CHANNELS: usize>(
        &mut self,
        before: &View<'_, CHANNELS>,
        after: &View<'_, CHANNELS>,
        (x, y): (u32, u32),
        run: &Run,
    ) {
        let tile = &mut self.tiles[(y / TILE * self.columns + x / TILE) as usize];
        tile.changed += 1;
        tile.transported += u32::from(run.moved);
        let (old, new) = (before.at(x, y), after.at(x, y));
        for ((dx, dy), explained) in DIRECTIONS.iter().zip(&mut tile.explained) {
            let (Some(from), Some(to)) = (step(before, x, y, -dx, -dy), step(after, x, y, *dx, *dy)) else { continue };
            let came = || lies_between(new, old, before.at(from.0, from.1));
            *explained += u32::from(came() && lies_between(old, new, after.at(to.0, to.1)));
        }
    }

    /// Moves the pixels of tiles that have moved out of `changed`, into `tolerated`; how many these are.
    pub(super) fn settle(&self, changed: &mut Mask, tolerated: &mut Mask) -> u64 {
        let mut count = 0;
        for (at, tile) in self.tiles.iter().enumerate().filter(|(_, tile)| tile.changed > 0) {
            let (column, row) = (at as u32 % self.columns, at as u32 / self.columns);
            if !self.is_tolerated(tile, column, row) {
                continue;
            }
            for y in row * TILE..((row + 1) * TILE).min(changed.height) {
                for x in column * TILE..((column + 1) * TILE).min(changed.width) {
                    if changed.has(x, y) {
                        changed.clear(x, y);
                        tolerated.set(x, y);
                        count += 1;
                    }
                }
            }
        }
        count
    }

    fn is_tolerated(&self, tile: &Tile, column: u32, row: u32) -> bool {
        if tile.changed >= TELLING {
            return tile.has_moved();
        }
        let rows = self.tiles.len() as u32 / self.columns;
        let mut around = *tile;
        for row in row.saturating_sub(1)..=(row + 1).min(rows - 1) {
            for column in column.saturating_sub(1)..=(column + 1).min(self.columns - 1) {
                let other = &self.tiles[(row * self.columns + column) as usize];
                if other.changed >= TELLING && !other.has_moved() {
                    return false;
                }
                around.changed += other.changed;
                around.transported += other.transported;
                for (sum, count) in around.explained.iter_mut().zip(other.explained) {
                    *sum += count;
                }
            }
        }
        around.has_moved()
    }
}

/// Moves what remains of glyphs drawn aside out of `changed`, into `tolerated`; how many pixels these are.
///
/// Where all text of a page is drawn aside, some pixels are always left over, spread over it. A change of its own leaves
/// more, or has them close together.
pub(super) fn settle_remains(shifted: u64, changed: &mut Mask, tolerated: &mut Mask) -> u64 {
    let count = changed.count();
    let is_little = count > 0 && count * 100 <= shifted * REMAINS_PERCENT;
    if !is_little || densest(changed, REMAINS_SIDE).is_some_and(|window| window.percent() > REMAINS_WINDOW_PERCENT) {
        return 0;
    }
    for y in 0..changed.height {
        for x in changed.columns(y) {
            tolerated.set(x, y);
        }
    }
    *changed = Mask::new(changed.width, changed.height);
    count
}

fn step<const CHANNELS: usize>(view: &View<'_, CHANNELS>, x: u32, y: u32, dx: i32, dy: i32) -> Option<(u32, u32)> {
    let (x, y) = (x.checked_add_signed(dx)?, y.checked_add_signed(dy)?);
    (x < view.width && y < view.height).then_some((x, y))
}

fn lies_between(pixel: Rgba, one: Rgba, other: Rgba) -> bool {
    // Green first: it tells most.
    [1, 0, 2, 3].into_iter().all(|channel| {
        let (one, other) = (i16::from(one[channel]), i16::from(other[channel]));
        let value = i16::from(pixel[channel]);
        value >= one.min(other) - SLACK && value <= one.max(other) + SLACK
    })
}
