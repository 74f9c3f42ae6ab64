//! What the page shows.

use rhai::Dynamic;
use serde_json::Value;

use crate::browser::Area;
use crate::script::failure::HostError;
use crate::script::host::{Host, Picture};
use crate::script::table::{Function, from_json};

pub(super) const FUNCTIONS: &[Function] = &[
    Function {
        name: "title",
        takes: "",
        gives: "a text",
        about: "Title of the page.",
        fails: "",
        example: "assert::equal(page::title(), \"Tea shop\");",
        run: |call| {
            let deadline = call.host.bridge().deadline();
            call.host.page(async |session| session.title(deadline).await).map(Dynamic::from)
        },
    },
    Function {
        name: "url",
        takes: "",
        gives: "a text",
        about: "Address of the page, without user name and password.",
        fails: "",
        example: "assert::equal(page::url(), \"https://shop.example/\");",
        run: |call| {
            let deadline = call.host.bridge().deadline();
            call.host.page(async |session| session.url(deadline).await.map(String::from)).map(Dynamic::from)
        },
    },
    Function {
        name: "source",
        takes: "",
        gives: "HTML",
        about: "The page as HTML, as it is now.",
        fails: "",
        example: "assert::contains(page::source(), \"<title>Tea shop</title>\");",
        run: |call| {
            let deadline = call.host.bridge().deadline();
            call.host.page(async |session| session.source(deadline).await).map(Dynamic::from)
        },
    },
    Function {
        name: "text",
        takes: "",
        gives: "a text",
        about: "The page's visible text.",
        fails: "",
        example: "assert::contains(page::text(), \"Three teas\");",
        run: |call| {
            let text = evaluate(call.host, "return document.body ? document.body.innerText : ''", Vec::new())?;
            Ok(text.as_str().unwrap_or_default().to_owned().into())
        },
    },
    Function {
        name: "evaluate",
        takes: "script: text, arguments?: list",
        gives: "what the script returns, as a plain value",
        about: "Runs JavaScript in the page as the body of a function; `arguments` are its `arguments`. A promise is \
awaited.",
        fails: "the script throws; it does not end in time",
        example: "assert::equal(page::evaluate(\"return arguments[0] + 1\", [41]), 42);",
        run: |call| {
            let arguments = match call.given(1).map(|_| call.json(1)).transpose()? {
                None => Vec::new(),
                Some(Value::Array(list)) => list,
                Some(_) => return Err(call.wrong(1, "a list")),
            };
            from_json(evaluate(call.host, &call.text(0)?, arguments)?)
        },
    },
    Function {
        name: "screenshot",
        takes: "suffix: text, options?: map",
        gives: "",
        about: "Saves a picture as `NN-step-suffix.png`: of the whole page, or of its visible part with \
`#{ full_page: false }`. Animations and the caret stand still, fonts are waited for.",
        fails: "",
        example: "page::screenshot(\"home\");\npage::screenshot(\"top\", #{ full_page: false });",
        run: |call| {
            let mut options = call.options(1)?;
            let full = options.truth("full_page")?.unwrap_or(true);
            options.end(&["full_page"])?;
            let suffix = call.text(0)?;
            // Without a page yet there is a picture of an empty one, which shows the script's mistake.
            call.host.page(async |_| Ok(()))?;
            let area = if full { Area::FullPage } else { Area::Viewport };
            call.host.save_picture(&suffix, Picture::Fresh(area));
            Ok(Dynamic::UNIT)
        },
    },
];

pub(super) fn evaluate(host: &Host, script: &str, arguments: Vec<Value>) -> Result<Value, HostError> {
    let deadline = host.bridge().deadline();
    host.page(async |session| session.execute(script, arguments, deadline).await)
}
