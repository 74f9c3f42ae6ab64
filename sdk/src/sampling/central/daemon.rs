//! The service behind the X-Ray daemon's TCP port, which signs what it passes on.

use std::fmt;
use std::time::Duration;

use serde::Serialize;
use serde::de::DeserializeOwned;

use super::source::{CentralError, CentralSource};
use super::wire::{RulesPage, StatisticsReport, TargetsAnswer};

/// How long one call may take, from the name's look-up to the last byte of the answer.
const CALL_TIMEOUT: Duration = Duration::from_secs(2);
/// Most bytes of an answer that are read.
const ANSWER_BYTES_MAX: u64 = 1024 * 1024;
/// Most characters of an answer that are shown in a message.
const EXCERPT_CHARS_MAX: usize = 200;
const GET_SAMPLING_RULES: &str = "GetSamplingRules";
const GET_SAMPLING_TARGETS: &str = "GetSamplingTargets";

/// Calls the X-Ray daemon, or whatever listens in its place; at most 2 seconds and 1 MiB for an answer.
pub struct DaemonSource {
    agent: ureq::Agent,
    base: String,
}

impl fmt::Debug for DaemonSource {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("DaemonSource").field("base", &self.base).finish_non_exhaustive()
    }
}

impl DaemonSource {
    /// Calls the daemon at `address`, `host:port`; the name is looked up at each call.
    pub fn new(address: &str) -> Self {
        let agent = ureq::Agent::config_builder()
            .timeout_global(Some(CALL_TIMEOUT))
            .http_status_as_error(false)
            .max_redirects(0)
            .max_redirects_will_error(false)
            // The daemon is near: what the environment says of the way to the internet is not for it.
            .proxy(None)
            .user_agent(concat!("siskin-sdk/", env!("CARGO_PKG_VERSION")))
            .build()
            .into();
        Self { agent, base: format!("http://{address}") }
    }

    fn call<T: DeserializeOwned>(
        &self,
        operation: &'static str,
        path: &str,
        body: &impl Serialize,
    ) -> Result<T, CentralError> {
        let failed = |detail: String| CentralError { operation, detail: format!("{}{path}: {detail}", self.base) };
        let body = serde_json::to_vec(body).map_err(|error| failed(error.to_string()))?;
        let request = self.agent.post(format!("{}{path}", self.base)).header("content-type", "application/json");
        let mut answer = request.send(&body[..]).map_err(|error| failed(error.to_string()))?;
        let status = answer.status();
        let body = answer.body_mut().with_config().limit(ANSWER_BYTES_MAX).read_to_vec();
        let body = body.map_err(|error| failed(error.to_string()))?;
        let excerpt = || String::from_utf8_lossy(&body).chars().take(EXCERPT_CHARS_MAX).collect::<String>();
        if !status.is_success() {
            return Err(failed(format!("HTTP status {}: {}", status.as_u16(), excerpt())));
        }
        serde_json::from_slice(&body).map_err(|error| failed(format!("{error} in {}", excerpt())))
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
}
