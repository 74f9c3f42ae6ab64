//! What X-Ray answers when it cannot do what was asked.

use crate::service::fault::ServiceError;
use crate::store::{CatalogError, StoreError};

/// The errors of X-Ray's operations.
#[derive(Debug, thiserror::Error)]
pub enum XRayError {
    /// The request is not valid.
    #[error("{0}")]
    InvalidRequest(String),
    /// There are as many sampling rules as there may be.
    #[error("The maximum number of sampling rules is {limit}.")]
    RuleLimitExceeded {
        /// Most rules of an account in a region.
        limit: usize,
    },
    /// Memory is full until the next flush.
    #[error("Rate exceeded")]
    Throttled {
        /// Whole seconds after which trying again makes sense.
        retry_after_secs: u64,
    },
    /// Nothing can be written now.
    #[error("The service is unavailable: {0}")]
    Unavailable(String),
    /// A fault of ours.
    #[error("An internal error occurred.")]
    Internal(#[source] Box<dyn std::error::Error + Send + Sync>),
}

impl ServiceError for XRayError {
    fn code(&self) -> &'static str {
        match self {
            Self::InvalidRequest(_) => "InvalidRequestException",
            Self::RuleLimitExceeded { .. } => "RuleLimitExceededException",
            Self::Throttled { .. } => "ThrottledException",
            Self::Unavailable(_) => "ServiceUnavailable",
            Self::Internal(_) => "InternalFailure",
        }
    }

    fn status(&self) -> u16 {
        match self {
            Self::InvalidRequest(_) | Self::RuleLimitExceeded { .. } => 400,
            Self::Throttled { .. } => 429,
            Self::Unavailable(_) => 503,
            Self::Internal(_) => 500,
        }
    }

    fn retry_after_secs(&self) -> Option<u64> {
        match self {
            Self::Throttled { retry_after_secs } => Some(*retry_after_secs),
            _ => None,
        }
    }
}

impl From<StoreError> for XRayError {
    fn from(error: StoreError) -> Self {
        match error {
            StoreError::Overloaded { retry_after } => {
                Self::Throttled { retry_after_secs: retry_after.as_secs().max(1) }
            }
            StoreError::Unavailable(reason) => Self::Unavailable(reason),
            StoreError::TooManyRows { .. } | StoreError::TooLarge { .. } => Self::InvalidRequest(error.to_string()),
            StoreError::Internal(_) => Self::Internal(Box::new(error)),
        }
    }
}

impl From<CatalogError> for XRayError {
    fn from(error: CatalogError) -> Self {
        match error {
            CatalogError::Conflict { .. } => Self::InvalidRequest(
                "The rule was changed by another request at the same time. Please try again.".to_owned(),
            ),
            CatalogError::Store(error) => error.into(),
            CatalogError::TooManyChanges { .. } => Self::Internal(Box::new(error)),
        }
    }
}
