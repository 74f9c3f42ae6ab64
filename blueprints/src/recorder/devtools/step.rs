//! One step of DevTools' JSON.

use serde_json::{Value, json};
use url::Url;

use super::fields::{Fields, choice, list, map, number, text, truth, whole};
use crate::Invalid;
use crate::recorder::{
    Action, Button, Comparison, Device, Expectation, FrameStep, Navigation, Network, Path, Place, Pointer, Screen,
    Selector, Step, Tab, Value as FieldValue,
};

/// Longest `timeout` that replay takes, in milliseconds.
const TIMEOUT_MS_MAX: u32 = 30_000;
/// Largest screen that scripts emulate, in CSS pixels.
const SIDE_MAX: u32 = 8_192;
const FRAMES_MAX: u32 = 1_000;
const COUNT_MAX: u32 = 1_000_000;
/// Pages that DevTools records and that no script opens.
const EMPTY_PAGES: &[&str] = &["about:blank", "chrome://newtab/", "chrome://new-tab-page/"];

pub(super) const BUTTONS: [(&str, Button); 5] = [
    ("primary", Button::Primary),
    ("auxiliary", Button::Auxiliary),
    ("secondary", Button::Secondary),
    ("back", Button::Back),
    ("forward", Button::Forward),
];
pub(super) const DEVICES: [(&str, Device); 3] =
    [("mouse", Device::Mouse), ("pen", Device::Pen), ("touch", Device::Touch)];

/// What stands in the JSON: a step, or one half of a key that is pressed.
pub(super) enum Recorded {
    Step(Step),
    KeyDown { key: String, of: Around },
    KeyUp { key: String, of: Around },
}

/// What all steps have beside what they do.
pub(super) struct Around {
    place: Place,
    timeout_ms: Option<u32>,
    pub(super) navigations: Vec<Navigation>,
}

impl Around {
    pub(super) fn step(self, action: Action) -> Step {
        let Self { place, timeout_ms, navigations } = self;
        Step { action, place, timeout_ms, navigations }
    }
}

pub(super) fn timeout(value: &Value) -> Result<u32, Invalid> {
    whole(value, 1, TIMEOUT_MS_MAX)
}

/// Reads a step; the error names its field.
pub(super) fn step(mut fields: Fields) -> Result<Recorded, Invalid> {
    let kind = fields.required("type", text)?;
    let kind = kind.as_str();
    let timeout_ms = fields.optional("timeout", |value| timeout(&value))?;
    let navigations = fields.optional("assertedEvents", |events| list(events, navigation))?.unwrap_or_default();
    let tab = fields.optional("target", text)?;
    let tab = tab.filter(|target| target != "main").map_or(Tab::Main, Tab::At);
    let frames = if OF_TABS.contains(&kind) { None } else { fields.optional("frame", frames)? };
    let of = Around { place: Place { tab, frames: frames.unwrap_or_default() }, timeout_ms, navigations };
    let recorded = match kind {
        "keyDown" => Recorded::KeyDown { key: fields.required("key", text)?, of },
        "keyUp" => Recorded::KeyUp { key: fields.required("key", text)?, of },
        _ => Recorded::Step(of.step(action(kind, &mut fields)?)),
    };
    fields.end(&format!("{kind} steps"))?;
    Ok(recorded)
}

/// Kinds of steps that are none of a frame.
const OF_TABS: &[&str] = &["close", "emulateNetworkConditions", "keyDown", "keyUp", "navigate", "setViewport"];

fn action(kind: &str, fields: &mut Fields) -> Result<Action, Invalid> {
    Ok(match kind {
        "setViewport" => Action::SetScreen(screen(fields)?),
        "emulateNetworkConditions" => Action::SetNetwork(Network {
            download: fields.required("download", rate)?,
            upload: fields.required("upload", rate)?,
            latency: fields.required("latency", rate)?,
        }),
        "navigate" => Action::Navigate { url: fields.required("url", address)? },
        "click" => Action::Click { on: fields.required("selectors", selectors)?, pointer: pointer(fields)? },
        "doubleClick" => {
            Action::DoubleClick { on: fields.required("selectors", selectors)?, pointer: pointer(fields)? }
        }
        "hover" => Action::Hover { on: fields.required("selectors", selectors)? },
        "change" => Action::Change {
            on: fields.required("selectors", selectors)?,
            value: FieldValue::Text(fields.required("value", text)?),
        },
        "scroll" => Action::Scroll {
            on: fields.optional("selectors", selectors)?,
            x: fields.optional("x", |value| number(&value))?,
            y: fields.optional("y", |value| number(&value))?,
        },
        "close" => Action::Close { by_page: false },
        "waitForElement" => Action::WaitForElement(Expectation {
            on: fields.required("selectors", selectors)?,
            comparison: fields.optional("operator", |value| choice(value, &Comparison::ALL))?,
            count: fields.optional("count", |value| whole(&value, 0, COUNT_MAX))?,
            visible: fields.optional("visible", truth)?,
            attributes: fields.optional("attributes", texts)?,
            properties: fields.optional("properties", map)?,
        }),
        "waitForExpression" => Action::WaitForExpression { expression: fields.required("expression", expression)? },
        "customStep" => {
            Action::Custom { name: fields.required("name", text)?, parameters: fields.required("parameters", Ok)? }
        }
        other => return Err(Invalid::new("type", json!(other), format!("one of {}", KINDS.join(", ")))),
    })
}

/// Every kind of step.
const KINDS: &[&str] = &[
    "change",
    "click",
    "close",
    "customStep",
    "doubleClick",
    "emulateNetworkConditions",
    "hover",
    "keyDown",
    "keyUp",
    "navigate",
    "scroll",
    "setViewport",
    "waitForElement",
    "waitForExpression",
];

fn screen(fields: &mut Fields) -> Result<Screen, Invalid> {
    let side = |value: Value| whole(&value, 1, SIDE_MAX);
    let scale = |value: Value| {
        let scale = number(&value)?;
        let rule = "0 for the screen's own, or from 0.1 to 10";
        let fits = scale == 0.0 || (0.1..=10.0).contains(&scale);
        if fits { Ok(scale) } else { Err(Invalid::new("", value, rule)) }
    };
    Ok(Screen {
        width: fields.required("width", side)?,
        height: fields.required("height", side)?,
        device_scale_factor: fields.required("deviceScaleFactor", scale)?,
        is_mobile: fields.required("isMobile", truth)?,
        has_touch: fields.required("hasTouch", truth)?,
        is_landscape: fields.required("isLandscape", truth)?,
    })
}

fn pointer(fields: &mut Fields) -> Result<Pointer, Invalid> {
    let at = (fields.required("offsetX", |value| number(&value))?, fields.required("offsetY", |value| number(&value))?);
    Ok(Pointer {
        at: Some(at),
        duration_ms: fields.optional("duration", |value| number(&value))?,
        device: fields.optional("deviceType", |value| choice(value, &DEVICES))?,
        button: fields.optional("button", |value| choice(value, &BUTTONS))?.unwrap_or_default(),
        held: Vec::new(),
    })
}

fn rate(value: Value) -> Result<f64, Invalid> {
    let rate = number(&value)?;
    if rate >= -1.0 { Ok(rate) } else { Err(Invalid::new("", value, "a number, -1 for no limit")) }
}

fn address(value: Value) -> Result<String, Invalid> {
    let address = text(value)?;
    let rule = "an address that begins with http:// or https://";
    let url = Url::parse(&address).ok().filter(|url| matches!(url.scheme(), "http" | "https"));
    if url.as_ref().is_some_and(|url| !url.username().is_empty() || url.password().is_some()) {
        let rule = "an address without user name and password; in scripts page::basic_auth gives them";
        return Err(Invalid::new("", "[redacted]", rule));
    }
    if url.is_some() || EMPTY_PAGES.contains(&address.as_str()) {
        return Ok(address);
    }
    Err(Invalid::new("", json!(address), rule))
}

fn expression(value: Value) -> Result<String, Invalid> {
    let expression = text(value)?;
    if expression.trim().is_empty() {
        return Err(Invalid::new("", "\"\"", "a JavaScript expression"));
    }
    Ok(expression)
}

fn texts(value: Value) -> Result<serde_json::Map<String, Value>, Invalid> {
    let texts = map(value)?;
    match texts.iter().find(|(_, value)| !value.is_string()) {
        Some((name, value)) => Err(Invalid::new(name.clone(), value, "a text")),
        None => Ok(texts),
    }
}

fn frames(value: Value) -> Result<Vec<FrameStep>, Invalid> {
    list(value, |index| whole(&index, 0, FRAMES_MAX).map(FrameStep::Numbered))
}

fn selectors(value: Value) -> Result<Vec<Path>, Invalid> {
    let paths = list(value, path)?;
    if paths.is_empty() {
        return Err(Invalid::new("", "[]", "at least one selector"));
    }
    Ok(paths)
}

/// A selector, or those from shadow root to shadow root.
fn path(value: Value) -> Result<Path, Invalid> {
    let one = |value: Value| Selector::from_devtools(&text(value)?);
    let parts = match value {
        Value::Array(_) => list(value, one)?,
        other => vec![one(other)?],
    };
    if parts.is_empty() { Err(Invalid::new("", "[]", "at least one selector")) } else { Ok(Path(parts)) }
}

fn navigation(value: Value) -> Result<Navigation, Invalid> {
    let mut fields = Fields::of(value)?;
    fields.required("type", |kind| choice(kind, &[("navigation", ())]))?;
    let navigation = Navigation { url: fields.optional("url", text)?, title: fields.optional("title", text)? };
    fields.end("navigation events")?;
    Ok(navigation)
}
