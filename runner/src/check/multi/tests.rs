use proptest::prelude::*;
use serde_json::{Map, Value, json};
use siskin_blueprints::{Arguments, Blueprint, render};

use super::dns::first_resolver;
use super::*;

const EVERY_FIELD: &str = include_str!("../../../tests/multi/valid/every-field.json");

fn any_json() -> impl Strategy<Value = Value> {
    let word = prop::sample::select(vec![
        "HTTP",
        "SSL",
        "TCP",
        "GRPC",
        "EQUALS",
        "BODY",
        "${a}",
        "${AWS_SECRET:x:y}",
        "${",
        "}",
        "$.a",
        "(",
        "http://a.test/",
        "::1",
    ]);
    let leaf = prop_oneof![
        Just(Value::Null),
        any::<bool>().prop_map(Value::from),
        any::<i64>().prop_map(Value::from),
        any::<f64>().prop_map(Value::from),
        any::<String>().prop_map(Value::from),
        word.prop_map(Value::from),
    ];
    let key = prop::sample::select(vec![
        "steps",
        "variables",
        "globalSettings",
        "1",
        "10",
        "stepName",
        "checkerType",
        "url",
        "port",
        "value",
        "operator",
        "type",
        "assertions",
        "extractors",
        "authentication",
        "headers",
    ]);
    leaf.prop_recursive(4, 32, 6, move |inner| {
        prop_oneof![
            prop::collection::vec(inner.clone(), 0..4).prop_map(Value::from),
            prop::collection::vec(
                (key.clone().prop_map(str::to_owned).boxed().prop_union(".{0,4}".boxed()), inner),
                0..6
            )
            .prop_map(|entries| Value::Object(entries.into_iter().collect())),
        ]
    })
}

/// Puts `new` where the `at`th value of a document stands.
fn replace(value: &mut Value, at: &mut usize, new: &Value) {
    if *at == 0 {
        *value = new.clone();
    }
    *at = at.wrapping_sub(1);
    match value {
        Value::Array(items) => items.iter_mut().for_each(|item| replace(item, at, new)),
        Value::Object(fields) => fields.values_mut().for_each(|field| replace(field, at, new)),
        Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_) => {}
    }
}

fn step() -> impl Strategy<Value = Value> {
    let port = 1_u16..;
    let text = "[ -~äß]{0,12}";
    prop_oneof![
        (text, 100_u16..600, 0_u8..=60).prop_map(|(body, status, wait)| json!({
            "checkerType": "HTTP", "url": "http://shop.test/", "httpMethod": "POST", "body": body.replace('$', ""), "waitTime": wait,
            "headers": {"x-shop": "tea", "Accept": "*/*"},
            "assertions": [
                {"type": "STATUS_CODE", "operator": "EQUALS", "value": status},
                {"type": "BODY", "target": "TEXT", "operator": "CONTAINS", "value": body.replace('$', "")},
            ],
        })),
        (port.clone(), text).prop_map(|(port, data)| json!({
            "checkerType": "TCP", "hostname": "::1", "port": port, "sendData": data.replace('$', ""), "expectedResponse": "${v}",
        })),
        (port.clone(), any::<bool>()).prop_map(|(port, truth)| json!({
            "checkerType": "SSL", "hostname": "shop.test", "port": port, "sni": truth, "verifyHostname": !truth,
            "assertions": [{"type": "CERTIFICATE_EXPIRY", "operator": "GREATER_THAN", "value": port, "unit": "HOURS"}],
        })),
        (port.clone(), any::<bool>()).prop_map(|(port, truth)| json!({
            "checkerType": "DNS", "domain": "shop.test", "port": port, "recordType": "MX",
            "assertions": [{"type": "AUTHORITATIVE", "value": truth}],
        })),
        (port, any::<bool>()).prop_map(|(port, truth)| json!({
            "checkerType": "GRPC", "hostname": "127.0.0.1", "port": port, "tls": truth, "service": "${v}",
        })),
        (1_000_u32..300_000).prop_map(|within| json!({
            "checkerType": "WEBSOCKET", "url": "wss://shop.test/", "timeout": within, "readTimeout": within.to_string(),
        })),
    ]
}

fn document() -> impl Strategy<Value = Value> {
    (prop::collection::vec(step(), 1..=10), "[ -#%-~äß]{0,12}").prop_map(|(steps, variable)| {
        let named = steps.into_iter().enumerate().map(|(at, mut step)| {
            step["stepName"] = format!("step-{at}").into();
            ((at + 1).to_string(), step)
        });
        json!({"variables": {"v": variable}, "steps": named.collect::<Map<_, _>>()})
    })
}

/// What a run's script hands to `multi::steps`.
fn through_a_script(document: &Value) -> Value {
    let blueprint = Blueprint::named("multi-check").unwrap();
    let arguments = Arguments::parse(blueprint, Map::from_iter([("checks".to_owned(), document.clone())])).unwrap();
    let source = render(blueprint, &arguments).source;
    let (head, _) = source.split_once("\n\n").unwrap();
    let checks = rhai::Engine::new().eval::<rhai::Dynamic>(&format!("{head}\nchecks")).unwrap();
    rhai::serde::from_dynamic(&checks).unwrap()
}

proptest! {
    #[test]
    fn no_text_makes_the_reader_panic(text in "\\PC{0,200}") {
        prop_assert!(Checks::parse(&text).is_err());
    }

    #[test]
    fn no_json_makes_the_reader_panic(value in any_json()) {
        if let Err(faults) = Checks::read(&value) {
            prop_assert!(!faults.is_empty());
            prop_assert!(faults.iter().all(|fault| fault.field.starts_with('$')));
        }
    }

    #[test]
    fn a_document_with_any_value_changed_is_read_or_told(at in 0_usize..140, new in any_json()) {
        let mut document: Value = serde_json::from_str(EVERY_FIELD).unwrap();
        let mut left = at;
        replace(&mut document, &mut left, &new);
        if let Err(faults) = Checks::read(&document) {
            prop_assert!(faults.iter().all(|fault| fault.field.starts_with('$')), "{faults:?}");
        }
    }

    #[test]
    fn a_document_is_the_same_behind_text_and_script(document in document()) {
        let read = Checks::read(&document).unwrap();
        prop_assert_eq!(&Checks::parse(&document.to_string()).unwrap(), &read);
        prop_assert_eq!(&Checks::read(&through_a_script(&document)).unwrap(), &read);
    }
}

#[test]
fn hosts_are_those_that_no_step_can_change() {
    let hosts = |steps: Value| {
        let checks = Checks::read(&json!({"variables": {"h": "shop.test"}, "steps": steps})).unwrap();
        checks.hosts().iter().map(ToString::to_string).collect::<Vec<_>>()
    };
    let first = json!({
        "stepName": "a", "checkerType": "HTTP", "url": "https://${h}/x", "httpMethod": "GET",
        "extractors": [{"name": "id", "type": "BODY"}],
    });
    let http = |url: &str| json!({"stepName": "b", "checkerType": "HTTP", "url": url, "httpMethod": "GET"});
    for (url, more) in [
        ("https://other.test:8443/${id}?a=${id}", Some("other.test:8443")),
        ("https://${id}.test/", None),
        ("https://other.test:${id}/", None),
        ("${id}", None),
    ] {
        let mut expected = vec!["shop.test:443".to_owned()];
        expected.extend(more.map(str::to_owned));
        expected.sort();
        assert_eq!(hosts(json!({"1": first, "2": http(url)})), expected, "{url}");
    }
    let others = json!({
        "1": {"stepName": "a", "checkerType": "DNS", "domain": "x.test", "nameserver": "8.8.8.8"},
        "2": {"stepName": "b", "checkerType": "SSL", "hostname": "${h}"},
        "3": {"stepName": "c", "checkerType": "TCP", "hostname": "::1", "port": 80},
        "4": {"stepName": "d", "checkerType": "WEBSOCKET", "url": "wss://ws.test/"},
        "5": {"stepName": "e", "checkerType": "DNS", "domain": "x.test"},
    });
    assert_eq!(hosts(others), ["8.8.8.8:53", "[::1]:80", "shop.test:443", "ws.test:443"]);
}

#[test]
fn a_host_is_a_host_and_nothing_more() {
    let host = |text: &str| fields::address(text, 25).map(|url| fields::host_of(&url));
    for (text, expected) in [
        ("shop.test", Some("shop.test")),
        ("SHOP.test", Some("shop.test")),
        ("b\u{fc}cher.test", Some("xn--bcher-kva.test")),
        ("2001:db8::1", Some("2001:db8::1")),
        ("192.0.2.1", Some("192.0.2.1")),
        ("shop.test:80", None),
        ("shop.test/x", None),
        ("shop.test?x", None),
        ("shop.test#x", None),
        ("user@shop.test", None),
        ("[::1]", None),
        ("", None),
        ("a b", None),
    ] {
        assert_eq!(host(text).as_deref(), expected, "{text}");
    }
}

#[test]
fn resolvers_are_read_as_the_machine_lists_them() {
    let text = "# comment\nsearch shop.test\n  nameserver \t 192.0.2.1\nnameserver 192.0.2.2\n";
    assert_eq!(first_resolver(text), Some([192, 0, 2, 1].into()));
    assert_eq!(first_resolver("nameserver 2001:db8::1"), Some("2001:db8::1".parse().unwrap()));
    assert_eq!(first_resolver("nameservers 192.0.2.1\nnameserver x\n"), None);
}
