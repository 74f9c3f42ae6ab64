use serde_json::{Value, json};

use super::*;
use crate::{Blueprint, Invalid};

fn parsed(blueprint: &str, given: Value) -> Result<Arguments, Invalid> {
    let Value::Object(given) = given else { panic!("parameters are a map") };
    Arguments::parse(Blueprint::named(blueprint).unwrap(), given)
}

#[test]
fn defaults_are_filled_in_and_values_made_canonical() {
    let arguments = parsed("heartbeat", json!({"url": "HTTP://Shop.example", "status": 200})).unwrap();
    assert_eq!(
        serde_json::to_value(&arguments).unwrap(),
        json!({
            "url": [{"url": "http://shop.example/", "name": null, "status": null, "text": null}],
            "status": "200", "text": "", "wait_until": "load", "screenshot": true, "click": null, "vitals": null,
            "failed_requests": "ignore", "ignore_requests": null, "console_errors": "ignore", "ignore_console": null,
            "certificate_days": null,
        })
    );
}

fn check(cases: &[(&str, Value, &str)]) {
    for (blueprint, given, expected) in cases {
        assert_eq!(parsed(blueprint, given.clone()).unwrap_err().to_string(), *expected);
    }
}

#[test]
fn errors_name_field_value_and_rule() {
    check(&[
        (
            "heartbeat",
            json!({}),
            "url = (not given): is required: the page, or a list of pages that are opened in order; a table gives a page a name, status and text of its own",
        ),
        (
            "heartbeat",
            json!({"url": "shop"}),
            "url[0] = \"shop\": an absolute URL that begins with http:// or https://",
        ),
        ("heartbeat", json!({"url": []}), "url = 0 items: 1 to 50 items"),
        (
            "heartbeat",
            json!({"url": "http://a.example/", "satus": 200}),
            "satus = 200: no such parameter; there are url, status, text, wait_until, screenshot, click, vitals, \
             failed_requests, ignore_requests, console_errors, ignore_console, certificate_days",
        ),
        ("heartbeat", json!({"url": "http://a.example/", "screenshot": "yes"}), "screenshot = \"yes\": true or false"),
        ("heartbeat", json!({"url": [{"text": "x"}]}), "url[0].url = (not given): is required: the page"),
        ("broken-links", json!({"url": "http://a.example/", "depth": -1}), "depth = -1: a whole number from 0 to 1000"),
        (
            "broken-links",
            json!({"url": "http://a.example/", "links": 0}),
            "links = 0: a check follows at least one link",
        ),
    ]);
}

#[test]
fn limits_of_a_heartbeat_are_in_order_and_go_with_what_they_limit() {
    check(&[
        (
            "heartbeat",
            json!({"url": "https://a.example", "vitals": {"lcp": {"warn": "slow"}}}),
            "vitals.lcp.warn = \"slow\": a number from 0 to 3600000",
        ),
        (
            "heartbeat",
            json!({"url": "https://a.example", "vitals": {"lcp": {"warn": 4000, "fail": 2500}}}),
            "vitals.lcp.warn = 4000: less than fail",
        ),
        (
            "heartbeat",
            json!({"url": "https://a.example", "vitals": {"cls": {}}}),
            "vitals.cls.warn = (not given): a limit has warn, fail, or both",
        ),
        (
            "heartbeat",
            json!({"url": "https://a.example", "vitals": {"inp": {"warn": 200}}}),
            "vitals.inp = {\"warn\":200,\"fail\":null}: is measured of an interaction: name an element with `click`",
        ),
        (
            "heartbeat",
            json!({"url": "http://a.example", "certificate_days": {"fail": 3}}),
            "certificate_days = {\"warn\":null,\"fail\":3}: goes with pages of https: none of `url` is one",
        ),
        (
            "heartbeat",
            json!({"url": "http://a.example", "failed_requests": "fail", "ignore_requests": "("}),
            "ignore_requests[0] = \"(\": a regular expression of at most 1024 bytes: error: unclosed group",
        ),
        (
            "heartbeat",
            json!({"url": "http://a.example", "ignore_console": "x"}),
            "ignore_console = [\"x\"]: goes with console_errors of warn or fail",
        ),
    ]);
}

#[test]
fn steps_are_checked_field_by_field() {
    check(&[
        (
            "api",
            json!({"steps": [{"url": "http://a.example/"}, {"url": "http://a.example/", "method": "FETCH"}]}),
            "steps[1].method = \"FETCH\": one of GET, POST, PUT, PATCH, DELETE, HEAD, OPTIONS",
        ),
        (
            "api",
            json!({"steps": [{"url": "http://a.example/", "body": "x", "json": 1}]}),
            "steps[0].body = \"x\": a step has a text body or a JSON body, not both",
        ),
        (
            "api",
            json!({"steps": [{"url": "http://a.example/", "expect": [{"of": "json", "at": "$[", "compare": "exists"}]}]}),
            "steps[0].expect[0].at = \"$[\": a JSONPath (RFC 9535) such as $.items[0].price",
        ),
        (
            "api",
            json!({"steps": [{"url": "http://a.example/", "expect": [{"of": "text", "compare": "contains"}]}]}),
            "steps[0].expect[0].value = (not given): is required to compare with",
        ),
        (
            "api",
            json!({"steps": [{"url": "http://{{host}}/"}]}),
            "steps[0].url = \"http://{{host}}/\": an absolute URL that begins with http:// or https://; places such as {{id}} stand behind the host",
        ),
        (
            "api",
            json!({"steps": [{"url": "http://a.example/{{id}}"}]}),
            "steps[0].url = {{id}}: no step before extracts anything; {{{{id}} is the text itself",
        ),
        (
            "api",
            json!({"steps": [
                {"url": "http://a.example/", "extract": [{"name": "id", "of": "json", "at": "$.id"}]},
                {"url": "http://a.example/", "headers": {"x": "{{idd}}"}}]}),
            "steps[1].headers = {{idd}}: the steps before extract id; {{{{idd}} is the text itself",
        ),
    ]);
}

#[test]
fn places_times_and_proofs_of_steps_are_checked() {
    check(&[
        (
            "api",
            json!({"steps": [{"url": "http://a.example/", "timeout": "20m"}]}),
            "steps[0].timeout = \"20m\": a duration such as 500ms, 30s or 1m 30s, above 0 and at most 840s",
        ),
        (
            "api",
            json!({"steps": [{"url": "http://a.example/", "headers": {"a b": "x"}}]}),
            "steps[0].headers.a b = \"x\": a header's name has letters, digits and dashes",
        ),
        (
            "api",
            json!({"steps": [{"url": "http://a.example/", "expect": [{"of": "wait_ms", "compare": "contains", "value": 1}]}]}),
            "steps[0].expect[0].compare = \"contains\": a time is compared by equals, not_equals, greater_than and less_than",
        ),
        (
            "api",
            json!({"steps": [{"url": "http://a.example/", "extract": [{"name": "1d", "of": "json", "at": "$.id"}]}]}),
            "steps[0].extract[0].name = \"1d\": a letter, then letters, digits and underscores: at most 64",
        ),
        (
            "api",
            json!({"steps": [{"url": "http://a.example/"}], "auth": {"kind": "basic", "user": "ada"}}),
            "auth.password = (not given): is required by basic",
        ),
        (
            "api",
            json!({"steps": [{"url": "http://a.example/"}], "auth": {"kind": "bearer", "token": "t0ken"}}),
            "auth.token = (hidden): a secret of the canary, such as {{secret:token}}: what is written here stands in every run's folder",
        ),
        (
            "api",
            json!({"steps": [{"url": "http://a.example/"}], "auth": {"kind": "bearer", "token": "{{secret:t}}", "user": "ada"}}),
            "auth.user = \"ada\": is no part of bearer, which has token",
        ),
    ]);
}

#[test]
fn hosts_of_all_urls_are_found_once_each() {
    let arguments = parsed(
        "api",
        json!({"steps": [{"url": "http://a.example/x"}, {"url": "https://b.example/"}, {"url": "http://a.example/y"}]}),
    )
    .unwrap();
    let hosts = arguments.hosts(Blueprint::named("api").unwrap());
    assert_eq!(hosts.iter().map(ToString::to_string).collect::<Vec<_>>(), ["a.example:80", "b.example:443"]);
}

#[test]
fn command_line_text_is_read_by_kind() {
    let heartbeat = Blueprint::named("heartbeat").unwrap();
    let read = |name: &str, text| heartbeat.parameters.iter().find(|p| p.name == name).unwrap().read(text);
    assert_eq!(read("text", "true"), json!("true"));
    assert_eq!(read("screenshot", "false"), json!(false));
    assert_eq!(read("url", "http://a.example/"), json!("http://a.example/"));
    assert_eq!(read("url", r#"["http://a.example/"]"#), json!(["http://a.example/"]));
}

#[test]
fn command_line_paths_lead_into_tables_and_lists() {
    let set = |blueprint: &str, pairs: &[(&str, &str)]| {
        let mut given = serde_json::Map::new();
        let blueprint = Blueprint::named(blueprint).unwrap();
        let put = pairs.iter().try_for_each(|(path, text)| blueprint.set(&mut given, path, text));
        put.map(|()| Value::Object(given)).map_err(|invalid| invalid.to_string())
    };
    assert_eq!(
        set("heartbeat", &[("url", "http://a"), ("url", "http://b"), ("vitals.lcp.warn", "2500"), ("text", "1")]),
        Ok(json!({"url": ["http://a", "http://b"], "vitals": {"lcp": {"warn": 2500}}, "text": "1"}))
    );
    assert_eq!(
        set("api", &[("steps.0.url", "http://a"), ("steps.0.headers.accept", "x"), ("steps.1.url", "http://b")]),
        Ok(json!({"steps": [{"url": "http://a", "headers": {"accept": "x"}}, {"url": "http://b"}]}))
    );
    let wrong = [
        ("heartbeat", ("nonesuch", "1"), "nonesuch = 1: no such parameter; there are url, "),
        ("heartbeat", ("text.x", "1"), "text.x = 1: is text of at most 4096 bytes and has no part `x`"),
        ("api", ("steps.first.url", "x"), "an index from 0 to 1000 stands behind the name of a list"),
        ("api", ("steps.9999.url", "x"), "an index from 0 to 1000 stands behind the name of a list"),
        ("api", ("steps.0", "x"), "a field of the table is named behind its index"),
    ];
    for (blueprint, pair, expected) in wrong {
        let told = set(blueprint, &[pair]).unwrap_err();
        assert!(told.contains(expected), "{told}");
    }
    assert!(set("heartbeat", &[("text", "a"), ("text", "b")]).unwrap_err().contains("is given twice"));
}
