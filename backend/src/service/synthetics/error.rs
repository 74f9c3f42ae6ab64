//! What Synthetics operations answer when they do not do what was asked.

use std::time::Duration;

use crate::base::InvalidPageToken;
use crate::service::fault::ServiceError;
use crate::store::StoreError;

/// The errors of the service, with AWS's codes. The text is the message the client reads.
#[derive(Debug, thiserror::Error)]
pub enum SyntheticsError {
    /// The input breaks a rule.
    #[error("{0}")]
    Validation(String),
    /// No canary of this name has run.
    #[error("Canary not found: {0}")]
    NotFound(String),
    /// The store is busy.
    #[error("Rate exceeded")]
    TooManyRequests {
        /// When to try again.
        retry_after: Duration,
    },
    /// Our fault, or the disk's.
    #[error("The service failed internally.")]
    Internal,
}

impl ServiceError for SyntheticsError {
    fn code(&self) -> &'static str {
        match self {
            Self::Validation(_) => "ValidationException",
            Self::NotFound(_) => "ResourceNotFoundException",
            Self::TooManyRequests { .. } => "TooManyRequestsException",
            Self::Internal => "InternalServerException",
        }
    }

    fn status(&self) -> u16 {
        match self {
            Self::Validation(_) => 400,
            Self::NotFound(_) => 404,
            Self::TooManyRequests { .. } => 429,
            Self::Internal => 500,
        }
    }

    fn retry_after_secs(&self) -> Option<u64> {
        match self {
            Self::TooManyRequests { retry_after } => Some(retry_after.as_secs().max(1)),
            Self::Validation(_) | Self::NotFound(_) | Self::Internal => None,
        }
    }
}

impl From<StoreError> for SyntheticsError {
    fn from(error: StoreError) -> Self {
        match error {
            StoreError::Overloaded { retry_after } => Self::TooManyRequests { retry_after },
            StoreError::Unavailable(_)
            | StoreError::TooManyRows { .. }
            | StoreError::TooLarge { .. }
            | StoreError::Internal(_) => {
                tracing::error!(%error, "canary runs cannot be read");
                Self::Internal
            }
        }
    }
}

impl From<InvalidPageToken> for SyntheticsError {
    fn from(_: InvalidPageToken) -> Self {
        Self::Validation("The next token is not valid for this request.".to_owned())
    }
}
