//! The envelopes of DevTools messages, whose contents are read only by whoever wants them.
//!
//! <https://chromedevtools.github.io/devtools-protocol/>

use std::borrow::Cow;

use serde::{Deserialize, Serialize};
use serde_json::Value;
use serde_json::value::RawValue;

/// What Chrome sends: an answer when it has an id, else an event.
#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct Incoming<'a> {
    pub(super) id: Option<u64>,
    #[serde(borrow)]
    result: Option<&'a RawValue>,
    pub(super) error: Option<Refusal>,
    /// Empty for an answer.
    #[serde(borrow, default)]
    pub(super) method: Cow<'a, str>,
    #[serde(borrow)]
    params: Option<&'a RawValue>,
    pub(super) session_id: Option<String>,
}

#[derive(Debug, Deserialize)]
pub(super) struct Refusal {
    pub(super) message: String,
}

impl<'a> Incoming<'a> {
    pub(super) fn result(&self) -> &'a RawValue {
        self.result.unwrap_or(RawValue::NULL)
    }

    pub(super) fn params(&self) -> &'a RawValue {
        self.params.unwrap_or(RawValue::NULL)
    }
}

/// What is sent to Chrome.
#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct Outgoing<'a> {
    pub(super) id: u64,
    pub(super) method: &'static str,
    pub(super) params: &'a Value,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) session_id: Option<&'a str>,
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn answers_and_events_are_told_apart() {
        let read = |text| serde_json::from_str::<Incoming<'_>>(text).unwrap();
        let answer = read(r#"{"id": 7, "result": {"a": [1, 2]}, "sessionId": "S"}"#);
        assert_eq!((answer.id, answer.result().get()), (Some(7), r#"{"a": [1, 2]}"#));
        assert_eq!(answer.session_id.as_deref(), Some("S"));
        let refused = read(r#"{"id": 8, "error": {"code": -32000, "message": "no \"such\" page"}}"#);
        assert_eq!(refused.error.map(|refusal| refusal.message).as_deref(), Some("no \"such\" page"));
        let event = read(r#"{"method": "Inspector.targetCrashed"}"#);
        assert_eq!((event.id, &*event.method, event.params().get()), (None, "Inspector.targetCrashed", "null"));
    }

    #[test]
    fn a_command_to_the_browser_names_no_session() {
        let params = json!({"a": 1});
        let sent = |session_id| {
            serde_json::to_string(&Outgoing { id: 1, method: "Browser.getVersion", params: &params, session_id })
                .unwrap()
        };
        assert_eq!(sent(None), r#"{"id":1,"method":"Browser.getVersion","params":{"a":1}}"#);
        assert_eq!(sent(Some("S")), r#"{"id":1,"method":"Browser.getVersion","params":{"a":1},"sessionId":"S"}"#);
    }
}
