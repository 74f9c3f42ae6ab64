use std::path::Path;

use clap::Parser;

use super::*;

#[derive(Debug, Parser)]
struct Typed {
    #[command(flatten)]
    arguments: NewArgs,
}

fn new(directory: &Path, typed: &[&str]) -> Result<u8, String> {
    let config = directory.join("canaries.toml");
    let words = ["new"].into_iter().chain(typed.iter().copied()).chain(["--config", config.to_str().unwrap()]);
    let arguments = Typed::try_parse_from(words).map_err(|error| error.to_string())?.arguments;
    run(&arguments).map_err(|stop| stop.message)
}

fn file(directory: &Path, name: &str) -> String {
    std::fs::read_to_string(directory.join(name)).unwrap()
}

#[test]
fn a_canary_is_added_and_what_was_there_stays() {
    let directory = tempfile::tempdir().unwrap();
    let path = directory.path();
    let before = "# mine\n[defaults]\ntimeout = \"20s\" # short\n";
    std::fs::write(path.join("canaries.toml"), before).unwrap();
    new(path, &["heartbeat", "--url", "https://shop.example/", "--set", "vitals.lcp.warn=2500"]).unwrap();
    new(path, &["broken-links", "--url", "https://docs.example/", "--schedule", "rate(1 day)", "--timeout", "10m"])
        .unwrap();
    let after = file(path, "canaries.toml");
    assert!(after.starts_with(before), "{after}");
    insta::assert_snapshot!(after.strip_prefix(before).unwrap(), @r#"

    [[canary]]
    name = "heartbeat-shop-example"
    blueprint = "heartbeat"
    schedule = "rate(5 minutes)"

    [canary.parameters]
    url = "https://shop.example/"

    [canary.parameters.vitals.lcp]
    warn = 2500

    [[canary]]
    name = "broken-links-docs-example"
    blueprint = "broken-links"
    schedule = "rate(1 day)"
    timeout = "10m"

    [canary.parameters]
    url = "https://docs.example/"
    "#);
}

#[test]
fn an_api_canary_names_its_secrets() {
    let directory = tempfile::tempdir().unwrap();
    let set = [
        "api",
        "--name",
        "shop-api",
        "--set",
        "steps.0.url=https://api.shop.example/orders",
        "--set",
        "auth.kind=bearer",
        "--set",
        "auth.token={{secret:token}}",
        "--set",
        r#"steps.0.expect=[{"of": "json", "at": "$.total", "compare": "greater_than", "value": 0}]"#,
    ];
    new(directory.path(), &set).unwrap();
    insta::assert_snapshot!(file(directory.path(), "canaries.toml"), @r#"
    [[canary]]
    name = "shop-api"
    blueprint = "api"
    schedule = "rate(5 minutes)"

    [canary.secrets.token]
    env = "SHOP_API_TOKEN"

    [[canary.parameters.steps]]
    url = "https://api.shop.example/orders"

    [[canary.parameters.steps.expect]]
    of = "json"
    at = "$.total"
    compare = "greater_than"
    value = 0

    [canary.parameters.auth]
    kind = "bearer"
    token = "{{secret:token}}"
    "#);
}

#[test]
fn a_script_of_ones_own_may_call_what_the_blueprint_calls() {
    let directory = tempfile::tempdir().unwrap();
    let path = directory.path();
    new(path, &["heartbeat", "--name", "shop", "--url", "https://shop.example/", "--script"]).unwrap();
    assert_eq!(
        file(path, "canaries.toml"),
        "[[canary]]\nname = \"shop\"\nscript = \"shop.rhai\"\nschedule = \"rate(5 minutes)\"\nhosts = [\"shop.example:443\"]\n"
    );
    assert!(file(path, "shop.rhai").contains("page::open(wanted.url)"));
    let again = new(path, &["heartbeat", "--name", "shop", "--url", "https://shop.example/", "--script"]).unwrap_err();
    assert!(again.contains("has this name already, nothing was written"), "{again}");
    std::fs::remove_file(path.join("canaries.toml")).unwrap();
    let again = new(path, &["heartbeat", "--name", "shop", "--url", "https://shop.example/", "--script"]).unwrap_err();
    assert!(again.contains("shop.rhai: is there already, nothing was written"), "{again}");
    assert!(!path.join("canaries.toml").try_exists().unwrap());
}

#[test]
fn what_cannot_be_is_told_and_nothing_is_written() {
    let cases: &[(&[&str], &str)] = &[
        (&["heartbeet"], "heartbeet: no such blueprint; there are heartbeat, api, broken-links"),
        (&["heartbeat"], "url = (not given): is required"),
        (&["heartbeat", "--url", "shop"], "url[0] = \"shop\": an absolute URL that begins with http:// or https://"),
        (&["heartbeat", "--url", "http://a.example", "--set", "text"], "--set text: NAME=VALUE"),
        (
            &["heartbeat", "--url", "http://a.example", "--set", "texd=x"],
            "texd = x: no such parameter; there are url, ",
        ),
        (
            &["heartbeat", "--url", "http://a.example", "--set", "screenshot=maybe"],
            "screenshot = \"maybe\": true or false",
        ),
        (
            &["heartbeat", "--url", "http://a.example", "--name", "Shop"],
            "--name = \"Shop\": 1 to 255 of the characters",
        ),
        (&["heartbeat", "--url", "http://a.example", "--name", "api"], "--name api: `run api` would run the blueprint"),
        (&["heartbeat", "--url", "http://a.example", "--schedule", "now"], "canary[0].schedule = \"now\""),
        (&["heartbeat", "--url", "http://a.example", "--timeout", "1s"], "canary[0].timeout = 1s: 3s to 840s"),
        (&["heartbeat", "--url", "http://a.example", "--schedule", "now", "--print"], "canary[0].schedule = \"now\""),
        (
            &["heartbeat", "--url", "http://a.example", "--timeout", "20m", "--script"],
            "canary[0].timeout = 1200s: 3s to 840s",
        ),
        (&["heartbeat", "--from-har", "x.har"], "--from-openapi and --from-har make steps of api, not of heartbeat"),
        (&["api", "--from-har", "/nonexistent/x.har"], "/nonexistent/x.har: No such file or directory"),
        (&["api", "--from-har", "a", "--from-openapi", "b"], "cannot be used with"),
        (&["api", "--host", "a.example"], "--from-har"),
        (&["api", "--from-har", "a", "--host", "a/b"], "a host name or address"),
    ];
    for (typed, expected) in cases {
        let directory = tempfile::tempdir().unwrap();
        let told = new(directory.path(), typed).unwrap_err();
        assert!(told.contains(expected), "{typed:?}: {told}");
        assert_eq!(std::fs::read_dir(directory.path()).unwrap().count(), 0, "{typed:?}");
    }
}

#[test]
fn a_file_with_problems_is_left_alone() {
    let directory = tempfile::tempdir().unwrap();
    let broken = "[[canary]]\nname = \"a\"\n";
    std::fs::write(directory.path().join("canaries.toml"), broken).unwrap();
    let told = new(directory.path(), &["heartbeat", "--url", "http://a.example"]).unwrap_err();
    assert!(told.contains("has problems already, nothing was written"), "{told}");
    assert_eq!(file(directory.path(), "canaries.toml"), broken);
    // TOML that no table can be added to.
    std::fs::write(directory.path().join("canaries.toml"), "canary = []\n").unwrap();
    let told = new(directory.path(), &["heartbeat", "--url", "http://a.example"]).unwrap_err();
    assert!(told.contains("nothing was written, since it would not be read"), "{told}");
}

#[test]
fn imports_too_large_or_broken_are_told() {
    let directory = tempfile::tempdir().unwrap();
    let har = directory.path().join("big.har");
    std::fs::File::create(&har).unwrap().set_len(100 * 1024 * 1024).unwrap();
    let told = new(directory.path(), &["api", "--from-har", har.to_str().unwrap()]).unwrap_err();
    assert!(told.ends_with("big.har: 104857600 bytes, at most 67108864"), "{told}");
    let spec = directory.path().join("spec.yaml");
    std::fs::write(&spec, "openapi: 3.1.0\nservers: [{url: https://a.example}]\npaths: {/a: {$ref: '#/x'}}").unwrap();
    let told = new(directory.path(), &["api", "--from-openapi", spec.to_str().unwrap()]).unwrap_err();
    assert!(
        told.ends_with("spec.yaml: #/paths/~1a/$ref = \"#/x\": there is nothing at this place of the document"),
        "{told}"
    );
}
