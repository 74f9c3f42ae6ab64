//! gRPC health checks: `grpc.health.v1.Health/Check` over HTTP/2, <https://github.com/grpc/grpc/blob/master/doc/health-checking.md>.

use std::time::Duration;

use bytes::{BufMut as _, Bytes, BytesMut};
use h2::RecvStream;
use http::{HeaderMap, Method, Request};
use prost::Message as _;
use tokio::io::{AsyncRead, AsyncWrite};
use tokio::runtime::Handle;
use tokio::time::Instant;

use super::facts::Health;
use super::fields::Fields;
use super::http::check_header;
use super::number::{Number, Range};
use super::probe::ProbeError;
use super::tcp::hostname;
use super::template::Template;
use super::{dial, tls};

#[derive(Clone, Debug, PartialEq)]
pub(crate) struct GrpcCheck {
    pub(super) hostname: Template,
    pub(super) port: Number,
    /// The server as a whole when it is empty.
    pub(super) service: Template,
    pub(super) is_secured: bool,
    pub(super) metadata: Vec<(String, Template)>,
}

/// `grpc.health.v1.HealthCheckResponse.ServingStatus`.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
#[expect(clippy::enum_variant_names, reason = "the names of the protocol")]
pub(crate) enum Serving {
    Unknown,
    Serving,
    NotServing,
    ServiceUnknown,
}

pub(super) const SERVING: &[(&str, Serving)] = &[
    ("UNKNOWN", Serving::Unknown),
    ("SERVING", Serving::Serving),
    ("NOT_SERVING", Serving::NotServing),
    ("SERVICE_UNKNOWN", Serving::ServiceUnknown),
];
/// Status codes that are answers, <https://grpc.github.io/grpc/core/md_doc_statuscodes.html>.
const OK: u32 = 0;
const NOT_FOUND: u32 = 5;
const CODES: [&str; 17] = [
    "OK",
    "CANCELLED",
    "UNKNOWN",
    "INVALID_ARGUMENT",
    "DEADLINE_EXCEEDED",
    "NOT_FOUND",
    "ALREADY_EXISTS",
    "PERMISSION_DENIED",
    "RESOURCE_EXHAUSTED",
    "FAILED_PRECONDITION",
    "ABORTED",
    "OUT_OF_RANGE",
    "UNIMPLEMENTED",
    "INTERNAL",
    "UNAVAILABLE",
    "DATA_LOSS",
    "UNAUTHENTICATED",
];
const PATH: &str = "/grpc.health.v1.Health/Check";
/// Of a flag of compression and a length, before each message.
const PREFIX_BYTES: usize = 5;
/// An answer holds one number.
const ANSWER_BYTES_MAX: usize = 4 * 1024;

#[derive(Clone, Eq, PartialEq, prost::Message)]
struct HealthCheckRequest {
    #[prost(string, tag = "1")]
    service: String,
}

#[derive(Clone, Eq, PartialEq, prost::Message)]
struct HealthCheckResponse {
    #[prost(int32, tag = "1")]
    status: i32,
}

impl Serving {
    pub(super) fn word(self) -> &'static str {
        SERVING.iter().find(|(_, one)| *one == self).map(|(word, _)| *word).unwrap_or_default()
    }

    fn of(number: i32) -> Self {
        match number {
            1 => Self::Serving,
            2 => Self::NotServing,
            3 => Self::ServiceUnknown,
            _ => Self::Unknown,
        }
    }
}

impl GrpcCheck {
    pub(super) fn read(fields: &mut Fields<'_, '_>) -> Option<Self> {
        let hostname = hostname(fields);
        let port = fields.number("port", Range::PORT, None);
        if let (Some(hostname), Some(port)) = (&hostname, &port) {
            fields.reader.note_host(hostname, port);
        }
        let service = fields.text_if_given("service").unwrap_or_default();
        let is_secured = fields.truth("tls", Some(true));
        let metadata = fields.texts("metadata", check_header);
        Some(Self { hostname: hostname?, port: port?, service, is_secured: is_secured?, metadata })
    }
}

/// A call, all texts filled.
pub(super) struct Call<'a> {
    pub(super) host: &'a str,
    pub(super) port: u16,
    pub(super) service: &'a str,
    pub(super) is_secured: bool,
    pub(super) metadata: HeaderMap,
    pub(super) within: Duration,
}

pub(super) async fn ask(threads: &Handle, call: &Call<'_>) -> Result<Health, ProbeError> {
    let began = Instant::now();
    let stream = dial::connect(threads, call.host, call.port, call.within).await.map_err(ProbeError::Failed)?;
    let serving = if call.is_secured {
        speak(tls::secure(stream, call.host, "h2").await?, call).await
    } else {
        speak(stream, call).await
    };
    Ok(Health { serving: serving.map_err(ProbeError::Failed)?, duration: began.elapsed() })
}

async fn speak<S: AsyncRead + AsyncWrite + Unpin>(stream: S, call: &Call<'_>) -> Result<Serving, String> {
    let no_http2 = |error: h2::Error| format!("no HTTP/2: {error}");
    let (mut sender, connection) = h2::client::handshake(stream).await.map_err(no_http2)?;
    let talk = async {
        std::future::poll_fn(|context| sender.poll_ready(context)).await.map_err(no_http2)?;
        let (answer, mut body) = sender.send_request(request(call)?, false).map_err(no_http2)?;
        body.send_data(message(call.service), true).map_err(no_http2)?;
        let (head, body) = answer.await.map_err(no_http2)?.into_parts();
        if head.status != http::StatusCode::OK {
            return Err(format!("HTTP status {}: it is no gRPC server", head.status.as_u16()));
        }
        read(&head.headers, body).await
    };
    tokio::pin!(talk);
    tokio::select! {
        biased;
        serving = &mut talk => return serving,
        ended = connection => ended.map_err(no_http2)?,
    }
    // A server may hang up with its answer, which has arrived then.
    talk.await
}

fn request(call: &Call<'_>) -> Result<Request<()>, String> {
    let scheme = if call.is_secured { "https" } else { "http" };
    let host = if call.host.contains(':') { format!("[{}]", call.host) } else { call.host.to_owned() };
    let mut request = Request::builder()
        .method(Method::POST)
        .uri(format!("{scheme}://{host}:{}{PATH}", call.port))
        .body(())
        .map_err(|error| format!("\"{}\" is no host: {error}", call.host))?;
    let headers = request.headers_mut();
    headers.extend(call.metadata.clone());
    headers.insert(http::header::CONTENT_TYPE, http::HeaderValue::from_static("application/grpc"));
    headers.insert(http::header::TE, http::HeaderValue::from_static("trailers"));
    Ok(request)
}

fn message(service: &str) -> Bytes {
    let message = HealthCheckRequest { service: service.to_owned() };
    let mut framed = BytesMut::new();
    framed.put_u8(0);
    framed.put_u32(message.encoded_len() as u32);
    message.encode(&mut framed).expect("a buffer that grows takes any message");
    framed.freeze()
}

async fn read(headers: &HeaderMap, mut body: RecvStream) -> Result<Serving, String> {
    let mut data = BytesMut::new();
    while let Some(chunk) = body.data().await {
        let chunk = chunk.map_err(|error| format!("the answer broke off: {error}"))?;
        // Frees the stream's window; an answer is far smaller.
        body.flow_control().release_capacity(chunk.len()).map_err(|error| error.to_string())?;
        data.extend_from_slice(&chunk);
        if data.len() > ANSWER_BYTES_MAX {
            return Err(format!("the answer is longer than {ANSWER_BYTES_MAX} bytes"));
        }
    }
    let trailers = body.trailers().await.map_err(|error| format!("the answer broke off: {error}"))?;
    // A server that has nothing but a status sends it among the headers.
    let trailers = trailers.as_ref().unwrap_or(headers);
    let text = |name: &str| trailers.get(name).and_then(|value| value.to_str().ok()).unwrap_or_default();
    let code: u32 = text("grpc-status").parse().map_err(|_| "the answer has no grpc-status".to_owned())?;
    match code {
        OK => {}
        NOT_FOUND => return Ok(Serving::ServiceUnknown),
        code => {
            let word = CODES.get(code as usize).copied().unwrap_or("no known code");
            let message = percent_encoding::percent_decode_str(text("grpc-message")).decode_utf8_lossy();
            let message = if message.is_empty() { String::new() } else { format!(": {message}") };
            return Err(format!("grpc-status {code} ({word}){message}"));
        }
    }
    let answer = data.get(PREFIX_BYTES..).and_then(|message| HealthCheckResponse::decode(message).ok());
    answer.map(|answer| Serving::of(answer.status)).ok_or_else(|| "the answer holds no health".to_owned())
}
