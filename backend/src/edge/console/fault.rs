//! Why a page cannot be shown, as a page.

use axum::http::StatusCode;
use axum::response::{IntoResponse as _, Response};
use tracing::error;

use super::layout::{self, Area, Frame};
use crate::service::fault::ServiceError;

/// Why a page cannot be shown.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub(super) enum PageError {
    /// Nothing of that name is stored.
    #[error("{0}")]
    NotFound(String),
    /// The address makes no sense.
    #[error("{0}")]
    BadAddress(String),
    /// The request comes from another site's page.
    #[error("This request did not come from the console's own page.")]
    ForeignOrigin,
    /// Too many pages are open.
    #[error("{0}")]
    Busy(String),
    /// A part of the system did not answer; the reader cannot do anything about it but try again.
    #[error("{0}")]
    Internal(String),
}

impl PageError {
    /// What an operation's error is to the reader of a page.
    #[expect(clippy::needless_pass_by_value, reason = "the shape that `map_err` takes")]
    pub(super) fn of<E: ServiceError>(error: E) -> Self {
        let text = error.to_string();
        match error.status() {
            // The JSON protocols answer 400 for everything that is the client's fault.
            _ if error.code().contains("NotFound") => Self::NotFound(text),
            429 | 503 => Self::Busy(text),
            400..=499 => Self::BadAddress(text),
            _ => Self::Internal(text),
        }
    }

    const fn status(&self) -> StatusCode {
        match self {
            Self::NotFound(_) => StatusCode::NOT_FOUND,
            Self::BadAddress(_) => StatusCode::BAD_REQUEST,
            Self::ForeignOrigin => StatusCode::FORBIDDEN,
            Self::Busy(_) => StatusCode::SERVICE_UNAVAILABLE,
            Self::Internal(_) => StatusCode::INTERNAL_SERVER_ERROR,
        }
    }

    const fn title(&self) -> &'static str {
        match self {
            Self::NotFound(_) => "Not found",
            Self::BadAddress(_) => "This address makes no sense",
            Self::ForeignOrigin => "Refused",
            Self::Busy(_) => "Too busy",
            Self::Internal(_) => "This page could not be read",
        }
    }

    /// The error as a page of `area`.
    pub(super) fn into_page(self, frame: &Frame, area: Area) -> Response {
        if let Self::Internal(cause) = &self {
            error!(cause, "console page failed");
        }
        (self.status(), layout::fault(frame, area, self.title(), &self.to_string())).into_response()
    }
}
