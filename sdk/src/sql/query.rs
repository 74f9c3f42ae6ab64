//! A query's span.

use std::error::Error;

use tracing::{Instrument, Span, field, info_span};

use super::{Database, sanitize};
use crate::current_context;
use crate::propagation::Sampling;

/// Runs a query in a subsegment of its own; an error is its exception.
///
/// # Errors
/// What `query` answers.
pub async fn trace_query<T, E>(
    database: &Database,
    sql: &str,
    query: impl Future<Output = Result<T, E>>,
) -> Result<T, E>
where
    E: Error + 'static,
{
    let span = database.span(sql);
    let result = query.instrument(span.clone()).await;
    if let Err(error) = &result {
        span.record("error", error as &(dyn Error + 'static));
    }
    result
}

impl Database {
    /// Opens the span of a query, for queries whose end is not that of a future. It takes the fields
    /// `error`, `db.response.status_code` (an SQLSTATE) and `db.response.returned_rows` later.
    pub fn span(&self, sql: &str) -> Span {
        let parts = self.parts();
        let operation = operation(sql);
        info_span!(
            "query",
            otel.kind = "client",
            otel.name = operation,
            db.system.name = parts.system,
            db.namespace = parts.name,
            db.user = parts.user,
            db.operation.name = operation,
            db.query.text = is_recorded().then(|| sanitize(sql, self.dialect())),
            server.address = parts.host,
            server.port = parts.port,
            db.response.returned_rows = field::Empty,
            db.response.status_code = field::Empty,
            error = field::Empty,
        )
    }
}

/// Whether the trace around is recorded; in others nobody reads the query's text.
fn is_recorded() -> bool {
    current_context().is_none_or(|context| context.sampling != Sampling::NotSampled)
}

/// The first word of a query, after comments: `SELECT`, `INSERT` and so on, in the case it has.
fn operation(sql: &str) -> &str {
    const WORD_BYTES_MAX: usize = 32;
    let mut rest = sql.trim_start();
    loop {
        let comment_end = if rest.starts_with("--") {
            "\n"
        } else if rest.starts_with("/*") {
            "*/"
        } else {
            break;
        };
        let Some((_, after)) = rest.split_once(comment_end) else { return "query" };
        rest = after.trim_start();
    }
    let end = rest.find(|sign: char| !sign.is_ascii_alphabetic()).unwrap_or(rest.len());
    rest.get(..end).filter(|word| !word.is_empty() && word.len() <= WORD_BYTES_MAX).unwrap_or("query")
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::testing::Receiver;

    #[test]
    fn the_operation_is_the_first_word() {
        for (sql, expected) in [
            ("select 1", "select"),
            (" /* a */ -- b\n INSERT INTO t", "INSERT"),
            ("(SELECT 1)", "query"),
            ("-- only", "query"),
            ("", "query"),
            ("BEGIN;", "BEGIN"),
        ] {
            assert_eq!(operation(sql), expected, "{sql}");
        }
    }

    #[test]
    fn a_failed_query_is_a_fault_of_the_database() {
        let receiver = Receiver::start("shop");
        let database = Database::from_url("mysql://app@db/orders");
        receiver.trace(|| {
            let _request = info_span!("request").entered();
            let query = async { Err::<(), _>(std::io::Error::other("gone")) };
            let runtime = tokio::runtime::Builder::new_current_thread().build().unwrap();
            let sql = "DELETE FROM t WHERE a = \"x\"";
            runtime.block_on(trace_query(&database, sql, query)).unwrap_err();
        });
        insta::assert_snapshot!(receiver.tree(), @"
shop [segment] {span.name=request}
  orders@db [remote] FAULT {db.operation.name=DELETE span.name=DELETE} sql:{sanitized_query:DELETE FROM t WHERE a = ?,database_type:mysql,user:app} cause: gone
");
    }
}
