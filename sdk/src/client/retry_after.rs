//! How long a receiver wants to be left alone.

use std::time::{Duration, SystemTime};

/// Reads a [`Retry-After`](https://www.rfc-editor.org/rfc/rfc9110#field.retry-after): seconds, or a
/// date to be seen from `now`, the time since the Unix epoch.
pub(super) fn read(value: &str, now: Duration) -> Option<Duration> {
    let value = value.trim();
    if let Ok(seconds) = value.parse() {
        return Some(Duration::from_secs(seconds));
    }
    let date = httpdate::parse_http_date(value).ok()?;
    Some(date.duration_since(SystemTime::UNIX_EPOCH).ok()?.saturating_sub(now))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn seconds_and_dates_are_read_and_other_text_is_none() {
        let now = Duration::new(1_445_412_480, 0); // 2015-10-21 07:28:00
        for (value, seconds) in [
            ("120", Some(120)),
            (" 0 ", Some(0)),
            ("Wed, 21 Oct 2015 07:28:30 GMT", Some(30)),
            ("Wed, 21 Oct 2015 07:27:00 GMT", Some(0)),
            ("-1", None),
            ("soon", None),
            ("", None),
        ] {
            assert_eq!(read(value, now), seconds.map(Duration::from_secs), "{value:?}");
        }
    }
}
