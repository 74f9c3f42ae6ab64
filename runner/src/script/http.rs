//! Module `http`: requests without a browser.

use std::time::Duration;

use ::http::{HeaderMap, HeaderName, HeaderValue, Method};
use rhai::serde::{from_dynamic, to_dynamic};
use rhai::{Dynamic, FuncRegistration, Map, Module};
use serde_json::Value;

use super::answer;
use super::caller::Outgoing;
use super::failure::{Answer, HostError};
use super::host::Host;

/// Longest wait for one answer, when the run has more time left.
const ANSWER_WITHIN: Duration = Duration::from_secs(30);

pub(super) fn module(host: &Host) -> Module {
    let mut module = Module::new();
    let own = host.clone();
    FuncRegistration::new("get").set_into_module(&mut module, move |url: &str| -> Answer<Map> {
        Ok(request(&own, &Map::from([("url".into(), url.into())]))?)
    });
    let own = host.clone();
    FuncRegistration::new("request")
        .set_into_module(&mut module, move |options: Map| -> Answer<Map> { Ok(request(&own, &options)?) });
    FuncRegistration::new("json")
        .set_into_module(&mut module, |answer: Map| -> Answer<Dynamic> { to_dynamic(answer::json(&answer)?) });
    FuncRegistration::new("at").set_into_module(&mut module, |answer: Map, path: &str| -> Answer<Dynamic> {
        answer::at_path(&answer, path)?.map_or(Ok(Dynamic::UNIT), to_dynamic)
    });
    module
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
            let json: Value = from_dynamic(json).map_err(|error| HostError::script(error.to_string()))?;
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
