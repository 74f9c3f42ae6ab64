//! A recording: steps, the place of each, and what the page did then.

use std::collections::BTreeSet;

use url::Url;

use super::{Chord, Modifier, Path};
use crate::HostPattern;

/// Limits of recordings.
pub mod limits {
    /// Steps of one recording.
    pub const STEPS_MAX: usize = 1_000;
    /// Ways to name one element that a script keeps.
    pub const SELECTORS_MAX: usize = 10;
    /// Bytes of a recording's JSON.
    pub const JSON_BYTES_MAX: usize = 4 * 1024 * 1024;
    /// Bytes of chosen files that are written into a script, of all together.
    pub const FILES_BYTES_MAX: usize = 64 * 1024;
}

/// What a person did, in order.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Recording {
    /// What people call it.
    pub title: String,
    /// How long each step may wait unless it says otherwise, in milliseconds.
    pub timeout_ms: Option<u32>,
    /// The attribute that DevTools preferred in selectors.
    pub selector_attribute: Option<String>,
    pub steps: Vec<Step>,
}

/// One thing that was done.
#[derive(Clone, Debug, PartialEq)]
pub struct Step {
    pub action: Action,
    pub place: Place,
    /// How long it may wait, in milliseconds.
    pub timeout_ms: Option<u32>,
    /// Where the tab went because of it.
    pub navigations: Vec<Navigation>,
}

/// In which tab and frame something was done.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Place {
    pub tab: Tab,
    /// From the page inwards.
    pub frames: Vec<FrameStep>,
}

/// A tab, or what DevTools takes for one.
#[derive(Clone, Debug, Default, PartialEq)]
pub enum Tab {
    /// The first.
    #[default]
    Main,
    /// By the order in which they were opened, from 1; tabs that nobody used count too.
    Numbered(usize),
    /// By its address: another tab, or a frame of another site.
    At(String),
}

/// The way from a page to one of its frames.
#[derive(Clone, Debug, PartialEq)]
pub enum FrameStep {
    /// By the order of frames in the page, from 0.
    Numbered(u32),
    Named(Vec<Path>),
}

/// A page that a tab came to.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Navigation {
    pub url: Option<String>,
    pub title: Option<String>,
}

/// What was done.
#[derive(Clone, Debug, PartialEq)]
pub enum Action {
    SetScreen(Screen),
    SetNetwork(Network),
    Navigate {
        url: String,
    },
    Travel(Travel),
    Click {
        on: Vec<Path>,
        pointer: Pointer,
    },
    DoubleClick {
        on: Vec<Path>,
        pointer: Pointer,
    },
    Hover {
        on: Vec<Path>,
    },
    /// A field was filled, or an option of a `select` chosen: DevTools does not tell which.
    Change {
        on: Vec<Path>,
        value: Value,
    },
    Select {
        on: Vec<Path>,
        options: Vec<String>,
    },
    Check {
        on: Vec<Path>,
        checked: bool,
    },
    SetFiles {
        on: Vec<Path>,
        files: Vec<ChosenFile>,
    },
    /// Without an element: in whatever has the focus.
    Press {
        on: Option<Vec<Path>>,
        chord: Chord,
    },
    /// Without an element: the page. To where it is scrolled then, in CSS pixels.
    Scroll {
        on: Option<Vec<Path>>,
        x: Option<f64>,
        y: Option<f64>,
    },
    /// `by_page`: the page closed its tab itself.
    Close {
        by_page: bool,
    },
    Dialog {
        accept: bool,
        text: Option<String>,
    },
    WaitForElement(Expectation),
    WaitForExpression {
        expression: String,
    },
    AssertText {
        on: Vec<Path>,
        text: String,
    },
    AssertVisible {
        on: Vec<Path>,
    },
    /// A step of another tool.
    Custom {
        name: String,
        parameters: serde_json::Value,
    },
}

/// A step through a tab's history.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum Travel {
    Back,
    Forward,
    Reload,
}

/// Size and kind of the screen, in CSS pixels.
#[derive(Clone, Debug, PartialEq)]
pub struct Screen {
    pub width: u32,
    pub height: u32,
    /// Pixels of the screen for each; 0 is the screen's own.
    pub device_scale_factor: f64,
    pub is_mobile: bool,
    pub has_touch: bool,
    pub is_landscape: bool,
}

/// Bytes per second and milliseconds; -1 is no limit, no download and no upload is no network.
#[derive(Clone, Debug, PartialEq)]
pub struct Network {
    pub download: f64,
    pub upload: f64,
    pub latency: f64,
}

/// How an element was clicked.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Pointer {
    pub button: Button,
    pub device: Option<Device>,
    /// From the element's left upper corner, in CSS pixels.
    pub at: Option<(f64, f64)>,
    /// From down to up, in milliseconds.
    pub duration_ms: Option<f64>,
    /// Keys held meanwhile.
    pub held: Vec<Modifier>,
}

/// A button of the mouse, as pointer events call them.
#[derive(Clone, Copy, Debug, Default, Eq, PartialEq)]
pub enum Button {
    #[default]
    Primary,
    Auxiliary,
    Secondary,
    Back,
    Forward,
}

/// What pointed.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum Device {
    Mouse,
    Pen,
    Touch,
}

/// What was written into a field.
#[derive(Clone, Debug, PartialEq)]
pub enum Value {
    Text(String),
    /// Nobody knows what; the script asks for the secret of this name.
    Secret(String),
}

/// A file that was chosen.
#[derive(Clone, Debug, PartialEq)]
pub struct ChosenFile {
    pub name: String,
    pub media_type: String,
    pub content: Content,
}

/// What is known of a file.
#[derive(Clone, Debug, PartialEq)]
pub enum Content {
    Text(String),
    Base64(String),
    /// It was too large, or not read in time.
    Unknown,
}

/// What elements must be like for the recording to go on.
#[derive(Clone, Debug, PartialEq)]
pub struct Expectation {
    pub on: Vec<Path>,
    pub comparison: Option<Comparison>,
    pub count: Option<u32>,
    /// `Some(false)`: it must not hold.
    pub visible: Option<bool>,
    pub attributes: Option<serde_json::Map<String, serde_json::Value>>,
    pub properties: Option<serde_json::Map<String, serde_json::Value>>,
}

/// How a number of elements is compared.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum Comparison {
    AtLeast,
    Exactly,
    AtMost,
}

impl Comparison {
    pub(super) const ALL: [(&'static str, Self); 3] =
        [(">=", Self::AtLeast), ("==", Self::Exactly), ("<=", Self::AtMost)];

    /// As DevTools and scripts write it.
    pub fn operator(self) -> &'static str {
        match self {
            Self::AtLeast => ">=",
            Self::Exactly => "==",
            Self::AtMost => "<=",
        }
    }
}

impl Step {
    /// A step in a place, without more.
    pub fn new(action: Action, place: Place) -> Self {
        Self { action, place, timeout_ms: None, navigations: Vec::new() }
    }
}

impl Recording {
    /// The hosts that it went to by address, each once, in their order.
    pub fn hosts(&self) -> Vec<HostPattern> {
        let mut hosts = Vec::new();
        let of_step = |step: &Step| match &step.action {
            Action::Navigate { url } => Some(url.clone()),
            _ => None,
        };
        let visited = self.steps.iter().flat_map(|step| step.navigations.iter().filter_map(|one| one.url.clone()));
        for url in self.steps.iter().filter_map(of_step).chain(visited) {
            let Some(host) = Url::parse(&url).ok().as_ref().and_then(HostPattern::of) else { continue };
            if !hosts.contains(&host) {
                hosts.push(host);
            }
        }
        hosts
    }

    /// Names of the secrets that its script asks for.
    pub fn secrets(&self) -> BTreeSet<&str> {
        let of_step = |step| match step {
            &Action::Change { value: Value::Secret(ref name), .. } => Some(name.as_str()),
            _ => None,
        };
        self.steps.iter().filter_map(|step| of_step(&step.action)).collect()
    }
}
