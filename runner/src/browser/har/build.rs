//! From exchanges to entries.

use std::collections::HashMap;

use url::{Url, form_urlencoded};

use super::format::{
    Cache, Content, Cookie, Creator, Entry, Har, Header, Log, Page, PageTimings, PostData, Query, Request, Response,
    Timings,
};
use crate::browser::cdp::{BODY_BYTES_MAX, Body, Headers, Response as Answer, Timing};
use crate::browser::exchange::{Ending, Exchange, Traffic};
use crate::browser::redact;
use crate::browser::text::truncated;

/// Text kept of one request body, in bytes.
const POST_BYTES_MAX: usize = 64 * 1024;
const BODY_LEFT_OUT: &str = "text left out: longer than 64 KiB";
const UNKNOWN: i64 = -1;
const NOT_APPLICABLE: f64 = -1.0;

/// What a HAR is made from.
#[derive(Debug)]
pub(crate) struct Source<'a> {
    pub(crate) traffic: &'a Traffic,
    /// Body bytes after decompression, by request.
    pub(crate) received: &'a HashMap<String, u64>,
    pub(crate) bodies: &'a HashMap<String, Body>,
    pub(crate) events_dropped: usize,
    pub(crate) browser_name: &'a str,
    pub(crate) browser_version: &'a str,
}

/// Builds the archive, secrets blotted out.
pub(crate) fn build(source: &Source<'_>) -> Har {
    let pages = source
        .traffic
        .documents
        .iter()
        .enumerate()
        .map(|(index, document)| Page {
            started_date_time: document.started(),
            id: page_id(index),
            title: redact::url(&document.url),
            page_timings: PageTimings {
                on_content_load: document.content_loaded_ms().map(rounded),
                on_load: document.loaded_ms(),
            },
        })
        .collect();
    let entries = source.traffic.exchanges.iter().map(|exchange| entry(source, exchange)).collect();
    Har {
        log: Log {
            version: "1.2".into(),
            creator: Creator { name: "siskin".to_owned(), version: env!("CARGO_PKG_VERSION").to_owned() },
            browser: Creator { name: source.browser_name.to_owned(), version: source.browser_version.to_owned() },
            pages,
            entries,
            comment: (source.events_dropped > 0)
                .then(|| format!("incomplete: {} events beyond the limit were left out", source.events_dropped)),
        },
    }
}

fn page_id(index: usize) -> String {
    format!("page_{}", index + 1)
}

fn entry(source: &Source<'_>, exchange: &Exchange) -> Entry {
    let timings = timings(exchange);
    let answer = exchange.response.as_ref();
    Entry {
        pageref: exchange.document.map(page_id),
        started_date_time: exchange.started(),
        time: rounded(timings.total()),
        request: request(exchange),
        response: response(source, exchange),
        cache: Cache {},
        timings,
        server_ip_address: answer
            .and_then(|answer| answer.remote_ip_address.as_ref())
            // The standard wants a bare address; Chrome puts IPv6 in brackets.
            .map(|address| address.trim_matches(['[', ']']).to_owned())
            .filter(|address| !address.is_empty()),
        connection: answer.and_then(|answer| answer.connection_id).filter(|id| *id > 0.0).map(|id| format!("{id}")),
        resource_type: exchange.kind.as_ref().map(|kind| kind.to_lowercase()),
        initiator: exchange.initiator.clone(),
    }
}

fn request(exchange: &Exchange) -> Request {
    let sent = exchange.request_extra.as_ref().map_or(&exchange.request.headers, |extra| &extra.headers);
    let cookies = exchange
        .request_extra
        .iter()
        .flat_map(|extra| &extra.associated_cookies)
        .filter(|cookie| cookie.blocked_reasons.is_empty())
        .map(|cookie| redacted_cookie(&cookie.cookie.name, &cookie.cookie.value))
        .collect();
    let body_size = exchange.request.post_data.as_ref().map_or(0, String::len);
    Request {
        method: exchange.request.method.clone(),
        url: redact::url(&exchange.request.url),
        http_version: http_version(exchange.response.as_ref()),
        cookies,
        headers: headers(sent),
        query_string: query(&exchange.request.url),
        post_data: post_data(exchange, sent),
        headers_size: UNKNOWN,
        body_size: body_size as i64,
    }
}

fn response(source: &Source<'_>, exchange: &Exchange) -> Response {
    let error = match &exchange.ending {
        Some(Ending::Failed { text, .. }) => Some(text.clone()),
        Some(Ending::Finished { .. } | Ending::Redirected { .. }) => None,
        None => Some("not finished when the session ended".to_owned()),
    };
    let Some(answer) = &exchange.response else {
        return no_response(exchange, error);
    };
    let received = exchange.response_extra.as_ref().map_or(&answer.headers, |extra| &extra.headers);
    let transferred = match &exchange.ending {
        Some(Ending::Finished { transferred_bytes, .. }) => Some(*transferred_bytes as i64),
        Some(Ending::Redirected { .. }) => Some(answer.encoded_data_length as i64),
        Some(Ending::Failed { .. }) | None => None,
    };
    let headers_size = exchange
        .response_extra
        .as_ref()
        .and_then(|extra| extra.headers_text.as_ref())
        .map_or(UNKNOWN, |text| text.len() as i64);
    Response {
        status: answer.status,
        status_text: answer.status_text.clone(),
        http_version: http_version(Some(answer)),
        cookies: response_cookies(received),
        headers: headers(received),
        content: content(source, exchange, answer),
        redirect_url: received.get("location").map(redact::url).unwrap_or_default(),
        headers_size,
        // Chrome sometimes reports the body alone: then what remains is not the body's size.
        body_size: match transferred {
            Some(bytes) if headers_size > 0 && bytes > headers_size => bytes - headers_size,
            Some(_) | None => UNKNOWN,
        },
        transfer_size: transferred,
        error,
    }
}

fn no_response(exchange: &Exchange, error: Option<String>) -> Response {
    Response {
        status: 0,
        status_text: String::new(),
        http_version: http_version(exchange.response.as_ref()),
        cookies: Vec::new(),
        headers: Vec::new(),
        content: Content { size: 0, mime_type: String::new(), text: None, encoding: None, comment: None },
        redirect_url: String::new(),
        headers_size: UNKNOWN,
        body_size: UNKNOWN,
        transfer_size: None,
        error,
    }
}

fn content(source: &Source<'_>, exchange: &Exchange, answer: &Answer) -> Content {
    // Only the last hop of a request has a body; a redirect's is never shown.
    let is_redirect = matches!(exchange.ending, Some(Ending::Redirected { .. }));
    let of_last_hop = |found| if is_redirect { None } else { found };
    let body = of_last_hop(source.bodies.get(&exchange.request_id));
    let size = if is_redirect { 0 } else { source.received.get(&exchange.request_id).copied().unwrap_or_default() };
    Content {
        size,
        mime_type: answer.mime_type.clone(),
        text: body.map(|body| redact::body(&answer.mime_type, &body.text)),
        encoding: body.filter(|body| body.is_base64).map(|_| "base64".into()),
        comment: (body.is_none() && size > BODY_BYTES_MAX as u64).then(|| BODY_LEFT_OUT.into()),
    }
}

fn post_data(exchange: &Exchange, sent: &Headers) -> Option<PostData> {
    let text = exchange.request.post_data.as_ref()?;
    let mime_type = sent.get("content-type").unwrap_or_default().to_owned();
    let is_form = mime_type.starts_with("application/x-www-form-urlencoded");
    if !is_form {
        let text = redact::body(&mime_type, text);
        return Some(PostData { mime_type, params: Vec::new(), text: truncated(&text, POST_BYTES_MAX) });
    }
    let params = form_urlencoded::parse(text.as_bytes()).map(|(name, value)| redacted_query(&name, &value)).collect();
    let text = redact::body(&mime_type, text);
    Some(PostData { mime_type, params, text: truncated(&text, POST_BYTES_MAX) })
}

fn headers(all: &Headers) -> Vec<Header> {
    all.iter()
        // Several `set-cookie` come as one value, a line each.
        .flat_map(|(name, values)| values.split('\n').map(move |value| (name, value)))
        .map(|(name, value)| Header { name: name.to_owned(), value: redact::header(name, value) })
        .collect()
}

fn response_cookies(received: &Headers) -> Vec<Cookie> {
    received
        .get("set-cookie")
        .into_iter()
        .flat_map(|values| values.split('\n'))
        .filter_map(|line| line.split(';').next()?.split_once('='))
        .map(|(name, value)| redacted_cookie(name.trim(), value))
        .collect()
}

fn redacted_cookie(name: &str, value: &str) -> Cookie {
    let value = if value.is_empty() { "" } else { redact::REDACTED };
    Cookie { name: name.to_owned(), value: value.to_owned() }
}

fn query(url: &str) -> Vec<Query> {
    Url::parse(url)
        .map(|url| url.query_pairs().map(|(name, value)| redacted_query(&name, &value)).collect())
        .unwrap_or_default()
}

fn redacted_query(name: &str, value: &str) -> Query {
    let value = if redact::is_secret_parameter(name) { redact::REDACTED } else { value };
    Query { name: name.to_owned(), value: value.to_owned() }
}

fn http_version(answer: Option<&Answer>) -> String {
    match answer.and_then(|answer| answer.protocol.as_deref()) {
        Some("h2") => "HTTP/2".to_owned(),
        Some("h3") => "HTTP/3".to_owned(),
        Some(other) => other.to_uppercase(),
        None => String::new(),
    }
}

fn timings(exchange: &Exchange) -> Timings {
    let ended = exchange.ending.as_ref().map(Ending::timestamp);
    let timing = exchange.response.as_ref().and_then(|answer| answer.timing.as_ref());
    let Some(timing) = timing else {
        // No connection of its own: from the cache, a data address, or no answer at all.
        let total = ended.map_or(0.0, |ended| (ended - exchange.timestamp) * 1000.0);
        return Timings {
            blocked: rounded(total.max(0.0)),
            dns: NOT_APPLICABLE,
            connect: NOT_APPLICABLE,
            send: 0.0,
            wait: 0.0,
            receive: 0.0,
            ssl: NOT_APPLICABLE,
        };
    };
    let headers_end = timing.receive_headers_end.max(0.0);
    let receive = ended.map_or(0.0, |ended| (ended - timing.request_time) * 1000.0 - headers_end);
    let queued = (timing.request_time - exchange.timestamp) * 1000.0;
    Timings {
        blocked: rounded((queued + first_phase(timing)).max(0.0)),
        dns: phase(timing.dns_start, timing.dns_end),
        connect: phase(timing.connect_start, timing.connect_end),
        send: rounded((timing.send_end - timing.send_start).max(0.0)),
        wait: rounded((headers_end - timing.send_end).max(0.0)),
        receive: rounded(receive.max(0.0)),
        ssl: phase(timing.ssl_start, timing.ssl_end),
    }
}

fn phase(start: f64, end: f64) -> f64 {
    if start < 0.0 || end < start { NOT_APPLICABLE } else { rounded(end - start) }
}

/// Cuts off what is finer than the microseconds Chrome measures.
fn rounded(milliseconds: f64) -> f64 {
    (milliseconds * 1000.0).round() / 1000.0
}

/// When the request first did anything, in milliseconds after Chrome took it up.
fn first_phase(timing: &Timing) -> f64 {
    [timing.dns_start, timing.connect_start, timing.send_start]
        .into_iter()
        .find(|start| *start >= 0.0)
        .unwrap_or_default()
}
