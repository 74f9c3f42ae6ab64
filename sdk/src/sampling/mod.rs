//! Which traces are recorded: rules, their matching and the decision.
//!
//! The decision is taken once, where a trace begins, and travels with it. A rule lets a fixed number
//! of traces through each second (its reservoir) and a share of the rest (its rate).
//!
//! Rules: <https://docs.aws.amazon.com/xray/latest/devguide/xray-console-sampling.html>

mod local;
mod reservoir;
mod rule;
mod sampler;
mod wildcard;

pub use local::LocalRulesError;
pub use rule::{Request, Rule, SamplingRateBoost};
pub use sampler::{Decision, Sampler};
pub use wildcard::wildcard_match;
