//! Waiting for the page to become as wanted.

use std::fmt;

use serde_json::Value;
use tokio::time::Instant;

use super::element::{LOOK_GRACE, pause};
use super::launch::Session;
use super::selector::Selector;
use crate::browser::error::{BrowserError, PageError};

/// What can be waited for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Condition {
    /// An element that matches is visible.
    Visible(Selector),
    /// No element that matches is visible, or there is none.
    Hidden(Selector),
    TitleContains(String),
    UrlContains(String),
    /// The page's visible text contains this, blanks taken together.
    TextContains(String),
    /// The body of a function in the page, returning something true.
    Script(String),
}

impl fmt::Display for Condition {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Visible(selector) => write!(f, "{selector} is visible"),
            Self::Hidden(selector) => write!(f, "{selector} is hidden"),
            Self::TitleContains(text) => write!(f, "the title contains {text:?}"),
            Self::UrlContains(text) => write!(f, "the address contains {text:?}"),
            Self::TextContains(text) => write!(f, "the page shows {text:?}"),
            Self::Script(script) => write!(f, "script {script:?}"),
        }
    }
}

impl Session {
    /// Waits until the condition holds.
    ///
    /// # Errors
    /// `Page` when it does not by the deadline; as [`Session::title`] else.
    pub async fn wait_for(&self, condition: &Condition, deadline: Instant) -> Result<(), BrowserError> {
        let began = Instant::now();
        loop {
            if self.holds(condition, deadline).await? {
                return Ok(());
            }
            if !pause(deadline).await {
                return Err(BrowserError::Page(PageError::NotReached {
                    condition: condition.to_string(),
                    waited: began.elapsed(),
                }));
            }
        }
    }

    async fn holds(&self, condition: &Condition, deadline: Instant) -> Result<bool, BrowserError> {
        let by = deadline + LOOK_GRACE;
        match condition {
            Condition::Visible(selector) => self.shows(selector, deadline).await,
            Condition::Hidden(selector) => Ok(!self.shows(selector, deadline).await?),
            Condition::TitleContains(text) => Ok(self.title(by).await?.contains(text)),
            Condition::UrlContains(text) => Ok(self.url(by).await?.as_str().contains(text)),
            Condition::TextContains(text) => {
                const TEXT: &str = "return document.body ? document.body.innerText : ''";
                let shown = self.execute(TEXT, Vec::new(), by).await?;
                let shown = shown.as_str().unwrap_or_default();
                Ok(one_line(shown).contains(&one_line(text)))
            }
            Condition::Script(script) => {
                let result = self.execute(script, Vec::new(), by).await?;
                Ok(is_true(&result))
            }
        }
    }
}

fn one_line(text: &str) -> String {
    text.split_whitespace().collect::<Vec<_>>().join(" ")
}

/// As the page's own language sees it.
fn is_true(value: &Value) -> bool {
    match value {
        Value::Null => false,
        Value::Bool(value) => *value,
        Value::Number(number) => number.as_f64() != Some(0.0),
        Value::String(text) => !text.is_empty(),
        Value::Array(_) | Value::Object(_) => true,
    }
}
