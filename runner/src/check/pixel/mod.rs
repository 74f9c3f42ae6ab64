//! Compares two screenshots, and says what changed in words.
//!
//! ```text
//! PNG, PNG -> header -> rows (in lock-step) -> judge -> mask -> shift, shapes -> density -> verdict
//!                                      colour, antialias, transport              regions
//! a second look, only when asked: rows -> crop -> naming (words); rows -> overlay (PNG)
//! ```
//! [`compare`] gives the verdict. What is told apart, in this order: files of the same bytes; pictures of the same pixels;
//! pixels whose difference can be seen (the YIQ metric and threshold of pixelmatch and odiff); of these, anti-aliasing,
//! and glyphs that were drawn up to one pixel aside; the rest has changed, and so have areas and lines whose pixels would be
//! tolerated one by one but show together; [`Limits`] say how much may. [`explain`]
//! names the changed regions and the change of size, [`draw_overlay`] draws them: both read the pictures once more, so that
//! pictures that match cost nothing of it.
//!
//! Neither picture is ever held as a whole (but for interlaced ones): rows are read in bands, with the two rows around them
//! that the test for anti-aliasing looks at.
//!
//! Pure but for a thread: the second picture is decoded on its own, joined before the answer.
//!
//! Tolerance for glyphs drawn aside has its price: of two glyphs that differ by no more than that, as I and l do in many
//! fonts, the one may stand for the other. [`GlyphShifts::Counted`] sees them.

mod antialias;
mod area;
mod band;
mod colour;
mod compare;
mod crop;
mod density;
mod error;
mod header;
mod judge;
mod mask;
mod naming;
mod options;
mod overlay;
mod picture;
mod regions;
mod rows;
mod shapes;
mod shift;
mod size;
mod transport;
mod verdict;

#[cfg(test)]
mod tests;

pub use area::Rectangle;
pub use colour::Colour;
pub use compare::{Comparison, compare};
pub use density::Window;
pub use error::PixelError;
pub use header::{FILE_BYTES_MAX, INTERLACED_PIXELS_MAX, Note, PIXELS_MAX, SIDE_MAX};
pub use naming::{Change, Explanation, NAMED_REGIONS_MAX, NamedRegion, explain};
pub use options::{Antialiasing, Density, GlyphShifts, IGNORED_MAX, Limits, Options, Shapes, Sizes};
pub use overlay::draw_overlay;
pub use picture::Picture;
pub use regions::{REGIONS_MAX, Region};
pub use size::{Dimensions, SizeChange};
pub use verdict::{Pixels, Reason, Verdict};
