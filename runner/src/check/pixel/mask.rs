//! Which pixels: one bit each, and nothing for rows without any.

/// A set of pixels of a picture.
#[derive(Clone, Debug)]
pub(super) struct Mask {
    pub(super) width: u32,
    pub(super) height: u32,
    rows: Vec<Option<Box<[u64]>>>,
}

impl Mask {
    pub(super) fn new(width: u32, height: u32) -> Self {
        Self { width, height, rows: vec![None; height as usize] }
    }

    pub(super) fn set(&mut self, x: u32, y: u32) {
        let words = (self.width as usize).div_ceil(64);
        let row = self.rows[y as usize].get_or_insert_with(|| vec![0; words].into_boxed_slice());
        row[x as usize / 64] |= 1 << (x % 64);
    }

    pub(super) fn clear(&mut self, x: u32, y: u32) {
        if let Some(row) = &mut self.rows[y as usize] {
            row[x as usize / 64] &= !(1 << (x % 64));
        }
    }

    pub(super) fn has(&self, x: u32, y: u32) -> bool {
        self.row(y).is_some_and(|row| row[x as usize / 64] & (1 << (x % 64)) != 0)
    }

    pub(super) fn row(&self, y: u32) -> Option<&[u64]> {
        self.rows.get(y as usize)?.as_deref()
    }

    pub(super) fn count(&self) -> u64 {
        self.rows.iter().flatten().flat_map(|row| row.iter()).map(|word| u64::from(word.count_ones())).sum()
    }

    /// Columns of row `y`, left to right.
    pub(super) fn columns(&self, y: u32) -> impl Iterator<Item = u32> + '_ {
        self.row(y).unwrap_or_default().iter().enumerate().flat_map(|(at, word)| {
            let mut left = *word;
            std::iter::from_fn(move || {
                (left != 0).then(|| {
                    let bit = left.trailing_zeros();
                    left &= left - 1;
                    at as u32 * 64 + bit
                })
            })
        })
    }
}
