//! Functions that a recording's script brings along, each only if it is called.

/// Finds a tab or frame by its address, as DevTools' recordings name them.
pub(super) const TURN_TO: (&str, &str) = (
    "turn_to",
    r#"// Goes to the tab whose address begins so, or to the frame of the page with such an address.
fn turn_to(address) {
    for look in 0..100 {
        let number = 0;
        for tab in page::tabs() {
            if tab.url.starts_with(address) {
                page::tab(number);
                return;
            }
            number += 1;
        }
        let frame = page::evaluate(
            "return [...document.querySelectorAll('iframe, frame')].findIndex((one) => one.src.startsWith(arguments[0]))",
            [address],
        );
        if frame >= 0 {
            page::frame("iframe, frame", #{ nth: frame });
            return;
        }
        sleep(0.1);
    }
    throw `no tab and no frame has the address ${address}`;
}
"#,
);

/// Waits for a text in an element.
pub(super) const EXPECT_TEXT: (&str, &str) = (
    "expect_text",
    r"// Waits until an element shows a text.
fn expect_text(selector, text) {
    for look in 0..50 {
        if element::text(selector).contains(text) {
            return;
        }
        sleep(0.1);
    }
    assert::contains(element::text(selector), text);
}
",
);

/// Waits for anything.
pub(super) const WAIT_UNTIL: (&str, &str) = (
    "wait_until",
    r"// Waits until something holds.
fn wait_until(what, seconds, holds) {
    for look in 0..(seconds * 10) {
        if holds.call() {
            return;
        }
        sleep(0.1);
    }
    throw `not within ${seconds} s: ${what}`;
}
",
);

/// Compares attributes and properties, as `waitForElement` does.
pub(super) const ALL_HAVE: (&str, &str) = (
    "all_have",
    r"// Tells whether the first `count` elements all have these attributes and properties.
fn all_have(selector, count, wanted) {
    let script = `const [element, wanted] = arguments;
        const has = (there, part) => there === part || (there instanceof Object && part instanceof Object
            && Object.entries(part).every(([key, value]) => has(there[key], value)));
        return Object.entries(wanted.attributes).every(([name, value]) => element.getAttribute(name) === value)
            && has(element, wanted.properties);`;
    for number in 0..count {
        if !element::evaluate(selector, script, wanted, #{ nth: number }) {
            return false;
        }
    }
    true
}
",
);
