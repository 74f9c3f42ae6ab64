//! All calls that tell of one thing.

use jiff::Timestamp;
use siskin_blueprints::{Canary, CanaryName};

use super::{Call, alarm, event, log_events, metrics, segments};
use crate::run::RunReport;

/// Whose canaries these are, for names and ARNs.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct Origin {
    /// Twelve digits.
    pub account: String,
    /// Such as `us-east-1`.
    pub region: String,
}

impl Default for Origin {
    /// The account that AWS's documentation uses, in the oldest region: what a client without credentials gets.
    fn default() -> Self {
        Self { account: "123456789012".to_owned(), region: "us-east-1".to_owned() }
    }
}

impl Origin {
    pub(crate) fn canary_arn(&self, canary: &CanaryName) -> String {
        format!("arn:aws:synthetics:{}:{}:canary:{canary}", self.region, self.account)
    }
}

/// Calls that belong together, in order; what is delivered is taken out.
#[derive(Clone, Debug, PartialEq, serde::Deserialize, serde::Serialize)]
pub struct Publication {
    /// Which canary it tells of.
    pub canary: CanaryName,
    /// When it was composed.
    pub at: Timestamp,
    /// What is still to be sent.
    pub calls: Vec<Call>,
}

impl Publication {
    /// Everything a finished run tells: metrics first, since alarms watch them, then log, trace and event.
    pub fn of(report: &RunReport, origin: &Origin) -> Self {
        let mut calls = metrics::calls(report);
        calls.extend(log_events::calls(report));
        calls.extend(segments::calls(report, origin));
        calls.push(event::call(report, origin));
        Self { canary: report.start.canary.clone(), at: report.ended(), calls }
    }

    /// The alarm of a canary, if it has one.
    pub fn alarm_of(canary: &Canary, at: Timestamp) -> Option<Self> {
        let call = alarm::call(canary)?;
        Some(Self { canary: canary.name.clone(), at, calls: vec![call] })
    }
}
