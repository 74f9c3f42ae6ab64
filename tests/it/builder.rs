//! Canaries made in the console: put together, tried out, saved, and run by the runner that watches the file.

use std::time::Duration;

use siskin_tests::{Stack, run_to_end, until};

use crate::siskin;

const STORY_TIME: Duration = Duration::from_mins(2);

#[tokio::test(flavor = "multi_thread")]
async fn browser_canaries_are_built_tried_and_run() {
    let (_dir, data) = Stack::data_dir();
    let folder = data.parent().unwrap().to_owned();
    let stack = siskin().start("up", &data, &[]).await;

    let script = concat!(env!("CARGO_MANIFEST_DIR"), "/it/builder.rhai");
    let (console, host) = (format!("console={}", stack.url()), stack.address("api"));
    let mut command = siskin().command(&folder, &["run", script, "--param", &console, "--allow-host", &host]);
    command.args(["--timeout", "4m", "--artifacts", "artifacts"]);
    let ran = run_to_end(command).await;
    assert_eq!(ran.code, 0, "{}\n{}", ran.stdout, stack.output());

    let written = std::fs::read_to_string(folder.join("canaries.toml")).unwrap();
    for expected in ["name = \"own-metrics\"", "script = \"own-metrics.rhai\"", "name = \"own-logs\""] {
        assert!(written.contains(expected), "{written}");
    }
    let script = std::fs::read_to_string(folder.join("own-metrics.rhai")).unwrap();
    assert!(script.contains("step(\"heading\", || {"), "{script}");
    assert!(script.contains("assert::contains(element::text([\"#none\", \"h1\"]), \"Metrics\");"), "{script}");
    for canary in ["own-metrics", "own-logs"] {
        until(&format!("a run of {canary}"), STORY_TIME, || {
            let output = stack.output();
            let there = output.lines().any(|line| line.contains("PASSED") && line.contains(canary));
            async move { there.then_some(()) }
        })
        .await;
    }
    assert_eq!(stack.stop().await, 0);
}
