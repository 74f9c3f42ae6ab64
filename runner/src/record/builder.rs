//! Messages and navigations become a recording. Nothing here knows of Chrome.

use std::collections::{BTreeSet, HashMap};
use std::time::Duration;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD as BASE64;
use siskin_blueprints::recorder::{
    Action, Button, Chord, ChosenFile, Content, Modifier, Navigation, Path, Place, Pointer, Recording, Screen,
    SecretNames, Step, Tab, Travel, Value, limits,
};
use url::Url;

use super::message::{Message, paths};

/// A page goes elsewhere because of what was done if it does so this soon.
const CAUSED_WITHIN: Duration = Duration::from_secs(10);
/// So soon after something was done in it, a tab that closes or goes back does so by itself.
const AT_ONCE: Duration = Duration::from_secs(1);
/// The size that runs have unless they are told otherwise.
const USUAL_SIZE: (u32, u32) = (1280, 720);

/// A recording under way.
#[derive(Debug, Default)]
pub(super) struct Builder {
    steps: Vec<Step>,
    /// When each was done, since the start.
    times: Vec<Duration>,
    screen: Option<(u32, u32)>,
    secrets: SecretNames,
    /// Names under which forms send secrets.
    secret_parameters: BTreeSet<String>,
    /// Steps of chosen files by the agent's number.
    files: HashMap<u32, usize>,
    file_bytes: usize,
    paused: bool,
    /// What could not be recorded as it was.
    warnings: Vec<String>,
}

/// How a tab came to a page.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(super) enum Arrival {
    /// By what was done in it, or by the page itself.
    Led,
    /// A person typed the address.
    Typed,
    Travelled(Travel),
}

impl Builder {
    /// Takes what was done at a place.
    pub(super) fn hear(&mut self, message: Message, place: Place, now: Duration) {
        match message {
            Message::Hello { width, height } => {
                // Windows that are minimised have none.
                if width > 0 && height > 0 && place.tab == Tab::Main {
                    self.screen.get_or_insert((width, height));
                }
            }
            Message::Page { url, title } => self.titled(&url, title, &place.tab),
            Message::Pause { paused } => self.paused = paused,
            Message::File { id, index, base64 } => self.content(id, index, &base64),
            _ if self.paused => {}
            Message::Files { on, id, files } => {
                let unknown = |file: super::message::FileName| ChosenFile {
                    name: file.name,
                    media_type: if file.media_type.is_empty() { "text/plain".to_owned() } else { file.media_type },
                    content: Content::Unknown,
                };
                let files = files.into_iter().map(unknown).collect();
                if self.add(Action::SetFiles { on: paths(on), files }, place, now) {
                    self.files.insert(id, self.steps.len() - 1);
                }
            }
            Message::Secret { on, called, parameter } => {
                let on = paths(on);
                let name = self.secrets.name(&format!("{place:?} {:?}", on.first()), &called);
                if !parameter.is_empty() {
                    self.secret_parameters.insert(parameter);
                }
                self.add(Action::Change { on, value: Value::Secret(name) }, place, now);
            }
            Message::Mode { .. } | Message::Stop => {}
            other => {
                if let Some(action) = action(other) {
                    self.add(action, place, now);
                }
            }
        }
    }

    /// Adds a step, or makes one of it and the last. `false` when the recording is full.
    fn add(&mut self, action: Action, place: Place, now: Duration) -> bool {
        let last = self.steps.last_mut().filter(|last| last.place == place);
        if let Some(last) = last
            && is_continued(&last.action, &action)
        {
            last.action = action;
            self.touch(now);
            return true;
        }
        if self.steps.len() >= limits::STEPS_MAX {
            self.warn(format!("a recording has at most {} steps: what came later is left out", limits::STEPS_MAX));
            return false;
        }
        self.steps.push(Step::new(action, place));
        self.times.push(now);
        true
    }

    fn touch(&mut self, now: Duration) {
        if let Some(time) = self.times.last_mut() {
            *time = now;
        }
    }

    pub(super) fn warn(&mut self, warning: String) {
        if !self.warnings.contains(&warning) {
            self.warnings.push(warning);
        }
    }

    /// The last step in a tab, if it is no older than `within`.
    fn recent(&mut self, tab: &Tab, now: Duration, within: Duration) -> Option<&mut Step> {
        let at = self.steps.iter().rposition(|step| step.place.tab == *tab)?;
        let is_recent = now.saturating_sub(*self.times.get(at)?) <= within;
        self.steps.get_mut(at).filter(|_| is_recent)
    }

    /// A tab came to a page; `asked` is the address that was typed, if it is another.
    pub(super) fn arrived(&mut self, tab: Tab, url: &str, asked: Option<&str>, how: Arrival, now: Duration) {
        if self.paused && !self.steps.is_empty() {
            return;
        }
        let navigation = Navigation { url: Some(self.without_secrets(url)), title: None };
        let place = Place { tab, frames: Vec::new() };
        let how = match how {
            Arrival::Travelled(_) if self.recent(&place.tab, now, AT_ONCE).is_some() => Arrival::Led,
            how => how,
        };
        match how {
            Arrival::Led => {
                if let Some(step) = self.recent(&place.tab, now, CAUSED_WITHIN) {
                    step.navigations = vec![navigation];
                }
            }
            Arrival::Typed => {
                let url = self.without_secrets(asked.unwrap_or(url));
                self.add_led(Action::Navigate { url }, place, navigation, now);
            }
            Arrival::Travelled(travel) => self.add_led(Action::Travel(travel), place, navigation, now),
        }
    }

    fn add_led(&mut self, action: Action, place: Place, navigation: Navigation, now: Duration) {
        if self.add(action, place, now)
            && let Some(step) = self.steps.last_mut()
        {
            step.navigations = vec![navigation];
        }
    }

    /// The page at an address has a title; one that nothing led to is of no interest.
    fn titled(&mut self, url: &str, title: String, tab: &Tab) {
        let url = Some(self.without_secrets(url));
        let mut in_tab = self.steps.iter_mut().rev().filter(|step| step.place.tab == *tab);
        let last = in_tab.find_map(|step| step.navigations.last_mut());
        if let Some(navigation) = last.filter(|last| last.url == url) {
            navigation.title = Some(title);
        }
    }

    /// A tab was closed.
    pub(super) fn closed(&mut self, tab: Tab, now: Duration) {
        let by_page = self.recent(&tab, now, AT_ONCE).is_some();
        if !self.paused || by_page {
            self.add(Action::Close { by_page }, Place { tab, frames: Vec::new() }, now);
        }
    }

    /// A dialog was answered.
    pub(super) fn answered(&mut self, tab: Tab, accept: bool, text: Option<String>, now: Duration) {
        if !self.paused {
            self.add(Action::Dialog { accept, text }, Place { tab, frames: Vec::new() }, now);
        }
    }

    fn content(&mut self, id: u32, index: usize, base64: &str) {
        let step = self.files.get(&id).and_then(|at| self.steps.get_mut(*at));
        let Some(Action::SetFiles { files, .. }) = step.map(|step| &mut step.action) else { return };
        let (Some(file), Ok(bytes)) = (files.get_mut(index), BASE64.decode(base64)) else { return };
        self.file_bytes += bytes.len();
        if self.file_bytes > limits::FILES_BYTES_MAX {
            return;
        }
        let is_plain = |text: &String| !text.chars().any(|c| c.is_control() && !matches!(c, '\n' | '\r' | '\t'));
        file.content = match String::from_utf8(bytes).ok().filter(is_plain) {
            Some(text) => Content::Text(text),
            None => Content::Base64(base64.to_owned()),
        };
    }

    /// An address without what a form may have put into it from a field for secrets.
    fn without_secrets(&self, address: &str) -> String {
        let Ok(mut url) = Url::parse(address) else { return address.to_owned() };
        let is_secret = |name: &str| self.secret_parameters.contains(name);
        if !url.query_pairs().any(|(name, _)| is_secret(&name)) {
            return address.to_owned();
        }
        let kept: Vec<_> = url.query_pairs().into_owned().filter(|(name, _)| !is_secret(name)).collect();
        url.query_pairs_mut().clear().extend_pairs(kept);
        url.to_string()
    }

    pub(super) fn is_paused(&self) -> bool {
        self.paused
    }

    pub(super) fn len(&self) -> usize {
        self.steps.len()
    }

    /// The recording as a whole, and what should be known of it.
    pub(super) fn end(mut self, title: String) -> (Recording, Vec<String>) {
        if let Some((width, height)) = self.screen.filter(|size| *size != USUAL_SIZE) {
            let screen = Screen {
                width,
                height,
                device_scale_factor: 1.0,
                is_mobile: false,
                has_touch: false,
                is_landscape: width > height,
            };
            self.steps.insert(0, Step::new(Action::SetScreen(screen), Place::default()));
        }
        for step in &self.steps {
            if let Action::SetFiles { files, .. } = &step.action {
                for file in files.iter().filter(|file| file.content == Content::Unknown) {
                    let name = &file.name;
                    self.warnings.push(format!("the content of the file {name:?} is not in the script; put it there"));
                }
            }
        }
        (Recording { title, steps: self.steps, ..Recording::default() }, self.warnings)
    }
}

/// Whether an action only goes on with the one before it, on the same element.
fn is_continued(last: &Action, next: &Action) -> bool {
    match (last, next) {
        (Action::Change { on, .. }, Action::Change { on: again, .. })
        | (Action::Select { on, .. }, Action::Select { on: again, .. })
        | (Action::Check { on, .. }, Action::Check { on: again, .. })
        | (Action::Click { on, .. }, Action::DoubleClick { on: again, .. }) => on == again,
        _ => false,
    }
}

fn action(message: Message) -> Option<Action> {
    let named = |names| Some(paths(names)).filter(|on: &Vec<Path>| !on.is_empty());
    Some(match message {
        Message::Click { on, button, held, at } => {
            Action::Click { on: named(on)?, pointer: pointer(button, &held, at) }
        }
        Message::DoubleClick { on, button, held, at } => {
            Action::DoubleClick { on: named(on)?, pointer: pointer(button, &held, at) }
        }
        Message::Fill { on, value } => Action::Change { on: named(on)?, value: Value::Text(value) },
        Message::Select { on, options } => Action::Select { on: named(on)?, options },
        Message::Check { on, checked } => Action::Check { on: named(on)?, checked },
        Message::Press { on, held, key } => {
            Action::Press { on: on.and_then(named), chord: Chord::new(modifiers(&held), &key)? }
        }
        Message::Hover { on } => Action::Hover { on: named(on)? },
        Message::AssertText { on, text } if text.is_empty() => Action::AssertVisible { on: named(on)? },
        Message::AssertText { on, text } => Action::AssertText { on: named(on)?, text },
        Message::AssertVisible { on } => Action::AssertVisible { on: named(on)? },
        _ => return None,
    })
}

fn modifiers(names: &[String]) -> Vec<Modifier> {
    names.iter().filter_map(|name| Modifier::named(name)).collect()
}

fn pointer(button: u8, held: &[String], at: Option<(f64, f64)>) -> Pointer {
    let button = match button {
        1 => Button::Auxiliary,
        2 => Button::Secondary,
        3 => Button::Back,
        4 => Button::Forward,
        _ => Button::Primary,
    };
    Pointer { button, at, held: modifiers(held), ..Pointer::default() }
}
