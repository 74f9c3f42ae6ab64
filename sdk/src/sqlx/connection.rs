//! Connections and transactions whose queries are traced.

use std::fmt;
use std::ops::{Deref, DerefMut};
use std::sync::Arc;

use futures_core::future::BoxFuture;
use sqlx::pool::PoolConnection;
use sqlx::{Connection, Database as Driver, Error, Execute, Executor, SqlStr, Transaction};

use super::queryable::Queryable;
use super::statement::{self, Answers};
use crate::sql::Database;

/// A connection out of a [`TracedPool`](super::TracedPool).
pub type TracedConnection<DB> = Handle<PoolConnection<DB>>;
/// A transaction of a [`TracedPool`](super::TracedPool); dropped without commit, it is rolled back.
pub type TracedTransaction<'c, DB> = Handle<Transaction<'c, DB>>;

/// Owns a connection or transaction; `&mut *handle` runs queries, as it does with sqlx's own.
#[derive(Debug)]
pub struct Handle<C>(Traced<C>);

/// Runs queries on what it wraps, traced.
pub struct Traced<C> {
    inner: C,
    database: Arc<Database>,
}

impl<C> Handle<C> {
    pub(super) fn new(inner: C, database: Arc<Database>) -> Self {
        Self(Traced { inner, database })
    }

    /// sqlx's own connection or transaction, whose queries are not traced.
    pub fn inner(&mut self) -> &mut C {
        &mut self.0.inner
    }
}

impl<DB: Driver> Handle<Transaction<'_, DB>> {
    /// Commits.
    ///
    /// # Errors
    /// Those of [`Transaction::commit`].
    pub async fn commit(self) -> Result<(), Error> {
        statement::command(&self.0.database, "COMMIT", self.0.inner.commit()).await
    }

    /// Takes everything back.
    ///
    /// # Errors
    /// Those of [`Transaction::rollback`].
    pub async fn rollback(self) -> Result<(), Error> {
        statement::command(&self.0.database, "ROLLBACK", self.0.inner.rollback()).await
    }
}

impl<DB: Driver> Handle<PoolConnection<DB>> {
    /// Begins a transaction on this connection.
    ///
    /// # Errors
    /// Those of [`Connection::begin`].
    pub async fn begin(&mut self) -> Result<TracedTransaction<'_, DB>, Error> {
        let database = Arc::clone(&self.0.database);
        let transaction = statement::command(&database, "BEGIN", self.0.inner.begin()).await?;
        Ok(Handle::new(transaction, database))
    }
}

impl<C> Deref for Handle<C> {
    type Target = Traced<C>;

    fn deref(&self) -> &Traced<C> {
        &self.0
    }
}

impl<C> DerefMut for Handle<C> {
    fn deref_mut(&mut self) -> &mut Traced<C> {
        &mut self.0
    }
}

impl<C> fmt::Debug for Traced<C> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Traced").field("database", &self.database).finish_non_exhaustive()
    }
}

impl<'c, C, DB> Executor<'c> for &'c mut Traced<C>
where
    C: DerefMut<Target: Connection<Database = DB>> + Send,
    DB: Queryable<Connection = C::Target>,
{
    type Database = DB;

    fn fetch_many<'e, 'q: 'e, E>(self, query: E) -> Answers<'e, DB>
    where
        'c: 'e,
        E: 'q + Execute<'q, DB>,
    {
        statement::fetch_many(query, &self.database, |statement| DB::fetch_many(&mut self.inner, statement))
    }

    fn fetch_optional<'e, 'q: 'e, E>(self, query: E) -> BoxFuture<'e, Result<Option<DB::Row>, Error>>
    where
        'c: 'e,
        E: 'q + Execute<'q, DB>,
    {
        statement::fetch_optional(query, &self.database, |statement| DB::fetch_optional(&mut self.inner, statement))
    }

    fn prepare_with<'e>(
        self,
        sql: SqlStr,
        parameters: &'e [DB::TypeInfo],
    ) -> BoxFuture<'e, Result<DB::Statement, Error>>
    where
        'c: 'e,
    {
        DB::prepare_with(&mut self.inner, sql, parameters)
    }
}
