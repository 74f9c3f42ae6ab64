//! How far the document of the top frame is, followed through the events.

use crate::browser::cdp::{DOM_CONTENT_LOADED, Event, LOADED};

/// How far a page must have come, in the order in which it does.
#[derive(Clone, Copy, Debug, Default, Eq, Ord, PartialEq, PartialOrd)]
pub enum LoadState {
    /// The answer's head is here, and the page begins to show it.
    Commit,
    /// The document is read; what it embeds may still be on its way.
    DomContentLoaded,
    /// All that the document embeds is here.
    #[default]
    Load,
}

/// What the top frame shows and whether it is about to show something else.
#[derive(Clone, Debug, Default)]
pub(crate) struct Loading {
    frame: String,
    /// The document that is shown, as Chrome names it.
    loader: Option<String>,
    reached: LoadState,
    leaving: bool,
}

impl Loading {
    /// Begins to follow a frame that shows an empty page.
    pub(crate) fn new(frame: &str) -> Self {
        Self { frame: frame.to_owned(), ..Self::default() }
    }

    /// Takes in the next event; those of other frames change nothing.
    pub(crate) fn observe(&mut self, event: &Event) {
        match event {
            Event::FrameNavigated(frame) if frame.id == self.frame => {
                self.loader = Some(frame.loader_id.clone());
                self.reached = if frame.is_restored { LoadState::Load } else { LoadState::Commit };
                self.leaving = false;
            }
            Event::Lifecycle(reached) if reached.frame_id == self.frame => {
                if self.loader.as_ref().is_some_and(|loader| *loader != reached.loader_id) {
                    return;
                }
                let state = match reached.name.as_str() {
                    DOM_CONTENT_LOADED => LoadState::DomContentLoaded,
                    LOADED => LoadState::Load,
                    _ => return,
                };
                self.reached = self.reached.max(state);
            }
            Event::Leaving(page) if page.frame_id == self.frame => self.leaving = true,
            Event::Navigating(page) if page.frame_id == self.frame => {
                self.leaving = !matches!(page.navigation_type.as_str(), "sameDocument" | "historySameDocument");
            }
            Event::WithinDocument(moved) if moved.frame_id == self.frame => self.leaving = false,
            // Also what was broken off: nothing more comes.
            Event::StoppedLoading(page) if page.frame_id == self.frame => self.rest(),
            _ => {}
        }
    }

    /// The page will be left: it was asked to.
    pub(crate) fn leave(&mut self) {
        self.leaving = true;
    }

    /// Nothing more comes.
    pub(crate) fn rest(&mut self) {
        self.leaving = false;
        self.reached = LoadState::Load;
    }

    /// Whether the document is as far as that and none is about to replace it.
    pub(crate) fn rests_at(&self, state: LoadState) -> bool {
        !self.leaving && self.reached >= state
    }

    /// Names the document that is shown.
    pub(crate) fn loader(&self) -> Option<&str> {
        self.loader.as_deref()
    }
}

#[cfg(test)]
mod tests {
    use serde_json::{Value, json};

    use super::*;

    fn check(events: &[(&str, Value)], expected: Option<LoadState>) {
        let mut loading = Loading::new("F");
        for (method, params) in events {
            loading.observe(&Event::parse(method, params.clone()).unwrap().unwrap());
        }
        let states = [LoadState::Load, LoadState::DomContentLoaded, LoadState::Commit];
        assert_eq!(states.into_iter().find(|state| loading.rests_at(*state)), expected, "{events:?}");
    }

    fn navigated(loader: &str) -> (&'static str, Value) {
        ("Page.frameNavigated", json!({"frame": {"id": "F", "loaderId": loader, "url": "http://a/"}}))
    }

    fn reached(loader: &str, name: &str) -> (&'static str, Value) {
        ("Page.lifecycleEvent", json!({"frameId": "F", "loaderId": loader, "name": name, "timestamp": 1.0}))
    }

    fn requested(frame: &str, disposition: &str) -> (&'static str, Value) {
        let params =
            json!({"frameId": frame, "disposition": disposition, "reason": "scriptInitiated", "url": "http://b/"});
        ("Page.frameRequestedNavigation", params)
    }

    #[test]
    fn a_document_comes_step_by_step() {
        check(&[], Some(LoadState::Load));
        check(&[navigated("1")], Some(LoadState::Commit));
        check(&[navigated("1"), reached("1", "DOMContentLoaded")], Some(LoadState::DomContentLoaded));
        check(&[navigated("1"), reached("1", "DOMContentLoaded"), reached("1", "load")], Some(LoadState::Load));
    }

    #[test]
    fn the_document_before_counts_no_more() {
        check(&[navigated("2"), reached("1", "load")], Some(LoadState::Commit));
    }

    #[test]
    fn a_page_that_moves_on_does_not_rest() {
        let loaded = [navigated("1"), reached("1", "load")];
        let and = |more: &[(&'static str, Value)]| [&loaded, more].concat();
        check(&and(&[requested("F", "currentTab")]), None);
        check(&and(&[requested("F", "currentTab"), navigated("2")]), Some(LoadState::Commit));
        check(&and(&[requested("G", "currentTab")]), Some(LoadState::Load));
        let stopped = ("Page.frameStoppedLoading", json!({"frameId": "F"}));
        check(&and(&[requested("F", "currentTab"), stopped]), Some(LoadState::Load));
    }

    #[test]
    fn going_within_the_document_leaves_nothing() {
        let begins = |kind: &str| {
            let params = json!({"frameId": "F", "url": "http://a/#b", "loaderId": "2", "navigationType": kind});
            ("Page.frameStartedNavigating", params)
        };
        check(&[begins("sameDocument")], Some(LoadState::Load));
        check(&[begins("differentDocument")], None);
    }
}
