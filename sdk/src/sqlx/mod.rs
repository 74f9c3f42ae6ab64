//! Statements of [`sqlx`], as subsegments with an `sql` block.
//!
//! Make the pool a [`TracedPool`], and every query through it, its connections and its transactions is
//! a subsegment named `database@host`: the statement without literals, the rows it returned, and its
//! error with the SQLSTATE. Nothing changes where queries are made.
//!
//! ```
//! use siskin_sdk::sqlx::TracedPool;
//! # use siskin_sdk::testing::{Receiver, tree};
//! # let receiver = Receiver::global("shop");
//! # let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
//! # let request = tracing::info_span!("request");
//! # let trace_id = siskin_sdk::SpanExt::trace_context(&request).unwrap().root.unwrap();
//! # runtime.block_on(tracing::Instrument::instrument(async {
//!
//! let pool: TracedPool<sqlx::Sqlite> = TracedPool::connect("sqlite::memory:").await?;
//! let mut transaction = pool.begin().await?;
//! sqlx::query("CREATE TABLE orders (id INTEGER)").execute(&mut *transaction).await?;
//! transaction.commit().await?;
//! let count: i64 = sqlx::query_scalar("SELECT count(*) FROM orders WHERE id > 7").fetch_one(&pool).await?;
//! # assert_eq!(count, 0);
//! # Ok::<_, sqlx::Error>(())
//! # }, request)).unwrap();
//! # assert!(tree(&receiver.wait_for(trace_id, 1)).contains("sanitized_query:SELECT count(*) FROM orders WHERE id > ?"));
//! ```
//!
//! What takes the pool itself, such as migrations, gets it from [`TracedPool::inner`]; so do functions
//! that are written for one driver's connection. Bound values are never looked at. For versions of sqlx
//! other than 0.9 there is [`trace_query`](crate::sql::trace_query).

mod connection;
mod pool;
mod queryable;
mod statement;
#[cfg(test)]
mod tests;

pub use connection::{Handle, Traced, TracedConnection, TracedTransaction};
pub use pool::TracedPool;
pub use queryable::Queryable;
