//! Documents with mistakes, and documents without.

use std::fmt::Write as _;

use crate::cases::folder;
use crate::program::run_with;

async fn checked(file: &std::path::Path) -> (i32, String) {
    let text = std::fs::read_to_string(file).unwrap();
    let name = file.file_name().unwrap().to_str().unwrap();
    let ended = run_with(&[(name, &text)], &["check", name]).await;
    (ended.code, format!("{}{}", ended.stdout, ended.stderr))
}

#[tokio::test]
async fn every_mistake_is_told_by_its_path_value_and_rule() {
    let mut told = String::new();
    for file in folder("mistakes") {
        let (code, text) = checked(&file).await;
        assert_eq!(code, 2, "{text}");
        writeln!(told, "{text}").unwrap();
    }
    insta::assert_snapshot!(told);
}

#[tokio::test]
async fn documents_written_for_aws_are_taken_as_they_are() {
    for file in folder("valid") {
        let (code, text) = checked(&file).await;
        assert_eq!(code, 0, "{text}");
    }
}

#[tokio::test]
async fn documents_of_the_guide_are_good() {
    let guide = include_str!("../../docs/multi-check.md");
    let blocks: Vec<_> = guide.split("```json\n").skip(1).map(|rest| rest.split("```").next().unwrap()).collect();
    assert!(!blocks.is_empty());
    for block in blocks {
        let ended = run_with(&[("guide.json", block)], &["check", "guide.json"]).await;
        assert_eq!(ended.code, 0, "{}", ended.stderr);
    }
}

#[tokio::test]
async fn nothing_runs_when_there_is_a_mistake() {
    let document = r#"{"steps":{"1":{"stepName":"a","checkerType":"TCP","hostname":"127.0.0.1","port":1,"prot":2}}}"#;
    let ended = run_with(&[("checks.json", document)], &["run", "checks.json"]).await;
    assert_eq!(ended.code, 2);
    let expected = "checks.json: $.steps['1']['prot'] = 2: no such field, did you mean port?";
    assert!(ended.stderr.starts_with(expected), "{}", ended.stderr);
    assert!(!ended.directory.path().join("siskin-artifacts").exists(), "nothing ran");
}
