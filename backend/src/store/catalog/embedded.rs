//! The catalogue in one file: [redb](https://www.redb.org), a copy-on-write B-tree with synced commits.
//!
//! Keys are `KIND 0x00 ACCOUNT/REGION 0x00 KEY`, values the version (8 bytes, little endian) and the JSON document.

use std::path::{Path, PathBuf};

use parking_lot::RwLock;
use redb::{Database, ReadableDatabase as _, ReadableTable as _, TableDefinition};

use super::{CatalogError, Expected};
use crate::base::{AccountId, Region, Scope};
use crate::store::StoreError;

const DOCUMENTS: TableDefinition<'_, &[u8], &[u8]> = TableDefinition::new("documents");
/// Counters; the only key is [`LAST_VERSION`].
const COUNTERS: TableDefinition<'_, &str, u64> = TableDefinition::new("counters");
const LAST_VERSION: &str = "version";
const CACHE_BYTES: usize = 8 << 20;
const SEPARATOR: u8 = 0;

/// A stored key.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub(crate) struct Key(Vec<u8>);

impl Key {
    pub(crate) fn new(kind: &str, scope: &Scope, key: &str) -> Self {
        let mut bytes = Self::all_scopes(kind).0;
        bytes.extend_from_slice(scope.to_string().as_bytes());
        bytes.push(SEPARATOR);
        bytes.extend_from_slice(key.as_bytes());
        Self(bytes)
    }

    /// What all keys of a kind begin with.
    pub(crate) fn all_scopes(kind: &str) -> Self {
        let mut bytes = kind.as_bytes().to_vec();
        bytes.push(SEPARATOR);
        Self(bytes)
    }

    /// The scope in a key of this kind.
    pub(crate) fn scope(&self, kind: &str) -> Result<Scope, StoreError> {
        let scope = self.0.get(kind.len() + 1..).and_then(|rest| {
            let text = std::str::from_utf8(rest.split(|byte| *byte == SEPARATOR).next()?).ok()?;
            let (account, region) = text.split_once('/')?;
            Some(Scope { account: AccountId::parse(account)?, region: Region::parse(region)? })
        });
        scope.ok_or_else(|| StoreError::Internal(format!("a stored {kind} has no scope")))
    }
}

/// A stored document.
#[derive(Clone, Debug)]
pub(crate) struct Stored {
    pub(crate) version: u64,
    pub(crate) json: Vec<u8>,
}

impl Stored {
    fn from_bytes(bytes: &[u8]) -> Result<Self, StoreError> {
        let (version, json) = bytes
            .split_first_chunk::<8>()
            .ok_or_else(|| StoreError::Internal("a stored document has no version".to_owned()))?;
        Ok(Self { version: u64::from_le_bytes(*version), json: json.to_vec() })
    }
}

/// A change before its scope is known.
#[derive(Clone, Debug)]
pub(crate) struct RawChange {
    pub(crate) kind: &'static str,
    pub(crate) key: String,
    pub(crate) expected: Expected,
    /// `None` removes.
    pub(crate) json: Option<Vec<u8>>,
}

/// The catalogue's file.
#[derive(Debug)]
pub(crate) struct Embedded {
    path: PathBuf,
    /// `None` between a failed write and a successful reopening.
    database: RwLock<Option<Database>>,
}

impl Embedded {
    /// Opens or creates the file; repairs it when the last process was killed.
    pub(crate) fn open(path: &Path) -> Result<Self, redb::Error> {
        let database = open_database(path)?;
        Ok(Self { path: path.to_owned(), database: RwLock::new(Some(database)) })
    }

    pub(crate) fn get(&self, key: &Key) -> Result<Option<Stored>, CatalogError> {
        self.with(|database| {
            let documents = database.begin_read()?.open_table(DOCUMENTS)?;
            let found = documents.get(key.0.as_slice())?;
            Ok(found.map(|bytes| Stored::from_bytes(bytes.value())))
        })?
        .transpose()
        .map_err(CatalogError::from)
    }

    pub(crate) fn list(
        &self,
        prefix: &Key,
        after: Option<&Key>,
        limit: usize,
    ) -> Result<Vec<(Key, Stored)>, CatalogError> {
        let rows = self.with(|database| {
            let documents = database.begin_read()?.open_table(DOCUMENTS)?;
            let from = after.map_or(prefix, |after| if after.0 > prefix.0 { after } else { prefix });
            let mut rows = Vec::new();
            for row in documents.range(from.0.as_slice()..)? {
                let (key, value) = row?;
                if !key.value().starts_with(&prefix.0) || rows.len() >= limit {
                    break;
                }
                if after.is_none_or(|after| key.value() > after.0.as_slice()) {
                    rows.push((Key(key.value().to_vec()), Stored::from_bytes(value.value())));
                }
            }
            Ok(rows)
        })?;
        Ok(rows.into_iter().map(|(key, stored)| Ok((key, stored?))).collect::<Result<_, StoreError>>()?)
    }

    pub(crate) fn commit(&self, scope: &Scope, changes: Vec<RawChange>) -> Result<(), CatalogError> {
        let conflict = self.with(|database| {
            let transaction = database.begin_write()?;
            let conflict = {
                let mut documents = transaction.open_table(DOCUMENTS)?;
                let mut counters = transaction.open_table(COUNTERS)?;
                let version = counters.get(LAST_VERSION)?.map_or(0, |version| version.value()) + 1;
                counters.insert(LAST_VERSION, version)?;
                apply(&mut documents, scope, changes, version)?
            };
            if conflict.is_some() {
                transaction.abort()?;
            } else {
                transaction.commit()?;
            }
            Ok(conflict)
        })?;
        match conflict {
            Some(conflict) => Err(conflict),
            None => Ok(()),
        }
    }

    /// Runs `ask`, on a reopened file after a failed write: redb refuses everything after one.
    fn with<A>(&self, ask: impl FnOnce(&Database) -> Result<A, redb::Error>) -> Result<A, CatalogError> {
        let outcome = self.reopen().and_then(|()| match self.database.read().as_ref() {
            Some(database) => ask(database),
            // Another thread met a failed write in between.
            None => Err(redb::Error::PreviousIo),
        });
        outcome.map_err(|error| match error {
            redb::Error::Io(_) | redb::Error::PreviousIo | redb::Error::DatabaseAlreadyOpen => {
                drop(self.database.write().take());
                CatalogError::Store(StoreError::Unavailable(format!("catalogue: {error}")))
            }
            error => CatalogError::Store(StoreError::Internal(format!("catalogue: {error}"))),
        })
    }

    fn reopen(&self) -> Result<(), redb::Error> {
        if self.database.read().is_some() {
            return Ok(());
        }
        let mut database = self.database.write();
        if database.is_none() {
            *database = Some(open_database(&self.path)?);
        }
        Ok(())
    }
}

fn open_database(path: &Path) -> Result<Database, redb::Error> {
    let database = Database::builder().set_cache_size(CACHE_BYTES).create(path)?;
    // Reading needs the tables to exist.
    let transaction = database.begin_write()?;
    transaction.open_table(DOCUMENTS)?;
    transaction.open_table(COUNTERS)?;
    transaction.commit()?;
    Ok(database)
}

/// Makes the changes in an open transaction; the first that is not as expected stops it.
fn apply(
    documents: &mut redb::Table<'_, &[u8], &[u8]>,
    scope: &Scope,
    changes: Vec<RawChange>,
    version: u64,
) -> Result<Option<CatalogError>, redb::Error> {
    for RawChange { kind, key, expected, json } in changes {
        let stored_key = Key::new(kind, scope, &key);
        let current = documents
            .get(stored_key.0.as_slice())?
            .and_then(|bytes| bytes.value().first_chunk::<8>().map(|version| u64::from_le_bytes(*version)));
        let as_expected = match expected {
            Expected::Any => true,
            Expected::Absent => current.is_none(),
            Expected::Version(version) => current == Some(version),
        };
        if !as_expected {
            return Ok(Some(CatalogError::Conflict { kind, key }));
        }
        match json {
            Some(json) => {
                let value = [&version.to_le_bytes()[..], &json].concat();
                documents.insert(stored_key.0.as_slice(), value.as_slice())?;
            }
            None => drop(documents.remove(stored_key.0.as_slice())?),
        }
    }
    Ok(None)
}
