//! How fast tables grow, from what they held when someone looked. Pure.

use std::collections::VecDeque;
use std::time::Duration;

use crate::base::Timestamp;

/// Rows of each signal.
pub(super) type StoredRows = [u64; 4];

/// Rates are those of about this long.
const SPAN: Duration = Duration::from_mins(1);

/// Looks closer together than this are one.
const APART: Duration = Duration::from_secs(4);

/// Looks that are remembered.
const LOOKS_MAX: usize = 32;

/// The looks of the last minute.
#[derive(Debug, Default)]
pub(crate) struct Rates(VecDeque<(Timestamp, StoredRows)>);

impl Rates {
    /// Notes what is stored `now` and tells the growth per minute; `None` until there are two looks.
    pub(super) fn observe(&mut self, now: Timestamp, stored: StoredRows) -> [Option<u64>; 4] {
        while self.0.len() > 1 && self.0.get(1).is_some_and(|(at, _)| now.since(*at) >= SPAN)
            || self.0.len() == LOOKS_MAX
        {
            self.0.pop_front();
        }
        let rates = match self.0.front() {
            Some((at, then)) if now.since(*at) >= APART => {
                let minutes = now.since(*at).as_secs_f64() / 60.0;
                std::array::from_fn(|place| {
                    Some((stored[place].saturating_sub(then[place]) as f64 / minutes).round() as u64)
                })
            }
            Some(_) | None => [None; 4],
        };
        if self.0.back().is_none_or(|(at, _)| now.since(*at) >= APART) {
            self.0.push_back((now, stored));
        }
        rates
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_rate_is_that_of_the_last_minute() {
        let mut rates = Rates::default();
        let mut look = |secs: i64, rows: u64| rates.observe(Timestamp::from_secs(secs), [rows; 4])[0];
        assert_eq!(look(0, 0), None);
        assert_eq!(look(1, 50), None);
        assert_eq!(look(30, 100), Some(200));
        assert_eq!(look(60, 100), Some(100));
        assert_eq!(look(90, 100), Some(0));
        assert_eq!(look(100, 0), Some(0), "rows that retention took are no negative rate");
    }
}
