use futures::TryStreamExt;
use sqlx::sqlite::SqlitePoolOptions;
use sqlx::{Executor, Row, Sqlite, Statement};
use tracing::{Instrument, info_span};

use super::TracedPool;
use crate::sampling::Sampler;
use crate::sql::Database;
use crate::testing::{Receiver, tree};
use crate::{Config, SpanExt};

/// Runs `use_it` in a request of a service with an empty database, and draws its trace.
///
/// The receiver is everybody's, since `SQLite`'s thread may be the last to let go of a span.
fn trace<F: Future<Output = sqlx::Result<()>>>(use_it: impl FnOnce(TracedPool<Sqlite>) -> F) -> String {
    let receiver = Receiver::global("shop");
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
    let trace_id = runtime.block_on(async {
        let pool = SqlitePoolOptions::new().max_connections(1).connect("sqlite::memory:").await.unwrap();
        sqlx::query("CREATE TABLE orders (id INTEGER PRIMARY KEY, item TEXT NOT NULL)").execute(&pool).await.unwrap();
        let database = Database::from_url("postgres://app:secret@db.internal/orders");
        let request = info_span!("request");
        let trace_id = request.trace_context().unwrap().root.unwrap();
        use_it(TracedPool::new(pool, database)).instrument(request).await.unwrap();
        trace_id
    });
    tree(&receiver.wait_for(trace_id, 1))
}

#[test]
fn each_way_to_query_is_a_subsegment() {
    let tree = trace(async |pool| {
        sqlx::query("INSERT INTO orders (id, item) VALUES (?, 'tea'), (8, 'milk')").bind(7).execute(&pool).await?;
        let all = sqlx::query("SELECT item FROM orders").fetch_all(&pool).await?;
        assert_eq!(all[0].get::<&str, _>(0), "tea");
        let one: (String,) = sqlx::query_as("SELECT item FROM orders WHERE id = ?").bind(8).fetch_one(&pool).await?;
        assert_eq!(one.0, "milk");
        let none = sqlx::query("SELECT item FROM orders WHERE id = 9").fetch_optional(&pool).await?;
        assert!(none.is_none());
        let mut first = sqlx::query("SELECT id FROM orders").fetch(&pool);
        assert!(first.try_next().await?.is_some());
        drop(first);
        pool.execute("DELETE FROM orders; SELECT 1").await?;
        Ok(())
    });
    insta::assert_snapshot!(tree, @"
shop [segment] {span.name=request}
  orders@db.internal [remote] {db.operation.name=INSERT db.response.returned_rows=0 span.name=INSERT} sql:{sanitized_query:INSERT INTO orders (id, item) VALUES (?, ?), (?, ?),database_type:postgresql,user:app}
  orders@db.internal [remote] {db.operation.name=SELECT db.response.returned_rows=2 span.name=SELECT} sql:{sanitized_query:SELECT item FROM orders,database_type:postgresql,user:app}
  orders@db.internal [remote] {db.operation.name=SELECT db.response.returned_rows=1 span.name=SELECT} sql:{sanitized_query:SELECT item FROM orders WHERE id = ?,database_type:postgresql,user:app}
  orders@db.internal [remote] {db.operation.name=SELECT db.response.returned_rows=0 span.name=SELECT} sql:{sanitized_query:SELECT item FROM orders WHERE id = ?,database_type:postgresql,user:app}
  orders@db.internal [remote] {db.operation.name=SELECT db.response.returned_rows=1 span.name=SELECT} sql:{sanitized_query:SELECT id FROM orders,database_type:postgresql,user:app}
  orders@db.internal [remote] {db.operation.name=DELETE db.response.returned_rows=1 span.name=DELETE} sql:{sanitized_query:DELETE FROM orders; SELECT ?,database_type:postgresql,user:app}
");
}

#[test]
fn connections_and_transactions_are_traced_as_well() {
    let tree = trace(async |pool| {
        let mut transaction = pool.begin().await?;
        sqlx::query("INSERT INTO orders (item) VALUES ('a')").execute(&mut *transaction).await?;
        transaction.rollback().await?;
        let mut connection = pool.acquire().await?;
        let statement = (&mut *connection).prepare(sqlx::SqlStr::from_static("SELECT count(*) FROM orders")).await?;
        let count: i64 = statement.query_scalar().fetch_one(&mut *connection).await?;
        assert_eq!(count, 0);
        let mut transaction = connection.begin().await?;
        sqlx::query("INSERT INTO orders (item) VALUES ('b')").execute(&mut *transaction).await?;
        transaction.commit().await?;
        drop(connection);
        let count: i64 = sqlx::query_scalar("SELECT count(*) FROM orders").fetch_one(pool.clone().inner()).await?;
        assert_eq!(count, 1);
        Ok(())
    });
    insta::assert_snapshot!(tree, @"
shop [segment] {span.name=request}
  orders@db.internal [remote] {db.operation.name=BEGIN span.name=BEGIN} sql:{sanitized_query:BEGIN,database_type:postgresql,user:app}
  orders@db.internal [remote] {db.operation.name=INSERT db.response.returned_rows=0 span.name=INSERT} sql:{sanitized_query:INSERT INTO orders (item) VALUES (?),database_type:postgresql,user:app}
  orders@db.internal [remote] {db.operation.name=ROLLBACK span.name=ROLLBACK} sql:{sanitized_query:ROLLBACK,database_type:postgresql,user:app}
  orders@db.internal [remote] {db.operation.name=SELECT db.response.returned_rows=1 span.name=SELECT} sql:{sanitized_query:SELECT count(*) FROM orders,database_type:postgresql,user:app}
  orders@db.internal [remote] {db.operation.name=BEGIN span.name=BEGIN} sql:{sanitized_query:BEGIN,database_type:postgresql,user:app}
  orders@db.internal [remote] {db.operation.name=INSERT db.response.returned_rows=0 span.name=INSERT} sql:{sanitized_query:INSERT INTO orders (item) VALUES (?),database_type:postgresql,user:app}
  orders@db.internal [remote] {db.operation.name=COMMIT span.name=COMMIT} sql:{sanitized_query:COMMIT,database_type:postgresql,user:app}
");
}

#[test]
fn an_error_has_its_code() {
    let tree = trace(async |pool| {
        let insert = || sqlx::query("INSERT INTO orders (id, item) VALUES (1, 'secret')").execute(&pool);
        insert().await?;
        assert!(insert().await.is_err());
        let mut transaction = pool.begin().await?;
        let missing = sqlx::query("SELECT nothing").fetch_optional(&mut *transaction).await;
        assert!(missing.is_err());
        Ok(())
    });
    assert!(!tree.contains("secret"));
    insta::assert_snapshot!(tree, @r#"
shop [segment] {span.name=request}
  orders@db.internal [remote] {db.operation.name=INSERT db.response.returned_rows=0 span.name=INSERT} sql:{sanitized_query:INSERT INTO orders (id, item) VALUES (?, ?),database_type:postgresql,user:app}
  orders@db.internal [remote] FAULT {db.operation.name=INSERT db.response.returned_rows=0 db.response.status_code=1555 span.name=INSERT} sql:{sanitized_query:INSERT INTO orders (id, item) VALUES (?, ?),database_type:postgresql,user:app} cause: (code: 1555) UNIQUE constraint failed: orders.id
  orders@db.internal [remote] {db.operation.name=BEGIN span.name=BEGIN} sql:{sanitized_query:BEGIN,database_type:postgresql,user:app}
  orders@db.internal [remote] FAULT {db.operation.name=SELECT db.response.status_code=1 span.name=SELECT} sql:{sanitized_query:SELECT nothing,database_type:postgresql,user:app} cause: (code: 1) near "nothing": syntax error
"#);
}

#[test]
fn an_unsampled_request_queries_all_the_same() {
    let receiver = Receiver::with_config(Config::new("shop").sampler(Sampler::never()));
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
    let answer: i64 = receiver.trace(|| {
        runtime.block_on(async {
            let pool: TracedPool<Sqlite> = TracedPool::connect("sqlite::memory:").await.unwrap();
            let query = sqlx::query_scalar("SELECT 7").fetch_one(&pool);
            query.instrument(info_span!("request")).await.unwrap()
        })
    });
    assert_eq!(answer, 7);
    assert_eq!(receiver.tree(), "");
}
