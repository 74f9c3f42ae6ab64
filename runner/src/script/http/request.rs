//! Reading what a script asks for.

use std::time::Duration;

use ::http::header::{CONTENT_TYPE, HeaderValue};
use ::http::{HeaderMap, HeaderName, Method};
use rhai::{Array, Dynamic, Map};

use super::answer;
use super::auth::{Auth, Certificate};
use super::body;
use super::caller::{Outgoing, Received};
use crate::script::element::TIMEOUT_MS_MAX;
use crate::script::failure::HostError;
use crate::script::host::Host;
use crate::script::table::{Answer, Options};

/// Longest wait for one answer when a script does not say.
pub(super) const ANSWER_WITHIN: Duration = Duration::from_secs(30);
const OPTIONS: &[&str] = &[
    "headers",
    "query",
    "body",
    "json",
    "form",
    "multipart",
    "auth",
    "client_certificate",
    "follow_redirects",
    "timeout_ms",
    "status",
    "expect",
    "name",
];

/// A request and what its answer has to be.
pub(super) struct Asked {
    outgoing: Outgoing,
    timeout: Duration,
    status: Option<Dynamic>,
    expect: Vec<Map>,
}

pub(super) fn parse(host: &Host, method: &str, url: &str, mut options: Options) -> Result<Asked, HostError> {
    let method = Method::from_bytes(method.as_bytes())
        .map_err(|_| HostError::script(format!("\"{method}\" is no HTTP method")))?;
    let mut url = host.allowed_url(url)?;
    for (name, value) in options.map("query")?.unwrap_or_default() {
        url.query_pairs_mut().append_pair(&name, &plain(&value));
    }
    let mut headers = headers(options.map("headers")?)?;
    let body = body(&mut options, &mut headers)?;
    let auth = options.map("auth")?.map_or(Ok(Auth::None), |auth| Auth::parse(&auth))?;
    let certificate = options.map("client_certificate")?.map(|given| Certificate::parse(&given)).transpose()?;
    let follow_redirects = options.truth("follow_redirects")?.unwrap_or(true);
    let timeout = options.whole("timeout_ms", 1..=TIMEOUT_MS_MAX)?;
    let status = options.take("status");
    let mut expect = Vec::new();
    if let Some(list) = options.take("expect") {
        let wrong = || HostError::script("`expect` of a request is a list of maps");
        for part in list.try_cast::<Array>().ok_or_else(wrong)? {
            expect.push(part.try_cast::<Map>().ok_or_else(wrong)?);
        }
    }
    options.text("name")?;
    options.end(OPTIONS)?;
    Ok(Asked {
        outgoing: Outgoing { method, url, headers, body, auth, certificate, follow_redirects },
        timeout: timeout.map_or(ANSWER_WITHIN, |ms| Duration::from_millis(ms as u64)),
        status,
        expect,
    })
}

/// Sends the request and checks the answer.
pub(super) fn send(host: &Host, asked: Asked) -> Answer {
    let answer = answer::to_map(sent(host, &asked)?);
    if let Some(good) = asked.status {
        answer::check_status(&answer, &good)?;
    }
    for part in &asked.expect {
        answer::check(&answer, part)?;
    }
    Ok(answer.into())
}

/// Sends the request.
pub(super) fn sent(host: &Host, asked: &Asked) -> Result<Received, HostError> {
    exchange(host, asked.outgoing.clone(), asked.timeout)
}

/// Sends a request that no script has written.
pub(in crate::script) fn exchange(host: &Host, outgoing: Outgoing, within: Duration) -> Result<Received, HostError> {
    let deadline = host.bridge().within(within);
    host.bridge().wait_here(host.caller().send(outgoing, deadline))
}

/// The status that an address answers.
pub(in crate::script) fn get(host: &Host, url: &str) -> Result<i64, HostError> {
    let outgoing = Outgoing {
        method: Method::GET,
        url: host.allowed_url(url)?,
        headers: HeaderMap::new(),
        body: Vec::new(),
        auth: Auth::None,
        certificate: None,
        follow_redirects: true,
    };
    let asked = Asked { outgoing, timeout: ANSWER_WITHIN, status: None, expect: Vec::new() };
    Ok(i64::from(sent(host, &asked)?.status))
}

fn body(options: &mut Options, headers: &mut HeaderMap) -> Result<Vec<u8>, HostError> {
    let (text, json) = (options.text("body")?.filter(|text| !text.is_empty()), options.json("json")?);
    let (form, multipart) = (options.map("form")?, options.take("multipart"));
    let given = [text.is_some(), json.is_some(), form.is_some(), multipart.is_some()];
    if given.into_iter().filter(|given| *given).count() > 1 {
        return Err(HostError::script("a request has one of body, json, form, multipart"));
    }
    let (kind, bytes) = if let Some(json) = json {
        ("application/json".to_owned(), json.to_string().into_bytes())
    } else if let Some(form) = form {
        ("application/x-www-form-urlencoded".to_owned(), body::form(&form))
    } else if let Some(parts) = multipart {
        body::multipart(parts)?
    } else {
        return Ok(text.unwrap_or_default().into_bytes());
    };
    if let Ok(kind) = HeaderValue::from_str(&kind) {
        headers.entry(CONTENT_TYPE).or_insert(kind);
    }
    Ok(bytes)
}

fn headers(given: Option<Map>) -> Result<HeaderMap, HostError> {
    let mut headers = HeaderMap::new();
    for (name, value) in given.unwrap_or_default() {
        let wrong = || HostError::script(format!("\"{name}\" is no header with a text value"));
        let value = value.into_string().map_err(|_| wrong())?;
        let value = HeaderValue::from_str(&value).map_err(|_| wrong())?;
        headers.append(HeaderName::from_bytes(name.as_bytes()).map_err(|_| wrong())?, value);
    }
    Ok(headers)
}

/// A value of a query or a form as a text.
pub(super) fn plain(value: &Dynamic) -> String {
    value.clone().into_string().unwrap_or_else(|_| value.to_string())
}
