//! What `CloudWatch` Logs answers when it cannot do what was asked.

use crate::service::fault::ServiceError;
use crate::store::{CatalogError, StoreError};

/// The errors of the operations of `CloudWatch` Logs.
#[derive(Debug, thiserror::Error)]
pub enum LogsError {
    /// A member of the request is not valid.
    #[error("{0}")]
    InvalidParameter(String),
    /// There is no such log group.
    #[error("The specified log group does not exist.")]
    GroupNotFound,
    /// There is no such log stream.
    #[error("The specified log stream does not exist.")]
    StreamNotFound,
    /// The log group's name is taken.
    #[error("The specified log group already exists")]
    GroupExists,
    /// The log stream's name is taken.
    #[error("The specified log stream already exists")]
    StreamExists,
    /// Somebody else changed the same resource at the same time.
    #[error("A conflicting operation is currently in progress against this resource. Please try again.")]
    Aborted,
    /// A resource has too many tags.
    #[error("A resource can have no more than {limit} tags.")]
    TooManyTags {
        /// Most tags of one resource.
        limit: usize,
    },
    /// Memory is full until the next flush.
    #[error("Rate exceeded")]
    Throttled {
        /// Whole seconds after which trying again makes sense.
        retry_after_secs: u64,
    },
    /// Nothing can be written now.
    #[error("The service cannot complete the request: {0}")]
    Unavailable(String),
    /// A fault of ours.
    #[error("An internal error occurred.")]
    Internal(#[source] Box<dyn std::error::Error + Send + Sync>),
}

impl LogsError {
    /// The sentence about a member that breaks a rule of the model.
    pub(super) fn constraint(member: &str, value: &str, constraint: &str) -> Self {
        Self::InvalidParameter(format!(
            "1 validation error detected: Value '{value}' at '{member}' failed to satisfy constraint: {constraint}"
        ))
    }
}

impl ServiceError for LogsError {
    fn code(&self) -> &'static str {
        match self {
            Self::InvalidParameter(_) => "InvalidParameterException",
            Self::GroupNotFound | Self::StreamNotFound => "ResourceNotFoundException",
            Self::GroupExists | Self::StreamExists => "ResourceAlreadyExistsException",
            Self::Aborted => "OperationAbortedException",
            Self::TooManyTags { .. } => "TooManyTagsException",
            Self::Throttled { .. } => "ThrottlingException",
            Self::Unavailable(_) => "ServiceUnavailableException",
            Self::Internal(_) => "InternalFailure",
        }
    }

    fn status(&self) -> u16 {
        match self {
            Self::InvalidParameter(_)
            | Self::GroupNotFound
            | Self::StreamNotFound
            | Self::GroupExists
            | Self::StreamExists
            | Self::Aborted
            | Self::TooManyTags { .. } => 400,
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

impl From<StoreError> for LogsError {
    fn from(error: StoreError) -> Self {
        match error {
            StoreError::Overloaded { retry_after } => {
                Self::Throttled { retry_after_secs: retry_after.as_secs().max(1) }
            }
            StoreError::Unavailable(reason) => Self::Unavailable(reason),
            StoreError::TooManyRows { .. } | StoreError::TooLarge { .. } => Self::InvalidParameter(error.to_string()),
            StoreError::Internal(_) => Self::Internal(Box::new(error)),
        }
    }
}

impl From<CatalogError> for LogsError {
    fn from(error: CatalogError) -> Self {
        match error {
            CatalogError::Conflict { .. } => Self::Aborted,
            CatalogError::Store(error) => error.into(),
            CatalogError::TooManyChanges { .. } => Self::Internal(Box::new(error)),
        }
    }
}
