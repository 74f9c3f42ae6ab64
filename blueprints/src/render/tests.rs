use proptest::prelude::*;
use serde_json::{Value, json};

use super::*;
use crate::{Arguments, Blueprint, all};

fn rendered(name: &str, parameters: Value) -> String {
    let blueprint = Blueprint::named(name).unwrap();
    let Value::Object(given) = parameters else { panic!("parameters are a map") };
    let arguments = Arguments::parse(blueprint, given).unwrap_or_else(|invalid| panic!("{invalid}"));
    render(blueprint, &arguments).source
}

/// Compiles under the limits of the runner.
fn assert_compiles(source: &str) {
    let mut engine = rhai::Engine::new();
    engine
        .set_max_expr_depths(64, 64)
        .set_max_string_size(2 * 1024 * 1024)
        .set_max_array_size(10_000)
        .set_max_map_size(2_000)
        .set_max_variables(200);
    engine.compile(source).unwrap_or_else(|error| panic!("{error}\n{source}"));
}

#[test]
fn heartbeat_is_readable() {
    insta::assert_snapshot!(rendered(
        "heartbeat",
        json!({
            "url": ["http://127.0.0.1:8080/", "https://shop.example/cart"],
            "text": "Welcome \"back\"",
        })
    ));
}

#[test]
fn a_heartbeat_that_watches_everything_is_readable() {
    insta::assert_snapshot!(rendered(
        "heartbeat",
        json!({
            "url": ["https://shop.example/", {"url": "https://shop.example/gone", "name": "gone", "status": 410}],
            "wait_until": "networkidle",
            "screenshot": false,
            "click": "#menu",
            "vitals": {"lcp": {"warn": 2500, "fail": 4000}, "inp": {"warn": 200}, "cls": {"fail": 0.25}},
            "failed_requests": "fail", "ignore_requests": ["/analytics/", "\\.map$"],
            "console_errors": "warn",
            "certificate_days": {"warn": 21, "fail": 3},
        })
    ));
}

#[test]
fn pictures_of_pages_are_readable() {
    insta::assert_snapshot!(rendered(
        "visual",
        json!({
            "url": [
                "https://shop.example/",
                {"url": "https://shop.example/cart?full=1", "ignore": ["#clock", "0,0,10,20"], "wait_for": "text=Total"},
            ],
            "viewports": ["1280x720", "390x844@2.5"],
            "hide": [".advertisement"], "variance_threshold_percent": 0.5, "fail_on_variance": false,
        })
    ));
}

#[test]
fn pictures_that_would_share_a_baseline_are_refused() {
    let cases = [
        (json!({"url": ["https://a.example/x", "https://b.example/x"]}), "url[1].name = \"x\": a name of its own"),
        (json!({"url": [{"url": "https://a.example/", "name": " "}]}), "url[0].name"),
        (json!({"url": "https://a.example/", "viewports": ["1280"]}), "viewports[0] = \"1280\": WIDTHxHEIGHT"),
        (
            json!({"url": "https://a.example/", "viewports": ["9x9", "9x9"]}),
            "viewports[1] = \"9x9\": each viewport once",
        ),
        (json!({"url": "https://a.example/", "ignore_colours": ["red"]}), "ignore_colours[0] = \"red\": a colour"),
    ];
    let visual = Blueprint::named("visual").unwrap();
    for (given, expected) in cases {
        let Value::Object(given) = given else { panic!("a table") };
        let told = Arguments::parse(visual, given).unwrap_err().to_string();
        assert!(told.contains(expected), "{told}");
    }
}

#[test]
fn api_is_readable() {
    insta::assert_snapshot!(rendered(
        "api",
        json!({"steps": [
            {"url": "http://127.0.0.1:8081/products"},
            {
                "name": "order tea", "method": "POST", "url": "http://127.0.0.1:8081/orders",
                "headers": {"accept": "application/json"}, "json": {"item": "tea", "count": 2}, "status": "201",
                "expect": [
                    {"of": "header", "at": "content-type", "compare": "contains", "value": "json"},
                    {"of": "json", "at": "$.total", "compare": "greater_than", "value": 0},
                ],
            },
        ]})
    ));
}

#[test]
fn a_chain_of_steps_with_auth_is_readable() {
    insta::assert_snapshot!(rendered(
        "api",
        json!({
            "continue_on_failure": true,
            "auth": {
                "kind": "oauth2", "token_url": "https://login.example/token", "client_id": "siskin",
                "client_secret": "{{secret:client}}", "scope": "orders",
            },
            "client_certificate": {"certificate": "{{secret:cert}}", "key": "{{secret:key}}"},
            "steps": [
                {
                    "name": "make", "method": "POST", "url": "https://a.example/orders", "timeout": "2s",
                    "form": {"item": "tea"}, "follow_redirects": false,
                    "extract": [
                        {"name": "order", "of": "json", "at": "$.id"},
                        {"name": "etag", "of": "header", "at": "ETag"},
                        {"name": "for", "of": "text", "at": "csrf=(\\w+)"},
                    ],
                },
                {
                    "name": "read", "url": "https://a.example/orders/{{order}}?lang={{variable:lang}}",
                    "headers": {"if-match": "{{etag}}", "x-csrf": "{{for}}"}, "query": {"x": "{{order}}"},
                    "expect": [
                        {"of": "json", "at": "$.id", "compare": "equals", "value": "{{order}}"},
                        {"of": "json", "compare": "schema", "value": "{\"type\": \"object\", \"required\": [\"id\"]}"},
                        {"of": "wait_ms", "compare": "less_than", "value": 300},
                    ],
                },
                {"method": "DELETE", "url": "https://a.example/orders/{{order}}", "authenticate": false, "status": 204},
                {"method": "OPTIONS", "url": "https://a.example/"},
            ],
        })
    ));
}

#[test]
fn broken_links_is_readable() {
    insta::assert_snapshot!(rendered("broken-links", json!({"url": "https://docs.example/", "depth": 3})));
}

#[test]
fn a_place_name_inside_an_argument_stays_text() {
    let source = rendered("heartbeat", json!({"url": "http://a.example/", "text": "{{url}} \" + x"}));
    assert!(source.contains(r#""{{url}} \" + x""#), "{source}");
}

#[test]
fn the_example_of_every_blueprint_compiles() {
    for blueprint in all() {
        let entry: Value = toml::from_str(blueprint.example).unwrap();
        let canary = &entry["canary"][0];
        assert_eq!(canary["blueprint"], blueprint.name);
        assert_compiles(&rendered(blueprint.name, canary["parameters"].clone()));
    }
}

/// Texts that try to leave their place.
fn nasty() -> impl Strategy<Value = String> {
    prop_oneof![
        any::<String>(),
        "[\"\\\\`${}\\n\\r\u{202e}'#/*;|]{0,24}",
        "(\\{\\{|\\}\\}|id|secret:|`|\\$\\{|\"|x){0,12}",
        Just("${evil()}`\"{{id}}".to_owned()),
    ]
}

fn nasty_json() -> impl Strategy<Value = Value> {
    let leaf = prop_oneof![Just(Value::Null), any::<i64>().prop_map(Value::from), nasty().prop_map(Value::from)];
    leaf.prop_recursive(4, 24, 5, |inner| {
        prop_oneof![
            prop::collection::vec(inner.clone(), 0..5).prop_map(Value::from),
            prop::collection::hash_map(nasty(), inner, 0..4)
                .prop_map(|entries| Value::Object(entries.into_iter().collect())),
        ]
    })
}

/// What keeps the rules must compile; what breaks them is told.
fn compiles_or_is_told(blueprint: &str, given: Value) {
    let blueprint = Blueprint::named(blueprint).unwrap();
    let Value::Object(given) = given else { unreachable!() };
    if let Ok(arguments) = Arguments::parse(blueprint, given) {
        assert_compiles(&render(blueprint, &arguments).source);
    }
}

proptest! {
    #[test]
    fn no_text_of_an_api_canary_breaks_its_script(
        texts in prop::collection::vec(nasty(), 8), json in nasty_json(), expected in nasty_json(),
        names in ("[a-z]{1,8}|id|for|fn|let", "[a-z]{1,8}"),
    ) {
        let id = format!("{}{{{{{}}}}}", texts[0], names.0);
        compiles_or_is_told("api", json!({
            "auth": {"kind": "basic", "user": texts[1], "password": format!("{}{{{{secret:p}}}}", texts[2])},
            "steps": [
                {"name": texts[3], "url": format!("http://a.example/?{}", texts[4]), "json": json,
                 "extract": [{"name": names.0, "of": "header", "at": texts[5]}]},
                {"url": format!("http://a.example/{id}"), "body": format!("{id}{}", texts[6]),
                 "query": {texts[1].as_str(): id}, "headers": {"x": texts[7].replace(char::is_control, "")},
                 "expect": [{"of": "json", "at": "$.a", "compare": "equals", "value": expected},
                            {"of": "text", "compare": "contains", "value": id},
                            {"of": "header", "at": texts[2], "compare": "contains", "value": texts[3]}]},
            ],
        }));
    }

    #[test]
    fn no_text_of_a_heartbeat_breaks_its_script(texts in prop::collection::vec(nasty(), 5)) {
        compiles_or_is_told("heartbeat", json!({
            "url": [format!("http://a.example/{}", texts[0]), {"url": "https://a.example/", "name": texts[1], "text": texts[2]}],
            "text": texts[3], "click": texts[4], "failed_requests": "fail", "ignore_requests": regex::escape(&texts[1]),
            "console_errors": "warn", "ignore_console": [regex::escape(&texts[2])], "vitals": {"lcp": {"fail": 1}},
        }));
    }

    #[test]
    fn no_text_of_broken_links_breaks_its_script(texts in prop::collection::vec(nasty(), 2)) {
        compiles_or_is_told("broken-links", json!({"url": format!("http://a.example/{}", texts[0]), "exclude": texts[1]}));
    }
}

#[test]
fn deep_and_wide_values_are_refused_or_compile() {
    let deep = |levels: usize| {
        (0..levels).fold(json!("{{x}}"), |inner, at| if at % 2 == 0 { json!([inner]) } else { json!({"a": inner}) })
    };
    let step = |json: Value| {
        json!({"steps": [
            {"url": "http://a.example/", "extract": [{"name": "x", "of": "json", "at": "$"}]},
            {"url": "http://a.example/", "json": json},
        ]})
    };
    assert_compiles(&rendered("api", step(deep(16))));
    for levels in [17, 64, 100] {
        compiles_or_is_told("api", step(deep(levels)));
    }
    assert_compiles(&rendered("api", step(json!(vec!["{{x}} and ` more"; 2_000]))));
    assert_compiles(&rendered("api", step(json!("{{x}} ".repeat(1_000)))));
    let schema = (0..30).fold(json!({}), |inner, _| json!({"properties": {"a": inner}}));
    let expect = json!([{"of": "json", "compare": "schema", "value": schema.to_string()}]);
    assert_compiles(&rendered("api", json!({"steps": [{"url": "http://a.example/", "expect": expect}]})));
}

#[test]
fn multi_check_is_readable() {
    insta::assert_snapshot!(rendered(
        "multi-check",
        json!({"checks": {"steps": {"1": {
            "stepName": "stock", "checkerType": "HTTP", "url": "https://shop.example/stock", "httpMethod": "GET",
            "assertions": [{"type": "STATUS_CODE", "operator": "EQUALS", "value": 200}],
        }}}})
    ));
}
