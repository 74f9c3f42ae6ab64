//! Module `http`: requests without a browser.

use std::time::Duration;

use ::http::{HeaderMap, HeaderName, HeaderValue, Method};
use rhai::{Dynamic, Map, Module};

use super::answer;
use super::caller::Outgoing;
use super::failure::HostError;
use super::functions::{Functions, as_json, as_map, as_text, from_json};
use super::host::Host;

/// Longest wait for one answer, when the run has more time left.
const ANSWER_WITHIN: Duration = Duration::from_secs(30);

pub(super) fn module(host: &Host) -> Module {
    Functions::new(host)
        .text("get", |host, url| request(host, &Map::from([("url".into(), url.into())])))
        .one("request", |host, options| request(host, &as_map("a request", options)?))
        .one("json", |_, answer| from_json(answer::json(&as_map("an answer", answer)?)?))
        .two("at", |_, answer, path| {
            let found = answer::at_path(&as_map("an answer", answer)?, &as_text("a path", path)?)?;
            found.map_or(Ok(Dynamic::UNIT), from_json)
        })
        .build()
}

fn request(host: &Host, options: &Map) -> Result<Map, HostError> {
    let outgoing = outgoing(host, options)?;
    let deadline = host.bridge().within(ANSWER_WITHIN);
    let received = host.bridge().wait(host.caller().send(outgoing, deadline))?;
    Ok(answer::to_map(received))
}

/// Reads `#{ method, url, headers, body | json }`.
fn outgoing(host: &Host, options: &Map) -> Result<Outgoing, HostError> {
    let text = |name: &str| match options.get(name) {
        None => Ok(None),
        Some(value) if value.is_unit() => Ok(None),
        Some(value) => value
            .clone()
            .into_string()
            .map(Some)
            .map_err(|kind| HostError::script(format!("{name} of a request is a text, not {kind}"))),
    };
    let url = text("url")?.ok_or_else(|| HostError::script("a request has a url"))?;
    let method = text("method")?.unwrap_or_else(|| "GET".to_owned());
    let method = Method::from_bytes(method.as_bytes())
        .map_err(|_| HostError::script(format!("\"{method}\" is no HTTP method")))?;
    let mut headers = headers(options)?;
    let json = options.get("json").filter(|json| !json.is_unit());
    let body = match (text("body")?, json) {
        (Some(_), Some(_)) => return Err(HostError::script("a request has a text body or a JSON body, not both")),
        (Some(body), None) => body,
        (None, Some(json)) => {
            let json = as_json("the JSON of a request", json)?;
            headers.entry(::http::header::CONTENT_TYPE).or_insert(HeaderValue::from_static("application/json"));
            json.to_string()
        }
        (None, None) => String::new(),
    };
    Ok(Outgoing { method, url: host.allowed_url(&url)?, headers, body })
}

fn headers(options: &Map) -> Result<HeaderMap, HostError> {
    let mut headers = HeaderMap::new();
    let Some(given) = options.get("headers").filter(|given| !given.is_unit()) else { return Ok(headers) };
    let given = given.read_lock::<Map>().ok_or_else(|| HostError::script("headers of a request are a map"))?;
    for (name, value) in given.iter() {
        let wrong = || HostError::script(format!("\"{name}\" is no header with a text value"));
        let value = value.clone().into_string().map_err(|_| wrong())?;
        let name = HeaderName::from_bytes(name.as_bytes()).map_err(|_| wrong())?;
        headers.append(name, HeaderValue::from_str(&value).map_err(|_| wrong())?);
    }
    Ok(headers)
}
