//! A script's HTTP exchange as an entry of the HAR, secrets blotted out as in the browser's.

use std::borrow::Cow;
use std::time::Duration;

use http::{HeaderMap, Method, StatusCode, Version};
use jiff::Timestamp;
use url::Url;

use super::RequestTimings;
use crate::browser::har::{
    Cache, Content, Creator, Entry, Har, Header, Log, PostData, Query, Request, Response, Timings,
};
use crate::browser::redact;

/// Bodies are cut to this many bytes.
const BODY_BYTES_MAX: usize = 64 * 1024;

/// One exchange, whole or failed.
#[derive(Debug)]
pub(crate) struct Exchange<'a> {
    pub(crate) started: Timestamp,
    pub(crate) method: &'a Method,
    /// Without what is secret in it.
    pub(crate) url: &'a str,
    pub(crate) sent: &'a HeaderMap,
    pub(crate) body: &'a str,
    pub(crate) version: Version,
    pub(crate) timings: RequestTimings,
    pub(crate) answer: Option<(StatusCode, &'a HeaderMap, &'a [u8])>,
    /// Why its body is not all there.
    pub(crate) cut: Option<&'static str>,
    pub(crate) failed: Option<&'a str>,
}

/// Writes the entry.
pub(crate) fn entry(exchange: &Exchange<'_>) -> Entry {
    let parts = exchange.timings;
    let part = |duration: Option<Duration>| duration.map_or(-1.0, millis);
    // What is not known or did not happen is -1, and no part of the sum; `ssl` is a part of `connect`.
    let known = parts.dns.unwrap_or_default() + parts.connect.unwrap_or_default() + parts.wait + parts.receive;
    Entry {
        pageref: None,
        started_date_time: exchange.started,
        time: millis(known),
        request: request(exchange),
        response: response(exchange),
        cache: Cache {},
        timings: Timings {
            blocked: -1.0,
            dns: part(parts.dns),
            connect: part(parts.connect),
            // The client does not tell when all was sent: it is in the wait.
            send: 0.0,
            wait: millis(parts.wait),
            receive: millis(parts.receive),
            ssl: part(parts.tls),
        },
        server_ip_address: None,
        connection: None,
        resource_type: Some("script".to_owned()),
        initiator: "script".to_owned(),
    }
}

/// The archive of a run without a browser.
pub(crate) fn without_browser() -> Har {
    let runner = || Creator { name: "siskin-runner".to_owned(), version: env!("CARGO_PKG_VERSION").to_owned() };
    Har {
        log: Log {
            version: "1.2".into(),
            creator: runner(),
            browser: runner(),
            pages: Vec::new(),
            entries: Vec::new(),
            comment: None,
        },
    }
}

fn request(exchange: &Exchange<'_>) -> Request {
    let mime_type = text_of(exchange.sent, "content-type");
    let url = exchange.url.to_owned();
    let parsed = url.contains('?').then(|| Url::parse(&url).ok()).flatten();
    let query_string = parsed
        .map(|url| url.query_pairs().map(|(name, value)| Query { name: name.into(), value: value.into() }).collect())
        .unwrap_or_default();
    Request {
        method: exchange.method.to_string(),
        url,
        http_version: format!("{:?}", exchange.version),
        cookies: Vec::new(),
        headers: headers(exchange.sent),
        query_string,
        post_data: (!exchange.body.is_empty()).then(|| {
            let text = cut(&redact::body(&mime_type, exchange.body));
            PostData { mime_type, params: Vec::new(), text }
        }),
        headers_size: -1,
        body_size: exchange.body.len() as i64,
    }
}

fn response(exchange: &Exchange<'_>) -> Response {
    let (status, sent, body) = match exchange.answer {
        Some((status, headers, body)) => (Some(status), Some(headers), body),
        None => (None, None, &[][..]),
    };
    let text_of = |name: &str| sent.map(|sent| text_of(sent, name)).unwrap_or_default();
    let location = text_of("location");
    Response {
        status: status.map_or(0, |status| status.as_u16()),
        status_text: status.and_then(|status| status.canonical_reason()).unwrap_or_default().to_owned(),
        http_version: format!("{:?}", exchange.version),
        cookies: Vec::new(),
        headers: sent.map(headers).unwrap_or_default(),
        content: content(text_of("content-type"), body, exchange.cut),
        redirect_url: if location.is_empty() { location } else { redact::url(&location) },
        headers_size: -1,
        body_size: -1,
        transfer_size: None,
        error: exchange.failed.map(str::to_owned),
    }
}

fn content(mime_type: String, body: &[u8], cut_off: Option<&'static str>) -> Content {
    let text = std::str::from_utf8(body).ok();
    let comment = cut_off.or((text.is_some() && body.len() > BODY_BYTES_MAX).then_some("text cut to 64 KiB"));
    Content {
        size: body.len() as u64,
        text: text.map(|text| cut(&redact::body(&mime_type, text))),
        encoding: None,
        comment: comment.map(Cow::Borrowed),
        mime_type,
    }
}

fn headers(headers: &HeaderMap) -> Vec<Header> {
    let written = headers.iter().map(|(name, value)| Header {
        name: name.as_str().to_owned(),
        value: redact::header(name.as_str(), &String::from_utf8_lossy(value.as_bytes())),
    });
    written.collect()
}

fn text_of(headers: &HeaderMap, name: &str) -> String {
    headers.get(name).map(|value| String::from_utf8_lossy(value.as_bytes()).into_owned()).unwrap_or_default()
}

fn cut(text: &str) -> String {
    text.get(..text.floor_char_boundary(BODY_BYTES_MAX)).unwrap_or_default().to_owned()
}

fn millis(duration: Duration) -> f64 {
    duration.as_secs_f64() * 1000.0
}
