//! Documents that run, and what becomes of each of their steps.

use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::path::{Path, PathBuf};

use serde::Deserialize;
use serde_json::Value;

use crate::program::{Ended, run_under};
use crate::servers::Servers;

/// A file of `cases`.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Case {
    #[serde(default)]
    secrets: BTreeMap<String, Value>,
    /// Where roles are taken on.
    sts: Option<String>,
    /// Hosts beyond those that the document names.
    #[serde(default)]
    allow: Vec<String>,
    document: Value,
    /// By the names of the steps, in order: `PASSED`, or a part of the reason.
    expect: serde_json::Map<String, Value>,
}

pub(crate) fn folder(name: &str) -> Vec<PathBuf> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/multi").join(name);
    let mut files: Vec<_> = std::fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path()).collect();
    files.retain(|file| file.extension().is_some_and(|ending| ending == "json"));
    files.sort();
    files
}

async fn run(servers: &Servers, case: &Case) -> Ended {
    let document = case.document.to_string();
    let mut arguments = vec!["run".to_owned(), "checks.json".to_owned(), "--output".to_owned(), "json".to_owned()];
    let mut variables = vec![("SSL_CERT_FILE".to_owned(), "authority.pem".to_owned())];
    variables.extend(case.sts.clone().map(|url| ("AWS_ENDPOINT_URL_STS".to_owned(), url)));
    for (at, (name, value)) in case.secrets.iter().enumerate() {
        let text = value.as_str().map_or_else(|| value.to_string(), str::to_owned);
        variables.push((format!("SECRET_{at}"), text));
        arguments.extend(["--secret".to_owned(), format!("{name}=SECRET_{at}")]);
    }
    for host in &case.allow {
        arguments.extend(["--allow-host".to_owned(), host.clone()]);
    }
    let variables: Vec<_> = variables.iter().map(|(name, value)| (name.as_str(), value.as_str())).collect();
    let arguments: Vec<_> = arguments.iter().map(String::as_str).collect();
    let files = [("checks.json", document.as_str()), ("authority.pem", servers.authority.as_str())];
    run_under(&variables, &files, &arguments).await
}

/// What differs from what was expected.
fn differences(case: &Case, ended: &Ended) -> String {
    let mut told = String::new();
    let Ok(report) = serde_json::from_str::<Value>(&ended.stdout) else {
        return format!("no report: {}{}\n", ended.stdout, ended.stderr);
    };
    let steps = report["steps"].as_array().unwrap();
    let names: Vec<_> = steps.iter().map(|step| step["name"].as_str().unwrap()).collect();
    let expected: Vec<_> = case.expect.keys().map(String::as_str).collect();
    if names != expected {
        writeln!(told, "steps {names:?}, expected {expected:?}: {}", report["reason"]).unwrap();
    }
    for step in steps {
        let name = step["name"].as_str().unwrap();
        let found = step["reason"].as_str().unwrap_or("PASSED");
        let expected = case.expect.get(name).and_then(Value::as_str).unwrap_or_default();
        if !found.contains(expected) || (expected == "PASSED") != (step["status"] == "PASSED") {
            writeln!(told, "{name}: {found}\n  expected: {expected}").unwrap();
        }
    }
    let all_passed = case.expect.values().all(|value| value == "PASSED");
    if (ended.code == 0) != all_passed {
        writeln!(told, "exit code {}", ended.code).unwrap();
    }
    for secret in case.secrets.values().filter_map(Value::as_str) {
        let everything = [ended.stdout.as_bytes(), &ended.file("log.txt"), &ended.file("results.har")].concat();
        if String::from_utf8_lossy(&everything).contains(secret) {
            writeln!(told, "the secret {secret} is written down").unwrap();
        }
    }
    told
}

#[tokio::test]
async fn steps_end_as_their_cases_say() {
    let servers = Servers::start().await;
    let mut told = String::new();
    for file in folder("cases") {
        let text = servers.fill(&std::fs::read_to_string(&file).unwrap());
        let case: Case = serde_json::from_str(&text).unwrap_or_else(|error| panic!("{}: {error}", file.display()));
        let ended = run(&servers, &case).await;
        let differences = differences(&case, &ended);
        if !differences.is_empty() {
            writeln!(told, "{}\n{differences}", file.file_name().unwrap().display()).unwrap();
        }
    }
    assert!(told.is_empty(), "\n{told}");
}
