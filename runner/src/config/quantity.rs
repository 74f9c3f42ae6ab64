//! Durations and sizes as people write them.

use std::time::Duration;

use jiff::SignedDuration;
use siskin_blueprints::Invalid;

const DAY: u64 = 24 * 3600;

/// Reads `30s`, `1m 30s`, `PT30S` or, in whole days of 24 hours, `31d`.
///
/// # Errors
/// A text of no such form.
pub(crate) fn parse_duration(field: &str, text: &str) -> Result<Duration, Invalid> {
    let invalid = || Invalid::new(field, format!("\"{text}\""), "a duration such as 30s or 1m 30s");
    if let Some(days) = text.trim().strip_suffix('d').and_then(|days| days.trim().parse::<u64>().ok()) {
        return days.checked_mul(DAY).map(Duration::from_secs).ok_or_else(invalid);
    }
    let signed: SignedDuration = text.parse().map_err(|_| invalid())?;
    Duration::try_from(signed).map_err(|_| invalid())
}

/// Reads `500MB` or `2GiB`.
pub(super) fn parse_bytes(field: &str, text: &str) -> Result<u64, Invalid> {
    const UNITS: [(&str, u64); 8] = [
        ("KiB", 1 << 10),
        ("MiB", 1 << 20),
        ("GiB", 1 << 30),
        ("TiB", 1 << 40),
        ("kB", 1_000),
        ("MB", 1_000_000),
        ("GB", 1_000_000_000),
        ("TB", 1_000_000_000_000),
    ];
    let invalid = || Invalid::new(field, format!("\"{text}\""), "a size such as 500MB or 2GiB");
    let (name, unit) = UNITS.iter().find(|(name, _)| text.ends_with(name)).ok_or_else(invalid)?;
    let count: u64 = text.trim_end_matches(name).trim().parse().map_err(|_| invalid())?;
    count.checked_mul(*unit).filter(|bytes| *bytes > 0).ok_or_else(invalid)
}
