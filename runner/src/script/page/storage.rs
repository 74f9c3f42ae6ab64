//! Cookies, local and session storage.

use rhai::Dynamic;
use serde_json::{Value, json};

use super::read::evaluate;
use crate::script::failure::HostError;
use crate::script::table::{Answer, Call, Function, Options, from_json};

const SAME_SITE: &[&str] = &["Strict", "Lax", "None"];
const COOKIE: &[&str] = &["name", "value", "url", "domain", "path", "secure", "http_only", "same_site", "expires"];
const GET: &str = "return window[arguments[0]].getItem(arguments[1])";
const SET: &str = "window[arguments[0]].setItem(arguments[1], arguments[2])";
const CLEAR: &str = "window[arguments[0]].clear()";

pub(super) const FUNCTIONS: &[Function] = &[
    Function {
        name: "cookies",
        takes: "",
        gives: "a list of maps with the keys that `set_cookie` takes",
        about: "The cookies that would be sent to the page's address.",
        fails: "",
        example: "page::set_cookie(#{ name: \"lang\", value: \"de\" });\n\
assert::equal(page::cookies().filter(|one| one.name == \"lang\")[0].value, \"de\");",
        run: cookies,
    },
    Function {
        name: "cookie",
        takes: "name: text",
        gives: "the value, or `()` when there is none",
        about: "One of the cookies that would be sent to the page's address.",
        fails: "",
        example: "page::set_cookie(#{ name: \"lang\", value: \"de\" });\nassert::equal(page::cookie(\"lang\"), \"de\");",
        run: |call| {
            let name = call.text(0)?;
            let all = all_cookies(call)?;
            let found = all.iter().find(|cookie| cookie.get("name").and_then(Value::as_str) == Some(name.as_str()));
            from_json(found.and_then(|cookie| cookie.get("value").cloned()).unwrap_or_default())
        },
    },
    Function {
        name: "set_cookie",
        takes: "cookie: map",
        gives: "",
        about: "Sets a cookie: `name`, `value`, and if wanted `url` or `domain` (the page's own unless told otherwise), \
`path`, `secure`, `http_only`, `same_site` (`Strict`, `Lax`, `None`), `expires` (seconds since 1970; a session's cookie \
without).",
        fails: "the browser refuses it",
        example: "page::set_cookie(#{ name: \"lang\", value: \"de\", path: \"/\", http_only: true, same_site: \"Lax\" });\npage::reload();",
        run: set_cookie,
    },
    Function {
        name: "clear_cookies",
        takes: "",
        gives: "",
        about: "Removes all cookies of all sites.",
        fails: "",
        example: "page::set_cookie(#{ name: \"lang\", value: \"de\" });\npage::clear_cookies();\nassert::equal(page::cookies(), []);",
        run: |call| {
            let deadline = call.host.bridge().deadline();
            call.host
                .page(async |session| session.devtools("Network.clearBrowserCookies", json!({}), deadline).await)?;
            Ok(Dynamic::UNIT)
        },
    },
    Function {
        name: "local_storage",
        takes: "key: text",
        gives: "the value, or `()` when there is none",
        about: "Reads the page's local storage.",
        fails: "the page has none",
        example: "page::set_local_storage(\"theme\", \"dark\");\nassert::equal(page::local_storage(\"theme\"), \"dark\");",
        run: |call| from_json(evaluate(call.host, GET, vec!["localStorage".into(), call.text(0)?.into()])?),
    },
    Function {
        name: "set_local_storage",
        takes: "key: text, value: text",
        gives: "",
        about: "Writes the page's local storage.",
        fails: "the page has none",
        example: "page::set_local_storage(\"theme\", \"dark\");\npage::reload();",
        run: |call| set(call, "localStorage"),
    },
    Function {
        name: "clear_local_storage",
        takes: "",
        gives: "",
        about: "Empties the page's local storage.",
        fails: "the page has none",
        example: "page::set_local_storage(\"theme\", \"dark\");\npage::clear_local_storage();\nassert::equal(page::local_storage(\"theme\"), ());",
        run: |call| from_json(evaluate(call.host, CLEAR, vec!["localStorage".into()])?),
    },
    Function {
        name: "session_storage",
        takes: "key: text",
        gives: "the value, or `()` when there is none",
        about: "Reads the page's session storage.",
        fails: "the page has none",
        example: "page::set_session_storage(\"step\", \"2\");\nassert::equal(page::session_storage(\"step\"), \"2\");",
        run: |call| from_json(evaluate(call.host, GET, vec!["sessionStorage".into(), call.text(0)?.into()])?),
    },
    Function {
        name: "set_session_storage",
        takes: "key: text, value: text",
        gives: "",
        about: "Writes the page's session storage.",
        fails: "the page has none",
        example: "page::set_session_storage(\"step\", \"2\");",
        run: |call| set(call, "sessionStorage"),
    },
    Function {
        name: "clear_session_storage",
        takes: "",
        gives: "",
        about: "Empties the page's session storage.",
        fails: "the page has none",
        example: "page::clear_session_storage();\nassert::equal(page::session_storage(\"step\"), ());",
        run: |call| from_json(evaluate(call.host, CLEAR, vec!["sessionStorage".into()])?),
    },
];

fn set(call: &Call<'_>, storage: &str) -> Answer {
    from_json(evaluate(call.host, SET, vec![storage.into(), call.text(0)?.into(), call.text(1)?.into()])?)
}

fn all_cookies(call: &Call<'_>) -> Result<Vec<Value>, HostError> {
    let deadline = call.host.bridge().deadline();
    let told = call.host.page(async |session| {
        let url = session.url(deadline).await?;
        session.devtools("Network.getCookies", json!({"urls": [url.as_str()]}), deadline).await
    })?;
    Ok(told.get("cookies").and_then(Value::as_array).cloned().unwrap_or_default())
}

fn cookies(call: &Call<'_>) -> Answer {
    let rows = all_cookies(call)?.into_iter().map(|cookie| {
        let of = |name: &str| cookie.get(name).cloned().unwrap_or_default();
        json!({
            "name": of("name"), "value": of("value"), "domain": of("domain"), "path": of("path"),
            "secure": of("secure"), "http_only": of("httpOnly"), "same_site": of("sameSite"), "expires": of("expires"),
        })
    });
    from_json(rows.collect())
}

fn set_cookie(call: &Call<'_>) -> Answer {
    let mut given = call.options(0)?;
    let deadline = call.host.bridge().deadline();
    let name = given.text("name")?.ok_or_else(|| given.missing("name"))?;
    let value = given.text("value")?.ok_or_else(|| given.missing("value"))?;
    let mut params = json!({"name": name, "value": value});
    let (url, domain) = (given.text("url")?, given.text("domain")?);
    if let Some(domain) = domain {
        put(&mut params, "domain", domain.into());
    } else {
        let url = match url {
            Some(url) => url,
            None => call.host.page(async |session| session.url(deadline).await)?.into(),
        };
        put(&mut params, "url", url.into());
    }
    optional(&mut given, &mut params)?;
    given.end(COOKIE)?;
    let set = call.host.page(async |session| session.devtools("Network.setCookie", params, deadline).await)?;
    match set.get("success").and_then(Value::as_bool) {
        Some(false) => Err(HostError::check(format!("the browser refuses cookie {name}"))),
        _ => Ok(Dynamic::UNIT),
    }
}

fn optional(given: &mut Options, params: &mut Value) -> Result<(), HostError> {
    if let Some(path) = given.text("path")? {
        put(params, "path", path.into());
    }
    if let Some(secure) = given.truth("secure")? {
        put(params, "secure", secure.into());
    }
    if let Some(http_only) = given.truth("http_only")? {
        put(params, "httpOnly", http_only.into());
    }
    if let Some(same_site) = given.text("same_site")? {
        if !SAME_SITE.contains(&same_site.as_str()) {
            return Err(given.wrong("same_site", "Strict, Lax or None", &same_site));
        }
        put(params, "sameSite", same_site.into());
    }
    if let Some(expires) = given.number("expires")? {
        put(params, "expires", expires.into());
    }
    Ok(())
}

fn put(params: &mut Value, name: &str, value: Value) {
    if let Some(fields) = params.as_object_mut() {
        fields.insert(name.to_owned(), value);
    }
}
