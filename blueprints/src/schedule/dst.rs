//! What happens to wall-clock times where clocks change.

use jiff::Timestamp;
use jiff::civil::DateTime;
use jiff::tz::{AmbiguousOffset, TimeZone};

use crate::Invalid;

/// A wall-clock time that does not occur, because clocks went forward over it.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum Missing {
    /// It is left out.
    Skip,
    /// It becomes the first instant after the gap; several such times become one.
    Shift,
}

/// A wall-clock time that occurs twice, because clocks went back over it.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum Repeated {
    /// The first of the two.
    First,
    /// The second of the two.
    Last,
    /// Both of them.
    Both,
}

/// What a schedule declares; what it leaves open follows from its form.
///
/// A schedule with one fixed hour and one fixed minute means "once a day": [`Missing::Shift`] and [`Repeated::First`].
/// Every other one means "while the clock shows so": [`Missing::Skip`] and [`Repeated::Both`].
#[derive(Clone, Copy, Debug, Default, Eq, PartialEq)]
pub struct Dst {
    /// Times that do not occur.
    pub missing: Option<Missing>,
    /// Times that occur twice.
    pub repeated: Option<Repeated>,
}

impl Missing {
    /// Reads `skip` or `shift`.
    ///
    /// # Errors
    /// Any other word.
    pub fn parse(text: &str) -> Result<Self, Invalid> {
        match text {
            "skip" => Ok(Self::Skip),
            "shift" => Ok(Self::Shift),
            _ => Err(Invalid::new("missing", format!("\"{text}\""), "one of skip, shift")),
        }
    }
}

impl Repeated {
    /// Reads `first`, `last` or `both`.
    ///
    /// # Errors
    /// Any other word.
    pub fn parse(text: &str) -> Result<Self, Invalid> {
        match text {
            "first" => Ok(Self::First),
            "last" => Ok(Self::Last),
            "both" => Ok(Self::Both),
            _ => Err(Invalid::new("repeated", format!("\"{text}\""), "one of first, last, both")),
        }
    }
}

/// The instants that a wall-clock time stands for: none, one or two, in order.
#[derive(Clone, Copy, Debug, Default, Eq, PartialEq)]
pub(super) struct Instants {
    pub(super) first: Option<Timestamp>,
    pub(super) second: Option<Timestamp>,
}

/// A wall-clock time with its zone and policy applied.
#[derive(Clone, Copy, Debug)]
pub(super) struct Resolver<'a> {
    pub(super) zone: &'a TimeZone,
    pub(super) missing: Missing,
    pub(super) repeated: Repeated,
}

impl Resolver<'_> {
    /// `None` where the calendar ends.
    pub(super) fn instants(&self, wall: DateTime) -> Option<Instants> {
        let ambiguous = self.zone.to_ambiguous_timestamp(wall);
        let one = |at| Instants { first: Some(at), second: None };
        Some(match ambiguous.offset() {
            AmbiguousOffset::Unambiguous { offset } => one(offset.to_timestamp(wall).ok()?),
            AmbiguousOffset::Gap { before, .. } => match self.missing {
                Missing::Skip => Instants::default(),
                Missing::Shift => one(gap_end(self.zone, before.to_timestamp(wall).ok()?)?),
            },
            AmbiguousOffset::Fold { before, after } => {
                let (first, last) = (before.to_timestamp(wall).ok()?, after.to_timestamp(wall).ok()?);
                match self.repeated {
                    Repeated::First => one(first),
                    Repeated::Last => one(last),
                    Repeated::Both => Instants { first: Some(first), second: Some(last) },
                }
            }
        })
    }
}

/// The instant at which clocks went forward; `inside` is a missing time read with the offset before.
fn gap_end(zone: &TimeZone, inside: Timestamp) -> Option<Timestamp> {
    let just_after = inside.checked_add(jiff::SignedDuration::from_nanos(1)).ok()?;
    zone.preceding(just_after).next().map(|change| change.timestamp())
}
