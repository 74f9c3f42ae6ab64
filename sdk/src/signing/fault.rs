//! What AWS's services call their errors.

use serde::Deserialize;

use crate::client::Answer;

/// Errors that pass, whatever their status.
const THROTTLES: [&str; 3] = ["ThrottledException", "ThrottlingException", "RequestLimitExceeded"];
/// Errors that other credentials, or another clock, would not make.
const CREDENTIALS: [&str; 5] = [
    "ExpiredTokenException",
    "ExpiredToken",
    "UnrecognizedClientException",
    "InvalidSignatureException",
    "RequestExpired",
];

/// The name of an error, which is in a header or in the body, with or without a namespace; empty where
/// there is none.
pub(crate) fn error_code(answer: &Answer) -> String {
    #[derive(Deserialize, Default)]
    struct Fault {
        #[serde(rename = "__type")]
        kind: Option<String>,
        code: Option<String>,
    }
    if answer.is_success() {
        return String::new();
    }
    let header = answer.headers.get("x-amzn-errortype").and_then(|value| value.to_str().ok()).map(str::to_owned);
    // Whatever else it may be: there is no name in it.
    let body: Fault = serde_json::from_slice(answer.body()).unwrap_or_default();
    let name = header.or(body.kind).or(body.code).unwrap_or_default();
    let name = name.rsplit('#').next().unwrap_or_default();
    name.split(':').next().unwrap_or_default().to_owned()
}

/// Whether it was too much at once.
pub(crate) fn is_throttle(code: &str) -> bool {
    THROTTLES.contains(&code)
}

/// Whether the credentials are no good; with others it may work.
pub(super) fn is_of_credentials(code: &str) -> bool {
    CREDENTIALS.contains(&code)
}
