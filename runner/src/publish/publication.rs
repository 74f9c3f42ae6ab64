//! All calls that tell of one thing.

use jiff::Timestamp;
use sha2::{Digest, Sha256};
use siskin_blueprints::{Canary, CanaryName};
use uuid::Uuid;

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
    /// Names it: the id of its run, or of its canary's alarm.
    pub id: Uuid,
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
        Self::of_attempts(report, &[], &[], origin)
    }

    /// Everything the attempts of one scheduled run tell: one datapoint for each metric, and the log, trace and event
    /// of each attempt. It belongs to the run of the `first` attempt, and to the time that one was due.
    pub fn of_attempts(first: &RunReport, further: &[RunReport], groups: &[String], origin: &Origin) -> Self {
        let last = further.last().unwrap_or(first);
        let mut calls = metrics::calls(first, last, further.len(), groups);
        for report in std::iter::once(first).chain(further) {
            calls.extend(log_events::calls(report));
            calls.extend(segments::calls(report, origin));
            calls.push(event::call(report, origin));
        }
        Self { id: first.start.run_id, canary: first.start.canary.clone(), at: last.ended(), calls }
    }

    /// The alarm of a canary, if it has one; its id depends on the canary's name alone.
    pub fn alarm_of(canary: &Canary, at: Timestamp) -> Option<Self> {
        let call = alarm::call(canary)?;
        let hash = Sha256::digest(format!("alarm {}", canary.name));
        let id = hash.first_chunk().map_or_else(Uuid::nil, |bytes| Uuid::from_bytes(*bytes));
        Some(Self { id, canary: canary.name.clone(), at, calls: vec![call] })
    }
}
