//! Where changed pixels lie closest.

use super::area::Rectangle;
use super::mask::Mask;

/// The window with the most changed pixels; of several the first, by rows.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Window {
    /// Where it lies.
    pub bounds: Rectangle,
    /// Changed pixels in it.
    pub changed: u32,
}

impl Window {
    /// Changed pixels as a share of the window's, 0 to 100.
    pub fn percent(&self) -> f64 {
        f64::from(self.changed) * 100.0 / self.bounds.area() as f64
    }
}

/// Looks at every window of `side`x`side` pixels, or less where the picture is smaller; `None` when nothing changed.
pub(super) fn densest(mask: &Mask, side: u32) -> Option<Window> {
    let (width, height) = (side.min(mask.width), side.min(mask.height));
    let mut columns = vec![0u16; mask.width as usize];
    // Changed pixels in the rows of the window, over the whole width.
    let mut rows_changed = 0u32;
    let mut best: Option<Window> = None;
    for y in 0..mask.height {
        for x in mask.columns(y) {
            columns[x as usize] += 1;
            rows_changed += 1;
        }
        if let Some(left) = y.checked_sub(height) {
            for x in mask.columns(left) {
                columns[x as usize] -= 1;
                rows_changed -= 1;
            }
        }
        if y + 1 < height || rows_changed <= best.map_or(0, |window| window.changed) {
            continue;
        }
        let (x, changed) = densest_in(&columns, width as usize);
        if changed > best.map_or(0, |window| window.changed) {
            best = Some(Window { bounds: Rectangle { x, y: y + 1 - height, width, height }, changed });
        }
    }
    best
}

fn densest_in(columns: &[u16], width: usize) -> (u32, u32) {
    let mut sum: u32 = columns[..width].iter().map(|count| u32::from(*count)).sum();
    let mut best = (0, sum);
    for (at, (gone, come)) in columns.iter().zip(&columns[width..]).enumerate() {
        sum = sum + u32::from(*come) - u32::from(*gone);
        if sum > best.1 {
            best = (at as u32 + 1, sum);
        }
    }
    best
}
