//! Functions that use elements.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD as BASE64;
use rhai::{Array, Dynamic, Map};
use serde_json::{Value, json};
use tokio::time::Instant;

use super::keys::chord;
use super::pointer::{self, Pointer};
use super::target::{ATTACHED, CLICKABLE, EDITABLE, Found, Target, USABLE, VISIBLE, WAIT, Wish, find};
use crate::browser::{BrowserError, ElementRef, Session};
use crate::script::failure::HostError;
use crate::script::host::Host;
use crate::script::table::{Answer, Call, Function, from_json, nothing};

/// Bytes of all files of one input.
const FILES_BYTES_MAX: usize = 1024 * 1024;
const NOT_READY: &str = "no such element is ready in time; the message says what was waited for and what was found";

pub(super) const FUNCTIONS: &[Function] = &[
    Function {
        name: "click",
        takes: "selector: selector, options?: map",
        gives: "",
        about: "Clicks in the middle of an element. `options` may also have `button` (`left` unless told otherwise, \
`middle`, `right`, `back`, `forward`), `modifiers` (a list of `Alt`, `Control`, `Meta`, `Shift`, held meanwhile), and `x` with \
`y`: where to click, in CSS pixels from the element's left upper corner.",
        fails: NOT_READY,
        example: "element::click([\"#buy-now\", \"text=Buy\"]);\nassert::equal(element::text(\"#cart\"), \"1 item\");",
        run: |call| {
            let (target, pointer) = pointer::read(call)?;
            if !pointer.is_plain() {
                return pointer::act(call.host, &target, &pointer, 1);
            }
            with(call.host, &target, CLICKABLE, &async |session, element, by| session.click(element, by).await)
                .map(nothing)
        },
    },
    Function {
        name: "dblclick",
        takes: "selector: selector, options?: map",
        gives: "",
        about: "Clicks twice in the middle of an element; `options` as those of `click`.",
        fails: NOT_READY,
        example: "element::dblclick(\"#zoom\");\nassert::equal(element::text(\"#zoom\"), \"zoomed\");",
        run: |call| {
            let (target, pointer) = pointer::read(call)?;
            pointer::act(call.host, &target, &pointer, 2)
        },
    },
    Function {
        name: "hover",
        takes: "selector: selector, options?: map",
        gives: "",
        about: "Moves the mouse to the middle of an element.",
        fails: NOT_READY,
        example: "element::hover(\"#menu\");\nassert::that(element::is_visible(\"#menu ul\"), \"the menu opens\");",
        run: |call| pointer::act(call.host, &Target::of(call, 0, 1)?, &Pointer::default(), 0),
    },
    Function {
        name: "fill",
        takes: "selector: selector, text: text, options?: map",
        gives: "",
        about: "Puts `text` into a field in place of what it holds; dates and times are written as their input's `value`. Of a \
`select` it chooses the option of this value or label.",
        fails: NOT_READY,
        example: "element::fill(\"#name\", \"Ada\");\nassert::equal(element::value(\"#name\"), \"Ada\");",
        run: |call| {
            let target = Target::of(call, 0, 2)?;
            find(call.host, &target, &Wish::new("fill", EDITABLE).with(call.text(1)?.into())).map(|_| Dynamic::UNIT)
        },
    },
    Function {
        name: "clear",
        takes: "selector: selector, options?: map",
        gives: "",
        about: "Empties a field.",
        fails: NOT_READY,
        example: "element::fill(\"#name\", \"Ada\");\nelement::clear(\"#name\");\nassert::equal(element::value(\"#name\"), \"\");",
        run: |call| {
            let target = Target::of(call, 0, 1)?;
            find(call.host, &target, &Wish::new("fill", EDITABLE).with("".into())).map(|_| Dynamic::UNIT)
        },
    },
    Function {
        name: "type_text",
        takes: "selector: selector, text: text, options?: map",
        gives: "",
        about: "Types `text` key by key behind what the element holds.",
        fails: NOT_READY,
        example: "element::type_text(\"#search\", \"tea\");\nassert::equal(element::text(\"#keys\"), \"3 keys\");",
        run: |call| {
            let target = Target::of(call, 0, 2)?;
            let text = call.text(1)?;
            with(call.host, &target, USABLE, &async |session, element, by| session.type_text(element, &text, by).await)
                .map(nothing)
        },
    },
    Function {
        name: "press",
        takes: "selector: selector, keys: text, options?: map",
        gives: "",
        about: "Gives the element the focus and presses a key or chord: `Enter`, `a`, `Control+A`, `Shift+ArrowLeft`. \
Names of keys are those of `KeyboardEvent.key`.",
        fails: NOT_READY,
        example: "element::fill(\"#search\", \"tea\");\nelement::press(\"#search\", \"Enter\");\n\
assert::equal(element::text(\"#found\"), \"found tea\");",
        run: |call| {
            let target = Target::of(call, 0, 2)?;
            let keys = chord(&call.text(1)?)?;
            find(call.host, &target, &Wish::new("focus", USABLE))?;
            let by = call.host.bridge().within(WAIT);
            call.host.page(async |session| session.press(&keys, by).await).map(nothing)
        },
    },
    Function {
        name: "check",
        takes: "selector: selector, options?: map",
        gives: "",
        about: "Ticks a checkbox or radio button that is not ticked.",
        fails: NOT_READY,
        example: "element::check(\"#agree\");\nassert::that(element::is_checked(\"#agree\"), \"agreed\");",
        run: |call| set_checked(call, true),
    },
    Function {
        name: "uncheck",
        takes: "selector: selector, options?: map",
        gives: "",
        about: "Takes the tick off a checkbox that is ticked.",
        fails: NOT_READY,
        example: "element::check(\"#agree\");\nelement::uncheck(\"#agree\");\nassert::that(!element::is_checked(\"#agree\"), \"not agreed\");",
        run: |call| set_checked(call, false),
    },
    Function {
        name: "select_option",
        takes: "selector: selector, option: text or list, options?: map",
        gives: "the values that are chosen now, as a list",
        about: "Chooses options of a `select` by value or label; a list for one that takes several.",
        fails: NOT_READY,
        example: "assert::equal(element::select_option(\"#size\", \"Large\"), [\"l\"]);",
        run: |call| {
            let target = Target::of(call, 0, 2)?;
            let wanted = call.json(1)?;
            let wanted = if wanted.is_array() { wanted } else { json!([wanted]) };
            if !wanted.as_array().is_some_and(|list| list.iter().all(Value::is_string)) {
                return Err(call.wrong(1, "a text or a list of texts"));
            }
            from_json(find(call.host, &target, &Wish::new("choose", USABLE).with(wanted))?.value)
        },
    },
    Function {
        name: "set_files",
        takes: "selector: selector, files: list, options?: map",
        gives: "",
        about: "Gives files to a file input. A script has no files: each is a map of `name`, `text` or `base64`, and \
`type` (a media type, `text/plain` unless told otherwise). At most 1 MiB in all.",
        fails: NOT_READY,
        example: "element::set_files(\"#photo\", [#{ name: \"a.txt\", text: \"hello\" }]);\n\
assert::equal(element::text(\"#files\"), \"a.txt 5\");",
        run: |call| {
            let target = Target::of(call, 0, 2)?;
            // Sites hide the input itself behind a button of their own.
            find(call.host, &target, &Wish::new("files", ATTACHED).with(files(call)?)).map(|_| Dynamic::UNIT)
        },
    },
    Function {
        name: "focus",
        takes: "selector: selector, options?: map",
        gives: "",
        about: "Gives an element the focus.",
        fails: NOT_READY,
        example: "element::focus(\"#name\");\nassert::equal(page::evaluate(\"return document.activeElement.id\"), \"name\");",
        run: |call| find(call.host, &Target::of(call, 0, 1)?, &Wish::new("focus", VISIBLE)).map(|_| Dynamic::UNIT),
    },
    Function {
        name: "scroll_into_view",
        takes: "selector: selector, options?: map",
        gives: "",
        about: "Scrolls until the element is in the middle of the window, as far as the page can.",
        fails: NOT_READY,
        example: "element::scroll_into_view(\"#far\");\nassert::that(page::evaluate(\"return scrollY\") > 0, \"scrolled\");",
        run: |call| find(call.host, &Target::of(call, 0, 1)?, &Wish::new("scroll", VISIBLE)).map(|_| Dynamic::UNIT),
    },
    Function {
        name: "screenshot",
        takes: "selector: selector, suffix: text, options?: map",
        gives: "",
        about: "Saves a picture of an element as `NN-step-suffix.png`.",
        fails: NOT_READY,
        example: "element::screenshot(\"#cart\", \"cart\");",
        run: |call| {
            let target = Target::of(call, 0, 2)?;
            let found = find(call.host, &target, &Wish::element(VISIBLE))?;
            let element = element_of(found)?;
            let by = call.host.bridge().within(WAIT);
            let png = call.host.page(async |session| session.element_picture(&element, by).await)?;
            call.host.write_picture(&call.text(1)?, &png);
            Ok(Dynamic::UNIT)
        },
    },
];

fn set_checked(call: &Call<'_>, wanted: bool) -> Answer {
    let target = Target::of(call, 0, 1)?;
    let is_checked =
        |host: &Host| find(host, &target, &Wish::new("checked", USABLE)).map(|found| found.value == wanted);
    if is_checked(call.host)? {
        return Ok(Dynamic::UNIT);
    }
    with(call.host, &target, CLICKABLE, &async |session, element, by| session.click(element, by).await)?;
    if is_checked(call.host)? {
        return Ok(Dynamic::UNIT);
    }
    let state = if wanted { "unchecked" } else { "checked" };
    Err(HostError::check(format!("{} is still {state} after a click", target.first())))
}

/// Waits for the element and works with it; one that the page replaces meanwhile is looked for again.
pub(super) fn with(
    host: &Host,
    target: &Target,
    checks: &'static [&'static str],
    work: &impl AsyncFn(&Session, &ElementRef, Instant) -> Result<(), BrowserError>,
) -> Result<(), HostError> {
    const TRIES_MAX: usize = 3;
    let mut tries = 0;
    loop {
        let element = element_of(find(host, target, &Wish::element(checks))?)?;
        let by = host.bridge().within(WAIT);
        let mut stale = false;
        let done = host.page(async |session| {
            let done = work(session, &element, by).await;
            stale = matches!(done, Err(BrowserError::Page(crate::browser::PageError::Stale)));
            done
        });
        tries += 1;
        if !stale || tries >= TRIES_MAX {
            return done;
        }
    }
}

pub(super) fn element_of(found: Found) -> Result<ElementRef, HostError> {
    found.element.ok_or_else(|| HostError::check("the page gave no element"))
}

fn files(call: &Call<'_>) -> Result<Value, HostError> {
    let wrong = || call.wrong(1, "a list of maps with name and text or base64");
    let list = call.any(1).try_cast::<Array>().ok_or_else(wrong)?;
    let mut bytes = 0;
    let mut files = Vec::new();
    for file in list {
        let file = file.try_cast::<Map>().ok_or_else(wrong)?;
        let text = |name: &str| file.get(name).and_then(|value| value.clone().into_string().ok());
        let name = text("name").ok_or_else(wrong)?;
        let content = match (text("text"), text("base64")) {
            (Some(text), None) => text.into_bytes(),
            (None, Some(base64)) => BASE64
                .decode(base64.trim())
                .map_err(|error| HostError::script(format!("base64 of file {name} of element::set_files: {error}")))?,
            _ => return Err(wrong()),
        };
        bytes += content.len();
        let kind = text("type").unwrap_or_else(|| "text/plain".to_owned());
        files.push(json!({"name": name, "type": kind, "base64": BASE64.encode(content)}));
    }
    if bytes > FILES_BYTES_MAX {
        return Err(HostError::script(format!(
            "files of element::set_files have {bytes} bytes, at most {FILES_BYTES_MAX}"
        )));
    }
    Ok(Value::Array(files))
}
