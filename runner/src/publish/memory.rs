//! A publisher that keeps what it is sent: for tests of canaries, and of this runner.

use futures::FutureExt;
use futures::future::BoxFuture;
use parking_lot::Mutex;

use super::outbox::Publisher;
use super::{Call, PublishError};

/// Keeps calls in memory, without limit: for tests only.
#[derive(Debug, Default)]
pub struct Memory {
    calls: Mutex<Vec<Call>>,
    failure: Mutex<Option<PublishError>>,
}

impl Memory {
    /// What was sent so far.
    pub fn calls(&self) -> Vec<Call> {
        self.calls.lock().clone()
    }

    /// From now on every call fails so, or works again with `None`.
    pub fn fail_with(&self, failure: Option<PublishError>) {
        *self.failure.lock() = failure;
    }
}

impl Publisher for Memory {
    fn send<'a>(&'a self, call: &'a Call) -> BoxFuture<'a, Result<(), PublishError>> {
        let failure = self.failure.lock().clone();
        if failure.is_none() {
            self.calls.lock().push(call.clone());
        }
        async move { failure.map_or(Ok(()), Err) }.boxed()
    }
}
