//! Requests of scripts: to allowed hosts only, traced, timed, and written into the HAR.

use std::collections::{BTreeMap, HashMap};
use std::sync::Arc;
use std::time::Duration;

use ::http::header::{AUTHORIZATION, CONTENT_LENGTH, CONTENT_TYPE, COOKIE, LOCATION};
use ::http::{HeaderMap, Method, StatusCode, Version};
use jiff::Timestamp;
use parking_lot::Mutex;
use reqwest::cookie::{CookieStore, Jar};
use siskin_blueprints::HostPattern;
use siskin_sdk::id::{SpanId, TraceId};
use siskin_sdk::propagation::{self, Sampling, TraceHeader};
use tokio::runtime::Handle;
use tokio::time::{Instant, timeout_at};
use url::Url;

use super::answer::CUT;
use super::auth::{Auth, Certificate};
use super::marks::{Marks, Opening};
use super::names::Names;
use crate::browser::redact;
use crate::run::har_entry::{self, Exchange};
use crate::run::tls::{self, CertificateError};
use crate::run::{LogLevel, Record, RequestReport, RequestTimings};
use crate::script::failure::{Blame, HostError};
use crate::script::host::allowed_url;

/// Bytes of a body that are read, as AWS reads of a response; the rest is left.
pub(crate) const BODY_BYTES_MAX: usize = 1024 * 1024;
const REDIRECTS_MAX: usize = 10;
/// Most client certificates of one run.
const CERTIFICATES_MAX: usize = 8;

/// A request that a script asked for.
#[derive(Clone, Debug)]
pub(in crate::script) struct Outgoing {
    pub(in crate::script) method: Method,
    pub(in crate::script) url: Url,
    pub(in crate::script) headers: HeaderMap,
    pub(in crate::script) body: Vec<u8>,
    pub(in crate::script) auth: Auth,
    pub(in crate::script) certificate: Option<Certificate>,
    pub(in crate::script) follow_redirects: bool,
}

/// What came back in the end.
#[derive(Clone, Debug)]
pub(in crate::script) struct Received {
    pub(in crate::script) status: u16,
    pub(in crate::script) url: Url,
    /// Names in lower case; several values of one are joined by commas.
    pub(in crate::script) headers: BTreeMap<String, String>,
    /// As text; what is no UTF-8 is replaced.
    pub(in crate::script) body: String,
    /// Whether the body is all there.
    pub(in crate::script) is_whole: bool,
    /// From the first request to the last byte.
    pub(in crate::script) duration: Duration,
    /// What that time went to, redirects and all.
    pub(in crate::script) parts: Parts,
}

/// What the time of a request and its redirects went to; zero for what open connections spared.
#[derive(Clone, Copy, Debug, Default)]
pub(in crate::script) struct Parts {
    pub(super) dns: Duration,
    pub(super) connect: Duration,
    pub(super) tls: Duration,
    pub(super) wait: Duration,
    pub(super) receive: Duration,
}

impl Parts {
    fn add(&mut self, timings: RequestTimings) {
        self.dns += timings.dns.unwrap_or_default();
        self.connect += timings.connect.unwrap_or_default();
        self.tls += timings.tls.unwrap_or_default();
        self.wait += timings.wait;
        self.receive += timings.receive;
    }
}

/// Sends the requests of one run; they share cookies.
#[derive(Debug)]
pub(in crate::script) struct Caller {
    clients: Mutex<Clients>,
    names: Arc<Names>,
    marks: Marks,
    user_agent: String,
    hosts: Vec<HostPattern>,
    trace_id: TraceId,
    record: Arc<Record>,
}

/// One client for each certificate; all share their cookies.
#[derive(Debug)]
struct Clients {
    jar: Arc<Jar>,
    by_certificate: HashMap<Option<Certificate>, reqwest::Client>,
}

/// One answer on the way.
struct Hop {
    status: StatusCode,
    headers: HeaderMap,
    body: Vec<u8>,
    is_whole: bool,
    version: Version,
    waited: Duration,
    received: Duration,
}

/// What went out.
struct Sent {
    headers: HeaderMap,
    span_id: SpanId,
    started: Timestamp,
    duration: Duration,
    opening: Opening,
}

impl Caller {
    pub(in crate::script) fn new(
        names: Handle,
        hosts: Vec<HostPattern>,
        trace_id: TraceId,
        user_agent: &str,
        record: Arc<Record>,
    ) -> Self {
        // Without a client yet: what it trusts takes longer to read than a run of a browser takes of our time.
        let clients = Mutex::new(Clients { jar: Arc::default(), by_certificate: HashMap::new() });
        let marks = Marks::default();
        let names = Arc::new(Names { threads: names, marks: marks.clone() });
        Self { clients, names, marks, user_agent: user_agent.to_owned(), hosts, trace_id, record }
    }

    /// Whether a certificate and its key can be used.
    pub(super) fn check_certificate(&self, certificate: &str, key: &str) -> Result<(), HostError> {
        let certificate = Certificate { certificate: certificate.to_owned(), key: key.to_owned() };
        self.client(Some(&certificate)).map(drop)
    }

    /// A cookie that would be sent to `url`.
    pub(super) fn cookie(&self, url: &Url, wanted: &str) -> Option<String> {
        let jar = Arc::clone(&self.clients.lock().jar);
        let line = jar.cookies(url)?;
        let mut pairs = line.to_str().ok()?.split("; ").filter_map(|pair| pair.split_once('='));
        pairs.find(|(name, _)| *name == wanted).map(|(_, value)| value.to_owned())
    }

    pub(super) fn clear_cookies(&self) -> Result<(), HostError> {
        *self.clients.lock() = Clients { jar: Arc::default(), by_certificate: HashMap::new() };
        self.client(None).map(drop)
    }

    fn client(&self, certificate: Option<&Certificate>) -> Result<reqwest::Client, HostError> {
        let mut clients = self.clients.lock();
        if let Some(client) = clients.by_certificate.get(&certificate.cloned()) {
            return Ok(client.clone());
        }
        if certificate.is_some() && clients.by_certificate.keys().flatten().count() >= CERTIFICATES_MAX {
            return Err(HostError::script(format!("a run has at most {CERTIFICATES_MAX} client certificates")));
        }
        let builder = reqwest::Client::builder()
            .user_agent(&self.user_agent)
            .cookie_provider(Arc::clone(&clients.jar))
            // Connections live as long as their run, and its time is limited anyway.
            .tcp_keepalive(None)
            .tcp_keepalive_interval(None)
            .tcp_keepalive_retries(None)
            .tcp_user_timeout(None)
            .dns_resolver(Arc::clone(&self.names))
            .connector_layer(self.marks.clone())
            // Each hop is checked, traced and recorded by itself.
            .redirect(reqwest::redirect::Policy::none());
        let no_client = |error: String| HostError::new(Blame::Infrastructure, format!("no HTTP client: {error}"));
        let sessions = self.marks.sessions();
        let tls = match certificate {
            None => tls::config(sessions).map_err(|error| no_client(error.to_string()))?,
            Some(Certificate { certificate, key }) => {
                tls::config_with(sessions, certificate, key).map_err(|error| match error {
                    CertificateError::NoPem => HostError::script("client certificate and key are not PEM"),
                    CertificateError::Unusable(error) => {
                        HostError::script(format!("the client certificate cannot be used: {error}"))
                    }
                    CertificateError::Trust(error) => no_client(error.to_string()),
                })?
            }
        };
        let client = builder.tls_backend_preconfigured(tls).build().map_err(|error| no_client(error.to_string()))?;
        clients.by_certificate.insert(certificate.cloned(), client.clone());
        Ok(client)
    }

    /// Sends a request and follows its redirects.
    pub(super) async fn send(&self, mut request: Outgoing, deadline: Instant) -> Result<Received, HostError> {
        let began = Instant::now();
        let mut parts = Parts::default();
        for _ in 0..=REDIRECTS_MAX {
            let (hop, timings) = self.hop(&request, deadline).await?;
            parts.add(timings);
            let next = if request.follow_redirects { redirected(&request, &hop, &self.hosts)? } else { None };
            match next {
                Some(next) => request = next,
                None => {
                    return Ok(Received {
                        status: hop.status.as_u16(),
                        url: request.url,
                        headers: joined(&hop.headers),
                        body: String::from_utf8_lossy(&hop.body).into_owned(),
                        is_whole: hop.is_whole,
                        duration: began.elapsed(),
                        parts,
                    });
                }
            }
        }
        Err(HostError::check(format!("{}: more than {REDIRECTS_MAX} redirects", redact::parsed(request.url.clone()))))
    }

    /// Adds what makes a request a part of the run's trace.
    pub(in crate::script) fn trace(&self, span_id: SpanId, headers: &mut HeaderMap) {
        let context = TraceHeader {
            root: Some(self.trace_id),
            parent: Some(span_id),
            sampling: Sampling::Sampled,
            ..TraceHeader::default()
        };
        propagation::inject(&context, headers);
    }

    /// Sends one request and records it, whatever becomes of it.
    async fn hop(&self, request: &Outgoing, deadline: Instant) -> Result<(Hop, RequestTimings), HostError> {
        let span_id = SpanId::random();
        let mut headers = request.headers.clone();
        self.trace(span_id, &mut headers);
        let started = self.record.now();
        request.auth.apply(&request.method, &request.url, &request.body, &mut headers, started)?;
        let client = self.client(request.certificate.as_ref())?;
        self.marks.clear();
        let began = Instant::now();
        let result = match timeout_at(deadline, exchange(&client, request, headers.clone(), began)).await {
            Ok(result) => result.map_err(|error| reason_of(&error)),
            Err(_) => Err(format!("no answer within {} s", whole_tenths(began.elapsed()))),
        };
        let sent = Sent { headers, span_id, started, duration: began.elapsed(), opening: self.marks.opening() };
        let url = redact::parsed(request.url.clone());
        if result.as_ref().is_ok_and(|hop| !hop.is_whole) {
            self.record.log(LogLevel::Warn, format!("{} {url}: {CUT}", request.method));
        }
        let timings = self.note(request, &url, &sent, &result);
        let hop = result.map_err(|reason| HostError::check(format!("{} {url}: {reason}", request.method)))?;
        Ok((hop, timings))
    }

    fn note(&self, request: &Outgoing, url: &str, sent: &Sent, result: &Result<Hop, String>) -> RequestTimings {
        let failed = result.as_ref().err().cloned();
        let waited = result.as_ref().map_or(sent.duration, |hop| hop.waited);
        let received = result.as_ref().map_or(Duration::ZERO, |hop| hop.received);
        let timings = RequestTimings {
            dns: sent.opening.dns,
            connect: sent.opening.connect,
            tls: sent.opening.tls,
            wait: waited.saturating_sub(sent.opening.total()),
            receive: received,
        };
        let report = RequestReport {
            span_id: sent.span_id,
            method: request.method.to_string(),
            url: url.to_owned(),
            status: result.as_ref().ok().map(|hop| hop.status.as_u16()),
            failed: failed.clone(),
            started: sent.started,
            duration: sent.duration,
            timings: Some(timings),
            traced: true,
        };
        let entry = har_entry::entry(&Exchange {
            started: sent.started,
            method: &request.method,
            url,
            sent: &sent.headers,
            body: &String::from_utf8_lossy(&request.body),
            version: result.as_ref().map_or(Version::HTTP_11, |hop| hop.version),
            timings,
            answer: result.as_ref().ok().map(|hop| (hop.status, &hop.headers, hop.body.as_slice())),
            cut: result.as_ref().is_ok_and(|hop| !hop.is_whole).then_some(CUT),
            failed: failed.as_deref(),
        });
        self.record.add_request(report, entry);
        timings
    }
}

async fn exchange(
    client: &reqwest::Client,
    request: &Outgoing,
    headers: HeaderMap,
    began: Instant,
) -> reqwest::Result<Hop> {
    let mut builder = client.request(request.method.clone(), request.url.clone()).headers(headers);
    if !request.body.is_empty() {
        builder = builder.body(request.body.clone());
    }
    let mut response = builder.send().await?;
    let waited = began.elapsed();
    let (status, version, headers) = (response.status(), response.version(), response.headers().clone());
    let mut body = Vec::new();
    let mut is_whole = true;
    while let Some(chunk) = response.chunk().await? {
        let room = BODY_BYTES_MAX - body.len();
        body.extend_from_slice(chunk.get(..room).unwrap_or(&chunk));
        if chunk.len() > room {
            is_whole = false;
            break;
        }
    }
    Ok(Hop { status, headers, body, is_whole, version, waited, received: began.elapsed().saturating_sub(waited) })
}

/// The request that follows a redirect (RFC 9110, 15.4), to an allowed host; `None` for any other answer.
fn redirected(request: &Outgoing, hop: &Hop, hosts: &[HostPattern]) -> Result<Option<Outgoing>, HostError> {
    let becomes_get = match hop.status {
        StatusCode::SEE_OTHER => request.method != Method::HEAD,
        StatusCode::MOVED_PERMANENTLY | StatusCode::FOUND => request.method == Method::POST,
        StatusCode::TEMPORARY_REDIRECT | StatusCode::PERMANENT_REDIRECT => false,
        _ => return Ok(None),
    };
    let Some(location) = hop.headers.get(LOCATION).and_then(|location| location.to_str().ok()) else { return Ok(None) };
    let from = redact::parsed(request.url.clone());
    let joined = request.url.join(location);
    let joined = joined.map_err(|_| HostError::check(format!("{from} redirects to what is no URL")))?;
    let url = allowed_url(joined.as_str(), hosts)
        .map_err(|error| HostError::new(error.blame, format!("{from} redirects: {}", error.message)))?;
    let mut next = request.clone();
    if becomes_get {
        next.method = Method::GET;
        next.body.clear();
        next.headers.remove(CONTENT_TYPE);
        next.headers.remove(CONTENT_LENGTH);
    }
    if (url.host_str(), url.port_or_known_default()) != (request.url.host_str(), request.url.port_or_known_default()) {
        // Credentials are for the host they were given for.
        next.auth = Auth::None;
        next.certificate = None;
        next.headers.remove(AUTHORIZATION);
        next.headers.remove(COOKIE);
    }
    next.url = url;
    Ok(Some(next))
}

fn joined(headers: &HeaderMap) -> BTreeMap<String, String> {
    let mut joined: BTreeMap<String, String> = BTreeMap::new();
    for (name, value) in headers {
        let value = String::from_utf8_lossy(value.as_bytes());
        joined
            .entry(name.as_str().to_owned())
            .and_modify(|before| {
                before.push_str(", ");
                before.push_str(&value);
            })
            .or_insert_with(|| value.clone().into_owned());
    }
    joined
}

/// The innermost cause is the one that says something: "connection refused".
fn reason_of(error: &reqwest::Error) -> String {
    let mut reason = String::new();
    let mut source = std::error::Error::source(error);
    while let Some(inner) = source {
        reason = inner.to_string();
        source = inner.source();
    }
    if reason.is_empty() {
        // The address may hold secrets.
        let whole = error.to_string();
        return whole.split(" for url").next().unwrap_or_default().to_owned();
    }
    reason
}

fn whole_tenths(duration: Duration) -> f64 {
    (duration.as_secs_f64() * 10.0).round() / 10.0
}
