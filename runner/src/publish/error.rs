//! Why a call was not delivered.

/// Why a call was not delivered.
#[derive(Clone, Debug, Eq, PartialEq, thiserror::Error)]
pub enum PublishError {
    /// Nobody answered, or the answer was a server's fault: later it may work.
    #[error("{operation}: {reason}")]
    Unavailable {
        /// Which operation.
        operation: String,
        /// What happened.
        reason: String,
    },
    /// The backend understood the call and said no: it will always say no.
    #[error("{operation}: refused with {code}: {message}")]
    Refused {
        /// Which operation.
        operation: String,
        /// AWS's error code.
        code: String,
        /// The backend's words.
        message: String,
    },
}

impl PublishError {
    /// Whether the same call may work later.
    pub fn is_retryable(&self) -> bool {
        matches!(self, Self::Unavailable { .. })
    }

    /// Whether the backend says that something already exists.
    pub(super) fn is_code(&self, wanted: &str) -> bool {
        matches!(self, Self::Refused { code, .. } if code == wanted)
    }
}
