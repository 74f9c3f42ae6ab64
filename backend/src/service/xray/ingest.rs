//! Segment documents into the store, whichever way they came: API, UDP or OTLP.

use serde::Serialize;

use super::document;
use crate::service::Context;
use crate::store::StoreError;

/// A document that was not taken, and why: `UnprocessedTraceSegment` of the X-Ray API.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "PascalCase")]
pub struct UnprocessedTraceSegment {
    /// The document's id, when it has one.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub id: Option<String>,
    /// `ParseError`, `MissingId`, `InvalidName`...
    pub error_code: &'static str,
    /// What is wrong, for people.
    pub message: String,
}

/// Stores the documents that are valid, all or none, and returns those that are not. What was stored is durable.
///
/// # Errors
/// The store's own; then nothing was stored.
pub async fn record_documents<T: AsRef<str>>(
    cx: &Context,
    documents: &[T],
) -> Result<Vec<UnprocessedTraceSegment>, StoreError> {
    let (mut rows, mut unprocessed) = (Vec::new(), Vec::new());
    for text in documents {
        match document::rows_of(text.as_ref(), cx.now()) {
            Ok(found) => rows.extend(found),
            Err(invalid) => unprocessed.push(UnprocessedTraceSegment {
                id: invalid.id,
                error_code: invalid.code,
                message: invalid.message,
            }),
        }
    }
    cx.store.spans.append(&cx.scope, rows).await?;
    Ok(unprocessed)
}
