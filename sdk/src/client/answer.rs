//! What a server answered.

use std::time::Duration;

use ureq::http::HeaderMap;

/// Most characters of an answer that are shown in a message.
const EXCERPT_CHARS_MAX: usize = 200;

/// What a server answered.
#[derive(Debug, Clone)]
pub(crate) struct Answer {
    pub(crate) status: u16,
    #[cfg_attr(not(feature = "client-tls"), expect(dead_code, reason = "a daemon asks for no patience"))]
    pub(crate) retry_after: Option<Duration>,
    #[cfg_attr(
        not(any(feature = "xray-api", feature = "logs")),
        expect(dead_code, reason = "only AWS names errors in headers")
    )]
    pub(crate) headers: HeaderMap,
    /// Says why it is not there whole.
    pub(crate) body: Result<Vec<u8>, String>,
}

impl Answer {
    pub(crate) fn is_success(&self) -> bool {
        (200..300).contains(&self.status)
    }

    /// The body, for those to whom the status matters most: nothing if it broke off or was too long.
    pub(crate) fn body(&self) -> &[u8] {
        self.body.as_deref().unwrap_or_default()
    }

    /// The beginning of the body as text, for messages.
    pub(crate) fn excerpt(&self) -> String {
        String::from_utf8_lossy(self.body()).chars().take(EXCERPT_CHARS_MAX).collect()
    }

    /// Status and beginning, for messages.
    pub(crate) fn summary(&self) -> String {
        format!("HTTP status {}: {}", self.status, self.excerpt())
    }
}
