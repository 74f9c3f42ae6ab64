//! What `CloudWatch` operations answer when they do not do what was asked.

use std::time::Duration;

use crate::base::InvalidPageToken;
use crate::bus::BusError;
use crate::service::fault::ServiceError;
use crate::store::{CatalogError, StoreError};

/// The errors of the service, with AWS's codes. The text is the message the client reads.
#[derive(Debug, thiserror::Error)]
pub enum CloudWatchError {
    /// A parameter has a value that is not allowed.
    #[error("{0}")]
    InvalidParameterValue(String),
    /// A parameter is absent.
    #[error("{0}")]
    MissingParameter(String),
    /// Parameters do not go together.
    #[error("{0}")]
    InvalidParameterCombination(String),
    /// The input breaks a rule that has no code of its own.
    #[error("{0}")]
    Validation(String),
    /// A text is not in the format it has to be in.
    #[error("{0}")]
    InvalidFormat(String),
    /// The page token was not made by this operation for this request.
    #[error("The token is not valid for this request.")]
    InvalidNextToken,
    /// No such resource, in the alarm operations.
    #[error("{0}")]
    NotFound(String),
    /// No such resource, in the tag operations, whose model has an error of its own for it.
    #[error("{0}")]
    NoSuchResource(String),
    /// There is no room for one more resource.
    #[error("{0}")]
    LimitExceeded(String),
    /// A resource changed again and again while it was being changed.
    #[error("{0}")]
    ConcurrentModification(String),
    /// The store is busy; nothing was written.
    #[error("Rate exceeded")]
    Throttling {
        /// When to try again.
        retry_after: Duration,
    },
    /// The store cannot make anything durable now; nothing was written.
    #[error("The service is unavailable: {0}")]
    Unavailable(String),
    /// Our fault.
    #[error("The service failed internally.")]
    Internal,
}

impl ServiceError for CloudWatchError {
    fn code(&self) -> &'static str {
        match self {
            Self::InvalidParameterValue(_) => "InvalidParameterValueException",
            Self::MissingParameter(_) => "MissingRequiredParameterException",
            Self::InvalidParameterCombination(_) => "InvalidParameterCombinationException",
            Self::Validation(_) => "ValidationException",
            Self::InvalidFormat(_) => "InvalidFormatFault",
            Self::InvalidNextToken => "InvalidNextToken",
            Self::NotFound(_) => "ResourceNotFound",
            Self::NoSuchResource(_) => "ResourceNotFoundException",
            Self::LimitExceeded(_) => "LimitExceededFault",
            Self::ConcurrentModification(_) => "ConcurrentModificationException",
            Self::Throttling { .. } => "ThrottlingException",
            Self::Unavailable(_) => "ServiceUnavailableException",
            Self::Internal => "InternalServiceFault",
        }
    }

    fn query_code(&self) -> &'static str {
        match self {
            Self::InvalidParameterValue(_) => "InvalidParameterValue",
            Self::MissingParameter(_) => "MissingParameter",
            Self::InvalidParameterCombination(_) => "InvalidParameterCombination",
            Self::Validation(_) => "ValidationError",
            Self::InvalidFormat(_) => "InvalidFormat",
            Self::InvalidNextToken => "InvalidNextToken",
            Self::NotFound(_) => "ResourceNotFound",
            Self::NoSuchResource(_) => "ResourceNotFoundException",
            Self::LimitExceeded(_) => "LimitExceeded",
            Self::ConcurrentModification(_) => "ConcurrentModificationException",
            Self::Throttling { .. } => "Throttling",
            Self::Unavailable(_) => "ServiceUnavailable",
            Self::Internal => "InternalServiceError",
        }
    }

    fn status(&self) -> u16 {
        match self {
            Self::InvalidParameterValue(_)
            | Self::MissingParameter(_)
            | Self::InvalidParameterCombination(_)
            | Self::Validation(_)
            | Self::InvalidFormat(_)
            | Self::InvalidNextToken
            | Self::LimitExceeded(_) => 400,
            Self::NotFound(_) | Self::NoSuchResource(_) => 404,
            Self::ConcurrentModification(_) | Self::Throttling { .. } => 429,
            Self::Unavailable(_) => 503,
            Self::Internal => 500,
        }
    }

    fn retry_after_secs(&self) -> Option<u64> {
        match self {
            Self::Throttling { retry_after } => Some(retry_after.as_secs().max(1)),
            _ => None,
        }
    }
}

impl From<StoreError> for CloudWatchError {
    fn from(error: StoreError) -> Self {
        match error {
            StoreError::Overloaded { retry_after } => Self::Throttling { retry_after },
            StoreError::Unavailable(cause) => Self::Unavailable(cause),
            StoreError::TooManyRows { .. } | StoreError::TooLarge { .. } => Self::Validation(error.to_string()),
            StoreError::Internal(cause) => {
                tracing::error!(%cause, "store failed");
                Self::Internal
            }
        }
    }
}

impl From<CatalogError> for CloudWatchError {
    fn from(error: CatalogError) -> Self {
        match error {
            CatalogError::Conflict { .. } => {
                Self::ConcurrentModification("The resource was changed by another request.".to_owned())
            }
            CatalogError::TooManyChanges { .. } => Self::LimitExceeded(error.to_string()),
            CatalogError::Store(cause) => cause.into(),
        }
    }
}

impl From<BusError> for CloudWatchError {
    fn from(error: BusError) -> Self {
        match error {
            BusError::Store(cause) => cause.into(),
            BusError::Catalog(cause) => cause.into(),
            BusError::Client(cause) => {
                tracing::error!(%cause, "event bus failed");
                Self::Internal
            }
        }
    }
}

impl From<InvalidPageToken> for CloudWatchError {
    fn from(_: InvalidPageToken) -> Self {
        Self::InvalidNextToken
    }
}

/// Collects what is wrong with an input, so that the client reads all of it at once, as AWS answers.
///
/// The first problem decides the code; later ones are told when they have the same code.
#[derive(Debug, Default)]
pub(super) struct Problems {
    first: Option<fn(String) -> CloudWatchError>,
    messages: Vec<String>,
}

impl Problems {
    /// Most problems told in one answer.
    const TOLD_MAX: usize = 100;

    /// Notes one of code `kind`: a variant of [`CloudWatchError`].
    pub(super) fn add(&mut self, kind: fn(String) -> CloudWatchError, message: String) {
        let first = *self.first.get_or_insert(kind);
        let same_code = first(String::new()).code() == kind(String::new()).code();
        if same_code && self.messages.len() < Self::TOLD_MAX {
            self.messages.push(message);
        }
    }

    /// Notes a value that is not allowed.
    pub(super) fn value(&mut self, message: String) {
        self.add(CloudWatchError::InvalidParameterValue, message);
    }

    /// The error, if anything was noted.
    ///
    /// # Errors
    /// All noted messages of the first problem's code, one per line.
    pub(super) fn into_result(self) -> Result<(), CloudWatchError> {
        match self.first {
            Some(kind) => Err(kind(self.messages.join("\n"))),
            None => Ok(()),
        }
    }
}

/// Collects broken constraints of the API's model, which AWS tells in one sentence.
#[derive(Debug, Default)]
pub(super) struct Violations(Vec<String>);

impl Violations {
    /// Notes that `value` at `member` (in camel case) breaks `constraint`: `Member must have ...`.
    pub(super) fn add(&mut self, value: impl std::fmt::Display, member: &str, constraint: &str) {
        self.0.push(format!("Value '{value}' at '{member}' failed to satisfy constraint: {constraint}"));
    }

    /// Notes a text that is too short or too long, counted in characters.
    pub(super) fn check_len(&mut self, text: &str, member: &str, allowed: std::ops::RangeInclusive<usize>) {
        let len = text.chars().count();
        if len < *allowed.start() {
            self.add(text, member, &format!("Member must have length greater than or equal to {}", allowed.start()));
        } else if len > *allowed.end() {
            self.add(text, member, &format!("Member must have length less than or equal to {}", allowed.end()));
        }
    }

    /// Notes a number that is too small or too large.
    pub(super) fn check_range(&mut self, number: i64, member: &str, allowed: std::ops::RangeInclusive<i64>) {
        if number < *allowed.start() {
            self.add(number, member, &format!("Member must have value greater than or equal to {}", allowed.start()));
        } else if number > *allowed.end() {
            self.add(number, member, &format!("Member must have value less than or equal to {}", allowed.end()));
        }
    }

    /// Notes a text that is none of an enum's names.
    pub(super) fn unknown(&mut self, text: &str, member: &str, names: &[&str]) {
        self.add(text, member, &format!("Member must satisfy enum value set: [{}]", names.join(", ")));
    }

    /// `ValidationError` with all that was noted.
    ///
    /// # Errors
    /// When anything was.
    pub(super) fn into_result(self) -> Result<(), CloudWatchError> {
        let plural = match self.0.len() {
            0 => return Ok(()),
            1 => "",
            _ => "s",
        };
        let message = format!("{} validation error{plural} detected: {}", self.0.len(), self.0.join("; "));
        Err(CloudWatchError::Validation(message))
    }
}
