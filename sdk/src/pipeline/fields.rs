//! What a span's fields mean: OpenTelemetry's semantic conventions, and our own prefixes.
//!
//! Conventions: <https://opentelemetry.io/docs/specs/semconv/registry/attributes/>; where a name has
//! changed, the old one is understood as well.

use serde_json::{Map, Number, Value};
use tracing_core::Metadata;

use super::exception::{ExceptionIds, Failure, cause};
use super::url;
use crate::layer::SpanKind;
use crate::segment::{AnnotationValue, Http, HttpRequest, HttpResponse, Segment, Sql, limits};

/// A field's value, as far as it matters here.
#[derive(Debug, Clone, PartialEq)]
pub(super) enum Fact<'a> {
    Bool(bool),
    Number(Number),
    Text(&'a str),
    Error(&'a str),
    /// The cause of the error in the field before.
    CausedBy(&'a str),
}

impl Fact<'_> {
    /// JSON has no infinities and no NaN; they are worth knowing all the same.
    pub(super) fn float(number: f64) -> Self {
        Number::from_f64(number).map_or(
            Self::Text(match number {
                f64::INFINITY => "inf",
                f64::NEG_INFINITY => "-inf",
                _ => "NaN",
            }),
            Self::Number,
        )
    }

    fn to_text(&self) -> String {
        match self {
            Self::Bool(flag) => flag.to_string(),
            Self::Number(number) => number.to_string(),
            Self::Text(text) | Self::Error(text) | Self::CausedBy(text) => (*text).to_owned(),
        }
    }

    fn to_json(&self) -> Value {
        match self {
            Self::Bool(flag) => Value::Bool(*flag),
            Self::Number(number) => Value::Number(number.clone()),
            Self::Text(text) | Self::Error(text) | Self::CausedBy(text) => Value::String((*text).to_owned()),
        }
    }

    fn to_integer(&self) -> Option<i64> {
        match self {
            Self::Number(number) => number.as_i64(),
            Self::Text(text) => text.parse().ok(),
            Self::Bool(_) | Self::Error(_) | Self::CausedBy(_) => None,
        }
    }

    fn is_true(&self) -> bool {
        matches!(self, Self::Bool(true) | Self::Text("true"))
    }
}

/// What a span becomes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Role {
    Segment,
    Subsegment,
}

/// A span on its way to be a segment or subsegment.
#[derive(Debug)]
pub(super) struct Draft<'a> {
    segment: Segment,
    metadata: &'static Metadata<'static>,
    kind: Option<SpanKind>,
    name: Option<String>,
    service_name: Option<String>,
    peer_service: Option<String>,
    database: Option<String>,
    rpc: Rpc,
    address: Address,
    http: (HttpRequest, HttpResponse),
    /// Fields nobody knows a better place for.
    other: Map<String, Value>,
    failed: bool,
    /// What the span's own fields say of its error.
    failure: Failure<'a>,
    /// What ERROR events say.
    failures: Vec<Failure<'a>>,
    event: Option<Failure<'a>>,
}

/// The callee of a remote procedure.
#[derive(Debug, Default)]
struct Rpc {
    system: Option<String>,
    service: Option<String>,
    method: Option<String>,
}

/// The parts of a URL, where it is not given whole.
#[derive(Debug, Default)]
struct Address {
    scheme: Option<String>,
    host: Option<String>,
    port: Option<String>,
    path: Option<String>,
    query: Option<String>,
}

impl<'a> Draft<'a> {
    pub(super) fn new(metadata: &'static Metadata<'static>) -> Self {
        Self {
            segment: Segment::default(),
            metadata,
            kind: None,
            name: None,
            service_name: None,
            peer_service: None,
            database: None,
            rpc: Rpc::default(),
            address: Address::default(),
            http: Default::default(),
            other: Map::new(),
            failed: false,
            failure: Failure::default(),
            failures: Vec::new(),
            event: None,
        }
    }

    /// The fields that follow are an ERROR event's.
    pub(super) fn begin_event(&mut self, metadata: &'static Metadata<'static>) {
        self.event = Some(Failure::of_event(metadata));
        self.failed = true;
    }

    pub(super) fn end_event(&mut self) {
        self.failures.extend(self.event.take());
    }

    /// Takes one field. A field recorded twice keeps its last value.
    pub(super) fn field(&mut self, name: &'static str, fact: &Fact<'a>) {
        if let Some(event) = &mut self.event {
            if !event.take(name, fact) {
                self.other.insert(format!("error.{name}"), fact.to_json());
            }
        } else if let Some(key) = name.strip_prefix("annotation.") {
            self.annotate(key, fact);
        } else if let Some(key) = name.strip_prefix("metadata.") {
            self.other.insert(key.to_owned(), fact.to_json());
        } else if !self.take_failure(name, fact)
            && !self.take_identity(name, fact)
            && !self.take_http(name, fact)
            && !self.take_sql(name, fact)
            && !self.take_aws(name, fact)
        {
            self.other.insert(name.to_owned(), fact.to_json());
        }
    }

    /// Adds an annotation under a key that may have to be made acceptable.
    pub(super) fn annotate(&mut self, key: &str, fact: &Fact<'_>) {
        let value = match fact {
            Fact::Bool(flag) => AnnotationValue::Bool(*flag),
            Fact::Number(number) => AnnotationValue::Number(number.clone()),
            Fact::Text(_) | Fact::Error(_) | Fact::CausedBy(_) => {
                let mut text = fact.to_text();
                limits::truncate(&mut text, limits::ANNOTATION_TEXT_CHARS_MAX);
                AnnotationValue::Text(text)
            }
        };
        let key = limits::sanitize_annotation_key(key);
        if !key.is_empty() {
            self.segment.annotations.insert(key, value);
        }
    }

    fn take_failure(&mut self, name: &str, fact: &Fact<'a>) -> bool {
        match (name, fact) {
            ("error", Fact::Bool(flag)) => self.failed |= flag,
            ("otel.status_code", Fact::Text(code)) => self.failed |= code.eq_ignore_ascii_case("error"),
            // A span's `message` is no error's.
            ("message", _) => return false,
            ("err", Fact::Text(_)) => return false,
            _ => {
                let taken = self.failure.take(name, fact);
                // A description of the status alone may say that all is well.
                self.failed |= taken && !name.starts_with("otel.");
                return taken;
            }
        }
        true
    }

    fn take_identity(&mut self, name: &str, fact: &Fact<'_>) -> bool {
        let place = match name {
            "otel.kind" => {
                self.kind = SpanKind::parse(&fact.to_text());
                return true;
            }
            "otel.name" => &mut self.name,
            "service.name" => &mut self.service_name,
            "peer.service" => &mut self.peer_service,
            "enduser.id" | "user.id" => &mut self.segment.user,
            "rpc.system" => &mut self.rpc.system,
            "rpc.service" => &mut self.rpc.service,
            "rpc.method" => &mut self.rpc.method,
            _ => return false,
        };
        *place = Some(fact.to_text());
        true
    }

    fn take_http(&mut self, name: &str, fact: &Fact<'_>) -> bool {
        let (request, response) = &mut self.http;
        let place = match name {
            "http.request.method" | "http.method" => &mut request.method,
            "url.full" | "http.url" => &mut request.url,
            "user_agent.original" | "http.user_agent" => &mut request.user_agent,
            "client.address" | "http.client_ip" => &mut request.client_ip,
            "url.scheme" | "http.scheme" => &mut self.address.scheme,
            "server.address" | "http.host" | "net.host.name" | "net.peer.name" => &mut self.address.host,
            "server.port" | "net.host.port" | "net.peer.port" => &mut self.address.port,
            "url.path" | "http.target" => &mut self.address.path,
            "url.query" => &mut self.address.query,
            "xray.x_forwarded_for" => {
                request.x_forwarded_for = fact.is_true();
                return true;
            }
            "xray.traced" => {
                request.traced = fact.is_true();
                return true;
            }
            "http.response.status_code" | "http.status_code" => {
                response.status = fact.to_integer();
                return true;
            }
            "http.response.body.size" | "http.response_content_length" => {
                response.content_length = fact.to_integer();
                return true;
            }
            _ => return false,
        };
        *place = Some(fact.to_text());
        true
    }

    fn take_sql(&mut self, name: &str, fact: &Fact<'_>) -> bool {
        let mut sql = |place: fn(&mut Sql) -> &mut Option<String>| {
            *place(self.segment.sql.get_or_insert_default()) = Some(fact.to_text());
            true
        };
        match name {
            "db.system.name" | "db.system" => sql(|sql| &mut sql.database_type),
            "db.query.text" | "db.statement" => sql(|sql| &mut sql.sanitized_query),
            "db.connection_string" => sql(|sql| &mut sql.connection_string),
            "db.user" => sql(|sql| &mut sql.user),
            "db.version" => sql(|sql| &mut sql.database_version),
            "db.namespace" | "db.name" => {
                self.database = Some(fact.to_text());
                true
            }
            _ => false,
        }
    }

    fn take_aws(&mut self, name: &str, fact: &Fact<'_>) -> bool {
        let Some(key) = name.strip_prefix("aws.") else { return false };
        let aws = self.segment.aws.get_or_insert_default();
        let place = match key {
            "operation" => &mut aws.operation,
            "account_id" => &mut aws.account_id,
            "region" => &mut aws.region,
            "request_id" => &mut aws.request_id,
            "queue_url" | "sqs.queue.url" => &mut aws.queue_url,
            "table_name" => &mut aws.table_name,
            _ => {
                aws.more.insert(key.to_owned(), fact.to_json());
                return true;
            }
        };
        *place = Some(fact.to_text());
        true
    }

    /// Puts everything into its place.
    pub(super) fn finish(mut self, role: Role, ids: &mut ExceptionIds<'_>) -> Segment {
        self.end_event();
        let remote = matches!(self.kind, Some(SpanKind::Client | SpanKind::Producer));
        self.finish_rpc();
        self.finish_http();
        let status = self.segment.http.as_ref().and_then(|http| http.response.as_ref()).and_then(|it| it.status);
        if !self.failure.is_empty() {
            self.failures.push(std::mem::take(&mut self.failure));
        }
        let failures = std::mem::take(&mut self.failures);
        match status {
            Some(429) => (self.segment.error, self.segment.throttle) = (true, true),
            Some(400..500) => self.segment.error = true,
            Some(500..) => self.segment.fault = true,
            // An answer that was no error stays none, whatever was logged on the way.
            Some(_) => {}
            None => self.segment.fault = self.failed,
        }
        self.segment.cause = cause(failures, ids, remote).map(Box::new);
        self.finish_names(role, remote);
        if !self.other.is_empty() {
            self.segment.metadata.insert("default".to_owned(), Value::Object(self.other));
        }
        self.segment
    }

    fn finish_rpc(&mut self) {
        let Rpc { system, service, method } = std::mem::take(&mut self.rpc);
        if system.as_deref() == Some("aws-api") {
            let aws = self.segment.aws.get_or_insert_default();
            aws.operation = aws.operation.take().or(method);
            self.segment.namespace = Some("aws".to_owned());
        } else {
            let named = [("rpc.system", system), ("rpc.service", service.clone()), ("rpc.method", method)];
            let given = named.into_iter().filter_map(|(name, text)| Some((name.to_owned(), Value::String(text?))));
            self.other.extend(given);
        }
        self.rpc.service = service;
    }

    fn finish_http(&mut self) {
        let (mut request, response) = std::mem::take(&mut self.http);
        let is_http = request.method.is_some() || request.url.is_some() || response.status.is_some();
        if is_http && request.url.is_none() {
            request.url = self.address.to_url();
        }
        request.url = request.url.map(|url| url::redact(&url));
        if self.address.host.is_none() {
            self.address.host = request.url.as_deref().and_then(url::host).map(str::to_owned);
        }
        let http = Http {
            request: (request != HttpRequest::default()).then_some(request),
            response: (response != HttpResponse::default()).then_some(response),
        };
        if http != Http::default() {
            self.segment.http = Some(Box::new(http));
        }
        if let Some(sql) = &mut self.segment.sql {
            sql.connection_string = sql.connection_string.take().map(|url| url::redact(&url));
        }
    }

    /// Names the span: a segment after its service, a remote call after whom it calls, anything else
    /// as it was named.
    fn finish_names(&mut self, role: Role, remote: bool) {
        let span_name = self.name.take().unwrap_or_else(|| self.metadata.name().to_owned());
        let is_database = self.segment.sql.is_some() || self.database.is_some();
        if role == Role::Segment {
            self.segment.name = self.service_name.take().map(|name| limits::sanitize_name(&name)).unwrap_or_default();
            self.other.insert("span.name".to_owned(), Value::String(span_name));
            return;
        }
        if (remote || is_database) && self.segment.namespace.is_none() {
            self.segment.namespace = Some("remote".to_owned());
        }
        let host = self.address.host.take();
        let callee = if self.segment.namespace.is_none() {
            if let Some(host) = host {
                self.other.insert("server.address".to_owned(), Value::String(host));
            }
            None
        } else if is_database {
            match (self.peer_service.take(), self.database.take(), host) {
                (Some(peer), _, _) => Some(peer),
                (None, Some(database), Some(host)) => Some(format!("{database}@{host}")),
                (None, database, host) => database.or(host),
            }
        } else {
            self.peer_service.take().or(self.rpc.service.take()).or(host.map(|host| self.address.with_port(host)))
        };
        if callee.as_ref().is_some_and(|callee| *callee != span_name) {
            self.other.insert("span.name".to_owned(), Value::String(span_name.clone()));
        }
        self.segment.name = limits::sanitize_name(&callee.unwrap_or(span_name));
    }
}

impl Address {
    /// Adds a port that tells services on one host apart.
    fn with_port(&self, host: String) -> String {
        match self.port.as_deref() {
            None | Some("80" | "443") => host,
            Some(_) if host.contains(':') => host,
            Some(port) => format!("{host}:{port}"),
        }
    }

    /// Puts the URL together; a path alone is better than nothing.
    fn to_url(&self) -> Option<String> {
        let path = self.path.as_deref().unwrap_or_default();
        let mut url = match &self.host {
            Some(host) => {
                let scheme = self.scheme.as_deref().unwrap_or("http");
                let port = self.port.as_deref().filter(|_| !host.contains(':'));
                let port = port.map(|port| format!(":{port}")).unwrap_or_default();
                format!("{scheme}://{host}{port}{path}")
            }
            None if path.is_empty() => return None,
            None => path.to_owned(),
        };
        if let Some(query) = self.query.as_deref().filter(|query| !query.is_empty()) {
            url.push('?');
            url.push_str(query);
        }
        Some(url)
    }
}
