//! `new`, then `check`, then `run`: a canary works at once.

use std::process::Output;

use tempfile::TempDir;
use tokio::process::Command;

use crate::program::run;
use crate::site;

async fn program(folder: &TempDir, arguments: &[&str]) -> (i32, String) {
    let mut command = Command::new(env!("CARGO_BIN_EXE_siskin-runner"));
    for name in ["AWS_ENDPOINT_URL", "RUST_LOG", "GITHUB_ACTIONS", "GITHUB_STEP_SUMMARY", "TF_BUILD"] {
        command.env_remove(name);
    }
    let Output { status, stdout, stderr } = command.args(arguments).current_dir(folder.path()).output().await.unwrap();
    let told = String::from_utf8(stdout).unwrap() + &String::from_utf8(stderr).unwrap();
    (status.code().unwrap_or(-1), told)
}

/// The three commands; what they told.
async fn new_check_run(folder: &TempDir, name: &str, new: &[&str]) -> String {
    let mut told = String::new();
    let named = [new, &["--name", name]].concat();
    for arguments in [named.as_slice(), &["check", "canaries.toml"], &["run", name]] {
        let (code, words) = program(folder, arguments).await;
        assert_eq!(code, 0, "{arguments:?}: {words}");
        told.push_str(&words);
    }
    told
}

#[tokio::test]
async fn browser_canaries_of_every_blueprint_work_at_once() {
    let site = site::start().await;
    let folder = tempfile::tempdir().unwrap();
    let url = format!("{}/", site.url);
    let stock = format!("steps.0.url={}/stock", site.url);
    let blueprints: &[(&str, &[&str])] = &[
        ("pages", &["new", "heartbeat", "--url", &url, "--set", "text=3 left", "--set", "vitals.lcp.warn=60000"]),
        ("pages-script", &["new", "heartbeat", "--url", &url, "--set", "failed_requests=fail", "--script"]),
        ("stock", &["new", "api", "--set", &stock, "--set", "steps.0.status=200"]),
        ("stock-script", &["new", "api", "--set", &stock, "--script"]),
        ("links", &["new", "broken-links", "--url", &url, "--set", "browser=false", "--set", "depth=0"]),
    ];
    for (name, new) in blueprints {
        let told = new_check_run(&folder, name, new).await;
        assert!(told.contains(&format!("PASSED   {name}")), "{told}");
    }
    let (code, told) = program(&folder, &["check", "canaries.toml"]).await;
    assert!(code == 0 && told.starts_with("canaries.toml: 5 canaries, no problems"), "{told}");
}

#[tokio::test]
async fn an_openapi_document_becomes_a_canary_that_passes() {
    let site = site::start().await;
    let folder = tempfile::tempdir().unwrap();
    let document = format!(
        "openapi: 3.1.0\ninfo: {{ title: Tea shop, version: '1' }}\nservers: [{{ url: '{}' }}]\npaths:\n  /stock:\n    get:\n      \
         operationId: stock\n      responses:\n        '200':\n          content:\n            application/json:\n              \
         schema: {{ $ref: '#/components/schemas/Stock' }}\n  /orders:\n    post:\n      requestBody:\n        content:\n          \
         application/json: {{ example: {{ item: tea, note: null }} }}\n      responses: {{ '201': {{ description: made }} }}\n\
         components:\n  schemas:\n    Stock: {{ type: object, required: [tea], properties: {{ tea: {{ type: integer }} }} }}\n",
        site.url
    );
    std::fs::write(folder.path().join("shop.yaml"), document).unwrap();
    let told = new_check_run(&folder, "shop", &["new", "api", "--from-openapi", "shop.yaml", "--all-operations"]).await;
    assert!(told.contains("PASSED   shop") && told.contains("2 steps"), "{told}");
    let (code, told) = program(&folder, &["new", "api", "--from-openapi", "shop.yaml", "--print"]).await;
    assert!(code == 0 && told.contains("name = \"api-tea-shop\"") && !told.contains("/orders"), "{told}");
}

#[tokio::test]
async fn browser_archive_of_a_run_becomes_a_canary_that_passes() {
    let site = site::start().await;
    let seen =
        run(&["run", "heartbeat", "--url", &format!("{}/", site.url), "--param", "text=3 left", "--output", "json"])
            .await;
    assert_eq!(seen.code, 0, "{} {}", seen.stdout, seen.stderr);
    let folder = tempfile::tempdir().unwrap();
    std::fs::write(folder.path().join("shop.har"), seen.file("results.har")).unwrap();
    let told = new_check_run(&folder, "shop", &["new", "api", "--from-har", "shop.har"]).await;
    assert!(told.contains("PASSED   shop"), "{told}");
    let written = std::fs::read_to_string(folder.path().join("canaries.toml")).unwrap();
    assert!(written.contains("/stock\"") && written.contains("status = \"200\""), "{written}");
}
