//! A place among log events in order of time, and its text forms.

use crate::base::Timestamp;
use crate::store::{LogRow, RowId};

use super::LogsError;

/// Digits of the milliseconds in the text form.
const TIME_DIGITS: usize = 17;
/// Digits of the row number in the text form.
const ROW_DIGITS: usize = 39;

/// Where one event stands: by its time, then by arrival.
///
/// Stored events have whole milliseconds, so the text form loses nothing.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Position {
    pub(super) at: Timestamp,
    pub(super) id: RowId,
}

impl Position {
    pub(super) const START: Self = Self { at: Timestamp::EPOCH, id: RowId::new(0, 0) };

    pub(super) fn of(row: &LogRow) -> Self {
        Self { at: row.at, id: row.id }
    }

    pub(super) fn after(self) -> (Timestamp, RowId) {
        (self.at, self.id)
    }

    /// 56 digits, as `CloudWatch` Logs writes event ids; texts order as positions do.
    pub(super) fn digits(self) -> String {
        format!("{:0TIME_DIGITS$}{:0ROW_DIGITS$}", self.at.as_millis(), self.id.as_u128())
    }

    /// From the 56 digits; `None` for any other text.
    pub(super) fn parse(digits: &str) -> Option<Self> {
        if digits.len() != TIME_DIGITS + ROW_DIGITS || !digits.bytes().all(|byte| byte.is_ascii_digit()) {
            return None;
        }
        let (millis, row) = digits.split_at(TIME_DIGITS);
        let row: u128 = row.parse().ok()?;
        let id = RowId::new(u64::try_from(row >> 32).ok()?, row as u32);
        Some(Self { at: Timestamp::from_millis(millis.parse().ok()?), id })
    }
}

/// A token of `GetLogEvents`: which way, and from behind which event.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum PageStart {
    /// Later events: `f/DIGITS/s`.
    Forward(Position),
    /// Earlier events: `b/DIGITS/s`.
    Backward(Position),
}

impl PageStart {
    pub(super) fn parse(token: &str) -> Result<Self, LogsError> {
        let invalid = || LogsError::InvalidParameter("The specified nextToken is invalid.".to_owned());
        let inner = token.strip_suffix("/s").ok_or_else(invalid)?;
        let (direction, digits) = inner.split_once('/').ok_or_else(invalid)?;
        let position = Position::parse(digits).ok_or_else(invalid)?;
        match direction {
            "f" => Ok(Self::Forward(position)),
            "b" => Ok(Self::Backward(position)),
            _ => Err(invalid()),
        }
    }

    pub(super) fn to_token(self) -> String {
        match self {
            Self::Forward(position) => format!("f/{}/s", position.digits()),
            Self::Backward(position) => format!("b/{}/s", position.digits()),
        }
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn a_token_is_56_digits_between_its_marks() {
        let position = Position { at: Timestamp::from_millis(1_793_000_000_123), id: RowId::new(7, 3) };
        let token = PageStart::Forward(position).to_token();
        assert_eq!(token, "f/00001793000000123000000000000000000000000000030064771075/s");
        assert_eq!(PageStart::parse(&token).expect("own token"), PageStart::Forward(position));
        for other in ["", "f/12/s", "x/00001793000000123000000000000000000000000000030064771075/s", "f/", "/s"] {
            assert!(PageStart::parse(other).is_err(), "{other}");
        }
    }

    proptest! {
        #[test]
        fn digits_round_trip_and_order(one: (u32, u64, u32), other: (u32, u64, u32)) {
            let position = |(millis, sequence, ordinal): (u32, u64, u32)| Position {
                at: Timestamp::from_millis(i64::from(millis) * 1_000),
                id: RowId::new(sequence, ordinal),
            };
            let (one, other) = (position(one), position(other));
            prop_assert_eq!(Position::parse(&one.digits()), Some(one));
            prop_assert_eq!(one.digits().cmp(&other.digits()), one.cmp(&other));
        }
    }
}
