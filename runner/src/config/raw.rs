//! `canaries.toml` as it is written, its [`Shape`](super::shape)s checked; every value keeps its place in the file.

use std::collections::BTreeMap;

use serde::Deserialize;
use toml::Spanned;

type Text = Spanned<String>;

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct RawFile {
    pub(super) artifacts: Option<Text>,
    pub(super) baselines: Option<Text>,
    #[serde(default)]
    pub(super) defaults: RawTiming,
    #[serde(default)]
    pub(super) retention: RawRetention,
    #[serde(default)]
    pub(super) maintenance: Vec<Spanned<RawMaintenance>>,
    #[serde(default)]
    pub(super) canary: Vec<Spanned<RawCanary>>,
}

/// What a canary may leave to the defaults.
#[derive(Clone, Debug, Default, Deserialize)]
pub(super) struct RawTiming {
    pub(super) schedule: Option<Text>,
    pub(super) timezone: Option<Text>,
    pub(super) dst: Option<Spanned<RawDst>>,
    pub(super) timeout: Option<Text>,
    pub(super) jitter: Option<Text>,
    pub(super) overlap: Option<Text>,
    pub(super) misfire: Option<Text>,
    pub(super) max_lateness: Option<Text>,
    pub(super) retries: Option<Spanned<i64>>,
    pub(super) retry_backoff: Option<Text>,
}

#[derive(Clone, Debug, Default, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct RawDst {
    pub(super) missing: Option<Text>,
    pub(super) repeated: Option<Text>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct RawRetention {
    pub(super) age: Option<Text>,
    pub(super) runs: Option<Spanned<i64>>,
    pub(super) bytes: Option<Text>,
    pub(super) passed: Option<Text>,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct RawMaintenance {
    pub(super) schedule: Text,
    pub(super) timezone: Option<Text>,
    pub(super) dst: Option<Spanned<RawDst>>,
    pub(super) duration: Text,
    pub(super) canaries: Option<Vec<Text>>,
    pub(super) groups: Option<Vec<Text>>,
}

/// Its keys are checked by their shapes: serde cannot flatten and deny at once.
#[derive(Debug, Deserialize)]
pub(super) struct RawCanary {
    pub(super) name: Text,
    pub(super) blueprint: Option<Text>,
    pub(super) script: Option<Text>,
    #[serde(default)]
    pub(super) parameters: BTreeMap<String, Spanned<toml::Value>>,
    pub(super) schedule: Option<Text>,
    pub(super) timezone: Option<Text>,
    pub(super) dst: Option<Spanned<RawDst>>,
    pub(super) timeout: Option<Text>,
    pub(super) jitter: Option<Text>,
    pub(super) overlap: Option<Text>,
    pub(super) misfire: Option<Text>,
    pub(super) max_lateness: Option<Text>,
    pub(super) retries: Option<Spanned<i64>>,
    pub(super) retry_backoff: Option<Text>,
    #[serde(default)]
    pub(super) groups: Vec<Text>,
    pub(super) variables: Option<Spanned<BTreeMap<String, Spanned<RawVariable>>>>,
    #[serde(default)]
    pub(super) secrets: BTreeMap<String, Spanned<RawSecret>>,
    pub(super) hosts: Option<Spanned<Vec<Text>>>,
    pub(super) alarm: Option<Spanned<RawAlarm>>,
}

#[derive(Debug, Deserialize)]
#[serde(untagged)]
pub(super) enum RawVariable {
    Text(String),
    Env { env: String, default: Option<String> },
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct RawSecret {
    pub(super) env: Option<String>,
    pub(super) file: Option<String>,
    pub(super) command: Option<Vec<String>>,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct RawAlarm {
    pub(super) threshold: Spanned<f64>,
    pub(super) periods: Option<Spanned<i64>>,
    pub(super) missing: Option<Text>,
    #[serde(default)]
    pub(super) notify: Vec<Text>,
}

impl RawCanary {
    /// What the canary says, and the rest from the defaults.
    pub(super) fn timing(&self, defaults: &RawTiming) -> RawTiming {
        let or = |own: &Option<Text>, default: &Option<Text>| own.clone().or_else(|| default.clone());
        let schedule = or(&self.schedule, &defaults.schedule);
        // A default zone or policy is for the calendar times among the canaries; a rate has none.
        let is_rate = schedule.as_ref().is_some_and(|text| text.get_ref().trim_start().starts_with("rate"));
        let calendar = if is_rate { RawTiming::default() } else { defaults.clone() };
        RawTiming {
            schedule,
            timezone: or(&self.timezone, &calendar.timezone),
            dst: self.dst.clone().or(calendar.dst),
            timeout: or(&self.timeout, &defaults.timeout),
            jitter: or(&self.jitter, &defaults.jitter),
            overlap: or(&self.overlap, &defaults.overlap),
            misfire: or(&self.misfire, &defaults.misfire),
            max_lateness: or(&self.max_lateness, &defaults.max_lateness),
            retries: self.retries.clone().or_else(|| defaults.retries.clone()),
            retry_backoff: or(&self.retry_backoff, &defaults.retry_backoff),
        }
    }
}
