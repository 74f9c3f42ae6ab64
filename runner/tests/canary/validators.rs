//! Other people's judges of what the runner writes: a folder of Node.js modules under `target/`, made on first use.

use std::fs::{self, File};
use std::path::{Path, PathBuf};
use std::process::Command;

/// The judges, or `None`, with a line that says so, on a machine without Node.js.
pub(crate) struct Validators {
    modules: PathBuf,
}

fn scripts() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/validators")
}

impl Validators {
    pub(crate) fn installed() -> Option<Self> {
        let has = |program: &str| Command::new(program).arg("--version").output().is_ok_and(|ran| ran.status.success());
        if !has("node") || !has("npm") {
            assert!(std::env::var_os("CI").is_none(), "CI must have Node.js");
            #[expect(clippy::print_stderr, reason = "names the skipped test")]
            {
                eprintln!("skipped: there is no Node.js on this machine");
            }
            return None;
        }
        let files = ["package.json", "package-lock.json"];
        let texts = files.map(|name| fs::read_to_string(scripts().join(name)).unwrap());
        let test = std::env::current_exe().unwrap();
        let target = test.ancestors().nth(3).unwrap();
        let folder = target.join("validators");
        // Tests of several processes may come here at once.
        let lock = File::create(target.join("validators.lock")).unwrap();
        lock.lock().unwrap();
        let mark = folder.join("installed.txt");
        if fs::read_to_string(&mark).is_ok_and(|installed| installed == texts.concat()) {
            return Some(Self { modules: folder.join("node_modules") });
        }
        fs::create_dir_all(&folder).unwrap();
        for (name, text) in files.iter().zip(&texts) {
            fs::write(folder.join(name), text).unwrap();
        }
        // One of the packages is only here for the schemas it ships: what it would plug into is not wanted.
        let quietly = ["ci", "--legacy-peer-deps", "--ignore-scripts", "--no-audit", "--no-fund", "--loglevel=error"];
        let installed = Command::new("npm").args(quietly).current_dir(&folder).output().unwrap();
        assert!(installed.status.success(), "{}", String::from_utf8_lossy(&installed.stderr));
        fs::write(mark, texts.concat()).unwrap();
        Some(Self { modules: folder.join("node_modules") })
    }

    /// Judges by the JSON schema of HAR 1.2.
    pub(crate) fn judge_har(&self, har: &Path) {
        self.judge("har.js", &[har.to_str().unwrap()]);
    }

    /// Judges by the XML schemas of Jenkins and of Ant.
    pub(crate) fn judge_junit(&self, xml: &Path) {
        self.judge("junit.js", &[xml.to_str().unwrap(), "jenkins-junit.xsd", "JUnit.xsd"]);
    }

    #[track_caller]
    fn judge(&self, script: &str, arguments: &[&str]) {
        let mut judge = Command::new("node");
        judge.arg(scripts().join(script)).args(arguments).env("NODE_PATH", &self.modules);
        let said = judge.output().unwrap();
        let words = |bytes: &[u8]| String::from_utf8_lossy(bytes).into_owned();
        assert!(said.status.success(), "{script} {arguments:?}: {}{}", words(&said.stdout), words(&said.stderr));
    }
}
