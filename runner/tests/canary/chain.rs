//! Steps of an `api` canary that build on each other, and all that they may expect.

use serde_json::{Value, json};

use crate::program::{Ended, run_under};
use crate::site;

async fn run_api(parameters: Value) -> Ended {
    run_with_password(parameters, "open-sesame").await
}

async fn run_with_password(parameters: Value, password: &str) -> Ended {
    let config = toml::to_string(&json!({"canary": [{
        "name": "orders", "blueprint": "api", "schedule": "rate(5 minutes)", "parameters": parameters,
        "secrets": {"password": {"env": "SHOP_PASSWORD"}}, "variables": {"lang": "de"},
    }]}))
    .unwrap();
    let variables = [("SHOP_PASSWORD", password)];
    run_under(&variables, &[("canaries.toml", &config)], &["run", "orders", "--output", "json"]).await
}

#[tokio::test]
async fn values_of_one_answer_go_into_the_next_request() {
    let site = site::start().await;
    let url = |path: &str| format!("{}{path}", site.url);
    let schema = json!({"type": "object", "required": ["id", "lang"], "properties": {"id": {"type": "integer"}}});
    let ended = run_api(json!({
        "auth": {"kind": "basic", "user": "ada", "password": "{{secret:password}}"},
        "steps": [
            {
                "name": "order", "method": "POST", "url": url("/orders"), "json": {"item": "tea", "count": 2}, "status": 201,
                "extract": [
                    {"name": "order", "of": "json", "at": "$.id"},
                    {"name": "etag", "of": "header", "at": "ETag"},
                    {"name": "kind", "of": "text", "at": "\"item\": ?\"(\\w+)\""},
                ],
            },
            {
                "name": "look", "url": url("/orders/{{order}}?lang={{variable:lang}}"),
                "headers": {"if-match": "{{etag}}", "x-kind": "a {{kind}}"}, "query": {"more": "a b&c"},
                "expect": [
                    {"of": "json", "at": "$.id", "compare": "equals", "value": "{{order}}"},
                    {"of": "json", "at": "$.more", "compare": "equals", "value": "a b&c"},
                    {"of": "json", "at": "$.match", "compare": "equals", "value": "{{etag}}"},
                    {"of": "json", "at": "$.kind", "compare": "equals", "value": "a tea"},
                    {"of": "json", "at": "$.lang", "compare": "equals", "value": "de"},
                    {"of": "json", "at": "$.authorization", "compare": "equals", "value": "Basic YWRhOm9wZW4tc2VzYW1l"},
                    {"of": "json", "compare": "schema", "value": schema},
                    {"of": "text", "compare": "matches", "value": "\"id\": ?\\d+"},
                    {"of": "text", "compare": "not_contains", "value": "error"},
                    {"of": "header", "at": "content-type", "compare": "contains", "value": "json"},
                    {"of": "duration_ms", "compare": "less_than", "value": 60_000},
                    {"of": "dns_ms", "compare": "less_than", "value": 60_000},
                    {"of": "connect_ms", "compare": "equals", "value": 0},
                    {"of": "ssl_ms", "compare": "equals", "value": 0},
                    {"of": "wait_ms", "compare": "greater_than", "value": 0},
                    {"of": "receive_ms", "compare": "less_than", "value": 60_000},
                ],
            },
            {
                "name": "as a stranger", "url": url("/orders/{{order}}"), "authenticate": false,
                "expect": [{"of": "json", "at": "$.authorization", "compare": "equals", "value": ""}],
            },
            {"name": "form", "method": "POST", "url": url("/orders"), "form": {"item": "{{kind}} & more"}, "status": 201,
             "expect": [{"of": "json", "at": "$.sent", "compare": "equals", "value": "item=tea+%26+more"}]},
            {"name": "redirect", "url": url("/login"), "follow_redirects": false, "status": 302, "timeout": "20s"},
        ],
    }))
    .await;
    assert_eq!(ended.code, 0, "{} {}", ended.stdout, ended.stderr);
    let script = String::from_utf8(ended.file("api.rhai")).unwrap();
    assert!(script.contains("secret::get(\"password\")") && !script.contains("open-sesame"), "{script}");
    assert!(!ended.stdout.contains("open-sesame"));
}

#[tokio::test]
async fn an_answer_that_is_not_as_its_schema_says_is_told_by_place() {
    let site = site::start().await;
    let schema = r#"{"type": "object", "properties": {"tea": {"type": "string"}}, "required": ["coffee"]}"#;
    let ended = run_api(json!({"continue_on_failure": true, "steps": [
        {"name": "schema", "url": format!("{}/stock", site.url), "expect": [{"of": "json", "compare": "schema", "value": schema}]},
        {"name": "nothing", "url": format!("{}/stock", site.url), "extract": [{"name": "id", "of": "json", "at": "$.id"}]},
        {"name": "slow", "url": format!("{}/stock", site.url), "expect": [{"of": "wait_ms", "compare": "less_than", "value": 0}]},
        {"name": "fine", "url": format!("{}/stock", site.url)},
    ]}))
    .await;
    assert_eq!(ended.code, 1, "{} {}", ended.stdout, ended.stderr);
    let report = ended.report();
    let reason = |at: usize| report["steps"][at]["reason"].as_str().unwrap_or_default().to_owned();
    assert!(
        reason(0).starts_with("it is not as its schema says\n") && reason(0).contains("\n  $.tea: "),
        "{}",
        reason(0)
    );
    assert!(reason(1).starts_with("the answer has no value at $.id"), "{}", reason(1));
    assert!(reason(2).starts_with("wait_ms is ") && reason(2).contains("expected less than 0"), "{}", reason(2));
    assert_eq!(report["steps"][3]["status"], "PASSED", "the steps behind a failed one are taken too");
}

#[tokio::test]
async fn every_scheme_proves_who_calls() {
    let site = site::start().await;
    let secret = "{{secret:password}}";
    let token_url = format!("{}/token", site.url);
    let cases = [
        (json!({"kind": "basic", "user": "siskin", "password": secret}), "^Basic c2lza2luOmh1c2gtaHVzaA==$"),
        (json!({"kind": "bearer", "token": secret}), "^Bearer hush-hush$"),
        (
            json!({"kind": "oauth2", "token_url": token_url, "client_id": "siskin", "client_secret": secret, "scope": "orders"}),
            "^Bearer granted$",
        ),
        (
            json!({"kind": "sigv4", "service": "execute-api", "region": "eu-central-1", "access_key_id": "AKIDEXAMPLE",
                   "secret_access_key": secret}),
            "^AWS4-HMAC-SHA256 Credential=AKIDEXAMPLE/",
        ),
    ];
    for (auth, expected) in cases {
        let step = json!({"url": format!("{}/orders/1", site.url), "expect": [
            {"of": "json", "at": "$.authorization", "compare": "matches", "value": expected}]});
        let ended = run_with_password(json!({"auth": auth, "steps": [step]}), "hush-hush").await;
        assert_eq!(ended.code, 0, "{auth}: {} {}", ended.stdout, ended.stderr);
    }
    let wrong = json!({"kind": "oauth2", "token_url": token_url, "client_id": "siskin", "client_secret": secret});
    let step = json!({"url": format!("{}/orders/1", site.url)});
    let ended = run_with_password(json!({"auth": wrong, "steps": [step]}), "hush-hush").await;
    let report = ended.report();
    assert_eq!((ended.code, &report["steps"][0]["name"]), (1, &json!("fetch a token")));
    assert!(report["reason"].as_str().unwrap().contains("gave no token: status 401, invalid_client"), "{report}");
}
