use std::path::Path;

use super::*;
use crate::schedule::{Misfire, Overlap};

fn env(name: &str) -> Option<String> {
    (name == "SHOP_USER").then(|| "jane".to_owned())
}

fn problems(text: &str) -> String {
    match Config::parse_with(text, "canaries.toml", Path::new("/nonexistent"), &env) {
        Ok(config) => format!("{} canaries", config.entries.len()),
        Err(error) => error.to_string(),
    }
}

#[test]
fn a_whole_file_is_read() {
    let config = Config::parse(
        r#"
        [defaults]
        timeout = "20s"
        timezone = "Europe/Berlin"

        [[canary]]
        name = "shop-home"
        blueprint = "heartbeat"
        schedule = "rate(1 minute)"
        [canary.parameters]
        url = "http://127.0.0.1:8080/"
        [canary.alarm]
        threshold = 90
        notify = ["http://127.0.0.1:9000/hook"]

        [[canary]]
        name = "shop-api"
        blueprint = "api"
        schedule = "cron(0 9 ? * MON-FRI *)"
        timeout = "1m 30s"
        hosts = ["*.example.com"]
        variables = { user = "jane" }
        [[canary.parameters.steps]]
        url = "http://127.0.0.1:8080/products"
        expect = [{ of = "json", at = "$[0].name", compare = "equals", value = "tea" }]
        "#,
        "canaries.toml",
        Path::new(""),
    )
    .unwrap();
    let home = config.canary("shop-home").unwrap();
    assert_eq!(home.timeout.as_secs(), 20);
    assert_eq!(home.alarm.as_ref().unwrap().periods, 1);
    let api = config.canary("shop-api").unwrap();
    assert_eq!(api.timeout.as_secs(), 90);
    assert_eq!(api.variables["user"], "jane");
    assert_eq!(api.allowed_hosts().len(), 2);
}

#[test]
fn every_problem_has_its_place() {
    insta::assert_snapshot!(problems(
        r#"[defaults]
timeout = "soon"

[[canary]]
name = "Shop Home"
blueprint = "heartbeet"
schedule = "rate(1 minutes)"

[[canary]]
name = "two"
blueprint = "heartbeat"
schedule = "0 9 * * *"
timezone = "Berlin"
timeout = "10s"
[canary.parameters]
url = "shop"
[canary.alarm]
threshold = 90
missing = "sometimes"
notify = ["mailto:a@b"]

[[canary]]
name = "two"
"#
    ), @r#"
    canaries.toml:5:8: canary[0].name = "Shop Home": 1 to 255 of the characters 0-9, a-z, _ and -
    canaries.toml:6:13: canary[0].blueprint = "heartbeet": no such blueprint; there are heartbeat, api, broken-links, visual, multi-check
    canaries.toml:7:12: canary[0].schedule = "rate(1 minutes)": the unit is singular for 1: rate(1 minute)
    canaries.toml:2:11: canary[0].timeout = "soon": a duration such as 30s or 1m 30s
    canaries.toml:16:7: canary[1].parameters.url[0] = "shop": an absolute URL that begins with http:// or https://
    canaries.toml:13:12: canary[1].timezone = "Berlin": a time zone of the IANA database, such as Europe/Berlin
    canaries.toml:19:11: canary[1].alarm.missing = "sometimes": one of missing, breaching, notBreaching, ignore
    canaries.toml:20:11: canary[1].alarm.notify[0] = "mailto:a@b": a webhook's URL that begins with http:// or https://
    canaries.toml:23:8: canary[2].name = "two": another canary of this file has the same name
    canaries.toml:22:1: canary[2].blueprint = (not given): a canary has one of heartbeat, api, broken-links, visual, multi-check, or a script
    canaries.toml:22:1: canary[2].schedule = (not given): is required here or in [defaults]
    canaries.toml:2:11: canary[2].timeout = "soon": a duration such as 30s or 1m 30s
    "#);
}

/// One canary that breaks no rule, and one more line.
fn with(line: &str) -> String {
    problems(&format!(
        "[[canary]]\nname = \"a\"\nblueprint = \"heartbeat\"\nschedule = \"rate(1 minute)\"\n\
         parameters = {{ url = \"http://a.example\" }}\n{line}\n"
    ))
}

#[test]
fn one_wrong_line_is_told_at_its_place() {
    let lines = [
        "tiemout = \"3s\"",
        "colour = \"red\"",
        "blueprint.x = 1",
        "jitter = \"2m\"",
        "jitter = \"a bit\"",
        "overlap = \"both\"",
        "misfire = 1",
        "max_lateness = \"400d\"",
        "retries = 6",
        "retries = -1",
        "retries = 1.5",
        "retry_backoff = \"1h\"",
        "groups = [\"a b\"]",
        "groups = \"checkout\"",
        "secrets = { password = \"tea4two\" }",
        "secrets = { password = {} }",
        "secrets = { password = { env = \"X\", file = \"y\" } }",
        "secrets = { password = { env = \"SHOP_PASSWORD\" } }",
        "secrets = { password = { file = \"password\" } }",
        "secrets = { password = { command = [\"/no/pass\", \"tea4two\"] } }",
        "variables = { user = { env = \"NOBODY\" } }",
        "variables = { user = { enw = \"NOBODY\" } }",
        "dst = { missing = \"skip\" }",
        "dst = { missing = \"never\" }",
        "timeout = 3",
        "timeout = \"59s\"",
        "timeout = \"2s\"",
        "alarm = { threshold = \"x\" }",
        "alarm = { threshold = 120 }",
        "alarm = { threshold = 90, periods = 0 }",
        "hosts = [\"a.example\", \"http://b\"]",
        "script = \"a.rhai\"",
        "timezone = \"UTC\"",
        "variables = { n = 1 }",
        "name = \"twice\"",
        "parameters.text = \"x\"",
        "= 3",
    ];
    let told: Vec<_> = lines.iter().map(|line| format!("{line}\n    {}", with(line))).collect();
    insta::assert_snapshot!(told.join("\n"));
}

#[test]
fn secrets_and_variables_that_parameters_name_must_be_there() {
    let canary = |more: &str| {
        problems(&format!(
            "[[canary]]\nname = \"a\"\nblueprint = \"api\"\nschedule = \"rate(1 minute)\"\n\
             parameters.steps = [{{ url = \"http://a.example/{{{{variable:lang}}}}\", headers = {{ x = \"{{{{secret:token}}}}\" }} }}]\n{more}\n"
        ))
    };
    assert_eq!(
        canary(""),
        "canaries.toml:5:20: canary[0].parameters = {{secret:token}}: the canary has no such secret: name it in `secrets`\n\
         canaries.toml:5:20: canary[0].parameters = {{variable:lang}}: the canary has no such variable: name it in `variables`"
    );
    assert_eq!(canary("variables.lang = \"de\"\nsecrets.token = { env = \"SHOP_USER\" }"), "1 canaries");
}

#[test]
fn scripts_are_read_beside_the_file_and_must_compile() {
    let directory = tempfile::tempdir().unwrap();
    std::fs::write(directory.path().join("good.rhai"), "log::info(\"hi\");").unwrap();
    std::fs::write(directory.path().join("bad.rhai"), "let x = 1;\nlet y = ;\n").unwrap();
    let load = |script: &str| {
        let text = format!("[[canary]]\nname = \"a\"\nscript = \"{script}\"\nschedule = \"rate(1 minute)\"\n");
        std::fs::write(directory.path().join("canaries.toml"), text).unwrap();
        Config::load(&directory.path().join("canaries.toml")).map(|config| config.entries.len())
    };
    assert_eq!(load("good.rhai").unwrap(), 1);
    let bad = load("bad.rhai").unwrap_err().to_string();
    assert!(bad.contains("canaries.toml:3:10: canary[0].script = \"bad.rhai\": bad.rhai:2:9:"), "{bad}");
    let missing = load("missing.rhai").unwrap_err().to_string();
    assert!(missing.contains("cannot be read: No such file"), "{missing}");
}

/// One canary with a calendar time of its own.
fn calendar(schedule: &str, more: &str) -> String {
    problems(&format!(
        "[[canary]]\nname = \"a\"\nblueprint = \"heartbeat\"\nschedule = \"{schedule}\"\n\
         parameters = {{ url = \"http://a.example\" }}\n{more}\n"
    ))
}

#[test]
fn calendar_times_that_cannot_be_are_told() {
    let berlin = "timezone = \"Europe/Berlin\"";
    let cases = [
        (
            "cron(0 9 * * * *)",
            "",
            "canary[0].schedule = \"cron(0 9 * * * *)\": exactly one of day-of-month and day-of-week is ?",
        ),
        ("0 25 * * *", "", "canary[0].schedule = \"0 25 * * *\": hours are 0 to 23"),
        ("cron(0 9 30 2 ? *)", "", "no such day exists: it would never run"),
        ("at(2027-03-28T02:30:00)", berlin, "this time does not occur in Europe/Berlin: clocks go forward over it"),
        ("at(2027-03-28 02:30)", berlin, "at(yyyy-mm-ddThh:mm:ss), such as at(2026-11-23T08:00:00)"),
        ("0 9 * * *", "timezone = \"Berlin\"", "canary[0].timezone = \"Berlin\": a time zone of the IANA database"),
    ];
    for (schedule, more, expected) in cases {
        let told = calendar(schedule, more);
        assert!(told.starts_with("canaries.toml:4:12: ") || told.starts_with("canaries.toml:6:12: "), "{told}");
        assert!(told.contains(expected), "{schedule}: {told}");
    }
    let shifted = format!("{berlin}\ndst = {{ missing = \"shift\" }}");
    assert_eq!(calendar("at(2027-03-28T02:30:00)", &shifted), "1 canaries");
    assert!(calendar("at(2027-10-31T02:30:00)", "dst = { repeated = \"both\" }").contains("canary[0].dst.repeated"));
}

#[test]
fn maintenance_and_retention_are_told_too() {
    let cases = [
        ("[[maintenance]]\nschedule = \"0 2 * * SUN\"", "1:1: maintenance[0].duration = (not given): is required"),
        (
            "[[maintenance]]\nschedule = \"rate(1 hour)\"\nduration = \"1h\"",
            "2:12: maintenance[0].schedule = rate(1 hour): a window opens at calendar times",
        ),
        (
            "[[maintenance]]\nschedule = \"0 2 * * SUN\"\nduration = \"8d\"",
            "3:12: maintenance[0].duration = \"8d\": at most 7d",
        ),
        ("[[maintenance]]\nschedule = \"0 2 * * SUN\"\nduration = \"0s\"", "above 0s, up to 7d"),
        (
            "[[maintenance]]\nschedule = \"0 2 * * SUN\"\nduration = \"1h\"\ncanaries = [\"shop\"]",
            "4:13: maintenance[0].canaries[0] = \"shop\": no such canary in this file",
        ),
        (
            "[[maintenance]]\nschedule = \"0 2 * * SUN\"\nduration = \"1h\"\ngroups = [\"shop\"]",
            "maintenance[0].groups[0] = \"shop\": no canary of this file is in such a group",
        ),
        ("[retention]\nage = \"soon\"", "2:7: retention.age = \"soon\": a duration such as 30s or 1m 30s"),
        ("[retention]\nruns = 0", "2:8: retention.runs = 0: at least 1"),
        ("[retention]\nbytes = \"2G\"", "2:9: retention.bytes = \"2G\": a size such as 500MB or 2GiB"),
        ("[retention]\nage = \"31d\"\nruns = 500\nbytes = \"2GiB\"", "0 canaries"),
        (
            "[defautls]\ntimeout = \"5s\"",
            "1:2: defautls = {...}: no such key, did you mean defaults? There are artifacts, baselines, defaults, retention, maintenance, canary",
        ),
    ];
    for (text, expected) in cases {
        let told = problems(text);
        assert!(told.contains(expected), "{text}\n{told}");
    }
}

#[test]
fn policies_secrets_and_windows_reach_the_canary() {
    let directory = tempfile::tempdir().unwrap();
    std::fs::write(directory.path().join("token"), "tea4two\n").unwrap();
    let text = r#"
        [defaults]
        schedule = "rate(5 minutes)"
        retries = 1
        overlap = "queue"
        dst = { missing = "skip" }

        [[maintenance]]
        schedule = "0 2 * * SUN"
        timezone = "Europe/Berlin"
        duration = "2h"
        groups = ["checkout"]

        [[canary]]
        name = "shop"
        blueprint = "heartbeat"
        parameters = { url = "http://a.example" }
        groups = ["checkout", "checkout"]
        retry_backoff = "10s"
        misfire = "skip"
        max_lateness = "1m"
        variables = { user = { env = "SHOP_USER" }, lang = { env = "SHOP_LANG", default = "de" } }
        secrets = { token = { file = "token" }, pin = { command = ["echo", "1234"] }, key = { env = "SHOP_USER" } }

        [[canary]]
        name = "cart"
        blueprint = "heartbeat"
        parameters = { url = "http://a.example" }
        schedule = "0 9 * * *"
        overlap = "replace"
    "#;
    let config = Config::parse_with(text, "canaries.toml", directory.path(), &env).unwrap();
    let shop = config.entry("shop").unwrap();
    assert_eq!((shop.plan.retries.max, shop.plan.retries.backoff.as_secs()), (1, 10));
    assert_eq!((shop.plan.overlap, shop.plan.misfire), (Overlap::Queue, Misfire::Skip));
    assert_eq!(shop.groups, ["checkout"]);
    assert_eq!((shop.canary.variables["user"].as_str(), shop.canary.variables["lang"].as_str()), ("jane", "de"));
    let revealed = shop.secrets.reveal();
    assert_eq!(
        (revealed["token"].as_str(), revealed["pin"].as_str(), revealed["key"].as_str()),
        ("tea4two", "1234", "jane")
    );
    assert!(!format!("{config:?}").contains("tea4two"));
    assert!(shop.plan.is_in_maintenance("2026-11-22T01:30:00Z".parse().unwrap()));
    assert!(!shop.plan.is_in_maintenance("2026-11-22T03:00:00Z".parse().unwrap()));
    let cart = config.entry("cart").unwrap();
    assert_eq!((cart.plan.overlap, cart.plan.maintenance.len()), (Overlap::Replace, 0));
    assert_eq!(config.files, [directory.path().join("token")]);
}

#[test]
fn the_schema_and_the_page_know_every_key() {
    let schema = schema();
    let page = include_str!("../../docs/canaries.md");
    let example = page.split("```toml\n").nth(1).unwrap().split("```").next().unwrap();
    let directory = tempfile::tempdir().unwrap();
    std::fs::write(directory.path().join("token"), "x").unwrap();
    std::fs::write(directory.path().join("checkout.rhai"), "log::info(\"hi\");").unwrap();
    let environment = |name: &str| (name == "SHOP_PASSWORD").then(|| "x".to_owned());
    let read = Config::parse_with(example, "canaries.md", directory.path(), &environment);
    assert!(read.is_ok(), "{}", read.unwrap_err());
    let written: toml::Table = example.parse().unwrap();
    check_keys(&schema, &toml::Value::Table(written), "");
    for (table, fields) in
        [("", shape::FILE)].into_iter().chain(shape::FILE.iter().filter_map(|field| match field.shape {
            shape::Shape::Table(fields) => Some((field.name, fields)),
            shape::Shape::List(shape::Shape::Table(fields)) => Some((field.name, *fields)),
            _ => None,
        }))
    {
        for field in fields {
            let forms =
                [format!("`{}`", field.name), format!("## `[{}]`", field.name), format!("## `[[{}]]`", field.name)];
            assert!(forms.iter().any(|form| page.contains(form)), "{table}.{} is not on the page", field.name);
        }
    }
}

/// Every key of the example is a property in the schema, and has the type that the schema says.
fn check_keys(schema: &serde_json::Value, value: &toml::Value, path: &str) {
    match value {
        toml::Value::Table(table) => {
            for (key, value) in table {
                let property = schema["properties"].get(key).or(schema.get("additionalProperties"));
                let property = property.unwrap_or_else(|| panic!("{path}.{key} is not in the schema"));
                assert!(property.is_object(), "{path}.{key} is not in the schema");
                let either = property["anyOf"].as_array().into_iter().flatten();
                let fitting = either.clone().find(|one| (one["type"] == "object") == value.is_table());
                check_keys(fitting.unwrap_or(property), value, &format!("{path}.{key}"));
            }
        }
        toml::Value::Array(items) => items.iter().for_each(|item| check_keys(&schema["items"], item, path)),
        toml::Value::String(text) => {
            let is_word = schema["enum"].as_array().is_some_and(|words| words.iter().any(|word| word == text));
            assert!(schema["type"] == "string" || is_word || schema.get("type").is_none(), "{path}: {schema}");
        }
        _ => assert!(schema["type"] != "string", "{path}: {schema}"),
    }
}

#[test]
fn a_document_of_checks_is_a_file_of_the_configuration() {
    let directory = tempfile::tempdir().unwrap();
    let document =
        r#"{"steps": {"1": {"stepName": "a", "checkerType": "TCP", "hostname": "shop.example", "port": 25}}}"#;
    std::fs::write(directory.path().join("checks.json"), document).unwrap();
    let text = "[[canary]]\nname = \"shop\"\nblueprint = \"multi-check\"\nschedule = \"rate(1 minute)\"\n\
                parameters = { checks = \"checks.json\" }\nhosts = [\"other.example\"]\n";
    let config = Config::parse(text, "canaries.toml", directory.path()).unwrap();
    assert_eq!(config.files, [directory.path().join("checks.json")]);
    let hosts: Vec<_> = config.entries[0].canary.allowed_hosts().iter().map(ToString::to_string).collect();
    assert_eq!(hosts, ["other.example", "shop.example:25"]);
    assert!(config.entries[0].canary.subject.script().source.contains("stepName: \"a\""));
}
