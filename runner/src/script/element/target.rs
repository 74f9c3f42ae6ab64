//! Finding the element that a function works with, and waiting until it can be worked with.

use std::time::Duration;

use rhai::{Array, Dynamic};
use serde_json::{Value, json};
use tokio::time::{Instant, sleep_until};

use crate::browser::{BadSelector, ElementRef, Selector};
use crate::run::{LogLevel, SelectorFallback};
use crate::script::failure::HostError;
use crate::script::host::Host;
use crate::script::table::{Call, Options};

/// Looks for elements, tells their state, reads and changes them; runs in the page.
const AGENT: &str = include_str!("agent.js");
/// How long an element is waited for when the script does not say.
pub(in crate::script) const WAIT: Duration = Duration::from_secs(10);
/// Pause between two looks.
const LOOK_EVERY: Duration = Duration::from_millis(50);
/// Most selectors in a list.
const SELECTORS_MAX: usize = 10;
/// Longest wait that a script may ask for.
pub(in crate::script) const TIMEOUT_MS_MAX: i64 = 840_000;

/// What an element must be before it is worked with, as Playwright's actionability.
pub(super) const CLICKABLE: &[&str] = &["visible", "enabled", "still", "uncovered"];
pub(super) const EDITABLE: &[&str] = &["visible", "enabled", "editable"];
pub(super) const USABLE: &[&str] = &["visible", "enabled"];
pub(super) const VISIBLE: &[&str] = &["visible"];
pub(super) const ATTACHED: &[&str] = &[];

pub(super) const OPTIONS: &[&str] = &["nth", "timeout_ms"];

/// What is to be found, and how long it may take.
pub(in crate::script) struct Target {
    selectors: Vec<Selector>,
    nth: Option<i64>,
    timeout: Duration,
}

/// What is wanted of the element.
pub(in crate::script) struct Wish {
    pub(in crate::script) checks: &'static [&'static str],
    pub(in crate::script) op: &'static str,
    pub(in crate::script) given: Value,
    pub(in crate::script) wants_element: bool,
}

impl Wish {
    pub(super) fn new(op: &'static str, checks: &'static [&'static str]) -> Self {
        Self { checks, op, given: Value::Null, wants_element: false }
    }

    pub(super) fn with(self, given: Value) -> Self {
        Self { given, ..self }
    }

    pub(super) fn element(checks: &'static [&'static str]) -> Self {
        Self { wants_element: true, ..Self::new("none", checks) }
    }
}

impl Target {
    /// Reads the selector at `index` and the options at `options`.
    pub(in crate::script) fn of(call: &Call<'_>, index: usize, options: usize) -> Result<Self, HostError> {
        Self::read(call, index, call.options(options)?, OPTIONS)
    }

    /// Reads the selector at `index`, and what is left of options of which others were read.
    pub(super) fn read(call: &Call<'_>, index: usize, mut given: Options, known: &[&str]) -> Result<Self, HostError> {
        let selectors = selectors(call, index)?;
        let nth = given.whole("nth", -1000..=1000)?;
        let timeout = given.whole("timeout_ms", 0..=TIMEOUT_MS_MAX)?;
        given.end(known)?;
        Ok(Self { selectors, nth, timeout: timeout.map_or(WAIT, |ms| Duration::from_millis(ms as u64)) })
    }

    /// The same, content with the first of several.
    pub(super) fn any(self) -> Self {
        Self { nth: self.nth.or(Some(0)), ..self }
    }

    pub(super) fn timeout(&self) -> Duration {
        self.timeout
    }

    pub(super) fn first(&self) -> &Selector {
        &self.selectors[0]
    }

    pub(super) fn shown(&self) -> String {
        self.selectors.iter().map(ToString::to_string).collect::<Vec<_>>().join(" or ")
    }

    fn wish(&self, wish: &Wish) -> Vec<Value> {
        let selectors = self.selectors.iter().map(|selector| match selector {
            Selector::Css(text) => json!({"kind": "css", "text": text}),
            Selector::XPath(text) => json!({"kind": "xpath", "text": text}),
            Selector::Text(text) => json!({"kind": "text", "text": text}),
            Selector::Role { role, name } => json!({"kind": "role", "role": role, "name": name}),
        });
        vec![
            selectors.collect(),
            json!({
                "checks": wish.checks, "strict": true, "nth": self.nth, "op": wish.op, "given": wish.given,
                "wantsElement": wish.wants_element,
            }),
        ]
    }
}

/// What one look told.
#[derive(Debug, serde::Deserialize)]
struct Look {
    state: String,
    #[serde(default)]
    index: usize,
    #[serde(default)]
    count: usize,
    #[serde(default)]
    detail: String,
    #[serde(default)]
    shown: Vec<String>,
    #[serde(default)]
    value: Value,
    #[serde(default)]
    element: Value,
}

/// What was found: what the wish gave, and the element if it was wanted.
pub(in crate::script) struct Found {
    pub(in crate::script) value: Value,
    pub(in crate::script) element: Option<ElementRef>,
}

/// Waits until the element is as wanted and does the wish.
pub(in crate::script) fn find(host: &Host, target: &Target, wish: &Wish) -> Result<Found, HostError> {
    let deadline = host.bridge().within(target.timeout);
    let began = Instant::now();
    loop {
        let look = look(host, target, wish)?;
        if look.state == "ready" {
            note_fallback(host, target, look.index);
            return Ok(Found { element: ElementRef::from_json(&look.element), value: look.value });
        }
        if let Some(error) = hopeless(target, &look) {
            return Err(error);
        }
        let next = Instant::now() + LOOK_EVERY;
        if next > deadline {
            return Err(late(target, wish, &look, began.elapsed()));
        }
        host.bridge().wait(async {
            sleep_until(next).await;
            Ok(())
        })?;
    }
}

/// One look without waiting.
pub(in crate::script) fn glance(host: &Host, target: &Target, wish: &Wish) -> Result<Value, HostError> {
    let look = look(host, target, wish)?;
    hopeless(target, &look).map_or(Ok(look.value), Err)
}

fn look(host: &Host, target: &Target, wish: &Wish) -> Result<Look, HostError> {
    // An answer that comes late is told by the deadline itself; a page that gives none is freed by the watchdog.
    let by = host.bridge().within(target.timeout + WAIT);
    let agent = format!("return (async () => {{ {AGENT} }})();");
    let told = host.page(async |session| session.execute(&agent, target.wish(wish), by).await)?;
    serde_json::from_value(told).map_err(|error| HostError::check(format!("the page gave an odd answer: {error}")))
}

/// What no waiting mends.
fn hopeless(target: &Target, look: &Look) -> Option<HostError> {
    let selector = target.selectors.get(look.index)?;
    match look.state.as_str() {
        "bad" => Some(HostError::script(format!("bad selector {selector}: {}", look.detail))),
        "fault" => Some(HostError::check(look.detail.clone())),
        "many" => {
            let more = if look.count > look.shown.len() { ", ..." } else { "" };
            Some(HostError::check(format!(
                "{} visible elements match {selector}: {}{more}; name one, or take one by #{{ nth: 0 }}",
                look.count,
                look.shown.join(", ")
            )))
        }
        _ => None,
    }
}

fn late(target: &Target, wish: &Wish, look: &Look, waited: Duration) -> HostError {
    let wanted = wish.checks.iter().map(|check| if *check == "still" { "not moving" } else { check });
    let wanted = wanted.collect::<Vec<_>>().join(", ");
    let wanted = if wanted.is_empty() { "in the page".to_owned() } else { wanted };
    let selector = target.selectors.get(look.index).map(ToString::to_string).unwrap_or_default();
    let found = match look.state.as_str() {
        "none" => format!("no element matches {}", target.shown()),
        "hidden" => format!("{} match {selector}, none is visible", elements(look.count)),
        "few" => format!("{} match {selector}, which nth is beyond", elements(look.count)),
        "covered" => format!("{selector} is covered by {}", look.detail),
        "moving" => format!("{selector} does not stop moving: {}", look.detail),
        "unfit" => format!("{selector}: {}", look.detail),
        other => format!("{selector} is {other}: {}", look.detail),
    };
    HostError::check(format!("{found} (waited {:.1} s for it to be {wanted})", waited.as_secs_f64()))
}

fn elements(count: usize) -> String {
    if count == 1 { "1 element".to_owned() } else { format!("{count} elements") }
}

fn note_fallback(host: &Host, target: &Target, index: usize) {
    let count = target.selectors.len();
    if count < 2 {
        return;
    }
    let Some(selector) = target.selectors.get(index) else { return };
    // Not the first one: the page changed, and the script is about to need a repair.
    let level = if index == 0 { LogLevel::Debug } else { LogLevel::Warn };
    host.log(level, &format!("selector {} of {count} matched: {selector}", index + 1));
    if index > 0 {
        let (wanted, matched) = (target.first().to_string(), selector.to_string());
        host.record().add_fallback(SelectorFallback { wanted, matched, position: index + 1 });
    }
}

fn selectors(call: &Call<'_>, index: usize) -> Result<Vec<Selector>, HostError> {
    let given = call.any(index);
    let list = match given.clone().try_cast::<Array>() {
        Some(list) if list.is_empty() || list.len() > SELECTORS_MAX => {
            return Err(call.wrong(index, &format!("a selector or a list of 1 to {SELECTORS_MAX}")));
        }
        Some(list) => list,
        None => vec![given],
    };
    list.into_iter().map(|one: Dynamic| parse(call, index, one)).collect()
}

fn parse(call: &Call<'_>, index: usize, selector: Dynamic) -> Result<Selector, HostError> {
    let text = selector.into_string().map_err(|_| call.wrong(index, "a selector or a list of selectors"))?;
    text.parse().map_err(|error: BadSelector| HostError::script(error.to_string()))
}
