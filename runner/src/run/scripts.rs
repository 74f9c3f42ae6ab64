//! What the runs of one canary have in common, made once.

use std::collections::HashMap;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use parking_lot::Mutex;
use siskin_blueprints::{Canary, CanaryName, HostPattern};

use crate::browser;
use crate::script::{Failure, Program};

/// Most canaries whose scripts are kept, at some ten KiB each; those of more are compiled again when they run.
const SCRIPTS_MAX: usize = 5_000;

/// Compiled scripts of canaries that ran; clones share them.
#[derive(Clone, Debug, Default)]
pub struct Scripts(Arc<Mutex<HashMap<CanaryName, Arc<Prepared>>>>);

/// A canary that is ready to run.
#[derive(Debug)]
pub(super) struct Prepared {
    canary: Arc<Canary>,
    program: Result<Program, Failure>,
    hosts: Vec<HostPattern>,
    traced_hosts: Vec<browser::HostPattern>,
    /// Whether its last run passed, as far as this process knows.
    last_passed: AtomicBool,
    /// The folder of the pack that already has its script.
    packed_in: Mutex<PathBuf>,
}

impl Scripts {
    /// Whether runs of a canary may come to open a browser.
    pub(crate) fn may_open_browser(&self, canary: &Arc<Canary>) -> bool {
        self.of(canary).program().is_ok_and(Program::may_open_browser)
    }

    /// The script of a canary, compiled when it is new or not what it was.
    pub(super) fn of(&self, canary: &Arc<Canary>) -> Arc<Prepared> {
        if let Some(known) = self.0.lock().get(&canary.name)
            && Arc::ptr_eq(&known.canary, canary)
        {
            return Arc::clone(known);
        }
        let hosts = canary.allowed_hosts();
        let prepared = Arc::new(Prepared {
            canary: Arc::clone(canary),
            program: Program::compile(canary.subject.script()),
            traced_hosts: hosts.iter().filter_map(|host| host.to_string().parse().ok()).collect(),
            hosts,
            last_passed: AtomicBool::new(false),
            packed_in: Mutex::default(),
        });
        let mut known = self.0.lock();
        if known.len() >= SCRIPTS_MAX
            && let Some(other) = known.keys().next().cloned()
        {
            known.remove(&other);
        }
        known.insert(canary.name.clone(), Arc::clone(&prepared));
        prepared
    }
}

impl Prepared {
    pub(super) fn canary(&self) -> &Canary {
        &self.canary
    }

    /// Hosts that its runs may call.
    pub(super) fn hosts(&self) -> &[HostPattern] {
        &self.hosts
    }

    /// The same, whose requests from pages are traced.
    pub(super) fn traced_hosts(&self) -> &[browser::HostPattern] {
        &self.traced_hosts
    }

    pub(super) fn program(&self) -> Result<&Program, Failure> {
        self.program.as_ref().map_err(Clone::clone)
    }

    pub(super) fn last_passed(&self) -> bool {
        self.last_passed.load(Ordering::Relaxed)
    }

    pub(super) fn note_passed(&self, passed: bool) {
        self.last_passed.store(passed, Ordering::Relaxed);
    }

    /// Whether the pack in `hour` has the script.
    pub(super) fn is_packed_in(&self, hour: &Path) -> bool {
        *self.packed_in.lock() == hour
    }

    pub(super) fn note_packed_in(&self, hour: &Path) {
        let mut packed_in = self.packed_in.lock();
        if *packed_in != hour {
            hour.clone_into(&mut packed_in);
        }
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;
    use std::time::Duration;

    use siskin_blueprints::{Schedule, Script, Subject};

    use super::*;

    #[test]
    fn a_canary_that_changed_is_compiled_again() {
        let canary = |source: &str| {
            Arc::new(Canary {
                name: "shop".parse().unwrap(),
                subject: Subject::Script(Script { name: "shop.rhai".to_owned(), source: source.to_owned() }),
                schedule: Schedule::Once,
                timeout: Duration::from_secs(30),
                variables: BTreeMap::new(),
                hosts: Vec::new(),
                alarm: None,
            })
        };
        let scripts = Scripts::default();
        let (good, bad) = (canary("let x = 1;"), canary("let x = ;"));
        let first = scripts.of(&good);
        assert!(first.program().is_ok() && Arc::ptr_eq(&first, &scripts.of(&good)));
        assert!(scripts.of(&bad).program().is_err());
        assert!(scripts.of(&good).program().is_ok());
    }
}
