//! What the page is and shows, and its dialogs.

use std::time::Duration;

use serde_json::{Value, json};
use tokio::time::Instant;
use url::Url;

use super::launch::Session;
use crate::browser::cdp::{CdpError, Recording};
use crate::browser::error::{BrowserError, PageError};
use crate::browser::redact;

/// Times that a page which leaves for another one is asked anew.
const ATTEMPTS_MAX: usize = 3;
/// Chrome itself answers a dialog; a machine that is out of breath needs a moment.
const DIALOG_PATIENCE: Duration = Duration::from_secs(5);

impl Session {
    /// Title of the page.
    ///
    /// # Errors
    /// Any [`BrowserError`] but `Config`, as all commands below.
    pub async fn title(&self, deadline: Instant) -> Result<String, BrowserError> {
        self.read("title", "document.title", deadline).await
    }

    /// Address of the page, without user name and password.
    ///
    /// # Errors
    /// As [`Session::title`].
    pub async fn url(&self, deadline: Instant) -> Result<Url, BrowserError> {
        const METHOD: &str = "Page.getNavigationHistory";
        let history = self
            .guard_call("url", deadline, async |by| {
                self.at_rest(by).await?;
                self.connection.call(METHOD, json!({}), by).await
            })
            .await?;
        let current = history.get("currentIndex").and_then(Value::as_u64).and_then(|index| usize::try_from(index).ok());
        let entry = current.and_then(|index| history.get("entries")?.get(index)?.get("url")?.as_str());
        let mut url = entry
            .and_then(|entry| Url::parse(entry).ok())
            .ok_or_else(|| BrowserError::infrastructure("Chrome tells no address of the page"))?;
        redact::without_credentials(&mut url);
        Ok(url)
    }

    /// The page as HTML, as it is now.
    ///
    /// # Errors
    /// As [`Session::title`].
    pub async fn source(&self, deadline: Instant) -> Result<String, BrowserError> {
        if self.webdriver.is_in_frame() {
            return self.guard("source", deadline, async |client| client.source().await).await;
        }
        self.read("source", "document.documentElement ? document.documentElement.outerHTML : ''", deadline).await
    }

    /// Text of the open dialog.
    pub fn dialog(&self) -> Option<String> {
        self.connection.with(|recording| recording.dialog.clone())
    }

    /// Answers the open dialog with "OK".
    ///
    /// # Errors
    /// As [`Session::title`]; `Page` when none is open.
    pub async fn accept_dialog(&self, deadline: Instant) -> Result<(), BrowserError> {
        self.answer_dialog(json!({"accept": true}), deadline).await
    }

    /// Answers the open dialog with "Cancel".
    ///
    /// # Errors
    /// As [`Session::accept_dialog`].
    pub async fn dismiss_dialog(&self, deadline: Instant) -> Result<(), BrowserError> {
        self.answer_dialog(json!({"accept": false}), deadline).await
    }

    /// Types into the open prompt and answers it with "OK".
    pub(crate) async fn answer_prompt(&self, text: &str, deadline: Instant) -> Result<(), BrowserError> {
        self.answer_dialog(json!({"accept": true, "promptText": text}), deadline).await
    }

    async fn answer_dialog(&self, params: Value, deadline: Instant) -> Result<(), BrowserError> {
        self.usable()?;
        let by = deadline.min(Instant::now() + DIALOG_PATIENCE);
        match self.connection.call("Page.handleJavaScriptDialog", params, by).await {
            Ok(_) => {
                // The next command shall not meet it any more.
                self.connection.wait_until(by, |recording| recording.dialog.is_none()).await;
                Ok(())
            }
            Err(CdpError::Refused { message, .. }) => Err(BrowserError::Page(PageError::Refused(message))),
            Err(error @ (CdpError::TimedOut { .. } | CdpError::Gone(_))) => Err(self.note_end(error.into())),
        }
    }

    /// A text that the page's engine gives.
    async fn read(&self, command: &'static str, expression: &str, deadline: Instant) -> Result<String, BrowserError> {
        let told = self
            .guard_call(command, deadline, async |by| {
                self.ask_page(json!({"expression": expression, "returnByValue": true}), by).await
            })
            .await?;
        Ok(told.pointer("/result/value").and_then(Value::as_str).unwrap_or_default().to_owned())
    }

    /// `Runtime.evaluate`, once the page is what it is to become.
    pub(super) async fn ask_page(&self, params: Value, by: Instant) -> Result<Value, CdpError> {
        let mut attempts = 1;
        loop {
            self.at_rest(by).await?;
            match self.connection.call("Runtime.evaluate", params.clone(), by).await {
                Err(CdpError::Refused { message, .. }) if attempts < ATTEMPTS_MAX && means_page_left(&message) => {
                    attempts += 1;
                }
                answered => return answered,
            }
        }
    }

    /// Waits until the page is as far as it was opened for, and not about to leave for another one.
    pub(super) async fn at_rest(&self, by: Instant) -> Result<(), CdpError> {
        self.connection.reach(by, Recording::rests).await
    }
}

/// Chrome's words for a document that is no more, with the question that it was asked.
fn means_page_left(message: &str) -> bool {
    message.contains("context") || message.contains("navigated or closed")
}
