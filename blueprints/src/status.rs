//! Sets of HTTP status codes, written `200-299,304`.

use std::fmt;
use std::ops::RangeInclusive;
use std::str::FromStr;

use crate::Invalid;

/// Which HTTP status codes count as good; never empty.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct StatusSet(Vec<RangeInclusive<u16>>);

pub(crate) const RULE: &str = "status codes from 100 to 599, single or as ranges: 200, 200-299, or 200-299,304";

impl StatusSet {
    /// Whether `status` is one of them.
    pub fn contains(&self, status: u16) -> bool {
        self.0.iter().any(|range| range.contains(&status))
    }
}

impl FromStr for StatusSet {
    type Err = Invalid;

    fn from_str(text: &str) -> Result<Self, Invalid> {
        let invalid = || Invalid::new("status", format!("\"{text}\""), RULE);
        let code = |part: &str| match part.trim().parse::<u16>() {
            Ok(code @ 100..=599) => Ok(code),
            Ok(_) | Err(_) => Err(invalid()),
        };
        let ranges = text
            .split(',')
            .map(|part| {
                let (first, last) = part.split_once('-').unwrap_or((part, part));
                let range = code(first)?..=code(last)?;
                if range.is_empty() { Err(invalid()) } else { Ok(range) }
            })
            .collect::<Result<Vec<_>, _>>()?;
        Ok(Self(ranges))
    }
}

impl fmt::Display for StatusSet {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (index, range) in self.0.iter().enumerate() {
            let comma = if index == 0 { "" } else { "," };
            if range.start() == range.end() {
                write!(out, "{comma}{}", range.start())?;
            } else {
                write!(out, "{comma}{}-{}", range.start(), range.end())?;
            }
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ranges_and_single_codes_are_read_and_written_back() {
        let set: StatusSet = "200-299, 304".parse().unwrap();
        assert_eq!(set.to_string(), "200-299,304");
        assert!(set.contains(200) && set.contains(299) && set.contains(304));
        assert!(!set.contains(199) && !set.contains(300));
    }

    #[test]
    fn nonsense_is_refused_with_the_rule() {
        for bad in ["", "2xx", "99", "600", "299-200", "200-", "200,,201"] {
            let error = bad.parse::<StatusSet>().unwrap_err();
            assert_eq!(error.rule, RULE, "{bad}");
        }
    }
}
