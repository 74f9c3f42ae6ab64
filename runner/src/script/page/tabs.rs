//! Frames within the page, other tabs, and keys for whatever has the focus there.

use rhai::{Array, Dynamic, Map};
use serde_json::{Value, json};

use super::wait::timeout;
use crate::script::element::{Target, WAIT, Wish, chord, find};
use crate::script::failure::HostError;
use crate::script::host::Host;
use crate::script::table::{Function, nothing};
use crate::script::wait::until;

/// Most tabs that a script may open.
const TABS_MAX: usize = 20;

pub(super) const FUNCTIONS: &[Function] = &[
    Function {
        name: "press",
        takes: "keys: text",
        gives: "",
        about: "Presses a key or chord, as `element::press` does, in whatever has the focus.",
        fails: "",
        example: "element::focus(\"#search\");\npage::press(\"t\");\nassert::equal(element::value(\"#search\"), \"t\");",
        run: |call| {
            let keys = chord(&call.text(0)?)?;
            let by = call.host.bridge().within(WAIT);
            call.host.page(async |session| session.press(&keys, by).await).map(nothing)
        },
    },
    Function {
        name: "frame",
        takes: "selector: selector, options?: map",
        gives: "",
        about: "Has the functions after this one work within a frame (`iframe`) of the present one, also of another site.",
        fails: "no such frame in time",
        example: "page::frame(\"#pay\");\nassert::equal(element::text(\"p\"), \"Pay here\");\npage::main_frame();",
        run: |call| {
            let target = Target::of(call, 0, 1)?;
            let wish = Wish { checks: &[], op: "none", given: Value::Null, wants_element: true };
            let found = find(call.host, &target, &wish)?;
            let element = found.element.ok_or_else(|| HostError::check("the page gave no frame"))?;
            let deadline = call.host.bridge().deadline();
            call.host.page(async |session| session.enter_frame(&element, deadline).await).map(nothing)
        },
    },
    Function {
        name: "parent_frame",
        takes: "",
        gives: "",
        about: "Has the functions after this one work with the frame around the present one.",
        fails: "",
        example: "page::frame(\"#pay\");\npage::parent_frame();\nassert::equal(element::text(\"h1\"), \"Tea shop\");",
        run: |call| {
            let deadline = call.host.bridge().deadline();
            call.host.page(async |session| session.leave_frame(deadline).await).map(nothing)
        },
    },
    Function {
        name: "main_frame",
        takes: "",
        gives: "",
        about: "Has the functions after this one work with the whole page again. `open` does so by itself.",
        fails: "",
        example: "page::frame(\"#pay\");\npage::main_frame();\nassert::equal(element::text(\"h1\"), \"Tea shop\");",
        run: |call| call.host.page(async |session| session.main_frame().await).map(nothing),
    },
    Function {
        name: "tabs",
        takes: "",
        gives: "a list of maps of `url` and `title`",
        about: "All tabs, in the order they were opened.",
        fails: "",
        example: "assert::equal(page::tabs()[0].title, \"Tea shop\");",
        run: |call| Ok(listed(call.host)?.into_iter().map(Dynamic::from).collect::<Array>().into()),
    },
    Function {
        name: "tab",
        takes: "number: number",
        gives: "",
        about: "Has the functions after this one work with another tab; 0 is the first.",
        fails: "there is no such tab",
        example: "page::new_tab(\"https://shop.example/tea\");\npage::tab(0);\nassert::equal(page::title(), \"Tea shop\");\n\
page::tab(1);\npage::close_tab();",
        run: |call| {
            let number = call.whole(0, 0..=TABS_MAX as i64)? as usize;
            let handles = handles(call.host)?;
            let count = handles.len();
            let handle = handles.get(number);
            let handle = handle.ok_or_else(|| HostError::check(format!("there is no tab {number}, only {count}")))?;
            turn_to(call.host, handle).map(nothing)
        },
    },
    Function {
        name: "new_tab",
        takes: "url: text",
        gives: "",
        about: "Opens a page in a tab of its own and goes on there. At most 20 tabs.",
        fails: "as `open`",
        example: "page::new_tab(\"https://shop.example/tea\");\nassert::equal(page::title(), \"Tea\");\npage::close_tab();",
        run: |call| {
            let url = call.host.allowed_url(&call.text(0)?)?;
            if handles(call.host)?.len() >= TABS_MAX {
                return Err(HostError::script(format!("a run has at most {TABS_MAX} tabs")));
            }
            let deadline = call.host.bridge().deadline();
            let params = json!({"url": "about:blank"});
            let made = call
                .host
                .page(async |session| session.devtools_browser("Target.createTarget", params, deadline).await)?;
            let handle = made.get("targetId").and_then(Value::as_str).unwrap_or_default().to_owned();
            turn_to(call.host, &handle)?;
            let navigation = call.host.page(async |session| session.goto(&url, deadline).await)?;
            if navigation.passes(|_| true) {
                return Ok(Dynamic::UNIT);
            }
            let why = navigation.failure.unwrap_or_else(|| "no reason given".to_owned());
            Err(call.host.bridge().judged(HostError::check(format!("{url} did not load: {why}"))))
        },
    },
    Function {
        name: "wait_for_tab",
        takes: "options?: map",
        gives: "",
        about: "Waits for a tab that the page opens (`window.open`, `target=_blank`) and goes on there.",
        fails: "none is opened in time",
        example: "element::click(\"#popup\");\npage::wait_for_tab();\npage::wait_for_title(\"Tea\");\npage::close_tab();",
        run: |call| {
            let timeout = timeout(call, 0)?;
            let handle = until(
                call.host,
                timeout,
                || "the page opened a tab".to_owned(),
                || {
                    let all = call.host.page(async |session| session.tabs(call.host.bridge().deadline()).await)?;
                    Ok(all.into_iter().find(|handle| !call.host.knows_tab(handle)))
                },
            )?;
            turn_to(call.host, &handle).map(nothing)
        },
    },
    Function {
        name: "close_tab",
        takes: "",
        gives: "",
        about: "Closes the tab at hand and goes on with the first one.",
        fails: "it is the only one",
        example: "page::new_tab(\"https://shop.example/tea\");\npage::close_tab();\nassert::equal(page::title(), \"Tea shop\");",
        run: |call| {
            let own = call.host.page(async |session| Ok(session.tab()))?;
            let other = handles(call.host)?.into_iter().find(|handle| *handle != own);
            let other = other.ok_or_else(|| HostError::script("the only tab of a run is not closed"))?;
            let deadline = call.host.bridge().deadline();
            call.host.page(async |session| session.close_tab(deadline).await)?;
            turn_to(call.host, &other).map(nothing)
        },
    },
];

fn turn_to(host: &Host, handle: &str) -> Result<(), HostError> {
    let deadline = host.bridge().deadline();
    host.page(async |session| {
        host.know_tab(&session.tab());
        session.switch_to_tab(handle, deadline).await
    })?;
    host.know_tab(handle);
    Ok(())
}

fn handles(host: &Host) -> Result<Vec<String>, HostError> {
    let deadline = host.bridge().deadline();
    host.page(async |session| session.tabs(deadline).await)
}

fn listed(host: &Host) -> Result<Vec<Map>, HostError> {
    let handles = handles(host)?;
    let deadline = host.bridge().deadline();
    let targets = host.page(async |session| session.pages(deadline).await)?;
    let of = |handle: &str, name: &str| {
        let target = targets.iter().find(|target| target.get("targetId").and_then(Value::as_str) == Some(handle));
        target.and_then(|target| target.get(name)?.as_str()).unwrap_or_default().to_owned()
    };
    let row = |handle: &String| {
        Map::from([("url".into(), of(handle, "url").into()), ("title".into(), of(handle, "title").into())])
    };
    Ok(handles.iter().map(row).collect())
}
