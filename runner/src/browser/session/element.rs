//! Finding elements, using them, reading them.

use std::time::Duration;

use fantoccini::Client;
use fantoccini::elements::Element;
use tokio::time::{Instant, sleep_until};

use super::launch::Session;
use super::selector::{Native, Selector};
use crate::browser::error::{BrowserError, PageError};

/// Elements of one look-up whose visibility is asked for.
const CANDIDATES_MAX: usize = 50;
/// Pause between two looks.
const LOOK_EVERY: Duration = Duration::from_millis(50);
/// A look that begins just before the deadline may end after it: only a hang shall alarm the watchdog.
pub(super) const LOOK_GRACE: Duration = Duration::from_secs(1);

/// An element found in the page; stale once the page replaced it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ElementRef {
    id: fantoccini::elements::ElementRef,
}

/// What one look at the page found.
struct Look {
    visible: Option<ElementRef>,
    matches: usize,
}

impl ElementRef {
    pub(super) fn from_id(id: String) -> Self {
        Self { id: id.into() }
    }

    pub(super) fn id(&self) -> &str {
        &self.id
    }

    /// For one command of the client.
    pub(super) fn of(&self, client: Client) -> Element {
        Element::from_element_id(client, self.id.clone())
    }
}

impl Session {
    /// Waits until an element matches and is visible, and returns the first such one.
    ///
    /// # Errors
    /// `Page` when there is none by the deadline, with the number of invisible ones; `Deadline`
    /// only when the page did not even answer.
    pub async fn find(&self, selector: &Selector, deadline: Instant) -> Result<ElementRef, BrowserError> {
        let began = Instant::now();
        loop {
            let look = self.look(selector, deadline).await?;
            if let Some(found) = look.visible {
                return Ok(found);
            }
            if !pause(deadline).await {
                let waited = began.elapsed();
                let selector = selector.to_string();
                return Err(BrowserError::Page(match look.matches {
                    0 => PageError::NotFound { selector, waited },
                    hidden => PageError::Hidden { selector, hidden, waited },
                }));
            }
        }
    }

    /// All elements that match now, visible or not, without waiting.
    ///
    /// # Errors
    /// As [`Session::title`].
    pub async fn find_all(&self, selector: &Selector, deadline: Instant) -> Result<Vec<ElementRef>, BrowserError> {
        let Some(native) = Native::of(selector) else {
            let Selector::Role { role, name } = selector else {
                return Ok(Vec::new());
            };
            return self.find_by_role(role, name.as_deref(), deadline).await;
        };
        let found = self.guard("find", deadline, async |client| client.find_all(native.locator()).await).await?;
        Ok(found.into_iter().map(|element| ElementRef { id: element.element_id() }).collect())
    }

    /// Clicks in the element's middle, once it is not covered or moving any more.
    ///
    /// # Errors
    /// `Page` when it is still covered at the deadline; as [`Session::title`] else.
    pub async fn click(&self, element: &ElementRef, deadline: Instant) -> Result<(), BrowserError> {
        let mut by = deadline;
        loop {
            match self.guard("click", by, async |client| element.of(client).click().await).await {
                Err(BrowserError::Page(PageError::NotInteractable(_))) if pause(deadline).await => {}
                done => return done,
            }
            by = deadline + LOOK_GRACE;
        }
    }

    /// Types `text` into the element behind what it holds.
    ///
    /// # Errors
    /// As [`Session::title`].
    pub async fn type_text(&self, element: &ElementRef, text: &str, deadline: Instant) -> Result<(), BrowserError> {
        self.guard("type_text", deadline, async |client| element.of(client).send_keys(text).await).await
    }

    /// Empties a text field.
    ///
    /// # Errors
    /// As [`Session::title`].
    pub async fn clear(&self, element: &ElementRef, deadline: Instant) -> Result<(), BrowserError> {
        self.guard("clear", deadline, async |client| element.of(client).clear().await).await
    }

    /// The element's text as it is shown.
    ///
    /// # Errors
    /// As [`Session::title`].
    pub async fn text(&self, element: &ElementRef, deadline: Instant) -> Result<String, BrowserError> {
        self.guard("text", deadline, async |client| element.of(client).text().await).await
    }

    /// An attribute's value as the page's source has it.
    ///
    /// # Errors
    /// As [`Session::title`].
    pub async fn attribute(
        &self,
        element: &ElementRef,
        name: &str,
        deadline: Instant,
    ) -> Result<Option<String>, BrowserError> {
        if name.is_empty() || name.contains(['/', '?', '#', '%', ' ']) {
            // The name becomes part of an address.
            let why = format!("{name:?} is not the name of an attribute");
            return Err(BrowserError::Page(PageError::Refused(why)));
        }
        self.guard("attribute", deadline, async |client| element.of(client).attr(name).await).await
    }

    /// Whether a user could see the element. One that is no longer in the page is not visible.
    ///
    /// # Errors
    /// As [`Session::title`].
    pub async fn is_visible(&self, element: &ElementRef, deadline: Instant) -> Result<bool, BrowserError> {
        match self.guard("is_visible", deadline, async |client| element.of(client).is_displayed().await).await {
            Err(BrowserError::Page(PageError::Stale)) => Ok(false),
            seen => seen,
        }
    }

    /// Whether any element that matches is visible now.
    pub(super) async fn shows(&self, selector: &Selector, deadline: Instant) -> Result<bool, BrowserError> {
        Ok(self.look(selector, deadline).await?.visible.is_some())
    }

    async fn look(&self, selector: &Selector, deadline: Instant) -> Result<Look, BrowserError> {
        let by = deadline + LOOK_GRACE;
        let found = self.find_all(selector, by).await?;
        let matches = found.len();
        for element in found.into_iter().take(CANDIDATES_MAX) {
            if self.is_visible(&element, by).await? {
                return Ok(Look { visible: Some(element), matches });
            }
        }
        Ok(Look { visible: None, matches })
    }
}

/// Waits for the next look. `false` when the deadline leaves no room for one.
pub(super) async fn pause(deadline: Instant) -> bool {
    let next = Instant::now() + LOOK_EVERY;
    if next > deadline {
        return false;
    }
    sleep_until(next).await;
    true
}
