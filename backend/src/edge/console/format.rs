//! Values as people read them: durations, times, counts, sizes.

use std::time::Duration;

use jiff::tz::TimeZone;
use maud::{Markup, html};

use crate::base::Timestamp;

/// `350 µs`, `8.4 ms`, `842 ms`, `1.24 s`, `12.3 s`, `2 min 5 s`, `3 h 20 min`, `2 d 4 h`.
pub(super) fn duration(span: Duration) -> String {
    let secs = span.as_secs();
    let micros = span.as_micros();
    match micros {
        0 => "0 ms".to_owned(),
        1..1_000 => format!("{micros} µs"),
        1_000..9_950 => format!("{:.1} ms", micros as f64 / 1e3),
        9_950..999_500 => format!("{:.0} ms", micros as f64 / 1e3),
        999_500..9_995_000 => format!("{:.2} s", micros as f64 / 1e6),
        _ => match secs {
            0..60 => format!("{:.1} s", span.as_secs_f64()),
            60..3_600 => two_units(secs, (60, "min"), (1, "s")),
            3_600..86_400 => two_units(secs, (3_600, "h"), (60, "min")),
            _ => two_units(secs, (86_400, "d"), (3_600, "h")),
        },
    }
}

fn two_units(secs: u64, big: (u64, &str), small: (u64, &str)) -> String {
    let (whole, rest) = (secs / big.0, secs % big.0 / small.0);
    if rest == 0 { format!("{whole} {}", big.1) } else { format!("{whole} {} {rest} {}", big.1, small.1) }
}

/// Milliseconds, as metrics carry them, as a duration; a negative or endless value shows as a dash.
pub(super) fn millis(value: f64) -> String {
    Duration::try_from_secs_f64(value / 1e3).map_or_else(|_| "–".to_owned(), duration)
}

/// Time of day in UTC with milliseconds: `08:12:31.042`.
pub(super) fn clock_millis(at: Timestamp) -> String {
    strftime(at, "%H:%M:%S%.3f")
}

/// Day and time in UTC: `23 Nov 08:12:31`.
pub(super) fn day_clock(at: Timestamp) -> String {
    strftime(at, "%-d %b %H:%M:%S")
}

/// `at` in UTC by a `strftime` pattern.
pub(super) fn strftime(at: Timestamp, pattern: &str) -> String {
    at.to_jiff().to_zoned(TimeZone::UTC).strftime(pattern).to_string()
}

/// A time as its distance from `now`; the script keeps it current, the tooltip has the exact instant.
pub(super) fn ago(at: Timestamp, now: Timestamp) -> Markup {
    let text = match now.since(at).as_secs() {
        0..5 => "just now".to_owned(),
        secs => format!("{} ago", coarse(secs)),
    };
    html! { time datetime=(at) title={ (day_clock(at)) " UTC" } data-ago { (text) } }
}

/// A day and time; the tooltip has the exact instant.
pub(super) fn day_at(instant: Timestamp) -> Markup {
    html! { time datetime=(instant) title={ (instant) } { (day_clock(instant)) } }
}

fn coarse(secs: u64) -> String {
    match secs {
        0..60 => format!("{secs} s"),
        60..3_600 => format!("{} min", secs / 60),
        3_600..172_800 => format!("{} h", secs / 3_600),
        _ => format!("{} d", secs / 86_400),
    }
}

/// `12,345`.
pub(super) fn count(number: u64) -> String {
    let digits = number.to_string();
    let mut text = String::with_capacity(digits.len() + digits.len() / 3);
    for (place, digit) in digits.chars().enumerate() {
        if place > 0 && (digits.len() - place).is_multiple_of(3) {
            text.push(',');
        }
        text.push(digit);
    }
    text
}

/// `1 run`, `2 runs`.
pub(super) fn plural(number: u64, one: &str) -> String {
    if number == 1 { format!("1 {one}") } else { format!("{} {one}s", count(number)) }
}

/// A measured value, short: `0.25`, `42`, `1.2k`, `3.4M`, `231M`.
pub(super) fn number(value: f64) -> String {
    let size = value.abs();
    let (scaled, suffix) = match size {
        _ if !value.is_finite() => return "–".to_owned(),
        _ if size >= 999_500_000_000.0 => (value / 1e12, "T"),
        _ if size >= 999_500_000.0 => (value / 1e9, "G"),
        _ if size >= 999_500.0 => (value / 1e6, "M"),
        _ if size >= 9_999.5 => (value / 1e3, "k"),
        _ if size > 0.0 && size < 0.001 => return format!("{value:.1e}"),
        _ => (value, ""),
    };
    let digits: usize = match scaled.abs() {
        0.0..1.0 => 3,
        1.0..100.0 => 2,
        100.0..1_000.0 => 1,
        _ => 0,
    };
    let text = format!("{scaled:.digits$}");
    let text = if text.contains('.') { text.trim_end_matches('0').trim_end_matches('.') } else { &text };
    format!("{text}{suffix}")
}

/// A share of 100. Rounded down, so that only a full hundred shows as `100 %`.
pub(super) fn percent(value: f64) -> String {
    if !value.is_finite() {
        return "–".to_owned();
    }
    let digits = if (99.0..100.0).contains(&value) { 100.0 } else { 10.0 };
    format!("{} %", (value * digits).floor() / digits)
}

/// `0 B`, `812 B`, `1.2 kB`, `34 MB`, in powers of 1000.
pub(super) fn bytes(size: u64) -> String {
    let (scaled, unit) = match size {
        0..1_000 => return format!("{size} B"),
        1_000..1_000_000 => (size as f64 / 1e3, "kB"),
        1_000_000..1_000_000_000 => (size as f64 / 1e6, "MB"),
        _ => (size as f64 / 1e9, "GB"),
    };
    if scaled < 10.0 { format!("{scaled:.1} {unit}") } else { format!("{scaled:.0} {unit}") }
}

/// `text`, or its first `chars_max` characters and an ellipsis.
pub(super) fn shorten(text: &str, chars_max: usize) -> String {
    match text.char_indices().nth(chars_max) {
        None => text.to_owned(),
        Some((end, _)) => {
            let (head, _) = text.split_at(end);
            format!("{}…", head.trim_end())
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn durations_keep_about_three_digits() {
        let shown = |micros| duration(Duration::from_micros(micros));
        let cases = [0, 350, 8_420, 9_960, 842_000, 999_700, 1_240_000, 12_340_000, 125_000_000, 12_000_000_000];
        assert_eq!(
            cases.map(shown),
            ["0 ms", "350 µs", "8.4 ms", "10 ms", "842 ms", "1.00 s", "1.24 s", "12.3 s", "2 min 5 s", "3 h 20 min"]
        );
    }

    #[test]
    fn numbers_are_short_and_without_idle_zeros() {
        let cases = [0.0, 0.25, 42.0, 99.5, 1_234.0, 12_345.0, 231_434_333.0, -1.5, 0.000_02, f64::NAN];
        assert_eq!(
            cases.map(number),
            ["0", "0.25", "42", "99.5", "1234", "12.35k", "231.4M", "-1.5", "2.0e-5", "–"].map(str::to_owned)
        );
    }

    #[test]
    fn only_a_full_hundred_is_a_hundred_percent() {
        assert_eq!([100.0, 99.999, 98.67, 0.0].map(percent), ["100 %", "99.99 %", "98.6 %", "0 %"]);
    }

    #[test]
    fn counts_are_grouped_by_thousands() {
        assert_eq!([0, 999, 1_000, 1_234_567].map(count), ["0", "999", "1,000", "1,234,567"]);
    }

    #[test]
    fn shortens_by_characters_not_bytes() {
        assert_eq!(shorten("äöü", 2), "äö…");
        assert_eq!(shorten("äöü", 3), "äöü");
    }
}
