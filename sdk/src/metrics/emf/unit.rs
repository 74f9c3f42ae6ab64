//! CloudWatch's units.

use std::fmt;

/// A unit CloudWatch knows.
///
/// List: <https://docs.aws.amazon.com/AmazonCloudWatch/latest/APIReference/API_MetricDatum.html>
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default)]
#[expect(missing_docs, reason = "the names say it all")]
pub enum Unit {
    Seconds,
    Microseconds,
    Milliseconds,
    Bytes,
    Kilobytes,
    Megabytes,
    Gigabytes,
    Terabytes,
    Bits,
    Kilobits,
    Megabits,
    Gigabits,
    Terabits,
    Percent,
    Count,
    BytesPerSecond,
    KilobytesPerSecond,
    MegabytesPerSecond,
    GigabytesPerSecond,
    TerabytesPerSecond,
    BitsPerSecond,
    KilobitsPerSecond,
    MegabitsPerSecond,
    GigabitsPerSecond,
    TerabitsPerSecond,
    CountPerSecond,
    #[default]
    None,
}

/// OpenTelemetry's units, those of UCUM, that CloudWatch has a name for. Prefixes of 1024 have none
/// there.
const UCUM: &[(&str, Unit)] = &[
    ("s", Unit::Seconds),
    ("us", Unit::Microseconds),
    ("ms", Unit::Milliseconds),
    ("By", Unit::Bytes),
    ("kBy", Unit::Kilobytes),
    ("MBy", Unit::Megabytes),
    ("GBy", Unit::Gigabytes),
    ("TBy", Unit::Terabytes),
    ("bit", Unit::Bits),
    ("kbit", Unit::Kilobits),
    ("Mbit", Unit::Megabits),
    ("Gbit", Unit::Gigabits),
    ("Tbit", Unit::Terabits),
    ("%", Unit::Percent),
    ("By/s", Unit::BytesPerSecond),
    ("kBy/s", Unit::KilobytesPerSecond),
    ("MBy/s", Unit::MegabytesPerSecond),
    ("GBy/s", Unit::GigabytesPerSecond),
    ("bit/s", Unit::BitsPerSecond),
    ("kbit/s", Unit::KilobitsPerSecond),
    ("Mbit/s", Unit::MegabitsPerSecond),
    ("Gbit/s", Unit::GigabitsPerSecond),
];

impl Unit {
    /// CloudWatch's name.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Seconds => "Seconds",
            Self::Microseconds => "Microseconds",
            Self::Milliseconds => "Milliseconds",
            Self::Bytes => "Bytes",
            Self::Kilobytes => "Kilobytes",
            Self::Megabytes => "Megabytes",
            Self::Gigabytes => "Gigabytes",
            Self::Terabytes => "Terabytes",
            Self::Bits => "Bits",
            Self::Kilobits => "Kilobits",
            Self::Megabits => "Megabits",
            Self::Gigabits => "Gigabits",
            Self::Terabits => "Terabits",
            Self::Percent => "Percent",
            Self::Count => "Count",
            Self::BytesPerSecond => "Bytes/Second",
            Self::KilobytesPerSecond => "Kilobytes/Second",
            Self::MegabytesPerSecond => "Megabytes/Second",
            Self::GigabytesPerSecond => "Gigabytes/Second",
            Self::TerabytesPerSecond => "Terabytes/Second",
            Self::BitsPerSecond => "Bits/Second",
            Self::KilobitsPerSecond => "Kilobits/Second",
            Self::MegabitsPerSecond => "Megabits/Second",
            Self::GigabitsPerSecond => "Gigabits/Second",
            Self::TerabitsPerSecond => "Terabits/Second",
            Self::CountPerSecond => "Count/Second",
            Self::None => "None",
        }
    }

    /// Finds the unit for one of OpenTelemetry's; things in braces, such as `{request}`, are counted.
    pub fn from_ucum(unit: &str) -> Self {
        let known = UCUM.iter().find(|(name, _)| *name == unit).map(|(_, unit)| *unit);
        let counted = || match unit.strip_prefix('{').and_then(|rest| rest.split_once('}')) {
            Some((_, "")) => Some(Self::Count),
            Some((_, "/s")) => Some(Self::CountPerSecond),
            Some(_) | None => None,
        };
        known.or_else(counted).unwrap_or_default()
    }
}

impl fmt::Display for Unit {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}
