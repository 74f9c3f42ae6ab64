//! Whether ink in a row was moved by no more than a pixel.
//!
//! A glyph that is drawn a fraction of a pixel aside keeps its ink, but shares it out anew: thin stems lose their peaks,
//! so that no pixel need lie between two others. Counted from the left, though, the ink up to any pixel is then no less than
//! the other picture has up to the pixel before, and no more than it has up to the pixel after. That is the transport
//! of all ink by one pixel at most, and a stroke that came, went or moved further breaks it.

use std::ops::Range;

use super::band::pixel;

/// Longest run of ink that is followed: wider than a glyph, narrower than most boxes.
const RUN_MAX: usize = 64;
/// Difference from the ground, of 255 a channel, that is not ink.
const GROUND: u32 = 8;
/// Ink that may be missing: a fifth of a black pixel, and as much of all ink as gamma and contrast of fonts add or take.
const SLACK: u32 = 50;
const SLACK_PERCENT: u32 = 8;

/// Columns of a row, and whether their ink was moved by a pixel at most.
#[derive(Clone, Debug, Default)]
pub(super) struct Run {
    pub(super) columns: Range<usize>,
    pub(super) moved: bool,
}

impl Run {
    /// The run of ink around column `x`, in which the rows differ.
    pub(super) fn around<const CHANNELS: usize>(before: &[u8], after: &[u8], x: usize) -> Self {
        let width = before.len() / CHANNELS;
        let same = |at: usize| pixel::<CHANNELS>(before, at) == pixel::<CHANNELS>(after, at);
        // Until the rows are the same again, the same ground is found, or none.
        let unmoved = || {
            let end = width.min(x + RUN_MAX);
            let until = (x + 1..end).find(|at| same(*at)).unwrap_or(end);
            Self { columns: x..until, moved: false }
        };
        let Some(ground_at) = (x.saturating_sub(RUN_MAX)..x).rev().find(|at| same(*at)) else { return unmoved() };
        let ground = pixel::<CHANNELS>(before, ground_at);
        let ink = |row: &[u8], at: usize| {
            let pixel = pixel::<CHANNELS>(row, at);
            [0, 1, 2, 3].map(|channel: usize| u32::from(pixel[channel].abs_diff(ground[channel])))
        };
        let is_ground = |at: &usize| same(*at) && ink(before, *at).iter().all(|ink| *ink <= GROUND);
        let from = ground_at + 1;
        let Some(until) = (x + 1..width.min(from + RUN_MAX)).find(is_ground) else { return unmoved() };
        let moved = (0..4).all(|channel| {
            let of = |row| (from..until).map(move |at| ink(row, at)[channel]);
            is_moved(of(before), of(after))
        });
        Self { columns: from..until, moved }
    }
}

/// Whether the ink of each is that of the other, a pixel aside at most.
fn is_moved(before: impl Iterator<Item = u32>, after: impl Iterator<Item = u32>) -> bool {
    // Ink up to the pixel before the one at hand, of the one and the other.
    let (mut old, mut new) = (0, 0);
    for (old_ink, new_ink) in before.zip(after) {
        let (old_here, new_here) = (old + old_ink, new + new_ink);
        let slack = SLACK + old_here.max(new_here) * SLACK_PERCENT / 100;
        // What the one has before this pixel, the other has with it.
        if old > new_here + slack || new > old_here + slack {
            return false;
        }
        (old, new) = (old_here, new_here);
    }
    old.abs_diff(new) <= SLACK + old.max(new) * SLACK_PERCENT / 100
}
