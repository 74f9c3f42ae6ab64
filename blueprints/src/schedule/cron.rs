//! Calendar times: AWS's six fields and Unix's five.
//!
//! # Daylight saving
//! Times are wall-clock times of the schedule's zone (UTC when none is named). Where clocks change, a schedule with one
//! fixed hour and one fixed minute runs exactly once that day: when its time occurs twice, at the first of the two; when
//! its time does not occur, at the first instant after the gap. Every other schedule (`*/5`, lists, ranges) follows the
//! wall clock: it runs in both passes of a repeated hour and not in a skipped one.

use std::fmt;

use croner::parser::{CronParser, Seconds, Year};
use jiff::Timestamp;
use jiff::tz::TimeZone;

use crate::Invalid;

/// Calendar times in a zone.
#[derive(Clone, Debug)]
pub struct Cron {
    text: String,
    pattern: croner::Cron,
    zone: TimeZone,
    zone_name: String,
}

/// What AWS allows in each field beyond digits and names: minutes, hours, day of month, month, day of week, year.
const AWS_MARKS: [(&str, &str); 6] = [
    ("minutes", ",-*/"),
    ("hours", ",-*/"),
    ("day-of-month", ",-*?/LW"),
    ("month", ",-*/"),
    ("day-of-week", ",-*?L#"),
    ("year", ",-*/"),
];

impl Cron {
    /// Reads AWS's `minutes hours day-of-month month day-of-week year`; days of the week are 1-7 for SUN-SAT.
    ///
    /// # Errors
    /// See [`Schedule::parse`](super::Schedule::parse).
    pub fn aws(fields: &str, zone: Option<&str>) -> Result<Self, Invalid> {
        let text = format!("cron({})", fields.split_whitespace().collect::<Vec<_>>().join(" "));
        let invalid = |rule: String| Invalid::new("schedule", format!("\"{text}\""), rule);
        check_aws(fields).map_err(invalid)?;
        let parser = CronParser::builder()
            .seconds(Seconds::Required)
            .year(Year::Required)
            .alternative_weekdays(true)
            // AWS documents `0/15` for every 15 from 0 on.
            .sloppy_ranges(true)
            .build();
        let pattern = parser.parse(&format!("0 {fields}")).map_err(|error| invalid(error.to_string()))?;
        Self::new(text, pattern, zone)
    }

    /// Reads Unix's `minutes hours day-of-month month day-of-week`; days of the week are 0-7 for SUN-SUN.
    ///
    /// A day matches either of two restricted day fields, as in every Unix cron.
    ///
    /// # Errors
    /// See [`Schedule::parse`](super::Schedule::parse).
    pub fn unix(fields: &str, zone: Option<&str>) -> Result<Self, Invalid> {
        let text = fields.split_whitespace().collect::<Vec<_>>().join(" ");
        let invalid = |rule: String| Invalid::new("schedule", format!("\"{text}\""), rule);
        if let Some(mark) = text.chars().find(|c| matches!(c, '?' | 'L' | 'W' | '#' | '+' | '@') && !text.is_empty()) {
            // L and W also stand in JUL and WED.
            let names = without_names(&text);
            if names.contains(mark) {
                return Err(invalid(format!(
                    "{mark} is no part of the five fields; AWS's six fields in cron(..) know more"
                )));
            }
        }
        let parser = CronParser::builder().seconds(Seconds::Disallowed).year(Year::Disallowed).build();
        let pattern = parser.parse(&text).map_err(|error| invalid(error.to_string()))?;
        Self::new(text, pattern, zone)
    }

    fn new(text: String, pattern: croner::Cron, zone: Option<&str>) -> Result<Self, Invalid> {
        let zone_name = zone.unwrap_or("UTC").to_owned();
        let zone = TimeZone::get(&zone_name).map_err(|_| {
            Invalid::new(
                "timezone",
                format!("\"{zone_name}\""),
                "a time zone of the IANA database, such as Europe/Berlin",
            )
        })?;
        let cron = Self { text, pattern, zone, zone_name };
        if cron.next_after(Timestamp::UNIX_EPOCH).is_none() {
            return Err(Invalid::new(
                "schedule",
                format!("\"{}\"", cron.text),
                "no such day exists: it would never run",
            ));
        }
        Ok(cron)
    }

    /// The first time after `at`, or `None` when there is none any more.
    pub fn next_after(&self, at: Timestamp) -> Option<Timestamp> {
        let at = at.to_zoned(self.zone.clone());
        // The search ends at a year limit with an error: that is what "never again" looks like.
        self.pattern.find_next_occurrence(&at, false).ok().map(|next| next.timestamp())
    }

    /// The zone's IANA name.
    pub fn zone_name(&self) -> &str {
        &self.zone_name
    }
}

impl PartialEq for Cron {
    fn eq(&self, other: &Self) -> bool {
        self.text == other.text && self.zone_name == other.zone_name
    }
}

impl Eq for Cron {}

impl fmt::Display for Cron {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.write_str(&self.text)
    }
}

const NAMES: [&str; 19] = [
    "JAN", "FEB", "MAR", "APR", "MAY", "JUN", "JUL", "AUG", "SEP", "OCT", "NOV", "DEC", "SUN", "MON", "TUE", "WED",
    "THU", "FRI", "SAT",
];

fn without_names(field: &str) -> String {
    NAMES.iter().fold(field.to_uppercase(), |text, name| text.replace(name, ""))
}

fn check_aws(fields: &str) -> Result<(), String> {
    let fields: Vec<_> = fields.split_whitespace().collect();
    let [_, _, day_of_month, month, day_of_week, year] = fields[..] else {
        return Err(format!(
            "cron(..) has six fields: minutes hours day-of-month month day-of-week year; here are {}",
            fields.len()
        ));
    };
    for (field, (name, marks)) in fields.iter().zip(AWS_MARKS) {
        let named = matches!(name, "month" | "day-of-week");
        let rest = if named { without_names(field) } else { field.to_uppercase() };
        if let Some(stranger) = rest.chars().find(|c| !c.is_ascii_digit() && !marks.contains(*c)) {
            return Err(format!("{stranger} is not allowed in {name}"));
        }
    }
    if (day_of_month == "?") == (day_of_week == "?") {
        return Err("exactly one of day-of-month and day-of-week is ?".to_owned());
    }
    // Numbers only: the parser behind takes 0 for Sunday too, AWS does not.
    let numbers = |field: &str| -> Vec<u32> {
        let head = field.split(['/', '#']).next().unwrap_or_default().to_owned();
        head.split(|c: char| !c.is_ascii_digit()).filter_map(|digits| digits.parse().ok()).collect()
    };
    if day_of_week.split(',').flat_map(numbers).any(|day| !(1..=7).contains(&day)) {
        return Err("day-of-week is 1 to 7 for SUN to SAT".to_owned());
    }
    if month.split(',').flat_map(numbers).any(|month| !(1..=12).contains(&month)) {
        return Err("month is 1 to 12 or JAN to DEC".to_owned());
    }
    if year.split(',').flat_map(numbers).any(|year| !(1970..=2199).contains(&year)) {
        return Err("year is 1970 to 2199".to_owned());
    }
    Ok(())
}
