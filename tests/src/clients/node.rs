//! Node.js: a folder of modules.

use std::path::PathBuf;
use std::process::Command;

use super::{clients_dir, installed, is_there, run};

/// A Node.js with the X-Ray SDK and Express.
#[derive(Clone, Debug)]
pub struct Node {
    modules: PathBuf,
}

impl Node {
    /// The environment; `None`, with a line that says so, on a machine without Node.js.
    ///
    /// # Panics
    /// In CI, where a missing Node.js is a failure; anywhere, when the packages cannot be installed.
    pub fn environment() -> Option<Self> {
        for program in ["node", "npm"] {
            if !is_there(Command::new(program).arg("--version"), program) {
                return None;
            }
        }
        let files = ["package.json", "package-lock.json"];
        let texts = files.map(|name| {
            std::fs::read_to_string(clients_dir().join(name)).expect("the lists of packages are part of the project")
        });
        let environment = installed("clients-node", &texts.concat(), |environment| {
            std::fs::create_dir_all(environment).expect("target/ can be written");
            for (name, text) in files.iter().zip(&texts) {
                std::fs::write(environment.join(name), text).expect("target/ can be written");
            }
            let quietly = ["ci", "--ignore-scripts", "--no-audit", "--no-fund", "--loglevel=error"];
            run(Command::new("npm").args(quietly).current_dir(environment));
        });
        Some(Self { modules: environment.join("node_modules") })
    }

    /// A script from `tests/clients`.
    pub fn script(&self, name: &str) -> Command {
        let mut command = Command::new("node");
        command.arg(clients_dir().join(name)).env("NODE_PATH", &self.modules);
        command
    }
}
