//! The page's network: headers, passwords, speed, what is blocked.

use rhai::{Array, Dynamic};
use serde_json::json;

use super::emulate::devtools;
use crate::script::failure::HostError;
use crate::script::table::{Answer, Call, Function, nothing};

/// Most addresses that are blocked.
const BLOCKED_MAX: usize = 100;

/// Conditions as Chrome's developer tools name them: latency in milliseconds, bytes per second down and up.
const CONDITIONS: &[(&str, i64, i64, i64)] = &[
    ("none", 0, -1, -1),
    ("offline", 0, 0, 0),
    ("slow-3g", 2_000, 50_000, 50_000),
    ("fast-3g", 563, 180_000, 84_375),
    ("slow-4g", 563, 180_000, 84_375),
    ("fast-4g", 165, 1_012_500, 168_750),
];

pub(super) const FUNCTIONS: &[Function] = &[
    Function {
        name: "set_headers",
        takes: "headers: map",
        gives: "",
        about: "Sends these headers with every request of the tab, to all hosts; an empty map ends it. Passwords belong \
to `basic_auth`, which tells them to one host only.",
        fails: "",
        example: "page::set_headers(#{ \"X-Tenant\": \"tea\" });\npage::open(\"https://shop.example/headers\");\n\
assert::contains(page::text(), \"x-tenant: tea\");\npage::set_headers(#{});",
        run: |call| {
            let headers = call.map(0)?;
            let mut params = serde_json::Map::new();
            for (name, value) in headers {
                let wrong = |_| HostError::script(format!("header {name} of page::set_headers is a text"));
                params.insert(name.to_string(), value.into_string().map_err(wrong)?.into());
            }
            devtools(call, "Network.setExtraHTTPHeaders", json!({"headers": params})).map(nothing)
        },
    },
    Function {
        name: "basic_auth",
        takes: "url: text, user: text, password: text",
        gives: "",
        about: "Answers the host of `url` with user and password when it asks for them as `open` opens a page, and for all that page \
then loads from there.",
        fails: "the host is not allowed to the canary",
        example: "page::basic_auth(\"https://shop.example/\", \"ada\", \"secret\");\n\
assert::status(page::open(\"https://shop.example/private\"), 200);",
        run: |call| {
            let url = call.host.allowed_url(&call.text(0)?)?;
            let (user, password) = (call.text(1)?, call.text(2)?);
            call.host.add_secret(&password);
            call.host.look(|look| look.credentials.insert(url.origin().ascii_serialization(), (user, password)));
            Ok(Dynamic::UNIT)
        },
    },
    Function {
        name: "set_network",
        takes: "conditions: text or map",
        gives: "",
        about: "Slows the tab's network down: `none`, `offline`, `slow-3g`, `fast-3g`, `slow-4g`, `fast-4g`, or a map of \
`latency_ms`, `download_bytes_per_second`, `upload_bytes_per_second` (-1 is no limit).",
        fails: "",
        example: "page::set_network(#{ latency_ms: 100 });\npage::reload();\npage::set_network(\"none\");",
        run: set_network,
    },
    Function {
        name: "block_urls",
        takes: "patterns: list",
        gives: "",
        about: "Has requests of the tab fail whose address matches; `*` stands for anything. An empty list ends it.",
        fails: "",
        example: "page::block_urls([\"*/analytics.js\"]);\npage::reload();\npage::block_urls([]);",
        run: |call| {
            let wrong = || call.wrong(0, &format!("a list of at most {BLOCKED_MAX} texts"));
            let list = call.any(0).try_cast::<Array>().filter(|list| list.len() <= BLOCKED_MAX).ok_or_else(wrong)?;
            let mut patterns = Vec::new();
            for pattern in list {
                patterns.push(pattern.into_string().map_err(|_| wrong())?);
            }
            devtools(call, "Network.setBlockedURLs", json!({"urls": patterns})).map(nothing)
        },
    },
];

fn set_network(call: &Call<'_>) -> Answer {
    let given = call.any(0);
    let (latency, download, upload, offline) = if given.is_string() {
        let word = call.text(0)?;
        let found = CONDITIONS.iter().find(|(name, ..)| *name == word);
        let Some((name, latency, download, upload)) = found else {
            let names: Vec<_> = CONDITIONS.iter().map(|(name, ..)| *name).collect();
            return Err(call.wrong(0, &format!("a map, or one of {}", names.join(", "))));
        };
        (*latency, *download, *upload, *name == "offline")
    } else {
        let mut options = call.options(0)?;
        let latency = options.whole("latency_ms", 0..=60_000)?.unwrap_or(0);
        let download = options.whole("download_bytes_per_second", -1..=i64::MAX)?.unwrap_or(-1);
        let upload = options.whole("upload_bytes_per_second", -1..=i64::MAX)?.unwrap_or(-1);
        options.end(&["latency_ms", "download_bytes_per_second", "upload_bytes_per_second"])?;
        (latency, download, upload, false)
    };
    let params = json!({
        "offline": offline, "latency": latency, "downloadThroughput": download, "uploadThroughput": upload,
    });
    devtools(call, "Network.emulateNetworkConditions", params).map(nothing)
}
