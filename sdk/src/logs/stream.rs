//! A log stream of CloudWatch Logs.

use serde::Serialize;

use crate::client::Answer;
use crate::ship::{Endpoint, SendError, ShippingError, refusal};
use crate::signing::{error_code, is_throttle};

/// Longest name of a log group or stream.
const NAME_CHARS_MAX: usize = 512;

/// A stream and the group it is in.
#[derive(Debug, Clone, Serialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct LogStream {
    pub(super) log_group_name: String,
    pub(super) log_stream_name: String,
}

impl LogStream {
    /// # Errors
    /// A name is not one CloudWatch takes.
    pub(super) fn new(group: String, stream: String) -> Result<Self, ShippingError> {
        let is_sized = |name: &str| (1..=NAME_CHARS_MAX).contains(&name.chars().count());
        let in_group = |character: char| character.is_ascii_alphanumeric() || "_/.#-".contains(character);
        if !is_sized(&group) || !group.chars().all(in_group) {
            let rule = "expected 1-512 characters of a-z, A-Z, 0-9 and _ / . # -";
            return Err(ShippingError::Invalid { field: "log group", value: group, rule });
        }
        if !is_sized(&stream) || stream.contains([':', '*']) {
            let rule = "expected 1-512 characters without : and *";
            return Err(ShippingError::Invalid { field: "log stream", value: stream, rule });
        }
        Ok(Self { log_group_name: group, log_stream_name: stream })
    }

    /// Creates the stream, and its group where that is missing too; someone else may be quicker.
    ///
    /// The group is left alone where it is there: not every service may create groups.
    pub(super) fn create(&self, endpoint: &mut Endpoint) -> Result<(), SendError> {
        #[derive(Serialize)]
        #[serde(rename_all = "camelCase")]
        struct Group<'a> {
            log_group_name: &'a str,
        }
        let answer = call(endpoint, "CreateLogStream", self)?;
        if !is_missing(&answer) {
            return created(&answer);
        }
        created(&call(endpoint, "CreateLogGroup", &Group { log_group_name: &self.log_group_name })?)?;
        created(&call(endpoint, "CreateLogStream", self)?)
    }
}

fn created(answer: &Answer) -> Result<(), SendError> {
    let is_there = answer.is_success() || error_code(answer) == "ResourceAlreadyExistsException";
    if is_there { Ok(()) } else { Err(error(answer)) }
}

/// Calls an operation, and waits for the answer, whatever its status.
pub(super) fn call(endpoint: &mut Endpoint, operation: &str, input: &impl Serialize) -> Result<Answer, SendError> {
    let body = serde_json::to_vec(input).map_err(SendError::refused)?;
    let target = format!("Logs_20140328.{operation}");
    endpoint.post("/", &[("content-type", "application/x-amz-json-1.1"), ("x-amz-target", &target)], &body)
}

/// Whether the stream an answer speaks of is not there.
pub(super) fn is_missing(answer: &Answer) -> bool {
    error_code(answer) == "ResourceNotFoundException"
}

/// Why an answer is no success. AWS throttles with status 400, and so do credentials fail that have
/// expired and will be renewed.
pub(super) fn error(answer: &Answer) -> SendError {
    let code = error_code(answer);
    let passes = matches!(
        code.as_str(),
        "ServiceUnavailableException"
            | "OperationAbortedException"
            | "RequestTimeoutException"
            | "ExpiredTokenException"
    );
    if passes || is_throttle(&code) {
        return SendError::Again { detail: answer.summary(), after: answer.retry_after };
    }
    refusal(answer)
}
