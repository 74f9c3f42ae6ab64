//! `check` and `run --watch`.

use std::process::Stdio;

use tokio::io::{AsyncBufReadExt, BufReader};

use crate::program::program;

#[tokio::test]
async fn mistakes_are_told_before_anything_runs() {
    let directory = tempfile::tempdir().unwrap();
    let bad = "let x = 1;\n\
               elment::click(\"#a\");\n\
               element::clik(\"#a\");\n\
               element::fill(\"#a\");\n\
               page::open(\"http://a/\", #{}, 3);\n\
               element::open(\"http://a/\");\n\
               click(\"#a\");\n\
               fn twice(n) { n * 2 }\n\
               twice(1, 2);\n\
               stepp(\"a\", || lenght(x));\n\
               [1, 2].fliter(|n| n > 1);\n";
    let good = "fn twice(n) { n * 2 }\nlet texts = [\"a\"].map(|text| text.to_upper());\n\
                step(\"a\", || { print(twice(2)); assert::equal(texts.len(), 1); });\n";
    std::fs::write(directory.path().join("bad.rhai"), bad).unwrap();
    std::fs::write(directory.path().join("good.rhai"), good).unwrap();
    let output = program(&directory).args(["check", "bad.rhai", "good.rhai"]).output().await.unwrap();
    assert_eq!(output.status.code(), Some(2));
    assert_eq!(String::from_utf8(output.stdout).unwrap(), "good.rhai: no problems\n");
    insta::assert_snapshot!(String::from_utf8(output.stderr).unwrap());
    let output = program(&directory).args(["run", "bad.rhai"]).output().await.unwrap();
    assert_eq!(output.status.code(), Some(2));
    assert!(!directory.path().join("siskin-artifacts").exists(), "nothing ran");
}

#[tokio::test]
async fn a_saved_script_runs_again() {
    let directory = tempfile::tempdir().unwrap();
    let file = directory.path().join("shop.rhai");
    std::fs::write(&file, "step(\"one\", || 1);").unwrap();
    let mut running = program(&directory)
        .args(["run", "shop.rhai", "--watch"])
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    let mut told = BufReader::new(running.stdout.take().unwrap()).lines();
    let mut waits = BufReader::new(running.stderr.take().unwrap()).lines();
    let mut next = async |part: &str| {
        while let Some(line) = told.next_line().await.unwrap() {
            if line.contains(part) {
                return;
            }
        }
        panic!("no line has {part}");
    };
    let mut mistake = async |part: &str| {
        while let Some(line) = waits.next_line().await.unwrap() {
            if line.contains(part) {
                return;
            }
        }
        panic!("no line has {part}");
    };
    next("one").await;
    mistake("waiting for shop.rhai").await;
    std::fs::write(&file, "step(\"two\", || ;").unwrap();
    mistake("shop.rhai:1:").await;
    mistake("waiting for shop.rhai").await;
    std::fs::write(&file, "step(\"three\", || assert::that(true, \"\"));").unwrap();
    next("three").await;
    running.kill().await.unwrap();
}
