//! Pointer, keys, frames, tabs and history: what a script asks for beyond finding and clicking.

use fantoccini::Client;
use fantoccini::actions::{
    Actions, InputSource, KeyAction, KeyActions, MOUSE_BUTTON_LEFT, MouseActions, PointerAction,
};
use serde_json::{Value, json};
use tokio::time::Instant;

use super::element::ElementRef;
use super::launch::Session;
use crate::browser::error::BrowserError;
use crate::browser::verdict::LoadState;

/// Key of the elements that WebDriver's answers name, <https://www.w3.org/TR/webdriver/#elements>.
pub(super) const ELEMENT_KEY: &str = "element-6066-11e4-a52e-4f735466cecf";

/// What the mouse does over an element.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Gesture {
    /// How often its button goes down: 0 for hovering.
    pub(crate) clicks: u8,
    /// WebDriver's number of the button.
    pub(crate) button: u64,
    /// Keys held meanwhile, as WebDriver's characters.
    pub(crate) held: Vec<char>,
    /// From the element's middle, in CSS pixels.
    pub(crate) at: (f64, f64),
}

impl Gesture {
    /// In the element's middle, with the left button.
    pub(crate) fn new(clicks: u8) -> Self {
        Self { clicks, button: MOUSE_BUTTON_LEFT, held: Vec::new(), at: (0.0, 0.0) }
    }
}

/// A step through the page's history.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(crate) enum Travel {
    Back,
    Forward,
    Reload,
}

impl ElementRef {
    /// The element that a script's result holds.
    pub(crate) fn from_json(value: &Value) -> Option<Self> {
        value.get(ELEMENT_KEY)?.as_str().map(|id| Self::from_id(id.to_owned()))
    }

    /// The element as an argument of a script.
    pub(crate) fn to_json(&self) -> Value {
        json!({ELEMENT_KEY: self.id()})
    }
}

impl Session {
    /// Moves the mouse over the element, and clicks there if the gesture says so.
    pub(crate) async fn gesture(
        &self,
        element: &ElementRef,
        gesture: &Gesture,
        deadline: Instant,
    ) -> Result<(), BrowserError> {
        let act = async |client: Client| {
            let target = element.of(client.clone());
            let (x, y) = gesture.at;
            let at = PointerAction::MoveToElement { element: target, duration: None, x, y };
            let mut mouse = MouseActions::new("mouse".to_owned()).then(at);
            for _ in 0..gesture.clicks {
                mouse = mouse
                    .then(PointerAction::Down { button: gesture.button })
                    .then(PointerAction::Up { button: gesture.button });
            }
            if gesture.held.is_empty() {
                return client.perform_actions(Actions::from(mouse)).await;
            }
            let keys = || KeyActions::new("keyboard".to_owned());
            let down = gesture.held.iter().fold(keys(), |keys, key| keys.then(KeyAction::Down { value: *key }));
            let up = gesture.held.iter().rev().fold(keys(), |keys, key| keys.then(KeyAction::Up { value: *key }));
            client.perform_actions(Actions::from(down)).await?;
            let done = client.perform_actions(Actions::from(mouse)).await;
            // Also when the click failed: a key that stays down would change all that follows.
            let released = client.perform_actions(Actions::from(up)).await;
            done.and(released)
        };
        self.guard("pointer", deadline, act).await
    }

    /// Presses the keys one after the other, holds them all, and lets them go in the opposite order.
    pub(crate) async fn press(&self, keys: &[char], deadline: Instant) -> Result<(), BrowserError> {
        let mut actions = KeyActions::new("keyboard".to_owned());
        for key in keys {
            actions = actions.then(KeyAction::Down { value: *key });
        }
        for key in keys.iter().rev() {
            actions = actions.then(KeyAction::Up { value: *key });
        }
        self.guard("press", deadline, async |client| client.perform_actions(Actions::from(actions)).await).await
    }

    /// A PNG of one element.
    pub(crate) async fn element_picture(
        &self,
        element: &ElementRef,
        deadline: Instant,
    ) -> Result<Vec<u8>, BrowserError> {
        self.guard("screenshot", deadline, async |client| element.of(client).screenshot().await).await
    }

    /// Has the commands after this one work within a frame of the page.
    pub(crate) async fn enter_frame(&self, element: &ElementRef, deadline: Instant) -> Result<(), BrowserError> {
        self.guard("frame", deadline, async |client| element.of(client).enter_frame().await).await?;
        self.webdriver.entered_frame();
        Ok(())
    }

    /// Has the commands after this one work with the frame around the present one.
    pub(crate) async fn leave_frame(&self, deadline: Instant) -> Result<(), BrowserError> {
        self.guard("frame", deadline, async |client| client.enter_parent_frame().await).await?;
        self.webdriver.left_frame();
        Ok(())
    }

    /// Has the commands after this one work with the whole page.
    pub(crate) async fn main_frame(&self) -> Result<(), BrowserError> {
        self.usable()?;
        self.webdriver.leave_frames().await;
        Ok(())
    }

    pub(crate) async fn travel(&self, travel: Travel, deadline: Instant) -> Result<(), BrowserError> {
        self.webdriver.leave_frames().await;
        self.connection.with(|recording| recording.asked_at = LoadState::Load);
        match travel {
            Travel::Back => self.guard("back", deadline, async |client| client.back().await).await,
            Travel::Forward => self.guard("forward", deadline, async |client| client.forward().await).await,
            Travel::Reload => self.guard("reload", deadline, async |client| client.refresh().await).await,
        }
    }

    /// Handles of all tabs, in the order they were opened.
    pub(crate) async fn tabs(&self, deadline: Instant) -> Result<Vec<String>, BrowserError> {
        let windows = self.guard("tabs", deadline, async |client| client.windows().await).await?;
        let own = self.pages(deadline).await?;
        let is_own = |handle: &String| {
            own.iter().any(|page| page.get("targetId").and_then(Value::as_str) == Some(handle.as_str()))
        };
        Ok(windows.into_iter().map(String::from).filter(is_own).collect())
    }

    /// Handle of the tab that the commands work with.
    pub(crate) fn tab(&self) -> String {
        self.connection.target()
    }

    /// Has the commands after this one work with another tab, which is observed from now on.
    pub(crate) async fn switch_to_tab(&self, handle: &str, deadline: Instant) -> Result<(), BrowserError> {
        self.guard_call("tab", deadline, async |by| {
            self.connection.attach_to(handle, by).await?;
            self.connection.call("Page.bringToFront", json!({}), by).await.map(drop)
        })
        .await
    }

    /// Closes the tab that the commands work with; another one must be switched to next.
    pub(crate) async fn close_tab(&self, deadline: Instant) -> Result<(), BrowserError> {
        self.guard("close_tab", deadline, async |client| client.close_window().await).await.map(drop)
    }

    /// Sends a DevTools command to the page: emulation, cookies, network.
    pub(crate) async fn devtools(
        &self,
        method: &'static str,
        params: Value,
        deadline: Instant,
    ) -> Result<Value, BrowserError> {
        self.guard_call(method, deadline, async |by| {
            self.connection.await_picture(by).await?;
            self.connection.call(method, params, by).await
        })
        .await
    }

    /// Sends a DevTools command to the browser, for this session's context only.
    pub(crate) async fn devtools_browser(
        &self,
        method: &'static str,
        mut params: Value,
        deadline: Instant,
    ) -> Result<Value, BrowserError> {
        if let (Some(context), Some(fields)) = (self.home.context(), params.as_object_mut()) {
            fields.insert("browserContextId".to_owned(), context.into());
        }
        self.guard_call(method, deadline, async |by| self.connection.ask_browser(method, params, by).await).await
    }

    /// All pages of the browser, as `Target.getTargets` tells of them: in a shared Chrome only this session's own.
    pub(crate) async fn pages(&self, deadline: Instant) -> Result<Vec<Value>, BrowserError> {
        let told = self
            .guard_call("tabs", deadline, async |by| {
                self.connection.ask_browser("Target.getTargets", json!({}), by).await
            })
            .await?;
        let text = |page: &Value, name: &str| page.get(name).and_then(Value::as_str).map(str::to_owned);
        let own = |page: &Value| {
            let is_here = self.home.context().is_none_or(|own| text(page, "browserContextId").as_deref() == Some(own));
            is_here && text(page, "type").as_deref() == Some("page")
        };
        let all = told.get("targetInfos").and_then(Value::as_array).cloned().unwrap_or_default();
        Ok(all.into_iter().filter(own).collect())
    }
}
