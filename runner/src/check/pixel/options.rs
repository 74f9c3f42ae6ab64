//! What counts as a change, and how much may.

use super::colour::Colour;
use super::{PixelError, Rectangle};

/// Rectangles, and as many colours, that may be ignored.
pub const IGNORED_MAX: usize = 1_000;

const WINDOW_SIDE_MAX: u32 = 256;

/// Of one comparison.
#[derive(Clone, Debug, PartialEq)]
pub struct Options {
    /// How different two pixels must look, 0 (any difference) to 1 (none ever); 0.1 unless told otherwise, as in
    /// pixelmatch and odiff.
    pub threshold: f64,
    /// Whether anti-aliased pixels count.
    pub antialiasing: Antialiasing,
    /// Whether glyphs drawn up to a pixel aside count.
    pub glyph_shifts: GlyphShifts,
    /// Whether areas and lines count that show only as a whole.
    pub shapes: Shapes,
    /// Whether pictures of different sizes may match.
    pub sizes: Sizes,
    /// How much may change.
    pub limits: Limits,
    /// Parts of the picture that are not compared, in its pixels; what lies outside has no effect.
    pub ignored_areas: Vec<Rectangle>,
    /// Pixels that have one of these colours in either picture are not compared.
    pub ignored_colours: Vec<Colour>,
}

impl Default for Options {
    fn default() -> Self {
        Self {
            threshold: 0.1,
            antialiasing: Antialiasing::Tolerated,
            glyph_shifts: GlyphShifts::Tolerated,
            shapes: Shapes::Counted,
            sizes: Sizes::MustMatch,
            limits: Limits::default(),
            ignored_areas: Vec::new(),
            ignored_colours: Vec::new(),
        }
    }
}

impl Options {
    /// What pixelmatch 7 counts by default: anti-aliasing is told apart and nothing else is, and no pixel may change.
    pub fn pixelmatch() -> Self {
        Self {
            glyph_shifts: GlyphShifts::Counted,
            shapes: Shapes::Tolerated,
            limits: Limits { count: Some(0), percent: None, density: None },
            ..Self::default()
        }
    }

    /// # Errors
    /// [`PixelError::Option`] for the first value outside its range.
    pub(super) fn check(&self) -> Result<(), PixelError> {
        let wrong = |field, value: &dyn std::fmt::Display, rule| {
            Err(PixelError::Option { field, value: value.to_string(), rule })
        };
        if !(0.0..=1.0).contains(&self.threshold) {
            return wrong("threshold", &self.threshold, "must be 0 to 1");
        }
        if let Some(percent) = self.limits.percent.filter(|percent| !(0.0..=100.0).contains(percent)) {
            return wrong("limits.percent", &percent, "must be 0 to 100");
        }
        if let Some(density) = self.limits.density {
            if !(1..=WINDOW_SIDE_MAX).contains(&density.side) {
                return wrong("limits.density.side", &density.side, "must be 1 to 256 pixels");
            }
            if !(0.0..=100.0).contains(&density.percent) {
                return wrong("limits.density.percent", &density.percent, "must be 0 to 100");
            }
        }
        for (field, count) in
            [("ignored_areas", self.ignored_areas.len()), ("ignored_colours", self.ignored_colours.len())]
        {
            if count > IGNORED_MAX {
                return wrong(field, &format!("{count} entries"), "must have 1,000 entries at most");
            }
        }
        Ok(())
    }
}

/// Whether pixels that the detector of V. Vyšniauskas (2009), as in pixelmatch, takes for anti-aliasing count.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Antialiasing {
    /// They are told apart and do not count.
    Tolerated,
    /// Nothing is told apart: every visible difference counts.
    Counted,
}

/// Whether glyphs count that were drawn up to one pixel aside: every changed pixel around lies between itself and its
/// neighbour of the other picture, all in the same direction. What remains of them does not count either: changed pixels
/// that are no more than 2 % of those, and nowhere more than 10 % of 32x32.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum GlyphShifts {
    /// They are told apart and do not count.
    Tolerated,
    /// Nothing is told apart.
    Counted,
}

/// Whether pixels count that are tolerated one by one, but show together: an area of 32x32 of which more than half differs
/// by more than a tenth of the threshold, as a block does whose colour was shifted by 2 %; and 40 and more pixels in a row or
/// a column that pass for anti-aliasing, as thin borders do.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Shapes {
    /// They count as changed.
    Counted,
    /// Each pixel is judged by itself.
    Tolerated,
}

/// Whether pictures of different sizes may match.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Sizes {
    /// Another size is a difference in itself.
    MustMatch,
    /// What only one picture has counts as changed pixels.
    MayDiffer,
}

/// How much may change; each that is given must hold.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Limits {
    /// Changed pixels.
    pub count: Option<u64>,
    /// Changed pixels as a share of all compared ones, 0 to 100.
    pub percent: Option<f64>,
    /// Changed pixels close together.
    pub density: Option<Density>,
}

impl Default for Limits {
    /// 3 pixels: of pictures of the same page by the same browser not one changes.
    ///
    /// Whoever allows a share of the pixels instead sets `count` to `None`.
    fn default() -> Self {
        Self { count: Some(3), percent: None, density: None }
    }
}

/// A limit for every square window, wherever it lies: noise is spread thin, a real change is not.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Density {
    /// Side of the window in pixels, 1 to 256; of a smaller picture its own.
    pub side: u32,
    /// Changed pixels as a share of the window's, 0 to 100.
    pub percent: f64,
}
