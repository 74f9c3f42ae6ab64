use reqwest::Method;
use serde_json::json;
use siskin_sdk::segment::Segment;
use siskin_sdk::testing::{Expect, Find, tree};

use crate::service::Service;

/// Registers a user and returns its token.
async fn register(service: &Service, name: &str) -> String {
    let user = json!({ "user": { "username": name, "email": format!("{name}@example.org"), "password": "hunter2" } });
    let answer = service.ask(service.request(Method::POST, "/api/users").json(&user)).await;
    assert_eq!(answer.status, 200, "{}", answer.text);
    let documents = service.documents(answer.trace_id, 1);
    assert!(!documents[0].to_json().contains("hunter2"));
    assert_eq!(documents.spans("hash").len(), 1, "{}", tree(&documents));
    answer.json()["user"]["token"].as_str().unwrap().to_owned()
}

#[tokio::test]
async fn a_service_as_there_are_many_is_traced_from_route_to_statement() {
    let service = Service::start("realworld");
    let token = format!("Token {}", register(&service, "anna").await);
    let article = json!({ "article": { "title": "On tea", "body": "Hot.", "tagList": ["tea", "milk"] } });
    let create = service.request(Method::POST, "/api/articles").header("authorization", &token).json(&article);
    let answer = service.ask(create).await;
    assert_eq!(answer.json()["tagList"], json!(["tea", "milk"]));
    let documents = service.documents(answer.trace_id, 1);
    insta::assert_snapshot!(service.without_port(&tree(&documents)), @"
realworld [segment] {http.request.body.size=69 http.route=/api/articles span.name=POST /api/articles} http:{request:{method:POST,url:http://127.0.0.1:PORT/api/articles},response:{status:200,content_length:121}}
  :memory: [remote] {db.operation.name=SELECT db.response.returned_rows=1 span.name=SELECT} sql:{sanitized_query:SELECT u.id, u.username FROM users u JOIN sessions s ON s.user_id = u.id WHERE s.token = ?,database_type:sqlite}
  create {tags=2}
    :memory: [remote] {db.operation.name=BEGIN span.name=BEGIN} sql:{sanitized_query:BEGIN,database_type:sqlite}
    :memory: [remote] {db.operation.name=INSERT db.response.returned_rows=1 span.name=INSERT} sql:{sanitized_query:INSERT INTO articles (slug, title, body, author_id) VALUES (?, ?, ?, ?) RETURNING id,database_type:sqlite}
    :memory: [remote] {db.operation.name=INSERT db.response.returned_rows=0 span.name=INSERT} sql:{sanitized_query:INSERT INTO tags (article_id, name) VALUES (?, ?),database_type:sqlite}
    :memory: [remote] {db.operation.name=INSERT db.response.returned_rows=0 span.name=INSERT} sql:{sanitized_query:INSERT INTO tags (article_id, name) VALUES (?, ?),database_type:sqlite}
    :memory: [remote] {db.operation.name=COMMIT span.name=COMMIT} sql:{sanitized_query:COMMIT,database_type:sqlite}
    find {slug=on-tea}
      :memory: [remote] {db.operation.name=SELECT db.response.returned_rows=1 span.name=SELECT} sql:{sanitized_query:SELECT a.title, a.body, u.username, (SELECT count(*) FROM favorites f WHERE f.article_id = a.id), (SELECT group_concat(name) FROM tags t WHERE t.article_id = a.id) FROM articles a JOIN users u ON u.id = a.author_id WHERE a.slug = ?,database_type:sqlite}
");

    let answer = service.ask(service.request(Method::GET, "/api/articles?tag=tea&limit=5")).await;
    assert_eq!(answer.json()["articlesCount"], 1);
    let documents = service.documents(answer.trace_id, 1);
    insta::assert_snapshot!(service.without_port(&tree(&documents)), @r#"
realworld [segment] {http.route=/api/articles span.name=GET /api/articles} http:{request:{method:GET,url:http://127.0.0.1:PORT/api/articles?tag=tea&limit=5},response:{status:200,content_length:154}}
  list {filter=Filter { tag: Some("tea"), limit: 5 }}
    :memory: [remote] {db.operation.name=SELECT db.response.returned_rows=1 span.name=SELECT} sql:{sanitized_query:SELECT slug FROM articles WHERE ?1 IS NULL OR id IN (SELECT article_id FROM tags WHERE name = ?1) ORDER BY id DESC LIMIT ?2,database_type:sqlite}
    find {slug=on-tea}
      :memory: [remote] {db.operation.name=SELECT db.response.returned_rows=1 span.name=SELECT} sql:{sanitized_query:SELECT a.title, a.body, u.username, (SELECT count(*) FROM favorites f WHERE f.article_id = a.id), (SELECT group_concat(name) FROM tags t WHERE t.article_id = a.id) FROM articles a JOIN users u ON u.id = a.author_id WHERE a.slug = ?,database_type:sqlite}
"#);
}

#[tokio::test]
async fn failures_are_told_apart() {
    let service = Service::start("realworld");
    let token = format!("Token {}", register(&service, "anna").await);
    let other = format!("Token {}", register(&service, "bob").await);
    let article = json!({ "article": { "title": "On tea", "body": "Hot." } });
    let create = || service.request(Method::POST, "/api/articles").header("authorization", &token).json(&article);
    assert_eq!(service.ask(create()).await.status, 200);
    let show = |documents: &[Segment]| documents.iter().map(|it| (it.error, it.fault)).collect::<Vec<_>>();
    for (request, status) in [
        (service.request(Method::GET, "/api/articles/nothing"), 404),
        (service.request(Method::GET, "/api/user"), 401),
        (service.request(Method::DELETE, "/api/articles/on-tea").header("authorization", &other), 403),
        (create(), 422),
    ] {
        let answer = service.ask(request).await;
        assert_eq!(answer.status, status);
        assert_eq!(show(&service.documents(answer.trace_id, 1)), [(true, false)]);
    }

    // The database's refusal is its exception, the request's an error of the client.
    let answer = service.ask(create()).await;
    let documents = service.documents(answer.trace_id, 1);
    let failed = documents.spans(":memory:").into_iter().find(|query| query.fault).unwrap();
    failed.expect_metadata("db.response.status_code", "2067").expect_exception("UNIQUE constraint failed");
}

#[tokio::test]
async fn a_panic_is_told_with_its_place_and_health_checks_are_not_told() {
    let service = Service::start("realworld");
    let token = format!("Token {}", register(&service, "anna").await);
    let comment = json!({ "comment": { "body": "Short" } });
    let create = service.request(Method::POST, "/api/articles/on-tea/comments").header("authorization", &token);
    // axum closes the connection without an answer when a handler panics.
    let trace = "Root=1-64f0c1aa-0123456789abcdef01234567;Sampled=1";
    assert!(create.json(&comment).header("x-amzn-trace-id", trace).send().await.is_err());
    let documents = service.documents("1-64f0c1aa-0123456789abcdef01234567".parse().unwrap(), 1);
    documents.span("create").expect_exception("a comment has a preview");
    documents.span("realworld").expect_fault();
    assert!(documents[0].to_json().contains("comments.rs"));

    for path in ["/health", "/api/tags"] {
        let answer = service.ask(service.request(Method::GET, path)).await;
        assert_eq!(answer.status, 200);
        let segments = usize::from(path != "/health");
        assert_eq!(service.documents(answer.trace_id, segments).len(), segments);
    }
}
