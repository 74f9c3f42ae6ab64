//! How requests fail.

use axum::Json;
use axum::http::StatusCode;
use axum::response::{IntoResponse, Response};
use serde_json::json;

#[derive(Debug)]
pub(crate) enum AppError {
    Unauthorized,
    NotFound,
    Forbidden,
    /// A field, and what is wrong with it.
    Invalid(&'static str, &'static str),
    Database(sqlx::Error),
}

pub(crate) type Answer<T> = Result<Json<T>, AppError>;

impl From<sqlx::Error> for AppError {
    fn from(error: sqlx::Error) -> Self {
        Self::Database(error)
    }
}

impl AppError {
    /// A value that has to be unique is taken; anything else is the database's failure.
    pub(crate) fn taken(field: &'static str) -> impl Fn(sqlx::Error) -> Self {
        move |error| match error.as_database_error() {
            Some(refused) if refused.is_unique_violation() => Self::Invalid(field, "has already been taken"),
            Some(_) | None => Self::Database(error),
        }
    }
}

impl IntoResponse for AppError {
    fn into_response(self) -> Response {
        match self {
            Self::Unauthorized => StatusCode::UNAUTHORIZED.into_response(),
            Self::NotFound => StatusCode::NOT_FOUND.into_response(),
            Self::Forbidden => StatusCode::FORBIDDEN.into_response(),
            Self::Invalid(field, rule) => {
                let body = json!({ "errors": { field: [rule] } });
                (StatusCode::UNPROCESSABLE_ENTITY, Json(body)).into_response()
            }
            Self::Database(error) => {
                tracing::error!(error = &error as &dyn std::error::Error, "the database failed");
                StatusCode::INTERNAL_SERVER_ERROR.into_response()
            }
        }
    }
}
