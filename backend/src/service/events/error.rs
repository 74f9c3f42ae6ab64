//! What `EventBridge` operations answer when they do not do what was asked.

use std::time::Duration;

use crate::bus::BusError;
use crate::service::fault::ServiceError;
use crate::store::{CatalogError, StoreError};

/// The errors of the service, with AWS's codes. The text is the message the client reads.
#[derive(Debug, thiserror::Error)]
pub enum EventsError {
    /// The input breaks a rule.
    #[error("{0}")]
    Validation(String),
    /// The store is busy; nothing was published.
    #[error("Rate exceeded")]
    Throttling {
        /// When to try again.
        retry_after: Duration,
    },
    /// The store cannot make anything durable now; nothing was published.
    #[error("The service is unavailable: {0}")]
    Unavailable(String),
    /// Our fault.
    #[error("The service failed internally.")]
    Internal,
}

impl ServiceError for EventsError {
    fn code(&self) -> &'static str {
        match self {
            Self::Validation(_) => "ValidationException",
            Self::Throttling { .. } => "ThrottlingException",
            Self::Unavailable(_) => "ServiceUnavailableException",
            Self::Internal => "InternalException",
        }
    }

    fn status(&self) -> u16 {
        match self {
            Self::Validation(_) => 400,
            Self::Throttling { .. } => 429,
            Self::Unavailable(_) => 503,
            Self::Internal => 500,
        }
    }

    fn retry_after_secs(&self) -> Option<u64> {
        match self {
            Self::Throttling { retry_after } => Some(retry_after.as_secs().max(1)),
            Self::Validation(_) | Self::Unavailable(_) | Self::Internal => None,
        }
    }
}

impl From<BusError> for EventsError {
    fn from(error: BusError) -> Self {
        match error {
            BusError::Store(StoreError::Overloaded { retry_after })
            | BusError::Catalog(CatalogError::Store(StoreError::Overloaded { retry_after })) => {
                Self::Throttling { retry_after }
            }
            BusError::Store(StoreError::Unavailable(cause))
            | BusError::Catalog(CatalogError::Store(StoreError::Unavailable(cause))) => Self::Unavailable(cause),
            BusError::Store(_) | BusError::Catalog(_) | BusError::Client(_) => {
                tracing::error!(%error, "events cannot be published");
                Self::Internal
            }
        }
    }
}
