use std::path::Path;

use super::*;

fn problems(text: &str) -> String {
    match Config::parse(text, "canaries.toml", Path::new("/nonexistent")) {
        Ok(config) => format!("{} canaries", config.canaries.len()),
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
    canaries.toml:6:13: canary[0].blueprint = "heartbeet": no such blueprint; there are heartbeat, api
    canaries.toml:7:12: canary[0].schedule = "rate(1 minutes)": the unit is singular for 1: rate(1 minute)
    canaries.toml:2:11: canary[0].timeout = "soon": a duration such as 30s or 1m 30s
    canaries.toml:16:7: canary[1].parameters.url[0] = "shop": an absolute URL that begins with http:// or https://
    canaries.toml:13:12: canary[1].timezone = "Berlin": a time zone of the IANA database, such as Europe/Berlin
    canaries.toml:19:11: canary[1].alarm.missing = "sometimes": one of missing, breaching, notBreaching, ignore
    canaries.toml:20:11: canary[1].alarm.notify[0] = "mailto:a@b": a webhook's URL that begins with http:// or https://
    canaries.toml:23:8: canary[2].name = "two": another canary of this file has the same name
    canaries.toml:22:1: canary[2].blueprint = (not given): a canary has one of heartbeat, api, or a script
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
fn scripts_are_read_beside_the_file_and_must_compile() {
    let directory = tempfile::tempdir().unwrap();
    std::fs::write(directory.path().join("good.rhai"), "log::info(\"hi\");").unwrap();
    std::fs::write(directory.path().join("bad.rhai"), "let x = 1;\nlet y = ;\n").unwrap();
    let load = |script: &str| {
        let text = format!("[[canary]]\nname = \"a\"\nscript = \"{script}\"\nschedule = \"rate(1 minute)\"\n");
        std::fs::write(directory.path().join("canaries.toml"), text).unwrap();
        Config::load(&directory.path().join("canaries.toml")).map(|config| config.canaries.len())
    };
    assert_eq!(load("good.rhai").unwrap(), 1);
    let bad = load("bad.rhai").unwrap_err().to_string();
    assert!(bad.contains("canaries.toml:3:10: canary[0].script = \"bad.rhai\": bad.rhai:2:9:"), "{bad}");
    let missing = load("missing.rhai").unwrap_err().to_string();
    assert!(missing.contains("cannot be read: No such file"), "{missing}");
}
