//! Asking a service by what is not HTTP.

use std::time::Duration;

use http::{HeaderMap, HeaderName, HeaderValue};
use jiff::Timestamp;
use tokio::runtime::Handle;
use url::Url;

use super::assertion::Hopes;
use super::dns::{self, Question};
use super::document::{Check, Step};
use super::facts::Facts;
use super::fields::{address, host_of};
use super::grpc;
use super::http::HttpCheck;
use super::number::Number;
use super::ssl;
use super::tcp::{self, Exchange, Wire};
use super::template::{Template, Unfilled, Values};
use super::websocket::{self, Socket, WebSocketCheck};

/// Why there are no facts.
#[derive(Clone, Debug, Eq, PartialEq)]
pub(crate) enum ProbeError {
    /// The service's fault.
    Failed(String),
    /// Our own.
    Broken(String),
    Unfilled(Unfilled),
}

impl From<Unfilled> for ProbeError {
    fn from(unfilled: Unfilled) -> Self {
        Self::Unfilled(unfilled)
    }
}

/// What a probe is made with.
pub(crate) struct Probing<'a> {
    pub(crate) values: &'a Values<'a>,
    /// Whose threads ask for names.
    pub(crate) threads: Handle,
    pub(crate) now: Timestamp,
    pub(crate) within: Duration,
    /// What tells the service that a canary calls, and the trace it belongs to: for what has headers.
    pub(crate) headers: HeaderMap,
}

impl std::fmt::Debug for Probing<'_> {
    fn fmt(&self, out: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        out.debug_struct("Probing").field("within", &self.within).finish_non_exhaustive()
    }
}

/// The address that a step goes to, for the list of allowed hosts; `None` where the machine's resolver is asked.
pub(crate) fn target(check: &Check, values: &Values<'_>) -> Result<Option<Url>, Unfilled> {
    let host = |host: &Template, port: &Number| filled_address(host, port.get(values)? as u16, values).map(Some);
    match check {
        Check::Http(HttpCheck { url, .. }) | Check::WebSocket(WebSocketCheck { url, .. }) => {
            let text = url.fill(values)?;
            Url::parse(&text).map(Some).map_err(|error| Unfilled::Value(format!("\"{text}\" is no URL: {error}")))
        }
        Check::Dns(check) => check.nameserver.as_ref().map_or(Ok(None), |server| host(server, &check.port)),
        Check::Ssl(check) => host(&check.hostname, &check.port),
        Check::Tcp(check) => host(&check.hostname, &check.port),
        Check::Grpc(check) => host(&check.hostname, &check.port),
    }
}

fn filled_address(host: &Template, port: u16, values: &Values<'_>) -> Result<Url, Unfilled> {
    let text = host.fill(values)?;
    address(&text, port).ok_or_else(|| Unfilled::Value(format!("\"{text}\" is no host name or address")))
}

/// The very host that was compared with those that are allowed.
fn filled_host(host: &Template, values: &Values<'_>) -> Result<String, Unfilled> {
    filled_address(host, 1, values).map(|url| host_of(&url))
}

/// Makes the probe of a step that is not HTTP.
///
/// # Errors
/// Why there are no facts. A connection that is refused is one, for TCP and `WebSocket`s.
pub(crate) async fn probe(step: &Step, probing: &Probing<'_>) -> Result<Facts, ProbeError> {
    let asked = tokio::time::timeout(probing.within, Box::pin(ask(step, probing))).await;
    asked.unwrap_or_else(|_| Err(ProbeError::Failed(format!("no answer within {} ms", probing.within.as_millis()))))
}

async fn ask(step: &Step, probing: &Probing<'_>) -> Result<Facts, ProbeError> {
    let Probing { values, now, within, ref threads, .. } = *probing;
    match &step.check {
        Check::Http(_) => Err(ProbeError::Broken("HTTP is asked by another way".to_owned())),
        Check::Dns(check) => {
            let domain = check.domain.fill(values)?;
            let nameserver = check.nameserver.as_ref().map(|server| filled_host(server, values)).transpose()?;
            let port = check.port.get(values)? as u16;
            let (kind, transport) = (check.kind, check.transport);
            let question = Question { domain: &domain, kind, nameserver: nameserver.as_deref(), port, transport };
            dns::ask(threads, &question).await.map(Facts::Dns)
        }
        Check::Ssl(check) => {
            let host = filled_host(&check.hostname, values)?;
            let server = ssl::Server { host: &host, port: check.port.get(values)? as u16, rules: check.rules, within };
            ssl::ask(threads, &server, now).await.map(Facts::Ssl)
        }
        Check::Tcp(check) => {
            let host = filled_host(&check.hostname, values)?;
            let hopes = Hopes::of(&step.assertions, values)?;
            let enough = |data: &[u8]| step.extractors.is_empty() && hopes.are_fulfilled(data);
            let mut wire = wire(&check.exchange, &host, check.port.get(values)? as u16, &enough, values)?;
            wire.reads = !hopes.are_none() || !step.extractors.is_empty();
            Ok(Facts::Data(tcp::ask(threads, &wire).await))
        }
        Check::Grpc(check) => {
            let (host, service) = (filled_host(&check.hostname, values)?, check.service.fill(values)?);
            let call = grpc::Call {
                host: &host,
                port: check.port.get(values)? as u16,
                service: &service,
                is_secured: check.is_secured,
                metadata: headers(&check.metadata, probing)?,
                within,
            };
            grpc::ask(threads, &call).await.map(Facts::Grpc)
        }
        Check::WebSocket(check) => Box::pin(web_socket(check, step, probing)).await,
    }
}

async fn web_socket(check: &WebSocketCheck, step: &Step, probing: &Probing<'_>) -> Result<Facts, ProbeError> {
    let values = probing.values;
    let text = check.url.fill(values)?;
    let no_url = || Unfilled::Value(format!("\"{text}\" is no URL that begins with ws:// or wss://"));
    let url = Url::parse(&text).ok().filter(|url| matches!(url.scheme(), "ws" | "wss")).ok_or_else(no_url)?;
    let host = host_of(&url);
    let port = url.port_or_known_default().ok_or_else(no_url)?;
    let hopes = Hopes::of(&step.assertions, values)?;
    let enough = |data: &[u8]| step.extractors.is_empty() && hopes.are_fulfilled(data);
    let mut wire = wire(&check.exchange, &host, port, &enough, values)?;
    wire.reads = !hopes.are_none() || !step.extractors.is_empty();
    let subprotocol = check.subprotocol.as_ref().map(|text| header_value("subprotocol", &text.fill(values)?));
    let socket = Socket {
        url: &url,
        headers: headers(&check.headers, probing)?,
        subprotocol: subprotocol.transpose()?,
        encoding: check.exchange.encoding,
    };
    Box::pin(websocket::ask(&probing.threads, &socket, &wire)).await.map(Facts::Data)
}

fn wire<'a>(
    exchange: &Exchange,
    host: &'a str,
    port: u16,
    is_enough: &'a dyn Fn(&[u8]) -> bool,
    values: &Values<'_>,
) -> Result<Wire<'a>, Unfilled> {
    let send = exchange.send.as_ref().map(|send| {
        let text = send.fill(values)?;
        exchange.encoding.bytes(&text).map_err(|rule| Unfilled::Value(format!("sendData = \"{text}\": {rule}")))
    });
    Ok(Wire {
        host,
        port,
        connect_within: exchange.connect_within.milliseconds(values)?,
        read_within: exchange.read_within.milliseconds(values)?,
        send: send.transpose()?,
        reads: true,
        is_enough,
    })
}

fn headers(given: &[(String, Template)], probing: &Probing<'_>) -> Result<HeaderMap, Unfilled> {
    let mut headers = probing.headers.clone();
    for (name, value) in given {
        let value = header_value(name, &value.fill(probing.values)?)?;
        let name = HeaderName::from_bytes(name.as_bytes());
        headers.insert(name.map_err(|error| Unfilled::Value(error.to_string()))?, value);
    }
    Ok(headers)
}

fn header_value(name: &str, text: &str) -> Result<HeaderValue, Unfilled> {
    HeaderValue::from_str(text)
        .map_err(|_| Unfilled::Value(format!("the value of {name} has characters that no header can have")))
}
