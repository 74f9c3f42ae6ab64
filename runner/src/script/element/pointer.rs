//! Clicks with other buttons, with keys held, and at a place of the element.

use rhai::{Array, Dynamic};
use serde_json::Value;

use super::act::{element_of, with};
use super::keys::modifier;
use super::target::{CLICKABLE, OPTIONS, Target, Wish, find};
use crate::browser::Gesture;
use crate::script::failure::HostError;
use crate::script::host::Host;
use crate::script::table::{Answer, Call, nothing};

/// Names of the mouse's buttons and WebDriver's numbers for them.
const BUTTONS: &[(&str, u64)] = &[("left", 0), ("middle", 1), ("right", 2), ("back", 3), ("forward", 4)];
const POINTER_OPTIONS: &[&str] = &["button", "modifiers", "x", "y"];

/// How an element is clicked.
#[derive(Default)]
pub(super) struct Pointer {
    button: u64,
    held: Vec<char>,
    /// From the element's left upper corner.
    at: Option<(f64, f64)>,
}

impl Pointer {
    /// A left click in the middle.
    pub(super) fn is_plain(&self) -> bool {
        self.button == 0 && self.held.is_empty() && self.at.is_none()
    }
}

/// Reads the selector and the options of a click.
pub(super) fn read(call: &Call<'_>) -> Result<(Target, Pointer), HostError> {
    let mut options = call.options(1)?;
    let button = options.text("button")?.unwrap_or_else(|| "left".to_owned());
    let names = BUTTONS.iter().map(|(name, _)| *name).collect::<Vec<_>>().join(", ");
    let known = BUTTONS.iter().find(|(name, _)| *name == button);
    let known = known.ok_or_else(|| options.wrong("button", &format!("one of {names}"), &button))?;
    let mut held = Vec::new();
    for one in options.take("modifiers").map(list).transpose()?.unwrap_or_default() {
        let key = modifier(&one);
        held.push(key.ok_or_else(|| options.wrong("modifiers", "a list of Alt, Control, Meta, Shift", &one))?);
    }
    let at = match (options.number("x")?, options.number("y")?) {
        (None, None) => None,
        (Some(x), Some(y)) => Some((x, y)),
        (Some(_), None) => return Err(options.missing("y")),
        (None, Some(_)) => return Err(options.missing("x")),
    };
    let known_options: Vec<_> = OPTIONS.iter().chain(POINTER_OPTIONS).copied().collect();
    let target = Target::read(call, 0, options, &known_options)?;
    Ok((target, Pointer { button: known.1, held, at }))
}

fn list(given: Dynamic) -> Result<Vec<String>, HostError> {
    let wrong = || HostError::script("modifiers is a list of texts");
    let items = given.try_cast::<Array>().ok_or_else(wrong)?;
    items.into_iter().map(|one| one.into_string().map_err(|_| wrong())).collect()
}

/// Moves the mouse to the element and clicks so many times.
pub(super) fn act(host: &Host, target: &Target, pointer: &Pointer, clicks: u8) -> Answer {
    let mut gesture = Gesture { button: pointer.button, held: pointer.held.clone(), ..Gesture::new(clicks) };
    if let Some((x, y)) = pointer.at {
        let found = find(host, target, &Wish { wants_element: true, ..Wish::new("box", CLICKABLE) })?;
        let side = |name: &str| found.value.get(name).and_then(Value::as_f64).unwrap_or_default();
        let (width, height) = (side("width"), side("height"));
        if !(0.0..=width).contains(&x) || !(0.0..=height).contains(&y) {
            return Err(HostError::check(format!(
                "{x}, {y} is not in {}, which is {width} x {height}",
                target.first()
            )));
        }
        // WebDriver counts from the middle, and cuts that to whole pixels.
        gesture.at = ((x - width / 2.0).ceil(), (y - height / 2.0).ceil());
        let element = element_of(found)?;
        let by = host.bridge().within(target.timeout());
        return host.page(async |session| session.gesture(&element, &gesture, by).await).map(nothing);
    }
    with(host, target, CLICKABLE, &async |session, element, by| session.gesture(element, &gesture, by).await)
        .map(nothing)
}
