//! Other people's clients: environments of their languages under `target/`, made on first use from pinned packages.

use std::fs::File;
use std::path::{Path, PathBuf};
use std::process::Command;

mod node;
mod python;

pub use node::Node;
pub use python::Python;

/// Where the scripts lie, and the lists of packages they need.
fn clients_dir() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("clients")
}

/// The folder `name` below `target/`, made by `install` unless it is there already for this very `wanted`. Safe to
/// call at once from many tests.
fn installed(name: &str, wanted: &str, install: impl FnOnce(&Path)) -> PathBuf {
    let target = target_dir();
    let environment = target.join(name);
    let lock = File::create(target.join(format!("{name}.lock"))).expect("target/ can be written");
    lock.lock().expect("target/ supports file locks");
    let mark = environment.join("installed.txt");
    if std::fs::read_to_string(&mark).is_ok_and(|installed| installed == wanted) {
        return environment;
    }
    install(&environment);
    std::fs::write(mark, wanted).expect("target/ can be written");
    environment
}

/// The folder that cargo builds into: two levels above the test binary.
fn target_dir() -> PathBuf {
    let test = std::env::current_exe().expect("a running program has a path");
    let target = test.ancestors().nth(3).expect("tests run from target/PROFILE/deps");
    target.to_path_buf()
}

/// Whether `command` runs and says it is fine. If not, says what is `missing`.
///
/// # Panics
/// In CI, where what is missing is a failure.
fn is_there(command: &mut Command, missing: &str) -> bool {
    if command.output().is_ok_and(|output| output.status.success()) {
        return true;
    }
    assert!(std::env::var_os("CI").is_none(), "CI must have {missing}");
    #[expect(clippy::print_stderr, reason = "names the skipped test")]
    {
        eprintln!("skipped: there is no {missing} on this machine");
    }
    false
}

fn run(command: &mut Command) {
    let output = command.output().expect("the command starts");
    assert!(output.status.success(), "{command:?}: {}", String::from_utf8_lossy(&output.stderr));
}
