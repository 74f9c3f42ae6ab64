//! One statement under its span.

use std::error::Error as _;
use std::fmt;
use std::pin::Pin;
use std::task::{Context, Poll, ready};

use futures_core::Stream;
use futures_core::future::BoxFuture;
use futures_core::stream::BoxStream;
use sqlx::error::BoxDynError;
use sqlx::{Database as Driver, Either, Error, Execute, SqlStr};
use tracing::{Instrument, Span};

use crate::sql::Database;

/// A query whose text was read: sqlx gives it only to whoever takes the query apart.
pub struct Statement<DB: Driver> {
    sql: SqlStr,
    prepared: Option<DB::Statement>,
    arguments: Option<Result<Option<DB::Arguments>, BoxDynError>>,
    persistent: bool,
}

impl<DB: Driver> Statement<DB> {
    pub(super) fn of<'q>(mut query: impl Execute<'q, DB>) -> Self {
        let arguments = Some(query.take_arguments());
        let (prepared, persistent) = (query.statement().cloned(), query.persistent());
        Self { sql: query.sql(), prepared, arguments, persistent }
    }

    pub(super) fn span(&self, database: &Database) -> Span {
        database.span(self.sql.as_str())
    }
}

impl<DB: Driver> fmt::Debug for Statement<DB> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Statement").field("sql", &self.sql.as_str()).finish_non_exhaustive()
    }
}

impl<DB: Driver> Execute<'_, DB> for Statement<DB> {
    fn sql(self) -> SqlStr {
        self.sql
    }

    fn statement(&self) -> Option<&DB::Statement> {
        self.prepared.as_ref()
    }

    fn take_arguments(&mut self) -> Result<Option<DB::Arguments>, BoxDynError> {
        self.arguments.take().unwrap_or(Ok(None))
    }

    fn persistent(&self) -> bool {
        self.persistent
    }
}

/// What [`Executor::fetch_many`] answers with.
pub(super) type Answers<'e, DB> =
    BoxStream<'e, Result<Either<<DB as Driver>::QueryResult, <DB as Driver>::Row>, Error>>;

/// Runs a query whose answers come one by one.
pub(super) fn fetch_many<'e, 'q, DB: Driver>(
    query: impl Execute<'q, DB>,
    database: &Database,
    fetch: impl FnOnce(Statement<DB>) -> Answers<'e, DB>,
) -> Answers<'e, DB> {
    let statement = Statement::of(query);
    let span = statement.span(database);
    let inner = span.in_scope(|| fetch(statement));
    Box::pin(Rows::<DB> { inner, span, count: 0 })
}

/// Runs a query that wants one row at most.
pub(super) fn fetch_optional<'e, 'q, DB: Driver>(
    query: impl Execute<'q, DB>,
    database: &Database,
    fetch: impl FnOnce(Statement<DB>) -> BoxFuture<'e, Result<Option<DB::Row>, Error>>,
) -> BoxFuture<'e, Result<Option<DB::Row>, Error>> {
    let statement = Statement::of(query);
    let span = statement.span(database);
    let inner = span.in_scope(|| fetch(statement));
    Box::pin(async move {
        let result = inner.instrument(span.clone()).await;
        match &result {
            Ok(row) => {
                span.record("db.response.returned_rows", u64::from(row.is_some()));
            }
            Err(error) => record_error(&span, error),
        }
        result
    })
}

/// Runs a command that is no query, such as COMMIT.
pub(super) async fn command<T>(
    database: &Database,
    name: &'static str,
    command: impl Future<Output = Result<T, Error>>,
) -> Result<T, Error> {
    let span = database.span(name);
    let result = command.instrument(span.clone()).await;
    if let Err(error) = &result {
        record_error(&span, error);
    }
    result
}

fn record_error(span: &Span, error: &Error) {
    if let Some(code) = error.as_database_error().and_then(sqlx::error::DatabaseError::code) {
        span.record("db.response.status_code", &*code);
    }
    // The outer error only says that it came from the database.
    match error.source() {
        Some(source) if error.as_database_error().is_some() => span.record("error", source),
        Some(_) | None => span.record("error", error as &(dyn std::error::Error + 'static)),
    };
}

/// Answers under the query's span, counted.
struct Rows<'e, DB: Driver> {
    inner: Answers<'e, DB>,
    span: Span,
    count: u64,
}

impl<DB: Driver> Stream for Rows<'_, DB> {
    type Item = Result<Either<DB::QueryResult, DB::Row>, Error>;

    fn poll_next(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<Option<Self::Item>> {
        let this = &mut *self;
        let item = ready!(this.span.in_scope(|| this.inner.as_mut().poll_next(context)));
        match &item {
            Some(Ok(Either::Right(_))) => this.count += 1,
            Some(Ok(Either::Left(_))) => {}
            Some(Err(error)) => record_error(&this.span, error),
            None => this.end(),
        }
        Poll::Ready(item)
    }
}

impl<DB: Driver> Rows<'_, DB> {
    /// Ends the span, also where the stream itself lives on.
    fn end(&mut self) {
        let span = std::mem::replace(&mut self.span, Span::none());
        span.record("db.response.returned_rows", self.count);
    }
}

impl<DB: Driver> Drop for Rows<'_, DB> {
    fn drop(&mut self) {
        // Given up before its end, as whoever wants only the first rows does.
        self.end();
    }
}
