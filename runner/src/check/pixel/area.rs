//! Rectangles, and what they leave of a row.

use std::fmt;
use std::ops::Range;

/// A rectangle in pixels of the picture, from its left upper corner; as text `40x20 at 8,16`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Rectangle {
    /// First column.
    pub x: u32,
    /// First row.
    pub y: u32,
    /// Columns.
    pub width: u32,
    /// Rows.
    pub height: u32,
}

impl Rectangle {
    pub(super) fn right(self) -> u32 {
        self.x.saturating_add(self.width)
    }

    pub(super) fn bottom(self) -> u32 {
        self.y.saturating_add(self.height)
    }

    pub(super) fn area(self) -> u64 {
        u64::from(self.width) * u64::from(self.height)
    }

    /// The smallest that holds both.
    pub(super) fn and(self, other: Self) -> Self {
        let (x, y) = (self.x.min(other.x), self.y.min(other.y));
        let right = self.right().max(other.right());
        let bottom = self.bottom().max(other.bottom());
        Self { x, y, width: right - x, height: bottom - y }
    }

    /// The part that lies in a picture; `None` when there is none.
    pub(super) fn within(self, width: u32, height: u32) -> Option<Self> {
        let (right, bottom) = (self.right().min(width), self.bottom().min(height));
        (self.x < right && self.y < bottom).then(|| Self {
            x: self.x,
            y: self.y,
            width: right - self.x,
            height: bottom - self.y,
        })
    }
}

impl fmt::Display for Rectangle {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(out, "{}x{} at {},{}", self.width, self.height, self.x, self.y)
    }
}

/// What is compared of each row.
#[derive(Debug)]
pub(super) struct Compared {
    width: u32,
    /// By first column.
    ignored: Vec<Rectangle>,
    spans: Vec<Range<usize>>,
    /// Rows for which `spans` are right.
    known: Range<u32>,
}

impl Compared {
    pub(super) fn new(ignored: &[Rectangle], width: u32, height: u32) -> Self {
        let mut ignored: Vec<Rectangle> = ignored.iter().filter_map(|area| area.within(width, height)).collect();
        ignored.sort_unstable();
        Self { width, ignored, spans: Vec::new(), known: 0..0 }
    }

    /// Columns that are compared in row `y`, left to right.
    pub(super) fn spans(&mut self, y: u32) -> &[Range<usize>] {
        if !self.known.contains(&y) {
            self.find(y);
        }
        &self.spans
    }

    /// Ignored pixels of rows 0 to `height`.
    pub(super) fn ignored_count(&mut self, height: u32) -> u64 {
        let mut count = 0;
        let mut y = 0;
        while y < height && !self.ignored.is_empty() {
            let compared: usize = self.spans(y).iter().map(ExactSizeIterator::len).sum();
            let until = self.known.end.min(height);
            count += (u64::from(self.width) - compared as u64) * u64::from(until - y);
            y = until;
        }
        count
    }

    fn find(&mut self, y: u32) {
        self.spans.clear();
        let (mut x, mut until) = (0, u32::MAX);
        for area in &self.ignored {
            if area.y > y {
                until = until.min(area.y);
            } else if area.bottom() > y {
                until = until.min(area.bottom());
                if area.x > x {
                    self.spans.push(x as usize..area.x as usize);
                }
                x = x.max(area.right());
            }
        }
        if x < self.width {
            self.spans.push(x as usize..self.width as usize);
        }
        self.known = y..until;
    }
}
