//! Rules of the house that no lint knows: sizes, layers, and who may depend on what.

use std::fmt::Write as _;
use std::path::{Path, PathBuf};
use std::process::Command;

/// A file is about one noun.
const FILE_LINES_MAX: usize = 500;
/// A mod.rs is a map.
const MAP_LINES_MAX: usize = 80;

/// Longer files, each with its reason.
const LONG_FILES: &[(&str, &str)] = &[];

/// The backend's layers from the top; a layer imports only what stands below it.
const LAYERS: &[&[&str]] = &[&["app"], &["edge"], &["service"], &["bus"], &["store"], &["lang", "wire"], &["base"]];

fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).parent().expect("tests lies in the workspace").to_path_buf()
}

fn sources() -> Vec<(String, String)> {
    let listed = Command::new("git").args(["ls-files", "*.rs"]).current_dir(root()).output().expect("git runs");
    assert!(listed.status.success(), "git ls-files failed");
    String::from_utf8(listed.stdout)
        .expect("file names are UTF-8")
        .lines()
        .filter_map(|name| Some((name.to_owned(), std::fs::read_to_string(root().join(name)).ok()?)))
        .collect()
}

fn assert_none(broken: &str) {
    assert!(broken.is_empty(), "\n{broken}");
}

#[test]
fn a_file_is_about_one_noun() {
    let mut broken = String::new();
    for (name, text) in sources() {
        let is_test = name.contains("/tests") || name.starts_with("tests/") || name.contains("/benches/");
        let lines = text.lines().count();
        let max = if name.ends_with("/mod.rs") { MAP_LINES_MAX } else { FILE_LINES_MAX };
        if lines > max && !is_test && !LONG_FILES.iter().any(|(long, _)| *long == name) {
            writeln!(broken, "{name}: {lines} lines, at most {max}").expect("writing to a string");
        }
    }
    assert_none(&broken);
}

#[test]
fn backend_layers_import_downwards_only() {
    let depth = |layer: &str| LAYERS.iter().position(|row| row.contains(&layer));
    let mut broken = String::new();
    for (name, text) in sources() {
        let Some(inside) = name.strip_prefix("backend/src/") else { continue };
        let Some((own, rest)) = inside.split_once('/') else { continue };
        // Tests stand where they like: they may wire a whole system.
        if rest.contains("tests") || rest.contains("testing") {
            continue;
        }
        let Some(own_depth) = depth(own) else { continue };
        for (number, line) in text.lines().enumerate() {
            for imported in line.split("crate::").skip(1) {
                let layer: String = imported.chars().take_while(|c| c.is_alphanumeric() || *c == '_').collect();
                let Some(other) = depth(&layer) else { continue };
                if layer != own && other <= own_depth && !line.trim_start().starts_with("//") {
                    writeln!(broken, "{name}:{}: {own} imports {layer}", number + 1).expect("writing to a string");
                }
            }
        }
    }
    assert_none(&broken);
}

#[test]
fn services_do_not_know_each_other() {
    let mut broken = String::new();
    for (name, text) in sources() {
        let Some(inside) = name.strip_prefix("backend/src/service/") else { continue };
        let Some((own, _)) = inside.split_once('/') else { continue };
        for other in ["cloudwatch", "events", "logs", "synthetics", "xray"].iter().filter(|other| **other != own) {
            if text.contains(&format!("service::{other}")) {
                writeln!(broken, "{name}: {own} uses {other}").expect("writing to a string");
            }
        }
    }
    assert_none(&broken);
}

/// The SDK goes into other people's services and the runner onto small machines: neither may pull the query engine.
#[test]
fn sdk_and_runner_build_without_datafusion() {
    for package in ["siskin-sdk", "siskin-blueprints", "siskin-runner"] {
        for heavy in ["datafusion", "deltalake-core", "parquet"] {
            let tree = Command::new(env!("CARGO"))
                .args(["tree", "--offline", "-e", "normal", "-p", package, "-i", heavy])
                .current_dir(root())
                .output()
                .expect("cargo runs");
            let found = String::from_utf8_lossy(&tree.stdout).contains(package);
            assert!(!found, "{package} depends on {heavy}");
        }
    }
}

#[test]
fn nothing_is_left_for_later_without_an_issue() {
    let mut broken = String::new();
    for (name, text) in sources() {
        for (number, line) in text.lines().enumerate() {
            let marks = ["TO".to_owned() + "DO", "FIX".to_owned() + "ME", "HA".to_owned() + "CK"];
            if marks.iter().any(|mark| line.contains(mark.as_str())) {
                writeln!(broken, "{name}:{}: {}", number + 1, line.trim()).expect("writing to a string");
            }
        }
    }
    assert_none(&broken);
}
