//! Which days of a month: numbers, `L`, `W`, `#`.

use jiff::civil::{Date, Weekday};

use super::field::{AWS_WEEKDAYS, DAYS, Shape, UNIX_WEEKDAYS};

/// Which days match.
#[derive(Clone, Debug, Default, Eq, PartialEq)]
pub(super) struct Days {
    of_month: OfMonth,
    of_week: OfWeek,
    /// Unix's rule for two restricted fields: a day that matches either.
    either: bool,
}

#[derive(Clone, Debug, Default, Eq, PartialEq)]
struct OfMonth {
    /// Bit n for day n.
    days: u32,
    last: bool,
    last_workday: bool,
    /// The workday nearest to each of these.
    nearest_workday: u32,
}

#[derive(Clone, Debug, Default, Eq, PartialEq)]
struct OfWeek {
    /// Bit 0 is Sunday.
    days: u8,
    /// The last such day of the month.
    last: u8,
    /// The nth such day: weekday from Sunday, and n.
    nth: Vec<(u8, u32)>,
}

const ALL_DAYS: u32 = !1;
const ALL_WEEK: u8 = 0x7f;

impl Days {
    /// AWS: exactly one of the two is `?`.
    pub(super) fn aws(of_month: &str, of_week: &str) -> Result<Self, String> {
        if (of_month == "?") == (of_week == "?") {
            return Err("exactly one of day-of-month and day-of-week is ?".to_owned());
        }
        let mut days = Self { of_month: OfMonth { days: ALL_DAYS, ..OfMonth::default() }, ..Self::default() };
        days.of_week.days = ALL_WEEK;
        if of_week == "?" {
            days.of_month = OfMonth::parse(of_month)?;
        } else {
            days.of_week = OfWeek::parse(of_week)?;
        }
        Ok(days)
    }

    /// Unix: both restrict, and a day matches either of two restricted fields.
    pub(super) fn unix(of_month: &str, of_week: &str) -> Result<Self, String> {
        let days = DAYS.bits(of_month)? as u32;
        let week = UNIX_WEEKDAYS.bits(of_week)?;
        let week = (week as u8 & ALL_WEEK) | u8::from(week & 1 << 7 != 0);
        let either = !of_month.starts_with('*') && !of_week.starts_with('*');
        let of_month = OfMonth { days, ..OfMonth::default() };
        Ok(Self { of_month, of_week: OfWeek { days: week, ..OfWeek::default() }, either })
    }

    /// The days of a month, bit n for day n.
    pub(super) fn in_month(&self, year: i16, month: i8) -> Option<u32> {
        let first = Date::new(year, month, 1).ok()?;
        let length = first.days_in_month() as u32;
        let month = Month { length, first: first.weekday().to_sunday_zero_offset() as u32 };
        let whole = ((1u64 << (length + 1)) - 1) as u32 & ALL_DAYS;
        let (of_month, of_week) = (self.of_month.in_month(month), self.of_week.in_month(month));
        Some(whole & if self.either { of_month | of_week } else { of_month & of_week })
    }
}

#[derive(Clone, Copy, Debug)]
struct Month {
    length: u32,
    /// Weekday of its first day, from Sunday.
    first: u32,
}

impl Month {
    fn weekday(self, day: u32) -> u32 {
        (self.first + day - 1) % 7
    }

    /// The workday nearest to `day` without leaving the month.
    fn workday_near(self, day: u32) -> u32 {
        const SATURDAY: u32 = Weekday::Saturday.to_sunday_zero_offset() as u32;
        match self.weekday(day) {
            SATURDAY if day == 1 => 3,
            SATURDAY => day - 1,
            0 if day == self.length => day - 2,
            0 => day + 1,
            _ => day,
        }
    }
}

impl OfMonth {
    fn parse(text: &str) -> Result<Self, String> {
        let mut parsed = Self::default();
        for item in text.split(',') {
            let upper = item.to_ascii_uppercase();
            match upper.as_str() {
                "L" => parsed.last = true,
                "LW" => parsed.last_workday = true,
                _ => match upper.strip_suffix('W') {
                    Some(day) => parsed.nearest_workday |= 1 << DAYS.number(day)?,
                    None => parsed.days |= DAYS.bits(item)? as u32,
                },
            }
        }
        Ok(parsed)
    }

    fn in_month(&self, month: Month) -> u32 {
        let mut days = self.days;
        if self.last {
            days |= 1 << month.length;
        }
        if self.last_workday {
            days |= 1 << month.workday_near(month.length);
        }
        for day in (1..=month.length).filter(|day| self.nearest_workday & 1 << day != 0) {
            days |= 1 << month.workday_near(day);
        }
        days
    }
}

impl OfWeek {
    fn parse(text: &str) -> Result<Self, String> {
        const SHAPE: Shape = AWS_WEEKDAYS;
        let mut parsed = Self::default();
        for item in text.split(',') {
            let upper = item.to_ascii_uppercase();
            if let Some((day, nth)) = upper.split_once('#') {
                let nth: u32 = nth.parse().ok().filter(|nth| (1..=5).contains(nth)).ok_or("behind # is 1 to 5")?;
                parsed.nth.push((SHAPE.number(day)? as u8 - 1, nth));
            } else if upper == "L" {
                parsed.days |= 1 << 6;
            } else if let Some(day) = upper.strip_suffix('L') {
                parsed.last |= 1 << (SHAPE.number(day)? - 1);
            } else {
                parsed.days |= (SHAPE.bits(item)? >> 1) as u8;
            }
        }
        Ok(parsed)
    }

    fn in_month(&self, month: Month) -> u32 {
        // A week's pattern, turned so that bit 1 is the month's first day, and laid over the month.
        let week = u64::from(self.days);
        let turned = ((week >> month.first) | (week << (7 - month.first))) & 0x7f;
        let mut days = ((turned | turned << 7 | turned << 14 | turned << 21 | turned << 28) << 1) as u32;
        for day in month.length - 6..=month.length {
            if self.last & 1 << month.weekday(day) != 0 {
                days |= 1 << day;
            }
        }
        for &(weekday, nth) in &self.nth {
            let first = 1 + (u32::from(weekday) + 7 - month.first) % 7;
            let day = first + 7 * (nth - 1);
            if day <= month.length {
                days |= 1 << day;
            }
        }
        days
    }
}
