//! Functions that read elements and wait for them.

use rhai::Dynamic;
use serde_json::Value;

use super::act::element_of;
use super::target::{ATTACHED, Target, VISIBLE, WAIT, Wish, find, glance};
use crate::script::failure::HostError;
use crate::script::table::{Answer, Call, Function, from_json};
use crate::script::wait::until;

const NONE_IN_TIME: &str = "no such element in time";

pub(super) const FUNCTIONS: &[Function] = &[
    Function {
        name: "text",
        takes: "selector: selector, options?: map",
        gives: "the text as it is shown",
        about: "Reads an element's visible text.",
        fails: NONE_IN_TIME,
        example: "assert::equal(element::text(\"h1\"), \"Tea shop\");",
        run: |call| read(call, "text", VISIBLE),
    },
    Function {
        name: "html",
        takes: "selector: selector, options?: map",
        gives: "HTML",
        about: "Reads an element with everything in it as HTML, also when it is not visible.",
        fails: NONE_IN_TIME,
        example: "assert::contains(element::html(\"h1\"), \"<h1\");",
        run: |call| read(call, "html", ATTACHED),
    },
    Function {
        name: "value",
        takes: "selector: selector, options?: map",
        gives: "the value as a text",
        about: "Reads what a field holds.",
        fails: "no such element in time, or one without a value",
        example: "assert::equal(element::value(\"#size\"), \"s\");",
        run: |call| read(call, "value", ATTACHED),
    },
    Function {
        name: "attribute",
        takes: "selector: selector, name: text, options?: map",
        gives: "the value, or `()` when there is no such attribute",
        about: "Reads an attribute as the page's source has it.",
        fails: NONE_IN_TIME,
        example: "assert::equal(element::attribute(\"#tea\", \"href\"), \"/tea\");",
        run: |call| {
            let target = Target::of(call, 0, 2)?;
            from_json(find(call.host, &target, &Wish::new("attribute", ATTACHED).with(call.text(1)?.into()))?.value)
        },
    },
    Function {
        name: "evaluate",
        takes: "selector: selector, script: text, argument?: any, options?: map",
        gives: "what the script returns, as a plain value",
        about: "Runs JavaScript as the body of a function, once the element is in the page: it is the first of its \
`arguments`, `argument` the second. A promise is awaited.",
        fails: "no such element in time; the script throws",
        example: "assert::equal(element::evaluate(\"#buy\", \"return arguments[0].localName + arguments[1]\", 1), \"button1\");",
        run: |call| {
            let target = Target::of(call, 0, 3)?;
            let script = call.text(1)?;
            let element = element_of(find(call.host, &target, &Wish::element(ATTACHED))?)?;
            let arguments = vec![element.to_json(), call.json(2)?];
            let by = call.host.bridge().within(target.timeout() + WAIT);
            from_json(call.host.page(async |session| session.execute(&script, arguments, by).await)?)
        },
    },
    Function {
        name: "is_visible",
        takes: "selector: selector",
        gives: "true or false",
        about: "Tells whether an element that matches is visible now, without waiting.",
        fails: "",
        example: "assert::that(!element::is_visible(\"#late\"), \"not yet\");",
        run: |call| from_json(glance(call.host, &Target::of(call, 0, 1)?, &Wish::new("visible", VISIBLE))?),
    },
    Function {
        name: "is_enabled",
        takes: "selector: selector, options?: map",
        gives: "true or false",
        about: "Tells whether an element is enabled, once there is one.",
        fails: NONE_IN_TIME,
        example: "assert::that(!element::is_enabled(\"#sold-out\"), \"sold out\");",
        run: |call| read(call, "enabled", ATTACHED),
    },
    Function {
        name: "is_checked",
        takes: "selector: selector, options?: map",
        gives: "true or false",
        about: "Tells whether a checkbox or radio button is ticked, once there is one.",
        fails: NONE_IN_TIME,
        example: "assert::that(!element::is_checked(\"#agree\"), \"not ticked\");",
        run: |call| read(call, "checked", ATTACHED),
    },
    Function {
        name: "count",
        takes: "selector: selector",
        gives: "a number",
        about: "Counts the elements that match now, visible or not, without waiting.",
        fails: "",
        example: "assert::equal(element::count(\"li.product\"), 3);",
        run: |call| from_json(glance(call.host, &Target::of(call, 0, 1)?, &Wish::new("count", ATTACHED))?),
    },
    Function {
        name: "wait_for",
        takes: "selector: selector, options?: map",
        gives: "",
        about: "Waits until an element is visible.",
        fails: NONE_IN_TIME,
        example: "element::click(\"#reveal\");\nelement::wait_for(\"#late\");",
        run: |call| {
            // Several are as good as one: nothing is done with it.
            let target = Target::of(call, 0, 1)?.any();
            find(call.host, &target, &Wish::new("none", VISIBLE)).map(|_| Dynamic::UNIT)
        },
    },
    Function {
        name: "wait_until_hidden",
        takes: "selector: selector, options?: map",
        gives: "",
        about: "Waits until no element that matches is visible.",
        fails: "one still is at the end",
        example: "element::click(\"#dismiss\");\nelement::wait_until_hidden(\"#notice\");",
        run: |call| {
            let target = Target::of(call, 0, 1)?;
            let visible = Wish::new("visible", VISIBLE);
            until(
                call.host,
                target.timeout(),
                || format!("{} is hidden", target.shown()),
                || Ok((glance(call.host, &target, &visible)? == Value::Bool(false)).then_some(())),
            )?;
            Ok(Dynamic::UNIT)
        },
    },
];

fn read(call: &Call<'_>, op: &'static str, checks: &'static [&'static str]) -> Answer {
    let target = Target::of(call, 0, 1)?;
    let found: Result<_, HostError> = find(call.host, &target, &Wish::new(op, checks));
    from_json(found?.value)
}
