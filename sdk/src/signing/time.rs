//! Dates, as AWS writes them.

use std::time::Duration;

const DAY_SECONDS: u64 = 86_400;

/// Writes the time since the Unix epoch as `20261126T001501Z`.
pub(super) fn basic(at: Duration) -> String {
    let (days, seconds) = (at.as_secs() / DAY_SECONDS, at.as_secs() % DAY_SECONDS);
    let (year, month, day) = civil(days);
    let (hour, minute, second) = (seconds / 3_600, seconds / 60 % 60, seconds % 60);
    format!("{year:04}{month:02}{day:02}T{hour:02}{minute:02}{second:02}Z")
}

/// Reads `2026-11-26T00:15:01Z`, with or without a fraction, as time since the Unix epoch.
pub(super) fn read(text: &str) -> Option<Duration> {
    let text = text.strip_suffix('Z').or_else(|| text.strip_suffix("+00:00"))?;
    let (date, time) = text.split_once('T')?;
    let time = time.split('.').next()?;
    let [year, month, day] = numbers(date, '-')?;
    let [hour, minute, second] = numbers(time, ':')?;
    let within = (1970..10_000).contains(&year) && (1..=12).contains(&month) && (1..=31).contains(&day);
    if !within || hour > 23 || minute > 59 || second > 60 {
        return None;
    }
    Some(Duration::from_secs(days(year, month, day) * DAY_SECONDS + hour * 3_600 + minute * 60 + second))
}

fn numbers(text: &str, separator: char) -> Option<[u64; 3]> {
    let digits = |part: &str| part.bytes().all(|byte| byte.is_ascii_digit()).then(|| part.parse().ok()).flatten();
    let numbers: Option<Vec<u64>> = text.split(separator).map(digits).collect();
    numbers?.try_into().ok()
}

/// The date a number of days after 1970-01-01; after Howard Hinnant's
/// [`civil_from_days`](https://howardhinnant.github.io/date_algorithms.html#civil_from_days).
fn civil(days: u64) -> (u64, u64, u64) {
    let shifted = days + 719_468;
    let era = shifted / 146_097;
    let day_of_era = shifted % 146_097;
    let year_of_era = (day_of_era - day_of_era / 1_460 + day_of_era / 36_524 - day_of_era / 146_096) / 365;
    let day_of_year = day_of_era - (365 * year_of_era + year_of_era / 4 - year_of_era / 100);
    let shifted_month = (5 * day_of_year + 2) / 153;
    let day = day_of_year - (153 * shifted_month + 2) / 5 + 1;
    let month = if shifted_month < 10 { shifted_month + 3 } else { shifted_month - 9 };
    (year_of_era + era * 400 + u64::from(month <= 2), month, day)
}

/// Days from 1970-01-01 to a date; the other direction of [`civil`].
fn days(year: u64, month: u64, day: u64) -> u64 {
    let year = if month <= 2 { year - 1 } else { year };
    let (era, year_of_era) = (year / 400, year % 400);
    let shifted_month = if month > 2 { month - 3 } else { month + 9 };
    let day_of_year = (153 * shifted_month + 2) / 5 + day - 1;
    let day_of_era = year_of_era * 365 + year_of_era / 4 - year_of_era / 100 + day_of_year;
    era * 146_097 + day_of_era - 719_468
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn known_dates_are_written_and_read() {
        for (seconds, basic_text, text) in [
            (0, "19700101T000000Z", "1970-01-01T00:00:00Z"),
            (951_782_400, "20000229T000000Z", "2000-02-29T00:00:00.000Z"),
            (1_440_938_160, "20150830T123600Z", "2015-08-30T12:36:00+00:00"),
            (4_107_542_399, "21000228T235959Z", "2100-02-28T23:59:59Z"),
        ] {
            assert_eq!(basic(Duration::from_secs(seconds)), basic_text);
            assert_eq!(read(text), Some(Duration::from_secs(seconds)));
        }
        for wrong in ["", "2026-11-26", "2026-13-01T00:00:00Z", "2026-11-26T00:00:00", "a-b-cTd:e:fZ", "0-1-1T0:0:0Z"] {
            assert_eq!(read(wrong), None, "{wrong}");
        }
    }

    proptest! {
        #[test]
        fn what_is_written_is_read(seconds in 0..200_000_000_000_u64) {
            let text = basic(Duration::from_secs(seconds));
            let part = |range: std::ops::Range<usize>| text.get(range).unwrap();
            let extended = format!(
                "{}-{}-{}T{}:{}:{}Z",
                part(0..4), part(4..6), part(6..8), part(9..11), part(11..13), part(13..15)
            );
            prop_assert_eq!(read(&extended), Some(Duration::from_secs(seconds)));
        }

        #[test]
        fn any_text_is_read_or_not(text: String) {
            read(&text);
        }
    }
}
