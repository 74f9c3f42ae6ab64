//! Articles, their tags, and who likes them.

use axum::Json;
use axum::extract::{Path, Query, State};
use axum::http::StatusCode;
use serde::Deserialize;
use serde_json::{Value, json};
use tracing::{info, instrument};

use crate::app::Pool;
use crate::error::{Answer, AppError};
use crate::users::CurrentUser;

#[derive(Debug, Deserialize)]
pub(crate) struct Envelope {
    article: NewArticle,
}

#[derive(Debug, Deserialize)]
struct NewArticle {
    title: String,
    body: String,
    #[serde(default, rename = "tagList")]
    tags: Vec<String>,
}

#[derive(Debug, Deserialize)]
pub(crate) struct Filter {
    tag: Option<String>,
    #[serde(default = "Filter::limit")]
    limit: u32,
}

impl Filter {
    fn limit() -> u32 {
        20
    }
}

#[instrument(skip_all, fields(tags = new.tags.len()))]
pub(crate) async fn create(
    State(pool): State<Pool>,
    user: CurrentUser,
    Json(Envelope { article: new }): Json<Envelope>,
) -> Answer<Value> {
    let slug = new.title.to_lowercase().replace(' ', "-");
    // One transaction: an article never lacks its tags.
    let mut transaction = pool.begin().await?;
    let sql = "INSERT INTO articles (slug, title, body, author_id) VALUES (?, ?, ?, ?) RETURNING id";
    let insert = sqlx::query_scalar(sql).bind(&slug).bind(&new.title).bind(&new.body).bind(user.id);
    let id: i64 = insert.fetch_one(&mut *transaction).await.map_err(AppError::taken("title"))?;
    for tag in &new.tags {
        let insert = sqlx::query("INSERT INTO tags (article_id, name) VALUES (?, ?)").bind(id).bind(tag);
        insert.execute(&mut *transaction).await?;
    }
    transaction.commit().await?;
    info!(slug, "article published");
    find(&pool, &slug).await.map(Json)
}

#[instrument(skip(pool))]
pub(crate) async fn show(State(pool): State<Pool>, Path(slug): Path<String>) -> Answer<Value> {
    find(&pool, &slug).await.map(Json)
}

#[instrument(skip(pool))]
pub(crate) async fn list(State(pool): State<Pool>, Query(filter): Query<Filter>) -> Answer<Value> {
    let sql = "SELECT slug FROM articles WHERE ?1 IS NULL OR id IN (SELECT article_id FROM tags WHERE name = ?1)
               ORDER BY id DESC LIMIT ?2";
    let slugs: Vec<(String,)> = sqlx::query_as(sql).bind(&filter.tag).bind(filter.limit).fetch_all(&pool).await?;
    // One query for each article, as services do until somebody looks at a trace.
    let mut articles = Vec::with_capacity(slugs.len());
    for (slug,) in slugs {
        articles.push(find(&pool, &slug).await?);
    }
    Ok(Json(json!({ "articlesCount": articles.len(), "articles": articles })))
}

#[instrument(skip(pool, user))]
pub(crate) async fn remove(
    State(pool): State<Pool>,
    user: CurrentUser,
    Path(slug): Path<String>,
) -> Result<StatusCode, AppError> {
    let found: Option<(i64, i64)> =
        sqlx::query_as("SELECT id, author_id FROM articles WHERE slug = ?").bind(&slug).fetch_optional(&pool).await?;
    match found {
        None => Err(AppError::NotFound),
        Some((_, author)) if author != user.id => Err(AppError::Forbidden),
        Some((id, _)) => {
            sqlx::query("DELETE FROM tags WHERE article_id = ?").bind(id).execute(&pool).await?;
            sqlx::query("DELETE FROM articles WHERE id = ?").bind(id).execute(&pool).await?;
            Ok(StatusCode::NO_CONTENT)
        }
    }
}

#[instrument(skip(pool, user))]
pub(crate) async fn favorite(State(pool): State<Pool>, user: CurrentUser, Path(slug): Path<String>) -> Answer<Value> {
    let sql = "INSERT OR IGNORE INTO favorites (article_id, user_id) SELECT id, ? FROM articles WHERE slug = ?";
    sqlx::query(sql).bind(user.id).bind(&slug).execute(&pool).await?;
    find(&pool, &slug).await.map(Json)
}

pub(crate) async fn tags(State(pool): State<Pool>) -> Answer<Value> {
    let tags: Vec<(String,)> = sqlx::query_as("SELECT DISTINCT name FROM tags ORDER BY name").fetch_all(&pool).await?;
    let tags: Vec<String> = tags.into_iter().map(|(name,)| name).collect();
    Ok(Json(json!({ "tags": tags })))
}

#[instrument(skip(pool))]
async fn find(pool: &Pool, slug: &str) -> Result<Value, AppError> {
    let sql = "SELECT a.title, a.body, u.username,
                      (SELECT count(*) FROM favorites f WHERE f.article_id = a.id),
                      (SELECT group_concat(name) FROM tags t WHERE t.article_id = a.id)
               FROM articles a JOIN users u ON u.id = a.author_id WHERE a.slug = ?";
    let found: Option<(String, String, String, i64, Option<String>)> =
        sqlx::query_as(sql).bind(slug).fetch_optional(pool).await?;
    let (title, body, author, favorites, tags) = found.ok_or(AppError::NotFound)?;
    let tags: Vec<&str> = tags.as_deref().unwrap_or_default().split(',').filter(|tag| !tag.is_empty()).collect();
    let author = json!({ "username": author });
    Ok(json!({
        "slug": slug, "title": title, "body": body, "author": author, "favoritesCount": favorites, "tagList": tags
    }))
}
