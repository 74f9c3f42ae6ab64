//! What several reports say in the same words.

use std::cmp::Ordering;

use crate::visual::{ChangedRegion, PixelCounts, VisualComparison, VisualReport, VisualStatus};

/// The comparisons with the worst status first; of one status, those that changed most.
pub(super) fn worst_first(report: &VisualReport) -> Vec<&VisualComparison> {
    let mut all: Vec<_> = report.comparisons.iter().collect();
    let percent = |one: &VisualComparison| one.pixels.map_or(-1.0, |pixels| pixels.percent);
    all.sort_by(|one, other| {
        let by_status = rank(one.status).cmp(&rank(other.status));
        by_status.then_with(|| percent(other).partial_cmp(&percent(one)).unwrap_or(Ordering::Equal))
    });
    all
}

fn rank(status: VisualStatus) -> usize {
    VisualStatus::ALL.iter().position(|one| *one == status).unwrap_or(VisualStatus::ALL.len())
}

/// How many there are of each status that occurs, the worst first.
pub(super) fn counts(report: &VisualReport) -> Vec<(VisualStatus, usize)> {
    let count = |status| report.comparisons.iter().filter(|one| one.status == status).count();
    VisualStatus::ALL.into_iter().map(|status| (status, count(status))).filter(|(_, count)| *count > 0).collect()
}

/// `8 comparisons: 1 failed, 2 different, 5 matched in 12.30 s`.
pub(super) fn totals(report: &VisualReport) -> String {
    let counts: Vec<_> =
        counts(report).into_iter().map(|(status, count)| format!("{count} {}", status.word())).collect();
    let colon = if counts.is_empty() { "" } else { ": " };
    let all = plural(report.comparisons.len() as u64, "comparison");
    format!("{all}{colon}{} in {:.2} s", counts.join(", "), report.duration_ms as f64 / 1e3)
}

/// `1 pixel`, `12,345 pixels`.
pub(super) fn plural(count: u64, word: &str) -> String {
    if count == 1 { format!("1 {word}") } else { format!("{} {word}s", grouped(count)) }
}

/// `12,345`.
pub(super) fn grouped(count: u64) -> String {
    let digits = count.to_string();
    let mut out = String::with_capacity(digits.len() + digits.len() / 3);
    for (index, digit) in digits.chars().enumerate() {
        if index > 0 && (digits.len() - index).is_multiple_of(3) {
            out.push(',');
        }
        out.push(digit);
    }
    out
}

/// `0.134 %`; a change is never told as none.
pub(super) fn percent(pixels: &PixelCounts) -> String {
    match pixels.percent {
        percent if percent > 0.0 && percent < 0.001 => "< 0.001 %".to_owned(),
        percent => format!("{percent:.3} %"),
    }
}

/// The same for a narrow place: `0.13 %`.
pub(super) fn short_percent(pixels: &PixelCounts) -> String {
    match pixels.percent {
        percent if percent > 0.0 && percent < 0.01 => "< 0.01 %".to_owned(),
        percent => format!("{percent:.2} %"),
    }
}

/// `40x20 at 8,16: text changed (523 pixels)`.
pub(super) fn region(region: &ChangedRegion) -> String {
    let ChangedRegion { x, y, width, height, changed, change } = region;
    format!("{width}x{height} at {x},{y}: {change} ({})", plural(*changed, "pixel"))
}

/// The first `most` regions in words, and how many are left.
pub(super) fn regions(comparison: &VisualComparison, most: usize) -> Vec<String> {
    let mut told: Vec<_> = comparison.regions.iter().take(most).map(region).collect();
    let left = comparison.regions.len().saturating_sub(most);
    if left > 0 {
        told.push(format!("and {left} more"));
    }
    told
}

/// Said of a page whose two pictures were not equal.
pub(super) const UNSTABLE: &str = "the page never stood still: two pictures of it in succession were not equal";

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_are_readable() {
        for (count, text) in [(0, "0"), (999, "999"), (1_000, "1,000"), (1_234_567, "1,234,567")] {
            assert_eq!(grouped(count), text);
        }
        assert_eq!((plural(1, "pixel"), plural(0, "pixel")), ("1 pixel".to_owned(), "0 pixels".to_owned()));
        let of = |percent| PixelCounts { total: 1, ignored: 0, antialiased: 0, shifted: 0, changed: 1, percent };
        assert_eq!([of(0.0), of(0.000_01), of(12.5)].map(|one| percent(&one)), ["0.000 %", "< 0.001 %", "12.500 %"]);
    }
}
