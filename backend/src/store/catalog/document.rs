//! Typed documents over the embedded key-value store.

use std::sync::Arc;

use serde::Serialize;
use serde::de::DeserializeOwned;

use super::embedded::{Embedded, Key, RawChange, Stored};
use crate::base::Scope;
use crate::store::StoreError;
use crate::store::limits::CATALOG_CHANGES_MAX;

/// A resource that is kept as one JSON document.
pub trait Document: Serialize + DeserializeOwned + Send + 'static {
    /// What it is: `alarm`. Part of the stored key, so it never changes. Without control characters.
    const KIND: &'static str;

    /// Which one it is among its kind in its scope.
    fn key(&self) -> String;
}

/// A document and its version: a number that is never used again for this key.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Versioned<T> {
    /// The document.
    pub document: T,
    /// Names this state of it in [`Expected::Version`].
    pub version: u64,
}

/// What must hold for a change to be made.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Expected {
    /// Nothing.
    Any,
    /// There is no such document.
    Absent,
    /// The document is the one that was read.
    Version(u64),
}

/// A change of one document.
#[derive(Clone, Debug)]
pub struct Change(RawChange);

impl Change {
    /// Creates or replaces the document.
    ///
    /// # Panics
    /// When `document` cannot be JSON (a map whose keys are not text): documents are plain structs.
    pub fn put<T: Document>(document: &T, expected: Expected) -> Self {
        let json = serde_json::to_vec(document).expect("documents are plain structs");
        Self(RawChange { kind: T::KIND, key: document.key(), expected, json: Some(json) })
    }

    /// Removes the document, if it is there.
    pub fn delete<T: Document>(key: &str, expected: Expected) -> Self {
        Self(RawChange { kind: T::KIND, key: key.to_owned(), expected, json: None })
    }
}

/// Why the catalogue did not do what it was asked.
#[derive(Clone, Debug, thiserror::Error)]
pub enum CatalogError {
    /// A document is not what the change expected; nothing was changed.
    #[error("{kind} {key:?} was changed by someone else")]
    Conflict {
        /// [`Document::KIND`] of the document.
        kind: &'static str,
        /// Its key.
        key: String,
    },
    /// The transaction has more changes than one may have.
    #[error("{count} changes in one transaction are more than {limit}")]
    TooManyChanges {
        /// How many there were.
        count: usize,
        /// How many there may be.
        limit: usize,
    },
    /// The disk refuses, or a document is damaged.
    #[error(transparent)]
    Store(#[from] StoreError),
}

/// The resource catalogue. Reads see every transaction that was acknowledged before.
#[derive(Clone, Debug)]
pub struct Catalog(Arc<Embedded>);

impl Catalog {
    pub(crate) fn new(embedded: Arc<Embedded>) -> Self {
        Self(embedded)
    }

    /// The document with this key.
    pub async fn get<T: Document>(&self, scope: &Scope, key: &str) -> Result<Option<Versioned<T>>, CatalogError> {
        let key = Key::new(T::KIND, scope, key);
        let stored = self.blocking(move |embedded| embedded.get(&key)).await?;
        stored.map(|stored| decode(&stored)).transpose()
    }

    /// Documents whose key starts with `prefix`, by key, behind `after`, at most `limit`.
    pub async fn list<T: Document>(
        &self,
        scope: &Scope,
        prefix: &str,
        after: Option<&str>,
        limit: usize,
    ) -> Result<Vec<Versioned<T>>, CatalogError> {
        let prefix = Key::new(T::KIND, scope, prefix);
        let after = after.map(|after| Key::new(T::KIND, scope, after));
        let stored = self.blocking(move |embedded| embedded.list(&prefix, after.as_ref(), limit)).await?;
        stored.iter().map(|(_, stored)| decode(stored)).collect()
    }

    /// Every document of the kind with its scope, for workers that serve all scopes.
    pub async fn list_all_scopes<T: Document>(&self) -> Result<Vec<(Scope, Versioned<T>)>, CatalogError> {
        let prefix = Key::all_scopes(T::KIND);
        let stored = self.blocking(move |embedded| embedded.list(&prefix, None, usize::MAX)).await?;
        stored.iter().map(|(key, stored)| Ok((key.scope(T::KIND)?, decode(stored)?))).collect()
    }

    /// Makes all changes or none; they are durable when it returns.
    ///
    /// # Errors
    /// [`CatalogError::Conflict`] when a document is not as expected, [`CatalogError::TooManyChanges`].
    pub async fn commit(&self, scope: &Scope, changes: Vec<Change>) -> Result<(), CatalogError> {
        if changes.len() > CATALOG_CHANGES_MAX {
            return Err(CatalogError::TooManyChanges { count: changes.len(), limit: CATALOG_CHANGES_MAX });
        }
        let scope = scope.clone();
        self.blocking(move |embedded| embedded.commit(&scope, changes.into_iter().map(|change| change.0).collect()))
            .await
    }

    /// The key-value store blocks on the disk: off the async threads.
    async fn blocking<A: Send + 'static>(
        &self,
        ask: impl FnOnce(&Embedded) -> Result<A, CatalogError> + Send + 'static,
    ) -> Result<A, CatalogError> {
        let embedded = Arc::clone(&self.0);
        tokio::task::spawn_blocking(move || ask(&embedded))
            .await
            .map_err(|error| StoreError::Internal(format!("catalogue: {error}")))?
    }
}

fn decode<T: Document>(stored: &Stored) -> Result<Versioned<T>, CatalogError> {
    let document = serde_json::from_slice(&stored.json)
        .map_err(|error| StoreError::Internal(format!("stored {}: {error}", T::KIND)))?;
    Ok(Versioned { document, version: stored.version })
}
