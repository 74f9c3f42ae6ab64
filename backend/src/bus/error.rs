//! Why an event could not be recorded.

use crate::store::{CatalogError, StoreError};

/// The store did not take the event; it was not published.
#[derive(Debug, thiserror::Error)]
pub enum BusError {
    /// The events table.
    #[error(transparent)]
    Store(#[from] StoreError),
    /// The outbox.
    #[error(transparent)]
    Catalog(#[from] CatalogError),
    /// The HTTP client could not be made.
    #[error("cannot make the HTTP client for webhooks: {0}")]
    Client(#[from] reqwest::Error),
}
