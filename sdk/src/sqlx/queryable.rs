//! Databases whose connections run queries, in a form the compiler can follow.

use futures_core::future::BoxFuture;
use sqlx::{Database, Error, Executor, SqlStr};

use super::statement::{Answers, Statement};

/// A database whose connections run queries: every driver's, without anyone implementing it.
///
/// It says the same as `for<'c> &'c mut DB::Connection: Executor<'c>`, a bound that no executor for
/// `&mut` of a type of ours can have: the compiler would look for it among that very executor.
pub trait Queryable: Database {
    #[doc(hidden)]
    fn fetch_many(connection: &mut Self::Connection, statement: Statement<Self>) -> Answers<'_, Self>;

    #[doc(hidden)]
    fn fetch_optional(
        connection: &mut Self::Connection,
        statement: Statement<Self>,
    ) -> BoxFuture<'_, Result<Option<Self::Row>, Error>>;

    #[doc(hidden)]
    fn prepare_with<'e>(
        connection: &'e mut Self::Connection,
        sql: SqlStr,
        parameters: &'e [Self::TypeInfo],
    ) -> BoxFuture<'e, Result<Self::Statement, Error>>;
}

impl<DB: Database> Queryable for DB
where
    for<'c> &'c mut DB::Connection: Executor<'c, Database = DB>,
{
    fn fetch_many(connection: &mut DB::Connection, statement: Statement<DB>) -> Answers<'_, DB> {
        Executor::fetch_many(connection, statement)
    }

    fn fetch_optional(
        connection: &mut DB::Connection,
        statement: Statement<DB>,
    ) -> BoxFuture<'_, Result<Option<DB::Row>, Error>> {
        Executor::fetch_optional(connection, statement)
    }

    fn prepare_with<'e>(
        connection: &'e mut DB::Connection,
        sql: SqlStr,
        parameters: &'e [DB::TypeInfo],
    ) -> BoxFuture<'e, Result<DB::Statement, Error>> {
        Executor::prepare_with(connection, sql, parameters)
    }
}
