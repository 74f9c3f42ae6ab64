//! The times of a pattern on a clock that never changes.

use jiff::civil::{Date, DateTime};

use super::day::Days;
use super::field::{HOURS, MINUTES, MONTHS, YEARS};

/// Years beyond it are not looked at: AWS's last.
const YEAR_LAST: i16 = 2199;

/// A pattern of wall-clock minutes.
#[derive(Clone, Debug, Eq, PartialEq)]
pub(super) struct Wall {
    minutes: u64,
    hours: u32,
    months: u16,
    days: Days,
    /// Sorted; any year when there are none.
    years: Vec<u32>,
}

impl Wall {
    pub(super) fn parse(minutes: &str, hours: &str, months: &str, days: Days, years: &str) -> Result<Self, String> {
        let mut listed = if years == "*" { Vec::new() } else { YEARS.numbers(years)? };
        listed.sort_unstable();
        Ok(Self {
            minutes: MINUTES.bits(minutes)?,
            hours: HOURS.bits(hours)? as u32,
            months: MONTHS.bits(months)? as u16,
            days,
            years: listed,
        })
    }

    /// Whether it means one time of a day.
    pub(super) fn is_fixed(&self) -> bool {
        self.minutes.is_power_of_two() && self.hours.is_power_of_two()
    }

    /// The first matching minute at or after `from`, whose seconds are not looked at.
    pub(super) fn next_from(&self, from: DateTime) -> Option<DateTime> {
        let (mut year, mut month) = (from.year(), from.month());
        let mut rest = if self.has_month(year, month) { self.days.in_month(year, month)? } else { 0 };
        if rest & 1 << from.day() != 0
            && let Some((hour, minute)) = self.time_from(from.hour() as u32, from.minute() as u32)
        {
            return Some(at(from.date(), hour, minute));
        }
        // Days after this one.
        rest = rest.checked_shr(from.day() as u32 + 1).unwrap_or(0).checked_shl(from.day() as u32 + 1).unwrap_or(0);
        loop {
            if rest != 0 {
                let date = Date::new(year, month, rest.trailing_zeros() as i8).ok()?;
                return Some(at(date, self.hours.trailing_zeros(), self.minutes.trailing_zeros()));
            }
            (year, month) = self.month_after(year, month)?;
            rest = self.days.in_month(year, month)?;
        }
    }

    fn has_month(&self, year: i16, month: i8) -> bool {
        self.months & 1 << month != 0 && self.has_year(year)
    }

    fn has_year(&self, year: i16) -> bool {
        self.years.is_empty() || u32::try_from(year).is_ok_and(|year| self.years.binary_search(&year).is_ok())
    }

    fn month_after(&self, year: i16, month: i8) -> Option<(i16, i8)> {
        let later = (u32::from(self.months) >> (month + 1)) << (month + 1);
        if later != 0 && self.has_year(year) {
            return Some((year, later.trailing_zeros() as i8));
        }
        let year = (year + 1..=YEAR_LAST).find(|year| self.has_year(*year))?;
        Some((year, self.months.trailing_zeros() as i8))
    }

    fn time_from(&self, hour: u32, minute: u32) -> Option<(u32, u32)> {
        let minutes = self.minutes >> minute << minute;
        if self.hours & 1 << hour != 0 && minutes != 0 {
            return Some((hour, minutes.trailing_zeros()));
        }
        let hours = self.hours >> (hour + 1) << (hour + 1);
        (hours != 0).then(|| (hours.trailing_zeros(), self.minutes.trailing_zeros()))
    }
}

fn at(date: Date, hour: u32, minute: u32) -> DateTime {
    date.at(hour as i8, minute as i8, 0, 0)
}
