//! One check of a document that is being run.

use std::collections::BTreeMap;
use std::sync::Arc;

use parking_lot::Mutex;
use tokio::time::Instant;

use crate::check::multi::{Checks, Step, Template};

/// A step, and what it shares with the others; clones are the same.
#[derive(Clone, Debug)]
pub(super) struct Plan {
    shared: Arc<Shared>,
    index: usize,
}

#[derive(Debug)]
struct Shared {
    checks: Checks,
    extracted: Mutex<BTreeMap<String, String>>,
    /// Tokens by what they were asked with, and until when they are used.
    tokens: Mutex<BTreeMap<String, (String, Instant)>>,
}

impl Plan {
    /// Where a script's map keeps it.
    pub(super) const KEY: &'static str = "plan";

    pub(super) fn all(checks: Checks) -> Vec<Self> {
        let count = checks.steps.len();
        let shared = Arc::new(Shared { checks, extracted: Mutex::default(), tokens: Mutex::default() });
        (0..count).map(|index| Self { shared: Arc::clone(&shared), index }).collect()
    }

    pub(super) fn step(&self) -> &Step {
        &self.shared.checks.steps[self.index]
    }

    pub(super) fn user_agent(&self) -> Option<&Template> {
        self.shared.checks.user_agent.as_ref()
    }

    /// What the steps before have extracted.
    pub(super) fn extracted(&self) -> BTreeMap<String, String> {
        self.shared.extracted.lock().clone()
    }

    pub(super) fn keep(&self, name: &str, value: String) {
        self.shared.extracted.lock().insert(name.to_owned(), value);
    }

    /// Whatever an earlier run of this step left is not of this one.
    pub(super) fn forget(&self, name: &str) {
        self.shared.extracted.lock().remove(name);
    }

    pub(super) fn token(&self, of: &str) -> Option<String> {
        let tokens = self.shared.tokens.lock();
        tokens.get(of).filter(|(_, until)| Instant::now() < *until).map(|(token, _)| token.clone())
    }

    pub(super) fn keep_token(&self, of: String, token: String, until: Instant) {
        self.shared.tokens.lock().insert(of, (token, until));
    }
}
