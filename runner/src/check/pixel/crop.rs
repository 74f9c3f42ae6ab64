//! Parts of a picture, kept for a closer look.

use std::collections::HashMap;
use std::hash::{DefaultHasher, Hasher};

use super::area::Rectangle;
use super::colour::{Colour, Rgba};
use super::header::Header;
use super::rows::Rows;
use super::{Picture, PixelError, SIDE_MAX};

/// Pixels that are kept of a region; of larger ones every second, third... row and column.
const CROP_PIXELS_MAX: u64 = 40_000;

/// A region of a picture with one pixel around it, as far as the picture goes.
#[derive(Clone, Debug)]
pub(super) struct Crop {
    area: Rectangle,
    /// Rows and columns of the picture for each kept one.
    pub(super) step: u32,
    pub(super) columns: usize,
    pub(super) pixels: Vec<Colour>,
}

impl Crop {
    /// Of a region, which must lie in the picture.
    fn around(bounds: Rectangle, width: u32, height: u32) -> Option<Self> {
        let inside = bounds.within(width, height).filter(|inside| *inside == bounds)?;
        let (x, y) = (inside.x.saturating_sub(1), inside.y.saturating_sub(1));
        let (right, bottom) = ((inside.right() + 1).min(width), (inside.bottom() + 1).min(height));
        let area = Rectangle { x, y, width: right - x, height: bottom - y };
        let kept = |step: u32| u64::from(area.width.div_ceil(step)) * u64::from(area.height.div_ceil(step));
        let step = (1..=SIDE_MAX).find(|step| kept(*step) <= CROP_PIXELS_MAX)?;
        Some(Self { area, step, columns: area.width.div_ceil(step) as usize, pixels: Vec::new() })
    }

    fn take(&mut self, y: u32, row: &[u8]) {
        if y < self.area.y || y >= self.area.bottom() || !(y - self.area.y).is_multiple_of(self.step) {
            return;
        }
        for x in (self.area.x..self.area.right()).step_by(self.step as usize) {
            let at = x as usize * 4;
            let rgba: Rgba = [row[at], row[at + 1], row[at + 2], row[at + 3]];
            self.pixels.push(Colour::of(rgba));
        }
    }

    pub(super) fn rows(&self) -> usize {
        self.pixels.len() / self.columns
    }

    /// The most common colour of its edge: what the region lies on.
    pub(super) fn ground(&self) -> Colour {
        let last = self.rows() - 1;
        let at_edge = |at: &usize| {
            let (x, y) = (at % self.columns, at / self.columns);
            x == 0 || y == 0 || x + 1 == self.columns || y == last
        };
        let edge = (0..self.pixels.len()).filter(at_edge).map(|at| self.pixels[at]);
        most_common(edge).map_or(self.pixels[0], |(colour, _)| colour)
    }
}

/// The most common value, with how often it is there; of equally common ones the least.
pub(super) fn most_common<T: Copy + Eq + Ord + std::hash::Hash>(values: impl Iterator<Item = T>) -> Option<(T, usize)> {
    let mut counts: HashMap<T, usize> = HashMap::new();
    for value in values {
        *counts.entry(value).or_default() += 1;
    }
    counts.into_iter().max_by_key(|(value, count)| (*count, std::cmp::Reverse(*value)))
}

/// What a second look at one picture brings.
#[derive(Debug)]
pub(super) struct SecondLook {
    /// For each region; `None` where it does not lie in this picture.
    pub(super) crops: Vec<Option<Crop>>,
    /// One for each row, when asked for.
    pub(super) row_hashes: Vec<u64>,
}

/// Whether rows are hashed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum RowHashing {
    Yes,
    No,
}

pub(super) fn look_again(
    picture: &Picture<'_>,
    regions: &[Rectangle],
    hashing: RowHashing,
) -> Result<SecondLook, PixelError> {
    let header = Header::read(picture)?;
    let mut rows = Rows::open(picture, &header)?;
    rows.widen(4);
    let mut crops: Vec<Option<Crop>> =
        regions.iter().map(|region| Crop::around(*region, header.width, header.height)).collect();
    let last = crops.iter().flatten().map(|crop| crop.area.bottom()).max().unwrap_or(0);
    let mut row_hashes = Vec::new();
    let mut row = vec![0; header.width as usize * 4];
    let rows_wanted = if hashing == RowHashing::Yes { header.height } else { last };
    for y in 0..rows_wanted {
        rows.read(&mut row)?;
        for crop in crops.iter_mut().flatten() {
            crop.take(y, &row);
        }
        if hashing == RowHashing::Yes {
            let mut hasher = DefaultHasher::new();
            hasher.write(&row);
            row_hashes.push(hasher.finish());
        }
    }
    Ok(SecondLook { crops, row_hashes })
}
