//! The service behind the X-Ray daemon's TCP port, which signs what it passes on.

use std::fmt;
use std::time::Duration;

use serde::Serialize;
use serde::de::DeserializeOwned;
use ureq::http::Uri;

use super::source::{CentralError, CentralSource};
use super::wire::{RulesPage, StatisticsReport, TargetsAnswer};
use crate::client::{HttpClient, HttpSettings, Way};

/// How long one call may take, from the name's look-up to the last byte of the answer.
const CALL_TIMEOUT: Duration = Duration::from_secs(2);
/// Most bytes of an answer that are read.
const ANSWER_BYTES_MAX: u64 = 1024 * 1024;
const GET_SAMPLING_RULES: &str = "GetSamplingRules";
const GET_SAMPLING_TARGETS: &str = "GetSamplingTargets";

/// Calls the X-Ray daemon, or whatever listens in its place; at most 2 seconds and 1 MiB for an answer.
pub struct DaemonSource {
    client: HttpClient,
    address: String,
}

impl fmt::Debug for DaemonSource {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("DaemonSource").field("address", &self.address).finish_non_exhaustive()
    }
}

impl DaemonSource {
    /// Calls the daemon at `address`, `host:port`; the name is looked up at each call.
    pub fn new(address: &str) -> Self {
        let settings = HttpSettings::new(CALL_TIMEOUT, Way::Straight);
        let client = HttpClient::new(&HttpSettings { answer_bytes_max: ANSWER_BYTES_MAX, ..settings });
        Self { client, address: address.to_owned() }
    }

    fn call<T: DeserializeOwned>(
        &self,
        operation: &'static str,
        path: &str,
        body: &impl Serialize,
    ) -> Result<T, CentralError> {
        self.ask(path, body).map_err(|detail| CentralError { operation, detail })
    }

    fn ask<T: DeserializeOwned>(&self, path: &str, body: &impl Serialize) -> Result<T, String> {
        let url = format!("http://{}{path}", self.address);
        let uri: Uri = url.parse().map_err(|error| format!("{url}: {error}"))?;
        let body = serde_json::to_vec(body).map_err(|error| error.to_string())?;
        let answer = self.client.post(&uri, &[("content-type", "application/json")], &body)?;
        let whole = answer.body.as_deref().map_err(|error| format!("{url}: {error}"))?;
        if !answer.is_success() {
            return Err(format!("{url}: {}", answer.summary()));
        }
        serde_json::from_slice(whole).map_err(|error| format!("{url}: {error} in {}", answer.excerpt()))
    }
}

impl CentralSource for DaemonSource {
    fn fetch_rules(&mut self, next_token: Option<&str>) -> Result<RulesPage, CentralError> {
        #[derive(Serialize)]
        #[serde(rename_all = "PascalCase")]
        struct Input<'a> {
            #[serde(skip_serializing_if = "Option::is_none")]
            next_token: Option<&'a str>,
        }
        self.call(GET_SAMPLING_RULES, "/GetSamplingRules", &Input { next_token })
    }

    fn report(&mut self, report: &StatisticsReport) -> Result<TargetsAnswer, CentralError> {
        self.call(GET_SAMPLING_TARGETS, "/SamplingTargets", report)
    }

    fn successor(&self) -> Option<Box<dyn CentralSource>> {
        Some(Box::new(Self::new(&self.address)))
    }
}
