//! Artifacts on an object store: sent when it answers, kept on the disk until then, removed by the same rules.

use std::fs;
use std::path::Path;

use crate::moto::{Moto, free_port};
use crate::program::{end, ended, service, start, until};

fn canaries(head: &str, service: &str, paths: &[&str]) -> String {
    let each = |path: &&str| {
        format!(
            "[[canary]]\nname = \"shop-{path}\"\nblueprint = \"api\"\nschedule = \"rate(1 hour)\"\n\
             parameters = {{ steps = [{{ url = \"{service}/{path}\" }}] }}\n"
        )
    };
    format!("{head}\n{}", paths.iter().map(each).collect::<String>())
}

fn waiting(directory: &Path) -> usize {
    fs::read_dir(directory.join("data/uploads")).map_or(0, Iterator::count)
}

#[tokio::test]
async fn runs_wait_on_the_disk_while_the_store_is_away_and_then_go_there() {
    let port = free_port();
    let directory = tempfile::tempdir().unwrap();
    let service = service().await;
    let text = canaries("artifacts = \"s3://runs/prod\"", &service, &["up", "down"]);
    fs::write(directory.path().join("canaries.toml"), text).unwrap();

    let program = start(directory.path(), port, &["--run-at-start"]);
    until("both runs wait on the disk", async || waiting(directory.path()) >= 2).await;
    let (code, stdout, stderr) = end(program).await;
    assert_eq!(code, Some(0), "{stderr}");
    assert!(stdout.contains("s3://runs/prod/canary/us-east-1/shop-up/"), "{stdout}");
    assert!(stderr.contains("results wait on disk"), "{stderr}");
    assert_eq!(waiting(directory.path()), 2, "over the end of the runner");

    let Some(moto) = Moto::start(port).await else { return };
    let program = start(directory.path(), port, &[]);
    until("nothing waits", async || waiting(directory.path()) == 0).await;
    let keys = moto.keys().await;
    for (canary, word) in [("shop-up", "PASSED"), ("shop-down", "FAILED")] {
        let prefix = format!("prod/canary/us-east-1/{canary}/");
        let names: Vec<_> =
            keys.iter().filter(|key| key.starts_with(&prefix)).filter_map(|key| key.rsplit('/').next()).collect();
        let report = format!("SyntheticsReport-{word}.json");
        let expected = [&report, "api.rhai", "junit.xml", "log.txt", "report.html", "results.har", "summary.md"]
            .map(str::to_owned);
        assert_eq!(names, expected);
    }
    let report = keys.iter().find(|key| key.ends_with("SyntheticsReport-FAILED.json")).unwrap();
    let report: serde_json::Value = serde_json::from_str(&moto.get(report).await.text().await.unwrap()).unwrap();
    assert_eq!(report["canaryName"], "shop-down");
    let page = keys.iter().find(|key| key.ends_with("report.html")).unwrap();
    assert_eq!(moto.get(page).await.headers()["content-type"], "text/html; charset=utf-8");
    assert_eq!(end(program).await.0, Some(0));

    // The store is away once more, while the runner runs.
    moto.end().await;
    let program = start(directory.path(), port, &["--run-at-start"]);
    until("both runs wait on the disk", async || waiting(directory.path()) >= 2).await;
    let moto = Moto::start(port).await.unwrap();
    until("the runs are on the store", async || {
        moto.keys().await.iter().filter(|key| key.contains("SyntheticsReport")).count() == 2
    })
    .await;
    assert_eq!(end(program).await.0, Some(0));
}

#[tokio::test]
async fn old_runs_go_from_the_store_but_for_the_two_that_tell_most() {
    let port = free_port();
    let Some(moto) = Moto::start(port).await else { return };
    let shop = "prod/canary/us-east-1/shop/2020/01";
    for (day, word) in [(1, "PASSED"), (2, "PASSED"), (3, "FAILED"), (4, "FAILED")] {
        moto.put(&format!("{shop}/{day:02}/08/00-00-000/SyntheticsReport-{word}.json"), "{}").await;
        moto.put(&format!("{shop}/{day:02}/08/00-00-000/log.txt"), "log").await;
        moto.put(&format!("{shop}/{day:02}/07/passed-3.jsonl"), "{}\n{}\n{}\n").await;
    }
    moto.put("prod/canary/readme.txt", "not ours").await;
    let directory = tempfile::tempdir().unwrap();
    let text = canaries("artifacts = \"s3://runs/prod\"\n[retention]\nage = \"30d\"", "http://127.0.0.1:9", &["up"]);
    fs::write(directory.path().join("canaries.toml"), text).unwrap();
    let program = start(directory.path(), port, &[]);
    let stay = [
        "prod/canary/readme.txt".to_owned(),
        format!("{shop}/02/08/00-00-000/SyntheticsReport-PASSED.json"),
        format!("{shop}/02/08/00-00-000/log.txt"),
        format!("{shop}/03/08/00-00-000/SyntheticsReport-FAILED.json"),
        format!("{shop}/03/08/00-00-000/log.txt"),
        // The newest of all that passed.
        format!("{shop}/04/07/passed-3.jsonl"),
    ];
    until("what is old is gone", async || moto.keys().await == stay).await;
    assert_eq!(end(program).await.0, Some(0));
}

#[tokio::test]
async fn a_wrong_place_is_told_with_its_rule() {
    let directory = tempfile::tempdir().unwrap();
    let write = |head: &str| {
        let text = canaries(head, "http://127.0.0.1:9", &["up"]);
        fs::write(directory.path().join("canaries.toml"), text).unwrap();
    };
    write("artifacts = \"ftp://runs/prod\"");
    let (code, _, stderr) = ended(start(directory.path(), 9, &[])).await;
    let told = "canaries.toml:1:13: artifacts = \"ftp://runs/prod\": a directory, or s3://BUCKET/PREFIX, gs://BUCKET/PREFIX \
                or az://CONTAINER/PREFIX: there is no scheme ftp";
    assert!(code == Some(2) && stderr.contains(told), "{code:?} {stderr}");
    write("");
    let (code, _, stderr) = ended(start(directory.path(), 9, &["--artifacts", "s3://a:b@runs"])).await;
    assert!(
        code == Some(2) && stderr.contains("--artifacts = \"s3://a:b@runs\": a directory, or"),
        "{code:?} {stderr}"
    );
    write("artifacts = \"az://runs/prod\"");
    let (code, _, stderr) = ended(start(directory.path(), 9, &[])).await;
    let told = "artifacts = \"az://runs/prod\": ";
    assert!(code == Some(2) && stderr.contains(told), "an account is missing: {code:?} {stderr}");
}
