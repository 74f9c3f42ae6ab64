//! Bad input and a hostile machine: one clear sentence, exit code 2, nothing half done.

use std::fs;
use std::net::TcpListener;
use std::path::Path;

use siskin_tests::{Exit, Stack, run_to_end};

use crate::siskin;

async fn up(dir: &Path, args: &[&str]) -> Exit {
    let mut command = siskin().command(dir, &["up", "--data", "data"]);
    if !args.contains(&"--listen") {
        command.args(["--listen", "127.0.0.1:0"]);
    }
    command.args(["--xray-listen", "127.0.0.1:0", "--otlp-listen", "127.0.0.1:0"]).args(args);
    run_to_end(command).await
}

/// One sentence on standard error that holds all `words`, and exit code 2.
fn assert_refused(exit: &Exit, words: &[&str]) {
    assert_eq!(exit.code, 2, "{exit:?}");
    let complaints: Vec<&str> = exit.stderr.lines().filter(|line| !line.is_empty()).collect();
    assert!(!complaints.is_empty(), "{exit:?}");
    assert!(!exit.stderr.contains("panicked"), "{exit:?}");
    for word in words {
        assert!(exit.stderr.contains(word), "{word:?} is missing in {:?}", exit.stderr);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_port_in_use_is_named_with_the_flag_that_moves_it() {
    let (dir, _) = Stack::data_dir();
    let taken = TcpListener::bind("127.0.0.1:0").expect("loopback has free ports");
    let address = taken.local_addr().expect("a bound socket has an address").to_string();
    let exit = up(dir.path(), &["--listen", &address]).await;
    assert_refused(&exit, &[&address, "in use", "--listen"]);
}

#[tokio::test(flavor = "multi_thread")]
async fn other_than_loopback_is_refused_while_nobody_is_authenticated() {
    let (dir, _) = Stack::data_dir();
    let exit = up(dir.path(), &["--listen", "0.0.0.0:0"]).await;
    assert_refused(&exit, &["0.0.0.0:0", "loopback"]);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_data_directory_that_cannot_be_written_is_named() {
    let (dir, data) = Stack::data_dir();
    // A file where the directory should be: even root cannot write below it.
    fs::write(&data, "in the way").expect("the temporary directory is ours");
    let exit = up(dir.path(), &[]).await;
    assert_refused(&exit, &["data"]);
    assert_eq!(fs::read_to_string(&data).expect("still there"), "in the way");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_second_process_on_the_same_data_is_refused_and_the_first_lives_on() {
    let (dir, data) = Stack::data_dir();
    let first = siskin().start("serve", &data, &[]).await;
    let exit = up(dir.path(), &[]).await;
    assert_refused(&exit, &["data", &first.pid().to_string()]);
    first.aws().cloudwatch("ListMetrics", serde_json::json!({})).await;
    assert_eq!(first.stop().await, 0);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_bad_config_names_file_line_field_and_rule() {
    let cases = [
        (
            "[[canary]]\nname = \"Shop!\"\nblueprint = \"heartbeat\"\nschedule = \"rate(1 minute)\"\n\n[canary.parameters]\nurl = \"http://127.0.0.1/\"\n",
            ":2",
            "name",
        ),
        (
            "[[canary]]\nname = \"shop\"\nblueprint = \"heartbeat\"\nschedule = \"rate(1 minutes)\"\n\n[canary.parameters]\nurl = \"http://127.0.0.1/\"\n",
            ":4",
            "schedule",
        ),
        ("[[canary]]\nname = \"shop\"\nbluprint = \"heartbeat\"\nschedule = \"rate(1 minute)\"\n", ":3", "bluprint"),
        ("[[canary]\n", ":1", "canaries.toml"),
    ];
    for (text, line, field) in cases {
        let (dir, _) = Stack::data_dir();
        fs::write(dir.path().join("canaries.toml"), text).expect("the temporary directory is ours");
        let exit = up(dir.path(), &[]).await;
        assert_refused(&exit, &[&format!("canaries.toml{line}"), field]);
        let checked = run_to_end(siskin().command(dir.path(), &["check", "canaries.toml"])).await;
        assert_refused(&checked, &[&format!("canaries.toml{line}"), field]);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_config_that_is_asked_for_must_exist() {
    let (dir, _) = Stack::data_dir();
    let exit = up(dir.path(), &["--config", "nowhere.toml"]).await;
    assert_refused(&exit, &["nowhere.toml"]);
}
