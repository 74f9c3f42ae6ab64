//! Users and their sessions.

use axum::Json;
use axum::extract::{FromRequestParts, State};
use axum::http::header::AUTHORIZATION;
use axum::http::request::Parts;
use serde::Deserialize;
use serde_json::{Value, json};
use tracing::{info, instrument};

use crate::app::Pool;
use crate::error::{Answer, AppError};

#[derive(Debug, Deserialize)]
pub(crate) struct Envelope {
    user: Credentials,
}

#[derive(Debug, Deserialize)]
struct Credentials {
    #[serde(default)]
    username: String,
    email: String,
    password: String,
}

/// The user whose token came with the request.
#[derive(Debug)]
pub(crate) struct CurrentUser {
    pub(crate) id: i64,
    pub(crate) username: String,
}

impl FromRequestParts<Pool> for CurrentUser {
    type Rejection = AppError;

    async fn from_request_parts(parts: &mut Parts, pool: &Pool) -> Result<Self, AppError> {
        let header = parts.headers.get(AUTHORIZATION).and_then(|value| value.to_str().ok());
        let token = header.and_then(|value| value.strip_prefix("Token ")).ok_or(AppError::Unauthorized)?;
        let sql = "SELECT u.id, u.username FROM users u JOIN sessions s ON s.user_id = u.id WHERE s.token = ?";
        let found: Option<(i64, String)> = sqlx::query_as(sql).bind(token).fetch_optional(pool).await?;
        let (id, username) = found.ok_or(AppError::Unauthorized)?;
        Ok(Self { id, username })
    }
}

#[instrument(skip_all)]
pub(crate) async fn register(State(pool): State<Pool>, Json(Envelope { user }): Json<Envelope>) -> Answer<Value> {
    if !user.email.contains('@') {
        return Err(AppError::Invalid("email", "is invalid"));
    }
    let password = hash(&user.password).await;
    let sql = "INSERT INTO users (username, email, password) VALUES (?, ?, ?) RETURNING id";
    let insert = sqlx::query_scalar(sql).bind(&user.username).bind(&user.email).bind(password);
    let id: i64 = insert.fetch_one(&pool).await.map_err(AppError::taken("email"))?;
    info!(id, "user registered");
    begin_session(&pool, id, &user.username).await
}

#[instrument(skip_all)]
pub(crate) async fn login(State(pool): State<Pool>, Json(Envelope { user }): Json<Envelope>) -> Answer<Value> {
    let sql = "SELECT id, username FROM users WHERE email = ? AND password = ?";
    let query = sqlx::query_as(sql).bind(&user.email).bind(hash(&user.password).await);
    let found: Option<(i64, String)> = query.fetch_optional(&pool).await?;
    let (id, username) = found.ok_or(AppError::Unauthorized)?;
    begin_session(&pool, id, &username).await
}

pub(crate) async fn current(user: CurrentUser) -> Json<Value> {
    Json(json!({ "user": { "username": user.username } }))
}

async fn begin_session(pool: &Pool, id: i64, username: &str) -> Answer<Value> {
    let sql = "INSERT INTO sessions (token, user_id) VALUES (lower(hex(randomblob(16))), ?) RETURNING token";
    let token: String = sqlx::query_scalar(sql).bind(id).fetch_one(pool).await?;
    Ok(Json(json!({ "user": { "username": username, "token": token } })))
}

/// Stands for a slow hash, which needs a thread where it blocks nobody.
#[instrument(skip_all)]
async fn hash(password: &str) -> String {
    use std::hash::{DefaultHasher, Hash, Hasher};
    let (password, span) = (password.to_owned(), tracing::Span::current());
    let hashed = tokio::task::spawn_blocking(move || {
        span.in_scope(|| {
            let mut hasher = DefaultHasher::new();
            password.hash(&mut hasher);
            format!("{:016x}", hasher.finish())
        })
    });
    hashed.await.expect("hashing does not panic")
}
