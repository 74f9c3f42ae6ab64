//! Where central rules come from.

use std::fmt;

use super::wire::{RulesPage, StatisticsReport, TargetsAnswer};

/// Why a call to the service failed; it is tried again in its time.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{operation}: {detail}")]
pub struct CentralError {
    /// The operation, such as `GetSamplingRules`.
    pub operation: &'static str,
    /// What happened.
    pub detail: String,
}

/// The two operations central sampling needs.
///
/// They are called on the sampler's own thread, which waits for them: each call has to end some time,
/// and a sampler that is dropped waits up to three seconds for the call under way.
pub trait CentralSource: fmt::Debug + Send + 'static {
    /// `GetSamplingRules`: one page of rules.
    ///
    /// # Errors
    /// When there is no answer, or none that can be understood.
    fn fetch_rules(&mut self, next_token: Option<&str>) -> Result<RulesPage, CentralError>;

    /// `GetSamplingTargets`: brings statistics, returns what holds from now on.
    ///
    /// # Errors
    /// When there is no answer, or none that can be understood: the statistics are reported again.
    fn report(&mut self, report: &StatisticsReport) -> Result<TargetsAnswer, CentralError>;

    /// A source like this one, that shares no connection with it, for the case that the process forks.
    /// Without one, a forked child goes on with the rules of its parent for up to an hour.
    fn successor(&self) -> Option<Box<dyn CentralSource>> {
        None
    }
}
