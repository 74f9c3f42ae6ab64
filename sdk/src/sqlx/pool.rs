//! A pool whose queries are traced.

use std::fmt;
use std::sync::Arc;

use futures_core::future::BoxFuture;
use sqlx::{Database as Driver, Error, Execute, Executor, Pool, SqlStr};

use super::connection::{Handle, TracedConnection, TracedTransaction};
use super::statement::{self, Answers};
use crate::sql::Database;

/// A [`Pool`] whose queries are subsegments. Clones share the pool.
pub struct TracedPool<DB: Driver> {
    pool: Pool<DB>,
    database: Arc<Database>,
}

impl<DB: Driver> TracedPool<DB> {
    /// Traces the queries through `pool`; `database` says what they query, and may be the connection's
    /// URL.
    pub fn new(pool: Pool<DB>, database: impl Into<Database>) -> Self {
        Self { pool, database: Arc::new(database.into()) }
    }

    /// Connects as [`Pool::connect`] does, and traces the queries.
    ///
    /// # Errors
    /// Those of [`Pool::connect`].
    pub async fn connect(url: &str) -> Result<Self, Error> {
        Ok(Self::new(Pool::connect(url).await?, url))
    }

    /// The pool itself, whose queries are not traced.
    pub fn inner(&self) -> &Pool<DB> {
        &self.pool
    }

    /// Takes a connection out of the pool.
    ///
    /// # Errors
    /// Those of [`Pool::acquire`].
    pub async fn acquire(&self) -> Result<TracedConnection<DB>, Error> {
        Ok(Handle::new(self.pool.acquire().await?, Arc::clone(&self.database)))
    }

    /// Begins a transaction; BEGIN and COMMIT or ROLLBACK are subsegments, too.
    ///
    /// # Errors
    /// Those of [`Pool::begin`].
    pub async fn begin(&self) -> Result<TracedTransaction<'static, DB>, Error> {
        let transaction = statement::command(&self.database, "BEGIN", self.pool.begin()).await?;
        Ok(Handle::new(transaction, Arc::clone(&self.database)))
    }
}

impl<DB: Driver> Clone for TracedPool<DB> {
    fn clone(&self) -> Self {
        Self { pool: self.pool.clone(), database: Arc::clone(&self.database) }
    }
}

impl<DB: Driver> fmt::Debug for TracedPool<DB> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("TracedPool").field("database", &self.database).finish_non_exhaustive()
    }
}

impl<'p, DB: Driver> Executor<'p> for &TracedPool<DB>
where
    for<'c> &'c mut DB::Connection: Executor<'c, Database = DB>,
{
    type Database = DB;

    fn fetch_many<'e, 'q: 'e, E>(self, query: E) -> Answers<'e, DB>
    where
        'p: 'e,
        E: 'q + Execute<'q, DB>,
    {
        statement::fetch_many(query, &self.database, |statement| self.pool.fetch_many(statement))
    }

    fn fetch_optional<'e, 'q: 'e, E>(self, query: E) -> BoxFuture<'e, Result<Option<DB::Row>, Error>>
    where
        'p: 'e,
        E: 'q + Execute<'q, DB>,
    {
        statement::fetch_optional(query, &self.database, |statement| self.pool.fetch_optional(statement))
    }

    fn prepare_with<'e>(
        self,
        sql: SqlStr,
        parameters: &'e [DB::TypeInfo],
    ) -> BoxFuture<'e, Result<DB::Statement, Error>>
    where
        'p: 'e,
    {
        self.pool.prepare_with(sql, parameters)
    }
}
