//! Tells anti-aliased pixels by the brightness around them.
//!
//! V. Vyšniauskas, "Anti-aliased Pixel and Intensity Slope Detector" (2009), as pixelmatch has it: among the neighbours
//! there are both darker and brighter ones, at most two are equal, and the darkest or the brightest lies in something flat
//! in both pictures.

use std::ops::RangeInclusive;

use super::band::{Band, pixel};
use super::colour::{Rgba, brighter_by};

/// Equal neighbours from which on a pixel is no anti-aliasing, or lies in something flat.
const FLAT: u32 = 3;

/// The rows of one picture that can be seen at the moment.
#[derive(Clone, Copy)]
pub(super) struct View<'b, const CHANNELS: usize> {
    pub(super) band: &'b Band,
    pub(super) width: u32,
    pub(super) height: u32,
}

impl<const CHANNELS: usize> View<'_, CHANNELS> {
    pub(super) fn at(&self, x: u32, y: u32) -> Rgba {
        pixel::<CHANNELS>(self.band.row(y), x as usize)
    }

    fn around(&self, x: u32, y: u32) -> (RangeInclusive<u32>, RangeInclusive<u32>) {
        let columns = x.saturating_sub(1)..=(x + 1).min(self.width - 1);
        (columns, y.saturating_sub(1)..=(y + 1).min(self.height - 1))
    }

    /// 1 at the picture's edge, where a neighbour is missing.
    fn at_edge(&self, x: u32, y: u32) -> u32 {
        u32::from(x == 0 || y == 0 || x + 1 == self.width || y + 1 == self.height)
    }

    fn is_inside(&self, x: u32, y: u32) -> bool {
        x > 0 && y > 0 && x + 1 < self.width && y + 1 < self.height
    }

    /// Whether at least three neighbours are the same pixel.
    fn is_flat(&self, x: u32, y: u32) -> bool {
        if self.is_inside(x, y) {
            return Around::of(self, x, y).equal_to_centre() >= FLAT;
        }
        let (columns, rows) = self.around(x, y);
        let bytes = |row: &[u8], x: u32| pixel::<CHANNELS>(row, x as usize);
        let centre = self.at(x, y);
        // The centre is equal to itself.
        let mut equal = self.at_edge(x, y);
        for row in rows {
            let row = self.band.row(row);
            equal += columns.clone().map(|x| u32::from(bytes(row, x) == centre)).sum::<u32>();
        }
        equal > FLAT
    }
}

/// A pixel inside the picture and its neighbours, by columns and then rows, each as the bytes of one number.
#[derive(Clone, Copy, Debug)]
pub(super) struct Around([u32; 9]);

impl Around {
    const CENTRE: usize = 4;

    fn of<const CHANNELS: usize>(view: &View<'_, CHANNELS>, x: u32, y: u32) -> Self {
        let mut pixels = [0; 9];
        let from = (x as usize - 1) * CHANNELS;
        for line in 0..3 {
            let bytes = &view.band.row(y + line as u32 - 1)[from..from + 3 * CHANNELS];
            for column in 0..3 {
                pixels[column * 3 + line] = u32::from_le_bytes(pixel::<CHANNELS>(bytes, column));
            }
        }
        Self(pixels)
    }

    fn equal_to_centre(&self) -> u32 {
        let centre = self.0[Self::CENTRE];
        self.0.iter().map(|pixel| u32::from(*pixel == centre)).sum::<u32>() - 1
    }

    fn is_opaque(&self) -> bool {
        self.0.iter().fold(u32::MAX, |all, pixel| all & pixel) >> 24 == 255
    }

    /// As [`extremes`], of opaque pixels alone.
    fn extremes(&self, x: u32, y: u32) -> Option<[(u32, u32); 2]> {
        if self.equal_to_centre() >= FLAT {
            return None;
        }
        // No two different colours have the same sum, so whole numbers decide as floating-point ones do.
        let brightness = |pixel: u32| {
            let [red, green, blue, _] = pixel.to_le_bytes().map(i64::from);
            29_889_531 * red + 58_662_247 * green + 11_448_223 * blue
        };
        let centre = brightness(self.0[Self::CENTRE]);
        let (mut darkest, mut brightest) = ((0, 0), (0, 0));
        for (at, pixel) in self.0.iter().enumerate() {
            let brighter = centre - brightness(*pixel);
            if brighter < darkest.0 {
                darkest = (brighter, at);
            } else if brighter > brightest.0 {
                brightest = (brighter, at);
            }
        }
        let place = |at: usize| (x + (at / 3) as u32 - 1, y + (at % 3) as u32 - 1);
        (darkest.0 < 0 && brightest.0 > 0).then(|| [place(darkest.1), place(brightest.1)])
    }
}

/// Whether pixel `x`, `y` of `picture` is anti-aliasing that `other` draws differently.
pub(super) fn is_antialiased<const CHANNELS: usize>(
    picture: &View<'_, CHANNELS>,
    other: &View<'_, CHANNELS>,
    (x, y): (u32, u32),
) -> bool {
    let Some(extremes) = extremes(picture, x, y) else { return false };
    extremes.into_iter().any(|(x, y)| picture.is_flat(x, y) && other.is_flat(x, y))
}

/// The darkest and the brightest neighbour, when there are both and no more than two equal ones.
fn extremes<const CHANNELS: usize>(picture: &View<'_, CHANNELS>, x: u32, y: u32) -> Option<[(u32, u32); 2]> {
    if picture.is_inside(x, y) {
        let around = Around::of(picture, x, y);
        if around.is_opaque() {
            return around.extremes(x, y);
        }
    }
    let (columns, rows) = picture.around(x, y);
    let first = *rows.start();
    // Rows are found once, though columns come first: of equally dark neighbours the first by columns is the one.
    let lines = [first, (first + 1).min(*rows.end()), *rows.end()].map(|y| picture.band.row(y));
    let centre = picture.at(x, y);
    let mut equal = picture.at_edge(x, y);
    let (mut darkest, mut brightest) = ((0.0, (x, y)), (0.0, (x, y)));
    for column in columns {
        for (line, row) in lines.iter().zip(rows.clone()) {
            if (column, row) == (x, y) {
                continue;
            }
            let brighter = brighter_by(centre, pixel::<CHANNELS>(line, column as usize));
            if brighter == 0.0 {
                equal += 1;
                if equal >= FLAT {
                    return None;
                }
            } else if brighter < darkest.0 {
                darkest = (brighter, (column, row));
            } else if brighter > brightest.0 {
                brightest = (brighter, (column, row));
            }
        }
    }
    (darkest.0 < 0.0 && brightest.0 > 0.0).then_some([darkest.1, brightest.1])
}
