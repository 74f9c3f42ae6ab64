//! Webhooks: one POST with a JSON body.

use std::time::Duration;

use http::StatusCode;
use http::header::CONTENT_TYPE;

use super::Outcome;

/// How long a webhook may take to answer.
const TIMEOUT: Duration = Duration::from_secs(10);
/// How long it may take to connect.
const CONNECT_TIMEOUT: Duration = Duration::from_secs(5);

/// Posts events to webhooks.
#[derive(Clone, Debug)]
pub(in crate::bus) struct Webhooks {
    client: reqwest::Client,
}

impl Webhooks {
    pub(in crate::bus) fn new() -> Result<Self, reqwest::Error> {
        let client = reqwest::Client::builder()
            .timeout(TIMEOUT)
            .connect_timeout(CONNECT_TIMEOUT)
            // A redirected POST becomes a GET in most clients: the event would be lost without an error.
            .redirect(reqwest::redirect::Policy::none())
            .user_agent(concat!("Siskin/", env!("CARGO_PKG_VERSION")))
            .build()?;
        Ok(Self { client })
    }

    pub(in crate::bus) async fn post(&self, url: &str, body: String) -> Outcome {
        let request = self.client.post(url).header(CONTENT_TYPE, "application/json; charset=utf-8").body(body);
        match request.send().await {
            Ok(response) => outcome_of(response.status()),
            Err(error) => Outcome::Failed { reason: reason_of(&error) },
        }
    }
}

fn outcome_of(status: StatusCode) -> Outcome {
    let reason = || format!("the webhook answered {status}");
    if status.is_success() {
        Outcome::Delivered
    } else if status.is_server_error() || matches!(status, StatusCode::REQUEST_TIMEOUT | StatusCode::TOO_MANY_REQUESTS)
    {
        Outcome::Failed { reason: reason() }
    } else {
        Outcome::Refused { reason: reason() }
    }
}

/// The innermost cause in words, without the URL: it may hold a secret.
fn reason_of(error: &reqwest::Error) -> String {
    if error.is_timeout() {
        return format!("the webhook did not answer within {} s", TIMEOUT.as_secs());
    }
    let mut cause: &dyn std::error::Error = error;
    while let Some(source) = cause.source() {
        cause = source;
    }
    if std::ptr::addr_eq(cause, error) {
        return "the request to the webhook failed".to_owned();
    }
    format!("the request to the webhook failed: {cause}")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_what_may_pass_is_tried_again() {
        let kind = |code| match outcome_of(StatusCode::from_u16(code).unwrap()) {
            Outcome::Delivered => "delivered",
            Outcome::Failed { .. } => "again",
            Outcome::Refused { .. } => "never",
        };
        for (code, expected) in [
            (200, "delivered"),
            (202, "delivered"),
            (204, "delivered"),
            (302, "never"),
            (400, "never"),
            (401, "never"),
            (404, "never"),
            (408, "again"),
            (410, "never"),
            (429, "again"),
            (500, "again"),
            (503, "again"),
        ] {
            assert_eq!(kind(code), expected, "{code}");
        }
    }
}
