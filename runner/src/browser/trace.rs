//! One trace through the browser: requests to our own hosts carry a span of their own.
//!
//! The headers are added request by request, to hosts on the list only. `Network.setExtraHTTPHeaders`
//! would add them everywhere, which tells strangers our trace ids and turns their simple cross-origin
//! requests into ones they refuse.

use std::collections::HashMap;
use std::fmt;
use std::str::FromStr;

use jiff::Timestamp;
use serde_json::{Value, json};
use siskin_sdk::id::{SpanId, TraceId};
use siskin_sdk::propagation::{self, Sampling, TraceHeader};
use url::Url;

use super::cdp::RequestPaused;
use super::exchange::{Ending, Exchange};
use super::redact;

/// Requests of one session that are told apart as spans; later ones still carry the trace's headers
/// but only the parent's id.
const SPANS_MAX: usize = 5_000;

/// The trace a session belongs to.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TraceContext {
    pub trace_id: TraceId,
    /// The run or step the requests hang below; see [`super::Session::set_trace_parent`].
    pub parent: SpanId,
    pub sampled: bool,
    /// Hosts that get the headers; with none, no request does.
    pub hosts: Vec<HostPattern>,
}

/// `shop.example`, `*.shop.example` or `shop.example:8080`; without a port, any port.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct HostPattern {
    host: String,
    with_subdomains: bool,
    port: Option<u16>,
}

/// A text that is not a [`HostPattern`].
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("a host is `name`, `*.name` or `name:port`, this is not: {0:?}")]
pub struct BadHostPattern(String);

/// One request the page made to a host on the list.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RequestSpan {
    /// The id sent as the parent in the request's headers.
    pub span_id: SpanId,
    pub parent: SpanId,
    pub method: String,
    /// Without user name and password, and with secrets in the query blotted out.
    pub url: String,
    pub status: Option<u16>,
    pub started: Timestamp,
    /// `None` while it was still under way when the session ended.
    pub ended: Option<Timestamp>,
    /// Why there was no answer, as Chrome puts it.
    pub failed: Option<String>,
}

impl FromStr for HostPattern {
    type Err = BadHostPattern;

    fn from_str(text: &str) -> Result<Self, BadHostPattern> {
        let bad = || BadHostPattern(text.to_owned());
        let (rest, with_subdomains) = match text.strip_prefix("*.") {
            Some(rest) => (rest, true),
            None => (text, false),
        };
        // The URL parser knows international names, IPv6 brackets and what no host may hold.
        let url = Url::parse(&format!("http://{rest}/")).map_err(|_| bad())?;
        let host = url.host_str().ok_or_else(bad)?.to_owned();
        let only_host = url.path() == "/"
            && url.username().is_empty()
            && url.password().is_none()
            && url.query().is_none()
            && url.fragment().is_none()
            && !host.contains('*');
        if !only_host {
            return Err(bad());
        }
        // Port 80 is dropped by the parser as the default of its scheme, so it is read from the text.
        let port = match rest.rsplit_once(':') {
            Some((_, port)) if !port.ends_with(']') => Some(port.parse().map_err(|_| bad())?),
            _ => None,
        };
        Ok(Self { host, with_subdomains, port })
    }
}

impl fmt::Display for HostPattern {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if self.with_subdomains {
            f.write_str("*.")?;
        }
        f.write_str(&self.host)?;
        match self.port {
            Some(port) => write!(f, ":{port}"),
            None => Ok(()),
        }
    }
}

impl HostPattern {
    /// Whether a request to `url` goes to this host. `*.name` does not match `name` itself.
    pub fn matches(&self, url: &Url) -> bool {
        let Some(host) = url.host_str() else {
            return false;
        };
        let host_fits = if self.with_subdomains {
            host.strip_suffix(&self.host).is_some_and(|rest| rest.len() > 1 && rest.ends_with('.'))
        } else {
            host == self.host
        };
        host_fits && self.port.is_none_or(|port| url.port_or_known_default() == Some(port))
    }

    /// The patterns by which Chrome picks requests: wider than the host, never narrower.
    fn url_patterns(&self) -> impl Iterator<Item = Value> {
        let star = if self.with_subdomains { "*." } else { "" };
        let host = &self.host;
        [format!("http*://{star}{host}/*"), format!("http*://{star}{host}:*/*")]
            .into_iter()
            .map(|pattern| json!({"urlPattern": pattern, "requestStage": "Request"}))
    }
}

/// Gives each request its span, and remembers which.
#[derive(Debug, Clone)]
pub(crate) struct Tracer {
    context: TraceContext,
    sent: Vec<Sent>,
}

#[derive(Debug, Clone)]
struct Sent {
    request: String,
    url: String,
    span_id: SpanId,
    parent: SpanId,
}

impl Tracer {
    /// `None` when no host is on the list: then nothing is intercepted at all.
    pub(crate) fn new(context: TraceContext) -> Option<Self> {
        (!context.hosts.is_empty()).then_some(Self { context, sent: Vec::new() })
    }

    pub(crate) fn set_parent(&mut self, parent: SpanId) {
        self.context.parent = parent;
    }

    /// What `Fetch.enable` is to pick.
    pub(crate) fn fetch_patterns(&self) -> Vec<Value> {
        self.context.hosts.iter().flat_map(HostPattern::url_patterns).collect()
    }

    /// The parameters of `Fetch.continueRequest`: with our headers where the host is on the list.
    pub(crate) fn continue_request(&mut self, paused: &RequestPaused) -> Value {
        let fits =
            Url::parse(&paused.request.url).is_ok_and(|url| self.context.hosts.iter().any(|host| host.matches(&url)));
        if !fits {
            return json!({"requestId": paused.request_id});
        }
        let span_id = self.next_span(paused);
        let header = TraceHeader {
            root: Some(self.context.trace_id),
            parent: Some(span_id),
            sampling: if self.context.sampled { Sampling::Sampled } else { Sampling::NotSampled },
            ..TraceHeader::default()
        };
        let mut ours = Vec::new();
        propagation::inject_with(&header, |name, value| ours.push((name, value)));
        // A redirect brings along what its first hop was given.
        let mut headers: Vec<Value> = paused
            .request
            .headers
            .iter()
            .filter(|(name, _)| !ours.iter().any(|(own, _)| own.eq_ignore_ascii_case(name)))
            .map(|(name, value)| json!({"name": name, "value": value}))
            .collect();
        headers.extend(ours.iter().map(|(name, value)| json!({"name": name, "value": value})));
        json!({"requestId": paused.request_id, "headers": headers})
    }

    fn next_span(&mut self, paused: &RequestPaused) -> SpanId {
        let Some(request) = paused.network_id.clone() else {
            return self.context.parent;
        };
        if self.sent.len() >= SPANS_MAX {
            return self.context.parent;
        }
        let span_id = SpanId::random();
        self.sent.push(Sent { request, url: paused.request.url.clone(), span_id, parent: self.context.parent });
        span_id
    }

    /// The spans of the requests that were told apart, oldest first.
    pub(crate) fn spans(&self, exchanges: &[Exchange]) -> Vec<RequestSpan> {
        let mut by_request: HashMap<&str, Vec<&Exchange>> = HashMap::new();
        for exchange in exchanges.iter().rev() {
            by_request.entry(&exchange.request_id).or_default().push(exchange);
        }
        self.sent
            .iter()
            .filter_map(|sent| {
                // Hops of one request share its id and come in order; the address tells them apart
                // where a hop went to a host that is not on the list.
                let hops = by_request.get_mut(sent.request.as_str())?;
                let at = hops.iter().rposition(|hop| hop.request.url == sent.url)?;
                Some(span(sent, hops.remove(at)))
            })
            .collect()
    }
}

fn span(sent: &Sent, exchange: &Exchange) -> RequestSpan {
    RequestSpan {
        span_id: sent.span_id,
        parent: sent.parent,
        method: exchange.request.method.clone(),
        url: redact::url(&exchange.request.url),
        status: exchange.response.as_ref().map(|response| response.status),
        started: exchange.started(),
        ended: exchange.ended(),
        failed: match &exchange.ending {
            Some(Ending::Failed { text, .. }) => Some(text.clone()),
            Some(Ending::Finished { .. } | Ending::Redirected { .. }) | None => None,
        },
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn matches(pattern: &str, url: &str) -> bool {
        let pattern: HostPattern = pattern.parse().unwrap();
        pattern.matches(&Url::parse(url).unwrap())
    }

    #[test]
    fn hosts_match_exactly() {
        assert!(matches("shop.example", "https://shop.example/a"));
        assert!(matches("shop.example", "http://SHOP.example:8080/"));
        assert!(!matches("shop.example", "http://evil.example/?http://shop.example/"));
        assert!(!matches("shop.example", "http://shop.example@evil.example/"));
        assert!(matches("*.shop.example", "http://api.shop.example/"));
        assert!(!matches("*.shop.example", "http://shop.example/"));
        assert!(!matches("*.shop.example", "http://myshop.example/"));
        assert!(matches("127.0.0.1:80", "http://127.0.0.1/"));
        assert!(!matches("127.0.0.1:80", "http://127.0.0.1:81/"));
        assert!(matches("[::1]:8080", "http://[::1]:8080/"));
    }

    #[test]
    fn what_is_not_a_host_is_refused() {
        for text in ["", "*", "http://a", "a/b", "u@a", "a:x", "a*b", "a?b"] {
            assert!(text.parse::<HostPattern>().is_err(), "{text}");
        }
        for text in ["a", "*.a:81", "[::1]:8080"] {
            assert_eq!(text.parse::<HostPattern>().unwrap().to_string(), text);
        }
    }

    fn paused(url: &str) -> RequestPaused {
        serde_json::from_value(json!({
            "requestId": "interception-1", "networkId": "7",
            "request": {"url": url, "method": "GET", "headers": {"Accept": "*/*", "Traceparent": "old"}}
        }))
        .unwrap()
    }

    fn tracer() -> Tracer {
        Tracer::new(TraceContext {
            trace_id: TraceId::from_bits(0x6553_f100_0000_0000_0000_0000_0000_0001),
            parent: SpanId::from_bits(1),
            sampled: true,
            hosts: vec!["shop.example".parse().unwrap()],
        })
        .unwrap()
    }

    #[test]
    fn only_listed_hosts_get_the_headers() {
        let mut tracer = tracer();
        let other = tracer.continue_request(&paused("http://evil.example/"));
        assert_eq!(other, json!({"requestId": "interception-1"}));

        let ours = tracer.continue_request(&paused("http://shop.example/"));
        let headers = ours["headers"].as_array().unwrap();
        let value = |name: &str| {
            let of_name = |header: &&Value| header["name"].as_str().is_some_and(|own| own.eq_ignore_ascii_case(name));
            let found: Vec<&Value> = headers.iter().filter(of_name).collect();
            assert_eq!(found.len(), 1, "{name}");
            found[0]["value"].as_str().unwrap().to_owned()
        };
        let span = tracer.sent[0].span_id;
        assert_eq!(value("accept"), "*/*");
        assert_eq!(value("traceparent"), format!("00-6553f100000000000000000000000001-{span}-01"));
        assert_eq!(
            value("x-amzn-trace-id"),
            format!("Root=1-6553f100-000000000000000000000001;Parent={span};Sampled=1")
        );
    }
}
