//! Rules and quotas from the X-Ray service, shared by all instances of all services.
//!
//! Each instance fetches the rules, reports how many requests each of them decided on, and gets a quota
//! for its share of the rule's reservoir. Without one it borrows one trace a second.
//!
//! [`quota`] and [`tally`] decide and count, [`rules`], [`statistics`] and [`targets`] turn answers into
//! rules in force and counts into reports, [`poller`] calls a [`source`] in time.
//!
//! <https://docs.aws.amazon.com/xray/latest/devguide/xray-api-sampling.html>

#[cfg(feature = "central-sampling")]
mod daemon;
mod poller;
pub(super) mod polling;
mod quota;
mod rules;
mod settings;
mod source;
mod statistics;
mod tally;
mod targets;
#[cfg(test)]
mod tests;
mod wire;

#[cfg(feature = "central-sampling")]
pub use daemon::DaemonSource;
pub(super) use poller::CentralRules;

pub use settings::CentralSettings;
pub use source::{CentralError, CentralSource};
pub(super) use tally::Health;
pub use wire::{
    BoostStatistics, RulesPage, SamplingBoost, SamplingTarget, Statistics, StatisticsReport, TargetsAnswer, Unprocessed,
};
