//! Which session, context and frame belongs to which tab.

use std::collections::{BTreeSet, HashMap};

use serde_json::Value;
use siskin_blueprints::recorder::{FrameStep, Tab, Travel};

use super::builder::Arrival;

/// Contexts and frames that are remembered; a page that makes more is recorded without them.
const REMEMBERED_MAX: usize = 100_000;

/// A context of the agent.
#[derive(Clone, Debug, Eq, Hash, PartialEq)]
pub(super) struct World {
    pub(super) session: String,
    pub(super) context: u64,
}

/// A tab of the browser.
#[derive(Debug)]
struct Page {
    target: String,
    session: String,
    /// None yet for a tab that a person opened and has not used.
    tab: Option<Tab>,
    history: History,
}

/// Where a tab was, by the numbers of its history's entries.
#[derive(Debug, Default)]
struct History {
    seen: BTreeSet<i64>,
    last: Option<(i64, i64)>,
}

impl History {
    /// Which of the entries is that of an address that the tab came to, if not the present one the first it came to
    /// since it was last asked for.
    fn place_of(&self, url: &str, entries: &[Value], present: usize) -> usize {
        // Of a navigation the address is told without its fragment, of a change within a document with it.
        let page_of = |url: &str| url.split('#').next().unwrap_or_default().to_owned();
        let is_it =
            |entry: &Value| entry.get("url").and_then(Value::as_str).is_some_and(|own| page_of(own) == page_of(url));
        let is_new = |entry: &Value| entry.get("id").and_then(Value::as_i64).is_some_and(|id| !self.seen.contains(&id));
        if entries.get(present).is_some_and(is_it) {
            return present;
        }
        let new = entries.iter().position(|entry| is_it(entry) && is_new(entry));
        new.or_else(|| entries.iter().rposition(is_it)).unwrap_or(present)
    }
}

/// All that is open.
#[derive(Debug, Default)]
pub(super) struct Tabs {
    pages: Vec<Page>,
    opened: usize,
    /// The tab's target of each session, also of those of its frames.
    sessions: HashMap<String, String>,
    frames: HashMap<World, String>,
    worlds: HashMap<String, World>,
    parents: HashMap<String, String>,
    named: HashMap<String, Vec<FrameStep>>,
}

impl Tabs {
    /// A page came: its tab has a number from the start if a page opened it.
    pub(super) fn add_page(&mut self, target: &str, session: &str, by_page: bool) {
        let tab = match (self.pages.is_empty() && self.opened == 0, by_page) {
            (true, _) => Some(Tab::Main),
            (false, true) => Some(self.next()),
            (false, false) => None,
        };
        self.sessions.insert(session.to_owned(), target.to_owned());
        let history = History::default();
        self.pages.push(Page { target: target.to_owned(), session: session.to_owned(), tab, history });
    }

    fn next(&mut self) -> Tab {
        self.opened += 1;
        Tab::Numbered(self.opened)
    }

    /// A frame of another site came, within what `parent` is the session of.
    pub(super) fn add_frame(&mut self, session: &str, parent: &str) {
        if let Some(target) = self.sessions.get(parent).cloned() {
            self.sessions.insert(session.to_owned(), target);
        }
    }

    /// A page is gone; gives its tab if that was recorded.
    pub(super) fn remove(&mut self, target: &str) -> Option<Tab> {
        let at = self.pages.iter().position(|page| page.target == target)?;
        let page = self.pages.remove(at);
        self.sessions.retain(|_, of| of != target);
        let sessions = &self.sessions;
        self.frames.retain(|world, _| sessions.contains_key(&world.session));
        self.worlds.retain(|_, world| sessions.contains_key(&world.session));
        page.tab
    }

    pub(super) fn is_empty(&self) -> bool {
        self.pages.is_empty()
    }

    /// The session of the first tab.
    pub(super) fn main_session(&self) -> Option<&str> {
        self.pages.first().map(|page| page.session.as_str())
    }

    /// Sessions of all tabs and of their frames.
    pub(super) fn all_sessions(&self) -> impl Iterator<Item = &str> {
        self.sessions.keys().map(String::as_str)
    }

    fn page(&self, session: &str) -> Option<&Page> {
        let target = self.sessions.get(session)?;
        self.pages.iter().find(|page| page.target == *target)
    }

    /// The tab of a session, unless it is one that a person opened and has not used.
    pub(super) fn used(&self, session: &str) -> Option<Tab> {
        self.page(session)?.tab.clone()
    }

    /// The tab of a session; a tab that a person opened has its number from now on.
    pub(super) fn tab(&mut self, session: &str) -> Option<Tab> {
        let target = self.sessions.get(session)?.clone();
        let at = self.pages.iter().position(|page| page.target == target)?;
        if self.pages.get(at)?.tab.is_none() {
            let next = self.next();
            self.pages.get_mut(at)?.tab = Some(next);
        }
        self.pages.get(at)?.tab.clone()
    }

    /// Whether a frame is a tab's own page, seen from the tab's session.
    pub(super) fn is_top(&self, session: &str, frame: &str) -> bool {
        self.page(session).is_some_and(|page| page.session == session && page.target == frame)
    }

    pub(super) fn add_world(&mut self, world: World, frame: &str) {
        if self.frames.len() < REMEMBERED_MAX {
            self.frames.insert(world.clone(), frame.to_owned());
            self.worlds.insert(frame.to_owned(), world);
        }
    }

    /// The frame of a context.
    pub(super) fn frame(&self, world: &World) -> Option<&str> {
        self.frames.get(world).map(String::as_str)
    }

    /// The present context of a frame.
    pub(super) fn world(&self, frame: &str) -> Option<&World> {
        self.worlds.get(frame)
    }

    pub(super) fn add_child(&mut self, frame: &str, parent: &str) {
        if self.parents.len() < REMEMBERED_MAX {
            self.parents.insert(frame.to_owned(), parent.to_owned());
        }
    }

    /// The frame around a frame.
    pub(super) fn parent(&self, frame: &str) -> Option<&str> {
        self.parents.get(frame).map(String::as_str)
    }

    /// What was found out of the way to a frame.
    pub(super) fn known_way(&self, frame: &str) -> Option<&Vec<FrameStep>> {
        self.named.get(frame)
    }

    pub(super) fn keep_way(&mut self, frame: &str, way: Vec<FrameStep>) {
        self.named.insert(frame.to_owned(), way);
    }

    /// A frame's page changed: its frames are others.
    pub(super) fn forget_ways(&mut self) {
        self.named.clear();
    }

    /// Present contexts of all tabs, or of the one of a session.
    pub(super) fn all_worlds(&self, of: Option<&str>) -> Vec<World> {
        let target = of.and_then(|session| self.sessions.get(session));
        let is_wanted = |world: &&World| {
            let own = self.sessions.get(&world.session);
            own.is_some() && (of.is_none() || own == target)
        };
        self.worlds.values().filter(is_wanted).cloned().collect()
    }

    /// How a tab came to an address, by what its history says by then: it may have gone on since.
    pub(super) fn arrival(&mut self, session: &str, url: &str, told: &Value) -> (Arrival, Option<String>) {
        let target = self.sessions.get(session).cloned().unwrap_or_default();
        let page = self.pages.iter_mut().find(|page| page.target == target);
        let present = told.get("currentIndex").and_then(Value::as_i64).and_then(|index| usize::try_from(index).ok());
        let (Some(page), Some(present)) = (page, present) else {
            return (Arrival::Led, None);
        };
        let entries = told.get("entries").and_then(Value::as_array).map(Vec::as_slice).unwrap_or_default();
        let index = page.history.place_of(url, entries, present);
        let entry = entries.get(index);
        let index = i64::try_from(index).unwrap_or(i64::MAX);
        let text = |name: &str| entry.and_then(|entry| entry.get(name)?.as_str()).unwrap_or_default();
        let id = entry.and_then(|entry| entry.get("id")?.as_i64()).unwrap_or_default();
        let history = &mut page.history;
        let last = history.last.replace((index, id));
        let is_new = history.seen.insert(id);
        let travelled = match last {
            _ if text("transitionType") == "reload" && last.is_some_and(|(_, last)| last == id) => Some(Travel::Reload),
            Some((from, last)) if !is_new && last != id => {
                Some(if index < from { Travel::Back } else { Travel::Forward })
            }
            _ => None,
        };
        if let Some(travel) = travelled {
            return (Arrival::Travelled(travel), None);
        }
        // <https://chromedevtools.github.io/devtools-protocol/tot/Page/#type-TransitionType>
        let typed = ["typed", "address_bar", "auto_bookmark", "generated", "keyword", "keyword_generated"];
        if is_new && typed.contains(&text("transitionType")) {
            let asked = text("userTypedURL");
            return (Arrival::Typed, asked.starts_with("http").then(|| asked.to_owned()));
        }
        (Arrival::Led, None)
    }
}
