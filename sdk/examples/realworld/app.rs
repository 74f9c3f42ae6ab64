//! Routes and tables.

use axum::Router;
use axum::extract::MatchedPath; // siskin
use axum::routing::{get, post};
use siskin_sdk::http::tower::TraceLayer; // siskin

use crate::{articles, comments, users};

// Before: `sqlx::SqlitePool`.
pub(crate) type Pool = siskin_sdk::sqlx::TracedPool<sqlx::Sqlite>; // siskin

pub(crate) fn router(pool: Pool) -> Router {
    let layer = TraceLayer::new().untraced(["/health"]); // siskin
    Router::new()
        .route("/health", get(|| async { "ok" }))
        .route("/api/users", post(users::register))
        .route("/api/users/login", post(users::login))
        .route("/api/user", get(users::current))
        .route("/api/articles", get(articles::list).post(articles::create))
        .route("/api/articles/{slug}", get(articles::show).delete(articles::remove))
        .route("/api/articles/{slug}/favorite", post(articles::favorite))
        .route("/api/articles/{slug}/comments", get(comments::list).post(comments::create))
        .route("/api/tags", get(articles::tags))
        .layer(layer.route(|request| request.get::<MatchedPath>().map(MatchedPath::as_str))) // siskin
        .with_state(pool)
}

/// Creates what is not there.
pub(crate) async fn create_tables(pool: &Pool) -> sqlx::Result<()> {
    const TABLES: [&str; 6] = [
        "CREATE TABLE IF NOT EXISTS users (
            id INTEGER PRIMARY KEY, username TEXT NOT NULL UNIQUE, email TEXT NOT NULL UNIQUE, password TEXT NOT NULL)",
        "CREATE TABLE IF NOT EXISTS sessions (token TEXT PRIMARY KEY, user_id INTEGER NOT NULL REFERENCES users)",
        "CREATE TABLE IF NOT EXISTS articles (
            id INTEGER PRIMARY KEY, slug TEXT NOT NULL UNIQUE, title TEXT NOT NULL, body TEXT NOT NULL,
            author_id INTEGER NOT NULL REFERENCES users)",
        "CREATE TABLE IF NOT EXISTS tags (article_id INTEGER NOT NULL REFERENCES articles, name TEXT NOT NULL)",
        "CREATE TABLE IF NOT EXISTS favorites (
            article_id INTEGER NOT NULL REFERENCES articles, user_id INTEGER NOT NULL REFERENCES users,
            PRIMARY KEY (article_id, user_id))",
        "CREATE TABLE IF NOT EXISTS comments (
            id INTEGER PRIMARY KEY, article_id INTEGER NOT NULL REFERENCES articles,
            author_id INTEGER NOT NULL REFERENCES users, body TEXT NOT NULL)",
    ];
    for table in TABLES {
        sqlx::query(table).execute(pool).await?;
    }
    Ok(())
}
