//! Calendar times in a zone.

use std::fmt;

use jiff::civil::DateTime;
use jiff::tz::{AmbiguousOffset, TimeZone};
use jiff::{SignedDuration, Timestamp};

use super::day::Days;
use super::wall::Wall;
use crate::Invalid;
use crate::schedule::dst::{Instants, Resolver};
use crate::schedule::{Dst, Missing, Repeated, zone};

/// Calendar times in a zone.
#[derive(Clone, Debug)]
pub struct Cron {
    text: String,
    wall: Wall,
    zone: TimeZone,
    zone_name: String,
    missing: Missing,
    repeated: Repeated,
}

impl Cron {
    /// Reads AWS's `minutes hours day-of-month month day-of-week year`; days of the week are 1-7 for SUN-SAT.
    ///
    /// # Errors
    /// See [`Schedule::parse`](crate::schedule::Schedule::parse).
    pub fn aws(fields: &str, zone: Option<&str>, dst: Dst) -> Result<Self, Invalid> {
        let words: Vec<_> = fields.split_whitespace().collect();
        let text = format!("cron({})", words.join(" "));
        let invalid = |rule: String| Invalid::new("schedule", format!("\"{text}\""), rule);
        let [minutes, hours, of_month, month, of_week, year] = words[..] else {
            let rule = "cron(..) has six fields: minutes hours day-of-month month day-of-week year; here are";
            return Err(invalid(format!("{rule} {}", words.len())));
        };
        let wall = Days::aws(of_month, of_week).and_then(|days| Wall::parse(minutes, hours, month, days, year));
        Self::new(&text, wall.map_err(invalid)?, zone, dst)
    }

    /// Reads Unix's `minutes hours day-of-month month day-of-week`; days of the week are 0-7 for SUN-SUN.
    ///
    /// A day matches either of two restricted day fields, as in every Unix cron; one that begins with `*` restricts
    /// nothing by that rule, and both must match (crontab(5)).
    ///
    /// # Errors
    /// See [`Schedule::parse`](crate::schedule::Schedule::parse).
    pub fn unix(fields: &str, zone: Option<&str>, dst: Dst) -> Result<Self, Invalid> {
        let words: Vec<_> = fields.split_whitespace().collect();
        let text = words.join(" ");
        let invalid = |rule: String| Invalid::new("schedule", format!("\"{text}\""), rule);
        let [minutes, hours, of_month, month, of_week] = words[..] else {
            return Err(invalid("five fields: minutes hours day-of-month month day-of-week".to_owned()));
        };
        if let Some(mark) = text.chars().find(|mark| matches!(mark, '?' | '#' | '+' | '@')) {
            return Err(invalid(format!(
                "{mark} is no part of the five fields; AWS's six fields in cron(..) know more"
            )));
        }
        let wall = Days::unix(of_month, of_week).and_then(|days| Wall::parse(minutes, hours, month, days, "*"));
        Self::new(&text, wall.map_err(invalid)?, zone, dst)
    }

    fn new(text: &str, wall: Wall, zone: Option<&str>, dst: Dst) -> Result<Self, Invalid> {
        let (zone, zone_name) = zone::named(zone)?;
        let fixed = wall.is_fixed();
        let missing = dst.missing.unwrap_or(if fixed { Missing::Shift } else { Missing::Skip });
        let repeated = dst.repeated.unwrap_or(if fixed { Repeated::First } else { Repeated::Both });
        let cron = Self { text: text.to_owned(), wall, zone, zone_name, missing, repeated };
        if cron.next_after(Timestamp::UNIX_EPOCH).is_none() {
            return Err(Invalid::new("schedule", format!("\"{text}\""), "no such day exists: it would never run"));
        }
        Ok(cron)
    }

    /// The first time after `at`, or `None` when there is none any more.
    pub fn next_after(&self, at: Timestamp) -> Option<Timestamp> {
        let resolver = Resolver { zone: &self.zone, missing: self.missing, repeated: self.repeated };
        let shown = self.zone.to_datetime(at);
        let (mut wall, looked_back) = match self.zone.to_ambiguous_timestamp(shown).offset() {
            // In the first pass of a repeated hour, earlier times of it are still to come.
            AmbiguousOffset::Fold { before, after } => {
                let length = SignedDuration::from_secs(i64::from(before.seconds() - after.seconds()));
                (minute_of(shown).checked_sub(length).ok()?, true)
            }
            AmbiguousOffset::Unambiguous { .. } | AmbiguousOffset::Gap { .. } => (minute_of(shown), false),
        };
        let mut best: Option<Timestamp> = None;
        loop {
            let Some(next) = self.wall.next_from(wall) else { return best };
            let Instants { first, second } = resolver.instants(next)?;
            let later = [first, second].into_iter().flatten().find(|instant| *instant > at);
            match (later, best) {
                // Walls follow each other as instants do, but for the hour that is passed twice.
                (Some(later), None) if !looked_back => return Some(later),
                (Some(later), None) => best = Some(later),
                (Some(later), Some(found)) if later < found => best = Some(later),
                (Some(_), Some(found)) if first.is_some_and(|first| first >= found) => return best,
                (Some(_) | None, _) => {}
            }
            wall = next.checked_add(SignedDuration::from_mins(1)).ok()?;
        }
    }

    /// The zone's IANA name.
    pub fn zone_name(&self) -> &str {
        &self.zone_name
    }
}

/// Whole minutes only are looked at, and one that has begun is no candidate unless it has just begun.
fn minute_of(shown: DateTime) -> DateTime {
    shown.date().at(shown.hour(), shown.minute(), 0, 0)
}

impl PartialEq for Cron {
    fn eq(&self, other: &Self) -> bool {
        self.text == other.text
            && self.zone_name == other.zone_name
            && (self.missing, self.repeated) == (other.missing, other.repeated)
    }
}

impl Eq for Cron {}

impl fmt::Display for Cron {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.write_str(&self.text)
    }
}
