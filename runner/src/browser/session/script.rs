//! Scripts in the page.

use serde_json::Value;
use tokio::time::Instant;

use super::launch::Session;
use crate::browser::error::BrowserError;

impl Session {
    /// Runs `script` as the body of a function in the page and returns what it returns; `arguments`
    /// are its `arguments`, and a promise is awaited.
    ///
    /// # Errors
    /// `Page` with the script's own error; `Deadline` when it did not end in time.
    pub async fn execute(&self, script: &str, arguments: Vec<Value>, deadline: Instant) -> Result<Value, BrowserError> {
        self.guard("execute", deadline, self.client.execute(script, arguments)).await
    }
}
