//! What X-Ray makes of documents.

use serde::Deserialize;

use super::super::{Delivery, Rest};
use super::Rejections;
use crate::DropReason;
use crate::client::Answer;
use crate::signing::{error_code, is_throttle};

/// Rejected documents of one answer that are named in the log.
const LOGGED_MAX: usize = 10;

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct Accepted {
    #[serde(default)]
    unprocessed_trace_segments: Vec<Unprocessed>,
}

/// Each of these has been seen to be null.
#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct Unprocessed {
    id: Option<String>,
    error_code: Option<String>,
    message: Option<String>,
}

/// Reads the answer to a batch of so many documents.
pub(super) fn judge(answer: &Answer, documents: usize, rejections: &Rejections) -> Delivery {
    if answer.status == 200 {
        return accepted(answer, documents, rejections);
    }
    let code = error_code(answer);
    let error = format!("{code}: {}", answer.summary());
    let rest = match answer.status {
        _ if is_throttle(&code) => Rest::Away { after: answer.retry_after, error },
        408 | 429 | 502..=504 => Rest::Away { after: answer.retry_after, error },
        413 => Rest::TooLarge,
        500.. => Rest::Failed { error },
        _ => Rest::Refused { reason: DropReason::Rejected, error },
    };
    Delivery::unsettled(rest)
}

fn accepted(answer: &Answer, documents: usize, rejections: &Rejections) -> Delivery {
    let mut delivery = Delivery::sent(documents);
    let unprocessed = match serde_json::from_slice::<Accepted>(answer.body()) {
        Ok(accepted) => accepted.unprocessed_trace_segments,
        // The status says that they were taken.
        Err(error) => {
            tracing::debug!(target: "siskin_sdk", %error, "the answer to trace segments makes no sense");
            Vec::new()
        }
    };
    for (index, rejected) in unprocessed.iter().take(documents).enumerate() {
        let code = rejected.error_code.as_deref().unwrap_or("Unknown");
        rejections.add(code);
        delivery.drop_many(DropReason::Rejected, 1);
        if index < LOGGED_MAX {
            let (id, message) = (rejected.id.as_deref(), rejected.message.as_deref());
            tracing::warn!(target: "siskin_sdk", id, code, message, "trace segment was not processed");
        }
    }
    delivery
}

#[cfg(test)]
mod tests {
    use ureq::http::HeaderMap;

    use super::*;

    fn judged(status: u16, error_type: &str, body: &str) -> (Delivery, Rejections) {
        let mut headers = HeaderMap::new();
        if !error_type.is_empty() {
            headers.insert("x-amzn-errortype", error_type.parse().unwrap());
        }
        let answer = Answer { status, retry_after: None, headers, body: Ok(body.as_bytes().to_vec()) };
        let rejections = Rejections::default();
        (judge(&answer, 3, &rejections), rejections)
    }

    #[test]
    fn unprocessed_documents_are_counted_by_code() {
        let body = r#"{"UnprocessedTraceSegments":[
            {"Id":"00f067aa0ba902b7","ErrorCode":"InvalidName","Message":"m"},
            {"Id":null,"ErrorCode":null,"Message":null}]}"#;
        let (delivery, rejections) = judged(200, "", body);
        let mut expected = Delivery::sent(3);
        expected.drop_many(DropReason::Rejected, 2);
        assert_eq!(delivery, expected);
        let counts: Vec<_> = rejections.counts().into_iter().collect();
        assert_eq!(counts, [("InvalidName".to_owned(), 1), ("Unknown".to_owned(), 1)]);
    }

    #[test]
    fn an_answer_that_makes_no_sense_is_still_an_acceptance() {
        for body in ["", "<html>", "{}", r#"{"UnprocessedTraceSegments":7}"#] {
            assert_eq!(judged(200, "", body).0, Delivery::sent(3), "{body}");
        }
    }

    #[test]
    fn faults_say_whether_to_try_again() {
        let kind = |status, error_type, body| match judged(status, error_type, body).0.rest {
            Rest::None => "done",
            Rest::Away { .. } => "away",
            Rest::Failed { .. } => "failed",
            Rest::Refused { .. } => "refused",
            Rest::TooLarge => "too large",
        };
        for (status, error_type, body, expected) in [
            (429, "", "", "away"),
            (400, "ThrottledException", "", "away"),
            (400, "", r#"{"__type":"com.amazonaws.xray#ThrottledException"}"#, "away"),
            (503, "", "<html>", "away"),
            (500, "InternalFailure", "", "failed"),
            (413, "", "", "too large"),
            (400, "InvalidRequestException:http://internal/", "", "refused"),
            (403, "AccessDeniedException", "", "refused"),
            (302, "", "", "refused"),
        ] {
            assert_eq!(kind(status, error_type, body), expected, "{status} {error_type} {body}");
        }
    }
}
