//! Which traces are recorded: rules, their matching and the decision.
//!
//! The decision is taken once, where a trace begins, and travels with it. A rule lets a fixed number
//! of traces through each second (its reservoir) and a share of the rest (its rate).
//!
//! Rules may change while the service runs: by [`Sampler::replace_rules`] or with the file they were
//! read from ([`Sampler::from_local_rules_file`]), or they come from the X-Ray service
//! ([`Sampler::central`]).
//!
//! Rules: <https://docs.aws.amazon.com/xray/latest/devguide/xray-console-sampling.html>

mod anomaly;
mod central;
mod each_process;
mod file;
mod local;
mod reservoir;
mod rule;
mod rule_set;
mod sampler;
mod status;
mod text_file;
mod thread;
mod wildcard;

#[cfg(feature = "anomaly-file")]
pub use anomaly::AnomalyFileError;
pub use anomaly::{AnomalyCondition, AnomalyConditions, AnomalyUse, Outcome, Verdict};
#[cfg(feature = "central-sampling")]
pub use central::DaemonSource;
pub use central::{
    BoostStatistics, CentralError, CentralSettings, CentralSource, RulesPage, SamplingBoost, SamplingTarget,
    Statistics, StatisticsReport, TargetsAnswer, Unprocessed,
};
pub use file::RulesFileError;
pub use local::LocalRulesError;
pub use rule::{Request, Rule, SamplingRateBoost};
pub use sampler::{Decision, Sampler};
pub use status::SamplerStatus;
pub use wildcard::wildcard_match;
