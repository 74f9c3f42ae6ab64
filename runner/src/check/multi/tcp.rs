//! TCP checks: connect, send, read.

use std::time::Duration;

use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::runtime::Handle;
use tokio::time::{Instant, timeout_at};

use super::dial;
use super::document::{Settings, limits};
use super::encoding::Encoding;
use super::facts::Connection;
use super::fields::Fields;
use super::number::{Number, Range};
use super::template::Template;

#[derive(Clone, Debug, PartialEq)]
pub(crate) struct TcpCheck {
    pub(super) hostname: Template,
    pub(super) port: Number,
    pub(super) exchange: Exchange,
}

/// What is sent over a connection and hoped for, and how long it may take.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Exchange {
    pub(super) connect_within: Number,
    pub(super) read_within: Number,
    pub(super) send: Option<Template>,
    pub(super) expected: Option<Template>,
    pub(super) encoding: Encoding,
}

const CONNECT_MS: u32 = 3_000;
const READ_MS: u32 = 2_000;

impl TcpCheck {
    pub(super) fn read(fields: &mut Fields<'_, '_>) -> Option<Self> {
        let hostname = hostname(fields);
        let port = fields.number("port", Range::PORT, None);
        if let (Some(hostname), Some(port)) = (&hostname, &port) {
            fields.reader.note_host(hostname, port);
        }
        let exchange = Exchange::read(fields);
        Some(Self { hostname: hostname?, port: port?, exchange: exchange? })
    }
}

impl Exchange {
    pub(super) fn read(fields: &mut Fields<'_, '_>) -> Option<Self> {
        let connect_within = fields.number("connectionTimeout", Settings::TIMEOUT_MS, Some(CONNECT_MS));
        let read_within = fields.number("readTimeout", Settings::TIMEOUT_MS, Some(READ_MS));
        let send = fields.text_if_given("sendData");
        let expected = fields.text_if_given("expectedResponse");
        let encoding = Encoding::read(fields)?;
        encoding.check(fields, "sendData", send.as_ref().and_then(Template::fixed));
        encoding.check(fields, "expectedResponse", expected.as_ref().and_then(Template::fixed));
        Some(Self { connect_within: connect_within?, read_within: read_within?, send, expected, encoding })
    }
}

/// A host name or address.
pub(super) fn hostname(fields: &mut Fields<'_, '_>) -> Option<Template> {
    let hostname = fields.text("hostname", "a host name or address")?;
    if hostname.fixed().is_some_and(|text| super::fields::address(text, 1).is_none()) {
        fields.fault("hostname", "a host name or address, without scheme, port and path");
    }
    Some(hostname)
}

/// An exchange, all texts filled.
pub(super) struct Wire<'a> {
    pub(super) host: &'a str,
    pub(super) port: u16,
    pub(super) connect_within: Duration,
    pub(super) read_within: Duration,
    pub(super) send: Option<Vec<u8>>,
    /// Whether an answer is waited for at all.
    pub(super) reads: bool,
    /// Whether what came is enough.
    pub(super) is_enough: &'a (dyn Fn(&[u8]) -> bool + 'a),
}

pub(super) async fn ask(threads: &Handle, wire: &Wire<'_>) -> Connection {
    let began = Instant::now();
    let mut connection = Connection { failed: None, data: Vec::new(), ended: None, duration: Duration::ZERO };
    match dial::connect(threads, wire.host, wire.port, wire.connect_within).await {
        Err(reason) => connection.failed = Some(reason),
        Ok(mut stream) => {
            if let Some(data) = &wire.send
                && let Err(error) = stream.write_all(data).await
            {
                connection.ended = Some(format!("the data could not be sent: {}", dial::told(&error)));
            } else if wire.reads {
                connection.ended = read(&mut stream, wire, &mut connection.data).await;
            }
        }
    }
    connection.duration = began.elapsed();
    connection
}

/// Reads until there is enough; else why it ended.
async fn read(stream: &mut tokio::net::TcpStream, wire: &Wire<'_>, data: &mut Vec<u8>) -> Option<String> {
    let by = Instant::now() + wire.read_within;
    let mut chunk = vec![0; 16 * 1024];
    while !(wire.is_enough)(data) {
        match timeout_at(by, stream.read(&mut chunk)).await {
            Err(_) => return Some(format!("no more data within {} ms", wire.read_within.as_millis())),
            Ok(Err(error)) => return Some(dial::told(&error)),
            Ok(Ok(0)) => return Some("the other side closed the connection".to_owned()),
            Ok(Ok(count)) => {
                let room = limits::DATA_BYTES_MAX - data.len();
                data.extend_from_slice(&chunk[..count.min(room)]);
                if count > room {
                    return Some(limits::DATA_CUT.to_owned());
                }
            }
        }
    }
    None
}
