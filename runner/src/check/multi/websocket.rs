//! WebSocket checks (RFC 6455): connect, send, read.

use std::time::Duration;

use futures::{SinkExt as _, Stream, StreamExt as _};
use http::{HeaderMap, HeaderValue};
use tokio::io::{AsyncRead, AsyncWrite};
use tokio::runtime::Handle;
use tokio::time::{Instant, timeout_at};
use tokio_tungstenite::client_async_with_config;
use tokio_tungstenite::tungstenite::client::IntoClientRequest as _;
use tokio_tungstenite::tungstenite::error::Error;
use tokio_tungstenite::tungstenite::protocol::WebSocketConfig;
use tokio_tungstenite::tungstenite::{Bytes, Message};
use url::Url;

use super::document::limits;
use super::encoding::Encoding;
use super::facts::Connection;
use super::fields::Fields;
use super::http::{check_header, check_url};
use super::probe::ProbeError;
use super::tcp::{Exchange, Wire};
use super::template::Template;
use super::{dial, tls};

#[derive(Clone, Debug, PartialEq)]
pub(crate) struct WebSocketCheck {
    pub(super) url: Template,
    pub(super) headers: Vec<(String, Template)>,
    pub(super) subprotocol: Option<Template>,
    pub(super) exchange: Exchange,
}

impl WebSocketCheck {
    pub(super) fn read(fields: &mut Fields<'_, '_>) -> Option<Self> {
        let url = fields.text("url", "a WebSocket's address");
        if let Some(url) = &url {
            check_url(fields, "url", url, &["ws", "wss"]);
        }
        let headers = fields.texts("headers", check_header);
        let subprotocol = fields.text_if_given("subprotocol");
        let exchange = Exchange::read(fields);
        Some(Self { url: url?, headers, subprotocol, exchange: exchange? })
    }
}

/// What a WebSocket is asked beyond its wire.
pub(super) struct Socket<'a> {
    pub(super) url: &'a Url,
    pub(super) headers: HeaderMap,
    pub(super) subprotocol: Option<HeaderValue>,
    pub(super) encoding: Encoding,
}

pub(super) async fn ask(threads: &Handle, socket: &Socket<'_>, wire: &Wire<'_>) -> Result<Connection, ProbeError> {
    let began = Instant::now();
    let by = began + wire.connect_within;
    let mut connection = Connection { failed: None, data: Vec::new(), ended: None, duration: Duration::ZERO };
    match dial::connect(threads, wire.host, wire.port, wire.connect_within).await {
        Err(reason) => connection.failed = Some(reason),
        Ok(stream) if socket.url.scheme() == "wss" => {
            match timeout_at(by, tls::secure(stream, wire.host, "http/1.1")).await {
                Err(_) => connection.failed = Some(late(wire.connect_within)),
                Ok(Err(ProbeError::Failed(reason))) => connection.failed = Some(reason),
                Ok(Err(broken)) => return Err(broken),
                Ok(Ok(stream)) => Box::pin(speak(stream, socket, wire, by, &mut connection)).await,
            }
        }
        Ok(stream) => Box::pin(speak(stream, socket, wire, by, &mut connection)).await,
    }
    connection.duration = began.elapsed();
    Ok(connection)
}

fn late(within: Duration) -> String {
    format!("no WebSocket within {} ms", within.as_millis())
}

async fn speak<S>(stream: S, socket: &Socket<'_>, wire: &Wire<'_>, by: Instant, connection: &mut Connection)
where
    S: AsyncRead + AsyncWrite + Unpin,
{
    let mut request = match socket.url.as_str().into_client_request() {
        Ok(request) => request,
        Err(error) => {
            connection.failed = Some(told(&error));
            return;
        }
    };
    request.headers_mut().extend(socket.headers.clone());
    if let Some(subprotocol) = &socket.subprotocol {
        request.headers_mut().insert(http::header::SEC_WEBSOCKET_PROTOCOL, subprotocol.clone());
    }
    let config = WebSocketConfig::default()
        .max_message_size(Some(limits::DATA_BYTES_MAX))
        .max_frame_size(Some(limits::DATA_BYTES_MAX));
    let mut stream = match timeout_at(by, client_async_with_config(request, stream, Some(config))).await {
        Err(_) => {
            connection.failed = Some(late(wire.connect_within));
            return;
        }
        Ok(Err(error)) => {
            connection.failed = Some(told(&error));
            return;
        }
        Ok(Ok((stream, _))) => stream,
    };
    if let Some(data) = &wire.send
        && let Err(error) = stream.send(message(data, socket.encoding)).await
    {
        connection.ended = Some(format!("the data could not be sent: {}", told(&error)));
        return;
    }
    if wire.reads {
        connection.ended = read(&mut stream, wire, &mut connection.data).await;
    }
    // Whether the other side says goodbye too is no part of the check.
    let goodbye = timeout_at(Instant::now() + wire.read_within, stream.close(None)).await;
    drop(goodbye);
}

fn message(data: &[u8], encoding: Encoding) -> Message {
    match encoding {
        Encoding::Utf8 | Encoding::Ascii => Message::text(String::from_utf8_lossy(data).into_owned()),
        Encoding::Hex => Message::Binary(Bytes::copy_from_slice(data)),
    }
}

/// Reads messages, one after another, until there is enough; else why it ended.
async fn read<S>(stream: &mut S, wire: &Wire<'_>, data: &mut Vec<u8>) -> Option<String>
where
    S: Stream<Item = Result<Message, Error>> + Unpin,
{
    let by = Instant::now() + wire.read_within;
    while !(wire.is_enough)(data) {
        let bytes = match timeout_at(by, stream.next()).await {
            Err(_) => return Some(format!("no more data within {} ms", wire.read_within.as_millis())),
            Ok(None | Some(Ok(Message::Close(_)))) => return Some("the other side closed the connection".to_owned()),
            Ok(Some(Err(Error::Capacity(_)))) => return Some(limits::DATA_CUT.to_owned()),
            Ok(Some(Err(error))) => return Some(told(&error)),
            Ok(Some(Ok(Message::Text(text)))) => text.as_bytes().to_vec(),
            Ok(Some(Ok(Message::Binary(bytes)))) => bytes.to_vec(),
            Ok(Some(Ok(Message::Ping(_) | Message::Pong(_) | Message::Frame(_)))) => continue,
        };
        if data.len() + bytes.len() > limits::DATA_BYTES_MAX {
            return Some(limits::DATA_CUT.to_owned());
        }
        data.extend_from_slice(&bytes);
    }
    None
}

fn told(error: &Error) -> String {
    match error {
        Error::Http(answer) => format!("the server answers status {} instead", answer.status().as_u16()),
        Error::Io(error) => dial::told(error),
        other => other.to_string(),
    }
}
