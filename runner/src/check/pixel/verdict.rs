//! The verdict, in numbers and words.

use std::fmt;

use super::Window;
use super::options::{Density, Limits, Options, Sizes};
use super::size::SizeChange;

/// What became of each pixel of the larger width and height; the sorts do not overlap.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Pixels {
    /// All there are.
    pub total: u64,
    /// Those in ignored areas.
    pub ignored: u64,
    /// Visible differences that are anti-aliasing.
    pub antialiased: u64,
    /// Visible differences of glyphs that were drawn up to a pixel aside.
    pub shifted: u64,
    /// Real changes.
    pub changed: u64,
}

impl Pixels {
    /// Changed pixels as a share of those that were compared, 0 to 100.
    pub fn percent(&self) -> f64 {
        let compared = self.total - self.ignored;
        if compared == 0 { 0.0 } else { self.changed as f64 * 100.0 / compared as f64 }
    }
}

/// How two pictures compare.
#[derive(Clone, Debug, PartialEq)]
pub enum Verdict {
    /// The files are the same, byte for byte.
    SameBytes,
    /// All compared pixels are the same.
    SamePixels,
    /// What differs is within the limits.
    WithinLimits,
    /// At least one limit is exceeded.
    Different(Vec<Reason>),
}

impl Verdict {
    /// Whether the pictures match.
    pub fn matches(&self) -> bool {
        !matches!(self, Self::Different(_))
    }
}

impl fmt::Display for Verdict {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::SameBytes => out.write_str("the same file"),
            Self::SamePixels => out.write_str("the same pixels"),
            Self::WithinLimits => out.write_str("different within the limits"),
            Self::Different(reasons) => {
                out.write_str("different: ")?;
                for (at, reason) in reasons.iter().enumerate() {
                    let between = if at == 0 { "" } else { "; " };
                    write!(out, "{between}{reason}")?;
                }
                Ok(())
            }
        }
    }
}

/// A limit that is exceeded.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Reason {
    /// The sizes are not the same.
    Size(SizeChange),
    /// Too many pixels changed.
    Count {
        /// Changed pixels.
        changed: u64,
        /// How many may.
        limit: u64,
    },
    /// Too large a share of the pixels changed.
    Percent {
        /// Of the compared pixels, 0 to 100.
        percent: f64,
        /// How much may.
        limit: f64,
    },
    /// Too many pixels changed in one place.
    Density {
        /// The place.
        window: Window,
        /// Share of a window that may change, 0 to 100.
        limit: f64,
    },
}

impl fmt::Display for Reason {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Size(change) => change.fmt(out),
            Self::Count { changed, limit } => write!(out, "{changed} pixels changed, {limit} may"),
            Self::Percent { percent, limit } => write!(out, "{percent:.3} % of the pixels changed, {limit} % may"),
            Self::Density { window, limit } => {
                write!(out, "{:.1} % of the window {} changed, {limit} % may", window.percent(), window.bounds)
            }
        }
    }
}

pub(super) fn reasons(
    options: &Options,
    pixels: &Pixels,
    size_change: Option<SizeChange>,
    densest: Option<Window>,
) -> Vec<Reason> {
    let Limits { count, percent, density } = options.limits;
    let mut reasons = Vec::new();
    reasons.extend(size_change.filter(|_| options.sizes == Sizes::MustMatch).map(Reason::Size));
    let over_count = count.filter(|limit| pixels.changed > *limit);
    reasons.extend(over_count.map(|limit| Reason::Count { changed: pixels.changed, limit }));
    let over_percent = percent.filter(|limit| pixels.percent() > *limit);
    reasons.extend(over_percent.map(|limit| Reason::Percent { percent: pixels.percent(), limit }));
    if let (Some(Density { percent: limit, .. }), Some(window)) = (density, densest)
        && window.percent() > limit
    {
        reasons.push(Reason::Density { window, limit });
    }
    reasons
}
