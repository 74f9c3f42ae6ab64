//! A recording becomes DevTools' JSON.

use serde_json::{Map, Value, json};

use super::step::{BUTTONS, DEVICES};
use crate::recorder::{
    Action, Chord, Comparison, Content, FrameStep, Modifier, Path, Place, Pointer, Recording, Step, Tab, Travel,
    Value as FieldValue,
};

/// Writes a recording as DevTools' Recorder and `@puppeteer/replay` read it.
///
/// What they have no step for (history, dialogs, chosen files, frames by selectors) becomes a `customStep` whose name
/// begins with `siskin`, or is left out. Secrets are not written: their `value` is empty.
pub fn write(recording: &Recording) -> Value {
    let mut out = Map::new();
    out.insert("title".to_owned(), json!(recording.title));
    insert(&mut out, "timeout", recording.timeout_ms);
    insert(&mut out, "selectorAttribute", recording.selector_attribute.as_deref());
    let mut tabs = Tabs::default();
    let steps: Vec<Value> = recording
        .steps
        .iter()
        .flat_map(|step| {
            let written = write_step(step, &tabs);
            tabs.follow(step);
            written
        })
        .collect();
    out.insert("steps".to_owned(), Value::Array(steps));
    Value::Object(out)
}

/// Addresses of tabs that are known by their number.
#[derive(Default)]
struct Tabs(std::collections::BTreeMap<usize, String>);

impl Tabs {
    fn follow(&mut self, step: &Step) {
        let Tab::Numbered(number) = step.place.tab else { return };
        let opened = match &step.action {
            Action::Navigate { url } => Some(url.clone()),
            _ => None,
        };
        let last = step.navigations.iter().rev().find_map(|one| one.url.clone());
        if let Some(url) = last.or(opened) {
            self.0.insert(number, url);
        }
    }

    fn target(&self, tab: &Tab) -> Option<String> {
        match tab {
            Tab::Main => None,
            Tab::At(url) => Some(url.clone()),
            Tab::Numbered(number) => Some(self.0.get(number).cloned().unwrap_or_default()),
        }
    }
}

fn insert<T: Into<Value>>(out: &mut Map<String, Value>, name: &str, value: Option<T>) {
    if let Some(value) = value {
        out.insert(name.to_owned(), value.into());
    }
}

fn write_step(step: &Step, tabs: &Tabs) -> Vec<Value> {
    let base = |fields: Value| with_base(step, tabs, fields);
    let key = |kind: &str, name: &str| with_base(&of_key(step), tabs, json!({"type": kind, "key": name}));
    match &step.action {
        Action::Press { chord, .. } => write_chord(chord, step, tabs),
        Action::Click { on, pointer } | Action::DoubleClick { on, pointer } => {
            let kind = if matches!(step.action, Action::Click { .. }) { "click" } else { "doubleClick" };
            let mut fields = write_pointer(pointer);
            fields.insert("type".to_owned(), json!(kind));
            fields.insert("selectors".to_owned(), write_paths(on));
            let down = pointer.held.iter().map(|held| key("keyDown", held.name()));
            let up = pointer.held.iter().rev().map(|held| key("keyUp", held.name()));
            down.chain([base(Value::Object(fields))]).chain(up).collect()
        }
        _ => vec![base(write_action(&step.action))],
    }
}

/// A key of a step: it leads nowhere, and is no frame's.
fn of_key(step: &Step) -> Step {
    let place = Place { frames: Vec::new(), ..step.place.clone() };
    Step { navigations: Vec::new(), place, ..step.clone() }
}

fn write_chord(chord: &Chord, step: &Step, tabs: &Tabs) -> Vec<Value> {
    let quiet = of_key(step);
    let key = |kind: &str, name: &str, of: &Step| with_base(of, tabs, json!({"type": kind, "key": name}));
    let held = chord.held.iter().copied().map(Modifier::name);
    let down = held.clone().map(|name| key("keyDown", name, &quiet));
    let up = held.rev().map(|name| key("keyUp", name, &quiet));
    down.chain([key("keyDown", chord.key(), step), key("keyUp", chord.key(), &quiet)]).chain(up).collect()
}

fn with_base(step: &Step, tabs: &Tabs, fields: Value) -> Value {
    let Value::Object(mut out) = fields else { return fields };
    let Place { tab, frames } = &step.place;
    insert(&mut out, "target", tabs.target(tab));
    insert(&mut out, "timeout", step.timeout_ms);
    let indexes: Vec<_> = frames
        .iter()
        .filter_map(|frame| match frame {
            FrameStep::Numbered(index) => Some(json!(index)),
            FrameStep::Named(_) => None,
        })
        .collect();
    let has_frame = !indexes.is_empty() && !matches!(step.action, Action::Press { .. });
    insert(&mut out, "frame", has_frame.then_some(indexes));
    let events = step.navigations.iter().map(|one| {
        let mut event = Map::new();
        event.insert("type".to_owned(), json!("navigation"));
        insert(&mut event, "url", one.url.as_deref());
        insert(&mut event, "title", one.title.as_deref());
        Value::Object(event)
    });
    let events: Vec<_> = events.collect();
    insert(&mut out, "assertedEvents", (!events.is_empty()).then_some(events));
    Value::Object(out)
}

fn write_paths(paths: &[Path]) -> Value {
    let path = |path: &Path| Value::from(path.0.iter().map(|part| json!(part.to_devtools())).collect::<Vec<_>>());
    Value::from(paths.iter().map(path).collect::<Vec<_>>())
}

fn write_pointer(pointer: &Pointer) -> Map<String, Value> {
    let (x, y) = pointer.at.unwrap_or((1.0, 1.0));
    let mut out = Map::new();
    out.insert("offsetX".to_owned(), json!(x));
    out.insert("offsetY".to_owned(), json!(y));
    insert(&mut out, "duration", pointer.duration_ms);
    let device = DEVICES.iter().find(|(_, device)| Some(*device) == pointer.device);
    insert(&mut out, "deviceType", device.map(|(name, _)| *name));
    let button = BUTTONS.iter().find(|(_, button)| *button == pointer.button && pointer.button != BUTTONS[0].1);
    insert(&mut out, "button", button.map(|(name, _)| *name));
    out
}

fn custom(name: &str, parameters: &Value) -> Value {
    json!({"type": "customStep", "name": format!("siskin {name}"), "parameters": parameters})
}

fn write_action(action: &Action) -> Value {
    match action {
        Action::SetScreen(screen) => json!({
            "type": "setViewport", "width": screen.width, "height": screen.height,
            "deviceScaleFactor": screen.device_scale_factor, "isMobile": screen.is_mobile,
            "hasTouch": screen.has_touch, "isLandscape": screen.is_landscape,
        }),
        Action::SetNetwork(network) => json!({
            "type": "emulateNetworkConditions", "download": network.download, "upload": network.upload,
            "latency": network.latency,
        }),
        Action::Navigate { url } => json!({"type": "navigate", "url": url}),
        Action::Hover { on } => json!({"type": "hover", "selectors": write_paths(on)}),
        Action::Change { on, value } => {
            let value = match value {
                FieldValue::Text(text) => text.as_str(),
                FieldValue::Secret(_) => "",
            };
            json!({"type": "change", "selectors": write_paths(on), "value": value})
        }
        Action::Select { on, options } => {
            json!({"type": "change", "selectors": write_paths(on), "value": options.first()})
        }
        Action::Check { on, .. } => {
            json!({"type": "click", "selectors": write_paths(on), "offsetX": 1, "offsetY": 1})
        }
        Action::Scroll { on, x, y } => {
            let mut out = Map::new();
            out.insert("type".to_owned(), json!("scroll"));
            insert(&mut out, "selectors", on.as_deref().map(write_paths));
            insert(&mut out, "x", *x);
            insert(&mut out, "y", *y);
            Value::Object(out)
        }
        Action::Close { .. } => json!({"type": "close"}),
        Action::WaitForElement(expected) => {
            let mut out = Map::new();
            out.insert("type".to_owned(), json!("waitForElement"));
            out.insert("selectors".to_owned(), write_paths(&expected.on));
            insert(&mut out, "operator", expected.comparison.map(Comparison::operator));
            insert(&mut out, "count", expected.count);
            insert(&mut out, "visible", expected.visible);
            insert(&mut out, "attributes", expected.attributes.clone());
            insert(&mut out, "properties", expected.properties.clone());
            Value::Object(out)
        }
        Action::WaitForExpression { expression } => json!({"type": "waitForExpression", "expression": expression}),
        Action::AssertVisible { on } => json!({"type": "waitForElement", "selectors": write_paths(on)}),
        Action::AssertText { on, text } => json!({
            "type": "waitForElement", "selectors": write_paths(on), "properties": {"innerText": text},
        }),
        Action::Custom { name, parameters } => json!({"type": "customStep", "name": name, "parameters": parameters}),
        Action::Travel(Travel::Back) => custom("back", &Value::Null),
        Action::Travel(Travel::Forward) => custom("forward", &Value::Null),
        Action::Travel(Travel::Reload) => custom("reload", &Value::Null),
        Action::Dialog { accept, text } => custom("dialog", &json!({"accept": accept, "text": text})),
        Action::SetFiles { on, files } => {
            let content = |file: &crate::recorder::ChosenFile| match &file.content {
                Content::Text(text) => json!({"name": file.name, "text": text}),
                Content::Base64(base64) => json!({"name": file.name, "base64": base64}),
                Content::Unknown => json!({"name": file.name}),
            };
            let files: Vec<_> = files.iter().map(content).collect();
            custom("files", &json!({"selectors": write_paths(on), "files": files}))
        }
        Action::Click { .. } | Action::DoubleClick { .. } | Action::Press { .. } => {
            unreachable!("keys and clicks become several steps: they are written before")
        }
    }
}
