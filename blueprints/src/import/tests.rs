use proptest::prelude::*;
use serde_json::{Value, json};

use super::*;
use crate::{Arguments, Blueprint, Invalid, render};

const PETS: &str = include_str!("fixtures/pets.yaml");

/// The script that the import leads to.
fn script(imported: &Imported) -> String {
    let api = Blueprint::named("api").unwrap();
    let arguments = Arguments::parse(api, imported.parameters()).unwrap_or_else(|invalid| panic!("{invalid}"));
    render(api, &arguments).source
}

fn pets(options: &OpenApiOptions) -> Imported {
    from_openapi(PETS, options).unwrap()
}

#[test]
fn an_openapi_document_becomes_steps() {
    let imported = pets(&OpenApiOptions { operations: Operations::All, server: None });
    insta::assert_snapshot!(format!("{}\n{:?}\n{}", imported.notes.join("\n"), imported.secrets, script(&imported)));
}

#[test]
fn operations_are_chosen_by_what_they_do_or_by_name() {
    let names = |options: &OpenApiOptions| {
        let steps = pets(options).steps;
        steps.iter().map(|step| step["name"].as_str().unwrap().to_owned()).collect::<Vec<_>>()
    };
    assert_eq!(names(&OpenApiOptions::default()), ["listPets", "GET /pets/{petId}", "health"]);
    let named = Operations::Named(vec!["createPet".to_owned(), "get /pets/{petId}".to_owned()]);
    assert_eq!(names(&OpenApiOptions { operations: named, server: None }), ["createPet", "GET /pets/{petId}"]);
    let server = OpenApiOptions { server: Some("http://127.0.0.1:8080/v2/".to_owned()), ..OpenApiOptions::default() };
    assert_eq!(pets(&server).steps[0]["url"], "http://127.0.0.1:8080/v2/pets");
}

fn document(path: &Value, components: &Value) -> String {
    json!({
        "openapi": "3.1.0", "info": {"title": "t", "version": "1"}, "servers": [{"url": "https://a.example"}],
        "paths": {"/a": path}, "components": components,
    })
    .to_string()
}

fn answer(schema: &Value) -> Value {
    json!({"get": {"responses": {"200": {"content": {"application/json": {"schema": schema}}}}}})
}

#[test]
fn faults_of_a_document_have_their_place() {
    let cases = [
        (String::new(), "openapi = null: a document of OpenAPI 3.0 or 3.1 begins with its version"),
        ("{".to_owned(), "openapi = (the file): is no JSON: EOF while parsing an object at line 1 column 1"),
        ("a: [".to_owned(), "openapi = (the file): is no YAML: "),
        ("swagger: '2.0'".to_owned(), "openapi = 2.0: a document of OpenAPI 3.0 or 3.1"),
        ("openapi: 3.1.0\npaths: {/a: {get: {}}}".to_owned(), "#/servers = (not given): the document names no server"),
        (
            "openapi: 3.0\nservers: [{url: /v1}]\npaths: {/a: {get: {}}}".to_owned(),
            "#/servers/0/url = \"/v1\": an absolute http or https address",
        ),
        ("openapi: 3.0.3\nservers: [{url: 'http://a'}]".to_owned(), "#/paths = (not given)"),
        (
            document(&json!({"post": {"responses": {}}}), &json!({})),
            "#/paths = 1 operations: no operation only reads; name some of POST /a",
        ),
        (
            document(&answer(&json!({"$ref": "#/components/schemas/Nope"})), &json!({})),
            "#/paths/~1a/get/responses/200/content/application~1json/schema/$ref = \"#/components/schemas/Nope\": there is nothing",
        ),
        (
            document(&answer(&json!({"type": "array", "items": {"$ref": "pets.yaml#/Pet"}})), &json!({})),
            "#/paths/~1a/get/responses/200/content/application~1json/schema/items/$ref = \"pets.yaml#/Pet\": leads to another document",
        ),
        (
            document(&answer(&json!({"$ref": "https://a.example/pet.json"})), &json!({})),
            "\"https://a.example/pet.json\": leads to another document",
        ),
        (
            document(
                &answer(&json!({"$ref": "#/components/schemas/A"})),
                &json!({"schemas": {"A": {"$ref": "#/components/schemas/B"}, "B": {"$ref": "#/components/schemas/A"}}}),
            ),
            "\"#/components/schemas/B\": leads in a circle",
        ),
        (
            document(&json!({"get": {"parameters": [{"$ref": "#/components/parameters/limit"}]}}), &json!({})),
            "#/paths/~1a/get/parameters/0/$ref = \"#/components/parameters/limit\": there is nothing at this place",
        ),
        (
            document(&json!({"get": {"security": [{"key": []}], "responses": {}}}), &json!({})),
            "#/paths/~1a/get/security/0/key = \"key\": no such scheme in #/components/securitySchemes",
        ),
    ];
    for (text, expected) in cases {
        let told = from_openapi(&text, &OpenApiOptions::default()).unwrap_err().to_string();
        assert!(told.contains(expected), "{text}\n{told}\n{expected}");
    }
    let options = OpenApiOptions { operations: Operations::Named(vec!["feedPet".to_owned()]), server: None };
    let told = from_openapi(PETS, &options).unwrap_err().to_string();
    assert!(told.starts_with("operation = feedPet: no such operation; there are listPets, createPet, "), "{told}");
}

#[test]
fn documents_are_written_in_many_ways() {
    // Statuses as YAML's numbers, a server of the path's own, a list as a parameter, a schema beside a reference.
    let text = r##"
openapi: 3.1.0
servers: [{url: "https://a.example"}]
paths:
  /a:
    servers: [{url: "https://b.example/v2/"}]
    get:
      parameters:
        - {name: ids, in: query, required: true, example: [1, 2]}
        - {name: fields, in: query, required: true, explode: false, example: [id, name]}
        - {name: sort, in: cookie, required: true, schema: {enum: [asc, desc]}}
      responses:
        200:
          content:
            application/problem+json:
              schema:
                $ref: "#/components/schemas/A"
                required: [title]
components:
  schemas:
    A: {properties: {title: {const: {title: x}}, type: {enum: [{$ref: nowhere}]}}}
"##;
    let imported = from_openapi(text, &OpenApiOptions::default()).unwrap();
    let step = &imported.steps[0];
    assert_eq!((&step["url"], &step["status"]), (&json!("https://b.example/v2/a"), &json!("200")));
    assert_eq!(step["query"], json!({"ids": "1", "fields": "id,name"}));
    assert_eq!(step["headers"], json!({"cookie": "sort=asc"}));
    let schema: Value = serde_json::from_str(step["expect"][0]["value"].as_str().unwrap()).unwrap();
    assert_eq!((&schema["required"], &schema["$ref"]), (&json!(["title"]), &json!("#/$defs/A")));
    let properties = &schema["$defs"]["A"]["properties"];
    assert_eq!(properties, &json!({"title": {"const": {"title": "x"}}, "type": {"enum": [{"$ref": "nowhere"}]}}));
}

#[test]
fn schemas_that_hold_themselves_are_fine() {
    let tree = json!({"type": "object", "required": ["children"], "properties": {
        "children": {"type": "array", "items": {"$ref": "#/components/schemas/Tree"}}}});
    let path = json!({"post": {
        "requestBody": {"content": {"application/json": {"schema": {"$ref": "#/components/schemas/Tree"}}}},
        "responses": {"200": {"content": {"application/json": {"schema": {"$ref": "#/components/schemas/Tree"}}}}},
    }});
    let options = OpenApiOptions { operations: Operations::All, server: None };
    let imported = from_openapi(&document(&path, &json!({"schemas": {"Tree": tree}})), &options).unwrap();
    let script = script(&imported);
    assert!(script.contains("assert::json_schema") && script.contains("#/$defs/Tree"), "{script}");
}

#[test]
fn yaml_that_grows_without_end_is_refused() {
    let mut text = String::from("openapi: 3.1.0\na0: &a0 [x, x, x, x, x, x, x, x, x, x]\n");
    for level in 1..10 {
        let before = format!("*a{}", level - 1);
        let line = format!("a{level}: &a{level} [{}]\n", vec![before; 10].join(", "));
        text.push_str(&line);
    }
    let told = from_openapi(&text, &OpenApiOptions::default()).unwrap_err().to_string();
    assert!(told.contains("is no YAML"), "{told}");
}

fn har(entries: &Value) -> String {
    json!({"log": {"version": "1.2", "pages": [{"title": "https://shop.example/"}], "entries": entries}}).to_string()
}

fn entry(method: &str, url: &str, more: Value) -> Value {
    let mut entry = json!({
        "request": {"method": method, "url": url, "headers": []},
        "response": {"status": 200, "content": {"mimeType": "application/json"}},
    });
    let Value::Object(more) = more else { panic!("more is a map") };
    for (path, value) in more {
        *entry.pointer_mut(&path).unwrap_or_else(|| panic!("{path}")) = value;
    }
    entry
}

#[test]
fn an_archive_becomes_steps_without_its_secrets() {
    let secret = "correct-horse-battery";
    let mut login = entry("POST", "https://shop.example/login?token=correct-horse-battery&lang=de", json!({}));
    login["request"]["postData"] =
        json!({"mimeType": "application/json", "text": json!({"user": "ada", "password": secret}).to_string()});
    login["request"]["headers"] = json!([
        {"name": "Content-Type", "value": "application/json"},
        {"name": "Cookie", "value": format!("sid={secret}")},
        {"name": "User-Agent", "value": "Mozilla"},
        {"name": "sec-ch-ua", "value": "x"},
        {"name": ":authority", "value": "shop.example"},
    ]);
    let mut orders = entry("GET", "https://shop.example/orders?q={{x}}", json!({"/response/status": 304}));
    orders["request"]["headers"] = json!([{"name": "Authorization", "value": format!("Bearer {secret}")}]);
    let mut form = entry("POST", "https://shop.example/cart", json!({"/response/status": 302}));
    form["request"]["postData"] =
        json!({"mimeType": "application/x-www-form-urlencoded", "text": format!("item=tea&csrf_token={secret}")});
    let mut nulls = entry("PUT", "https://shop.example/cart/1", json!({}));
    nulls["request"]["postData"] = json!({"mimeType": "application/json", "text": "{\"note\": null}"});
    let text = har(&json!([
        entry("GET", "https://shop.example/app.js", json!({"/response/content/mimeType": "text/javascript"})),
        entry("GET", "https://cdn.example/a", json!({})),
        entry("OPTIONS", "https://shop.example/login", json!({})),
        login,
        orders.clone(),
        orders,
        form,
        nulls,
        entry("GET", "https://shop.example/aborted", json!({"/response/status": 0})),
        entry("GET", "data:text/plain,x", json!({})),
    ]));
    let imported = from_har(&text, &HarOptions::default()).unwrap();
    let script = script(&imported);
    assert!(!script.contains(secret) && !format!("{imported:?}").contains(secret), "{script}");
    insta::assert_snapshot!(format!("{}\n{:?}\n{script}", imported.notes.join("\n"), imported.secrets));
}

#[test]
fn whatever_stands_under_a_secret_name_is_left_out() {
    let mut login = entry("POST", "https://ada:Secret1@shop.example/login", json!({}));
    let body = json!({"pin": 8_765_432, "tokens": ["Secret2", {"a": "Secret3"}], "credentials": {"user": "Secret4"}, "note": "fine"});
    login["request"]["postData"] = json!({"mimeType": "application/json", "text": body.to_string()});
    let imported = from_har(&har(&json!([login])), &HarOptions::default()).unwrap();
    let script = script(&imported);
    assert!(!script.contains("Secret") && !script.contains("8765432") && script.contains("fine"), "{script}");
    assert_eq!(imported.steps[0]["url"], "https://shop.example/login");
    assert_eq!(imported.notes, ["left out, user and password in addresses: give them by `auth`"]);
}

#[test]
fn faults_of_an_archive_have_their_place() {
    let good = entry("GET", "https://shop.example/a", json!({}));
    let other = Some("other.example".parse().unwrap());
    let cases: Vec<(String, Option<crate::HostPattern>, &str)> = vec![
        ("no".to_owned(), None, "har = (the file): is no JSON: expected"),
        ("{}".to_owned(), None, "log.entries = (not given): an archive (HAR 1.2) has a list of requests here"),
        (har(&json!([])), None, "log.entries = 0 items: the archive has no request"),
        (har(&json!({"a": 1})), None, "log.entries = {\"a\":1}: an archive"),
        (har(&json!([good, {"request": {"method": "GET"}}])), None, "log.entries[1].request.url = (not given): a text"),
        (har(&json!([{"request": {"method": 1}}])), None, "log.entries[0].request.method = 1: a text"),
        (
            har(&json!([entry("GET", "nowhere", json!({}))])),
            None,
            "log.entries[0].request.url = \"nowhere\": is no URL",
        ),
        (
            har(&json!([good])),
            other,
            "host = other.example: no request of it is of use; the archive has requests to shop.example:443 (1)",
        ),
    ];
    for (text, host, expected) in cases {
        let told = from_har(&text, &HarOptions { host }).unwrap_err().to_string();
        assert!(told.contains(expected), "{text}\n{told}");
    }
}

#[test]
fn files_of_a_hundred_megabytes_are_refused() {
    let long = " ".repeat(100 * 1024 * 1024);
    let told = |read: Result<Imported, Invalid>| read.unwrap_err().to_string();
    assert_eq!(
        told(from_har(&long, &HarOptions::default())),
        "har = 104857600 bytes: an archive of at most 67108864 bytes"
    );
    assert_eq!(
        told(from_openapi(&long, &OpenApiOptions::default())),
        "openapi = 104857600 bytes: a document of at most 67108864 bytes"
    );
}

#[test]
fn more_requests_than_a_canary_has_steps_are_told() {
    let entries: Vec<_> = (0..60).map(|at| entry("GET", &format!("https://shop.example/{at}"), json!({}))).collect();
    let imported = from_har(&har(&json!(entries)), &HarOptions::default()).unwrap();
    assert_eq!(imported.steps.len(), limits::STEPS_MAX);
    assert_eq!(imported.notes, ["left out, requests beyond the 50 steps of a canary: 10"]);
}

/// Any JSON with the words of such files as its keys.
fn like(keys: &'static [&'static str]) -> impl Strategy<Value = Value> {
    let leaf = prop_oneof![
        Just(Value::Null),
        any::<bool>().prop_map(Value::from),
        any::<i32>().prop_map(Value::from),
        "[a-z#/{}.:~0-9]{0,12}".prop_map(Value::from),
        prop::sample::select(vec![
            "#/components/schemas/A",
            "#",
            "#/paths/~1a",
            "object",
            "array",
            "https://a.example/{x}",
            "path"
        ])
        .prop_map(Value::from),
    ];
    leaf.prop_recursive(7, 96, 6, move |inner| {
        prop_oneof![
            prop::collection::vec(inner.clone(), 0..4).prop_map(Value::from),
            prop::collection::hash_map(prop::sample::select(keys.to_vec()), inner, 0..6).prop_map(|map| {
                Value::Object(map.into_iter().map(|(key, value)| (key.to_owned(), value)).collect())
            }),
        ]
    })
}

const OPENAPI_KEYS: &[&str] = &[
    "$ref",
    "paths",
    "/a",
    "/{id}",
    "get",
    "post",
    "parameters",
    "in",
    "name",
    "required",
    "schema",
    "type",
    "properties",
    "items",
    "allOf",
    "example",
    "examples",
    "requestBody",
    "content",
    "application/json",
    "responses",
    "200",
    "components",
    "schemas",
    "A",
    "security",
    "securitySchemes",
    "enum",
    "nullable",
    "minLength",
];
const HAR_KEYS: &[&str] = &[
    "log",
    "entries",
    "pages",
    "title",
    "request",
    "response",
    "method",
    "url",
    "headers",
    "name",
    "value",
    "postData",
    "mimeType",
    "text",
    "params",
    "status",
    "content",
    "_resourceType",
];

proptest! {
    #[test]
    fn any_text_is_read_or_refused(text in ".{0,200}") {
        drop(from_openapi(&text, &OpenApiOptions::default()));
        drop(from_openapi(&format!("openapi: 3.1.0\n{text}"), &OpenApiOptions::default()));
        drop(from_har(&text, &HarOptions::default()));
    }

    #[test]
    fn any_document_is_read_or_refused_and_what_is_read_compiles(
        paths in like(OPENAPI_KEYS), operation in like(OPENAPI_KEYS), schema in like(OPENAPI_KEYS), version in "3\\.[01]\\.0",
    ) {
        let mut root = json!({
            "openapi": version, "servers": [{"url": "https://a.example"}],
            "paths": {"/a": {"get": operation, "post": {"requestBody": {"content": {"application/json": {"schema": schema}}}}}},
            "components": {"schemas": {"A": schema}},
        });
        root["paths"]["/b"] = paths;
        let options = OpenApiOptions { operations: Operations::All, server: None };
        if let Ok(imported) = from_openapi(&root.to_string(), &options) {
            let api = Blueprint::named("api").unwrap();
            if let Ok(arguments) = Arguments::parse(api, imported.parameters()) {
                let source = render(api, &arguments).source;
                prop_assert!(rhai::Engine::new().compile(&source).is_ok(), "{}", source);
            }
        }
    }

    #[test]
    fn any_archive_is_read_or_refused(entry in like(HAR_KEYS), body in ".{0,60}", name in ".{0,20}") {
        let mut good = json!({
            "request": {"method": "POST", "url": "https://a.example/?x={{y}}", "headers": [{"name": name, "value": body}],
                        "postData": {"mimeType": "application/json", "text": body}},
            "response": {"status": 200},
        });
        if let (Some(good), Some(entry)) = (good.as_object_mut(), entry.as_object()) {
            good.extend(entry.iter().filter(|(key, _)| *key != "request").map(|(key, value)| (key.clone(), value.clone())));
        }
        if let Ok(imported) = from_har(&har(&json!([good])), &HarOptions { host: Some("a.example".parse().unwrap()) }) {
            let api = Blueprint::named("api").unwrap();
            let arguments = Arguments::parse(api, imported.parameters());
            prop_assert!(arguments.is_ok(), "{:?}\n{:?}", arguments, imported);
        }
        drop(from_har(&entry.to_string(), &HarOptions::default()));
    }
}
