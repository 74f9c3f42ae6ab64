//! The specification of one canary.

use std::collections::BTreeMap;
use std::fmt;
use std::str::FromStr;
use std::time::Duration;

use url::Url;

use crate::{Arguments, Blueprint, HostPattern, Invalid, Schedule, render};

/// Limits of a canary.
pub mod limits {
    use std::time::Duration;

    /// Shortest timeout, as AWS has it.
    pub const TIMEOUT_MIN: Duration = Duration::from_secs(3);
    /// Longest timeout, as AWS has it.
    pub const TIMEOUT_MAX: Duration = Duration::from_mins(14);
    /// Part of a rate's interval kept free of the script, so that evidence is saved before the next run is due.
    pub const EVIDENCE_RESERVE: Duration = Duration::from_secs(5);
    /// Most variables of one canary.
    pub const VARIABLES_MAX: usize = 100;
    /// All names and values of the variables together, as AWS has it.
    pub const VARIABLES_BYTES_MAX: usize = 4096;
    /// Most hosts listed for one canary.
    pub const HOSTS_MAX: usize = 100;
    /// Most targets an alarm notifies, as AWS has it.
    pub const NOTIFY_MAX: usize = 5;
    /// Size of a script.
    pub const SCRIPT_BYTES_MAX: usize = 256 * 1024;
}

/// 1 to 255 of `0-9 a-z _ -`, as AWS has it.
#[derive(Clone, Debug, Eq, Hash, Ord, PartialEq, PartialOrd, serde::Serialize)]
#[serde(transparent)]
pub struct CanaryName(String);

impl CanaryName {
    /// The name as text.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl FromStr for CanaryName {
    type Err = Invalid;

    fn from_str(text: &str) -> Result<Self, Invalid> {
        let allowed = |c: char| c.is_ascii_digit() || c.is_ascii_lowercase() || matches!(c, '_' | '-');
        if (1..=255).contains(&text.len()) && text.chars().all(allowed) {
            Ok(Self(text.to_owned()))
        } else {
            Err(Invalid::new("name", format!("\"{text}\""), "1 to 255 of the characters 0-9, a-z, _ and -"))
        }
    }
}

impl fmt::Display for CanaryName {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.write_str(&self.0)
    }
}

impl<'de> serde::Deserialize<'de> for CanaryName {
    fn deserialize<D: serde::Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let text = String::deserialize(deserializer)?;
        text.parse().map_err(serde::de::Error::custom)
    }
}

/// Rhai source and what error messages call it.
#[derive(Clone, Debug, Eq, PartialEq, serde::Deserialize, serde::Serialize)]
pub struct Script {
    /// File name without its folder.
    pub name: String,
    /// The source.
    pub source: String,
}

/// What a canary runs.
#[derive(Clone, Debug, PartialEq)]
pub enum Subject {
    /// A blueprint with all its parameters.
    Blueprint {
        /// Which one.
        blueprint: &'static Blueprint,
        /// What it was told.
        arguments: Arguments,
    },
    /// The user's own script.
    Script(Script),
}

impl Subject {
    /// The Rhai source to run.
    pub fn script(&self) -> Script {
        match self {
            Self::Blueprint { blueprint, arguments } => render(blueprint, arguments),
            Self::Script(script) => script.clone(),
        }
    }

    /// The blueprint's name, or `script`.
    pub fn kind(&self) -> &'static str {
        match self {
            Self::Blueprint { blueprint, .. } => blueprint.name,
            Self::Script(_) => "script",
        }
    }

    /// Hosts that its arguments name.
    pub fn hosts(&self) -> Vec<HostPattern> {
        match self {
            Self::Blueprint { blueprint, arguments } => arguments.hosts(blueprint),
            Self::Script(_) => Vec::new(),
        }
    }
}

/// How a missing datapoint counts for an alarm (`TreatMissingData` of `PutMetricAlarm`).
#[derive(Clone, Copy, Debug, Default, Eq, PartialEq)]
pub enum MissingPeriods {
    /// The alarm has insufficient data when all are missing.
    #[default]
    Missing,
    /// As below the threshold.
    Breaching,
    /// As above the threshold.
    NotBreaching,
    /// The alarm keeps its state.
    Ignore,
}

impl MissingPeriods {
    /// The word AWS uses.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Missing => "missing",
            Self::Breaching => "breaching",
            Self::NotBreaching => "notBreaching",
            Self::Ignore => "ignore",
        }
    }
}

impl FromStr for MissingPeriods {
    type Err = Invalid;

    fn from_str(text: &str) -> Result<Self, Invalid> {
        [Self::Missing, Self::Breaching, Self::NotBreaching, Self::Ignore]
            .into_iter()
            .find(|one| one.as_str() == text)
            .ok_or_else(|| {
                Invalid::new("missing", format!("\"{text}\""), "one of missing, breaching, notBreaching, ignore")
            })
    }
}

/// When and whom a canary alarms: `SuccessPercent` below a threshold.
#[derive(Clone, Debug, PartialEq)]
pub struct Alarm {
    /// Percent, above 0 and at most 100.
    pub threshold: f64,
    /// Consecutive periods below it, at least one; a period is the schedule's interval in whole minutes.
    pub periods: u32,
    /// How a period without a run counts.
    pub missing: MissingPeriods,
    /// Webhooks to call when it fires and when it clears.
    pub notify: Vec<Url>,
}

impl Alarm {
    /// Checks the numbers.
    ///
    /// # Errors
    /// A threshold outside (0, 100], no or too many periods, or too many targets.
    pub fn check(&self) -> Result<(), Invalid> {
        const PERIODS_MAX: u32 = 100;
        if !(self.threshold > 0.0 && self.threshold <= 100.0) {
            return Err(Invalid::new("threshold", self.threshold, "a percentage above 0 and at most 100"));
        }
        if !(1..=PERIODS_MAX).contains(&self.periods) {
            return Err(Invalid::new("periods", self.periods, format!("1 to {PERIODS_MAX}")));
        }
        if self.notify.len() > limits::NOTIFY_MAX {
            let given = format!("{} URLs", self.notify.len());
            return Err(Invalid::new("notify", given, format!("at most {} URLs", limits::NOTIFY_MAX)));
        }
        Ok(())
    }
}

/// One canary: what it checks, when, and what follows.
#[derive(Clone, Debug, PartialEq)]
pub struct Canary {
    /// Its name, unique in an account and region.
    pub name: CanaryName,
    /// What it runs.
    pub subject: Subject,
    /// When it runs.
    pub schedule: Schedule,
    /// How long its script may take.
    pub timeout: Duration,
    /// Texts the script reads with `variable(name)`.
    pub variables: BTreeMap<String, String>,
    /// Hosts the script may call and that get its trace headers, beyond those of its arguments.
    pub hosts: Vec<HostPattern>,
    /// Its alarm, if any.
    pub alarm: Option<Alarm>,
}

impl Canary {
    /// Checks what holds between fields, and every limit.
    ///
    /// # Errors
    /// The first field that breaks a rule.
    pub fn check(&self) -> Result<(), Invalid> {
        self.check_timeout()?;
        if self.variables.len() > limits::VARIABLES_MAX {
            let rule = format!("at most {} variables", limits::VARIABLES_MAX);
            return Err(Invalid::new("variables", format!("{} variables", self.variables.len()), rule));
        }
        let bytes: usize = self.variables.iter().map(|(name, value)| name.len() + value.len()).sum();
        if bytes > limits::VARIABLES_BYTES_MAX {
            let rule = format!("at most {} bytes, names included", limits::VARIABLES_BYTES_MAX);
            return Err(Invalid::new("variables", format!("{bytes} bytes"), rule));
        }
        if self.hosts.len() > limits::HOSTS_MAX {
            let rule = format!("at most {} hosts", limits::HOSTS_MAX);
            return Err(Invalid::new("hosts", format!("{} hosts", self.hosts.len()), rule));
        }
        if let Some(alarm) = &self.alarm {
            alarm.check().map_err(|invalid| invalid.within("alarm"))?;
        }
        Ok(())
    }

    fn check_timeout(&self) -> Result<(), Invalid> {
        let seconds = |duration: Duration| format!("{}s", duration.as_secs_f64());
        if !(limits::TIMEOUT_MIN..=limits::TIMEOUT_MAX).contains(&self.timeout) {
            let rule = format!("{} to {}", seconds(limits::TIMEOUT_MIN), seconds(limits::TIMEOUT_MAX));
            return Err(Invalid::new("timeout", seconds(self.timeout), rule));
        }
        let Some(interval) = self.schedule.interval() else { return Ok(()) };
        let longest = interval.saturating_sub(limits::EVIDENCE_RESERVE);
        if self.timeout > longest {
            let rule = format!(
                "at most {}: {} runs every {}, and {} are kept to save evidence before the next run",
                seconds(longest),
                self.schedule,
                seconds(interval),
                seconds(limits::EVIDENCE_RESERVE),
            );
            return Err(Invalid::new("timeout", seconds(self.timeout), rule));
        }
        Ok(())
    }

    /// Hosts its script may call and that get its trace headers.
    pub fn allowed_hosts(&self) -> Vec<HostPattern> {
        let mut hosts = self.subject.hosts();
        hosts.extend(self.hosts.iter().cloned());
        hosts.sort();
        hosts.dedup();
        hosts
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn canary() -> Canary {
        let blueprint = Blueprint::named("heartbeat").unwrap();
        let serde_json::Value::Object(given) = json!({"url": "http://a.example/"}) else { unreachable!() };
        Canary {
            name: "shop".parse().unwrap(),
            subject: Subject::Blueprint { blueprint, arguments: Arguments::parse(blueprint, given).unwrap() },
            schedule: Schedule::parse("rate(1 minute)", None).unwrap(),
            timeout: Duration::from_secs(30),
            variables: BTreeMap::new(),
            hosts: vec!["b.example".parse().unwrap()],
            alarm: None,
        }
    }

    #[test]
    fn names_are_lower_case_digits_dash_and_underscore() {
        assert!("shop-home_2".parse::<CanaryName>().is_ok());
        for bad in ["", "Shop", "a b", "a/b", "ä", &"a".repeat(256)] {
            assert!(bad.parse::<CanaryName>().is_err(), "{bad}");
        }
    }

    #[test]
    fn a_timeout_leaves_room_before_the_next_run() {
        assert_eq!(canary().check(), Ok(()));
        let too_long = Canary { timeout: Duration::from_secs(56), ..canary() };
        assert_eq!(
            too_long.check().unwrap_err().to_string(),
            "timeout = 56s: at most 55s: rate(1 minute) runs every 60s, and 5s are kept to save evidence before the next run"
        );
        let too_short = Canary { timeout: Duration::from_secs(2), ..canary() };
        assert_eq!(too_short.check().unwrap_err().to_string(), "timeout = 2s: 3s to 840s");
    }

    #[test]
    fn alarms_have_sane_numbers() {
        let alarm = Alarm { threshold: 0.0, periods: 1, missing: MissingPeriods::Missing, notify: Vec::new() };
        let with = |alarm| Canary { alarm: Some(alarm), ..canary() }.check();
        assert_eq!(with(Alarm { threshold: 90.0, ..alarm.clone() }), Ok(()));
        assert_eq!(with(Alarm { threshold: f64::NAN, ..alarm.clone() }).unwrap_err().field, "alarm.threshold");
        assert_eq!(with(Alarm { threshold: 90.0, periods: 0, ..alarm }).unwrap_err().field, "alarm.periods");
    }

    #[test]
    fn allowed_hosts_are_those_of_arguments_and_list() {
        let hosts = canary().allowed_hosts();
        assert_eq!(hosts.iter().map(ToString::to_string).collect::<Vec<_>>(), ["a.example:80", "b.example"]);
    }
}
