//! What the agent in a page tells.

use serde::Deserialize;
use siskin_blueprints::recorder::{Path, Selector};

/// One message of the agent.
#[derive(Debug, Deserialize)]
#[serde(tag = "kind", rename_all = "camelCase", rename_all_fields = "camelCase", deny_unknown_fields)]
pub(super) enum Message {
    /// A page begins.
    Hello {
        width: u32,
        height: u32,
    },
    /// A page is read, and has its title.
    Page {
        url: String,
        title: String,
    },
    Click {
        on: Vec<Name>,
        button: u8,
        held: Vec<String>,
        at: Option<(f64, f64)>,
    },
    DoubleClick {
        on: Vec<Name>,
        button: u8,
        held: Vec<String>,
        at: Option<(f64, f64)>,
    },
    Fill {
        on: Vec<Name>,
        value: String,
    },
    /// A field for secrets was filled; with what never leaves the page.
    Secret {
        on: Vec<Name>,
        called: String,
        /// Under which name a form sends it.
        parameter: String,
    },
    Select {
        on: Vec<Name>,
        options: Vec<String>,
    },
    Check {
        on: Vec<Name>,
        checked: bool,
    },
    Files {
        on: Vec<Name>,
        id: u32,
        files: Vec<FileName>,
    },
    /// The content of one of the files that were told of.
    File {
        id: u32,
        index: usize,
        base64: String,
    },
    Press {
        on: Option<Vec<Name>>,
        held: Vec<String>,
        key: String,
    },
    Hover {
        on: Vec<Name>,
    },
    AssertText {
        on: Vec<Name>,
        text: String,
    },
    AssertVisible {
        on: Vec<Name>,
    },
    /// What the next click picks an element for; nothing if it is empty.
    Mode {
        mode: String,
        /// When that was chosen, in milliseconds since 1970.
        since: f64,
    },
    Pause {
        paused: bool,
    },
    Stop,
}

/// A selector.
#[derive(Debug, Deserialize)]
#[serde(tag = "by", rename_all = "camelCase", deny_unknown_fields)]
pub(super) enum Name {
    Css { text: String },
    Role { role: String, text: String },
    Text { text: String },
    Xpath { text: String },
}

#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub(super) struct FileName {
    pub(super) name: String,
    pub(super) media_type: String,
}

/// The names as the recording has them.
pub(super) fn paths(names: Vec<Name>) -> Vec<Path> {
    let selector = |name| match name {
        Name::Css { text } => Selector::Css(text),
        Name::Role { role, text } => Selector::Role { role: Some(role), name: text },
        Name::Text { text } => Selector::Text(text),
        Name::Xpath { text } => Selector::XPath(text),
    };
    names.into_iter().map(selector).map(Path::from).collect()
}
