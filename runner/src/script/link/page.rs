//! Links of the page, and one link.

use rhai::{Array, Dynamic, Map};
use serde_json::Value;

use crate::script::failure::{Blame, HostError};
use crate::script::table::{Answer, Call, Function};

/// Most links of one page.
const LINKS_MAX: usize = 1_000;
const COLLECT: &str = "const links = [...document.querySelectorAll(arguments[0])]
    .map((link) => link.href || link.src).filter((url) => typeof url === 'string' && /^https?:/.test(url));
  return [...new Set(links.map((url) => url.split('#')[0]))];";

pub(super) static FUNCTIONS: &[Function] = &[
    Function {
        name: "all",
        takes: "css?: text",
        gives: "a list of addresses",
        about: "Addresses of the page's links, each once, without their `#`; with `css` of other elements, such as \
`img`. At most 1,000.",
        fails: "",
        example: "assert::contains(link::all(), \"https://shop.example/tea\");",
        run: |call| {
            let css = call.text_if_given(0)?.unwrap_or_else(|| "a[href]".to_owned());
            let deadline = call.host.bridge().deadline();
            let found =
                call.host.page(async |session| session.execute(COLLECT, vec![css.clone().into()], deadline).await)?;
            let urls = found.as_array().into_iter().flatten().filter_map(Value::as_str).take(LINKS_MAX);
            Ok(urls.map(|url| Dynamic::from(url.to_owned())).collect::<Array>().into())
        },
    },
    Function {
        name: "check",
        takes: "url: text",
        gives: "a map of `url`, `status` (`()` without an answer), `is_broken` and `reason`",
        about: "Follows a link without the browser. It is broken when there is no answer, or a status of 400 and above.",
        fails: "the host is not allowed to the canary",
        example: "for url in link::all() {\n    let found = link::check(url);\n    \
assert::that(!found.is_broken, `${url}: ${found.reason}`);\n}",
        run: check,
    },
];

fn check(call: &Call<'_>) -> Answer {
    const FAILED_FROM: i64 = 400;
    let url = call.text(0)?;
    let (status, reason) = match crate::script::http::get(call.host, &url) {
        Ok(status) if status < FAILED_FROM => (Some(status), String::new()),
        Ok(status) => (Some(status), format!("status {status}")),
        Err(HostError { blame: Blame::Check, message, .. }) => (None, message),
        Err(other) => return Err(other),
    };
    Ok(Map::from([
        ("url".into(), url.into()),
        ("status".into(), status.map_or(Dynamic::UNIT, Dynamic::from)),
        ("is_broken".into(), (!reason.is_empty()).into()),
        ("reason".into(), reason.into()),
    ])
    .into())
}
