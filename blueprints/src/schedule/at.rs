//! `at(yyyy-mm-ddThh:mm:ss)`: once, at a wall-clock time.
//!
//! The form of "One-time schedules" in the EventBridge Scheduler user guide.

use std::fmt;

use jiff::Timestamp;
use jiff::civil::DateTime;
use jiff::tz::AmbiguousOffset;

use super::dst::Resolver;
use super::{Dst, Missing, Repeated, zone};
use crate::Invalid;

/// One instant.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct At {
    wall: DateTime,
    instant: Timestamp,
    zone_name: String,
}

impl At {
    /// Reads what stands between the brackets.
    ///
    /// # Errors
    /// Another form, an unknown zone, or a time that does not occur in the zone (unless `dst` says to shift it).
    pub(super) fn parse(text: &str, zone_name: Option<&str>, dst: Dst) -> Result<Self, Invalid> {
        let text = text.trim();
        let invalid = |rule: String| Invalid::new("schedule", format!("\"at({text})\""), rule);
        let form = || invalid("at(yyyy-mm-ddThh:mm:ss), such as at(2026-11-23T08:00:00)".to_owned());
        let is_form = text.len() == "2026-11-23T08:00:00".len() && text.as_bytes().get(10) == Some(&b'T');
        let wall: DateTime = if is_form { text.parse().map_err(|_| form())? } else { return Err(form()) };
        let (zone, zone_name) = zone::named(zone_name)?;
        let offset = zone.to_ambiguous_timestamp(wall).offset();
        if let AmbiguousOffset::Gap { .. } = offset
            && dst.missing != Some(Missing::Shift)
        {
            return Err(invalid(format!(
                "this time does not occur in {zone_name}: clocks go forward over it; dst.missing = \"shift\" would take the first instant after"
            )));
        }
        let repeated = match dst.repeated {
            Some(Repeated::Both) => {
                return Err(Invalid::new("dst.repeated", "\"both\"", "at(..) runs once: first or last"));
            }
            other => other.unwrap_or(Repeated::First),
        };
        let resolver = Resolver { zone: &zone, missing: Missing::Shift, repeated };
        let instant = resolver.instants(wall).and_then(|instants| instants.first);
        let instant = instant.ok_or_else(|| invalid("this time is outside of the calendar".to_owned()))?;
        Ok(Self { wall, instant, zone_name })
    }

    /// The instant itself, when it lies after `at`.
    pub fn next_after(&self, at: Timestamp) -> Option<Timestamp> {
        Some(self.instant).filter(|instant| *instant > at)
    }

    /// The zone's IANA name.
    pub fn zone_name(&self) -> &str {
        &self.zone_name
    }
}

impl fmt::Display for At {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(out, "at({})", self.wall)
    }
}
