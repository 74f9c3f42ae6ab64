//! Queries of a database, as subsegments with an `sql` block.
//!
//! With the feature `sqlx` this needs no code for each query. For any other driver there is
//! [`trace_query`]:
//!
//! ```
//! use siskin_sdk::sql::{Database, trace_query};
//! # use siskin_sdk::testing::Receiver;
//! # async fn execute(_: &str) -> Result<u64, std::fmt::Error> { Ok(1) }
//! # let receiver = Receiver::start("shop");
//! # let runtime = tokio::runtime::Builder::new_current_thread().build().unwrap();
//! # receiver.trace(|| runtime.block_on(async {
//! # let _request = tracing::info_span!("request").entered();
//!
//! let database = Database::from_url("postgres://shop:secret@db.internal:5432/orders");
//! let sql = "UPDATE orders SET state = 'paid' WHERE id = $1";
//! trace_query(&database, sql, execute(sql)).await?;
//! # Ok::<_, std::fmt::Error>(())
//! # })).unwrap();
//! # assert_eq!(receiver.tree(), "\
//! # shop [segment] {span.name=request}\n  \
//! # orders@db.internal [remote] {db.operation.name=UPDATE span.name=UPDATE} \
//! # sql:{sanitized_query:UPDATE orders SET state = ? WHERE id = $1,database_type:postgresql,user:shop}\n");
//! ```
//! The subsegment is named `orders@db.internal`; its query has `?` where literals were
//! ([`sanitize`]), and a failure is its exception.

mod database;
mod query;
mod sanitize;

pub use database::Database;
pub use query::trace_query;
pub use sanitize::{Dialect, QUERY_BYTES_MAX, sanitize};
