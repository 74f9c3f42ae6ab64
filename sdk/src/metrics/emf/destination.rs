//! Where lines go.

use std::fmt;
use std::io::{self, Write};
use std::net::{SocketAddr, TcpStream, ToSocketAddrs, UdpSocket};
use std::str::FromStr;
use std::sync::Arc;
use std::time::Duration;

use crate::Clock;
use crate::logs::record::LogItem;
use crate::logs::{self, LineSender, LogsConfig};
use crate::ship::{Delivered, LossReason, Queue, QueueLimits, SendError, ShippingError, ShippingGuard, Sink, start};
use crate::signing::AwsAccess;

/// Lines that may wait.
const LINES_MAX: usize = 16_384;
/// Bytes of lines that may wait.
const BYTES_MAX: usize = 16 * 1024 * 1024;
/// A line is written no later than this.
const INTERVAL: Duration = Duration::from_millis(100);
/// How long connecting to the agent, or writing to it, may take.
const AGENT_TIMEOUT: Duration = Duration::from_secs(5);

/// Writes lines to the standard output, as functions do.
///
/// # Errors
/// When the system gives no thread.
pub fn stdout() -> io::Result<(LineSender, ShippingGuard)> {
    writer(io::stdout())
}

/// Writes lines to a file or whatever else takes bytes, on a thread of their own.
///
/// # Errors
/// When the system gives no thread.
pub fn writer(writer: impl Write + Send + 'static) -> io::Result<(LineSender, ShippingGuard)> {
    ship(WriterSink { writer })
}

/// Sends lines to a stream of AWS's CloudWatch Logs with `PutLogEvents`, without an agent; group and
/// stream are created when they are missing. Where a [`LogsLayer`](crate::logs::LogsLayer) ships there
/// anyway, its [`line_sender`](crate::logs::LogsLayer::line_sender) goes the same way.
///
/// # Errors
/// [`ShippingError`] names a setting that is not what it may be, or the system gives no thread.
pub fn cloudwatch(
    access: AwsAccess,
    group: impl Into<String>,
    stream: impl Into<String>,
) -> Result<(LineSender, ShippingGuard), ShippingError> {
    let (logs, guard) = logs::layer(LogsConfig::aws(access, group, stream))?;
    Ok((logs.line_sender(), guard))
}

/// Sends lines to the CloudWatch agent.
///
/// # Errors
/// When the system gives no thread. An agent that is away is waited for; what is lost then is counted.
pub fn agent(address: AgentAddress) -> io::Result<(LineSender, ShippingGuard)> {
    match address.protocol {
        Protocol::Tcp => ship(TcpSink { address: address.host, stream: None }),
        Protocol::Udp => ship(UdpSink { address: address.host, socket: None }),
    }
}

fn ship(sink: impl Sink<LogItem>) -> io::Result<(LineSender, ShippingGuard)> {
    let queue = Arc::new(Queue::new(QueueLimits { items_max: LINES_MAX, bytes_max: BYTES_MAX }));
    let guard = start("siskin-emf", &queue, sink, INTERVAL)?;
    Ok((LineSender::new(queue, Clock::system()), guard))
}

/// Where a CloudWatch agent listens: `tcp://HOST:PORT` or `udp://HOST:PORT`, as in the variable
/// `AWS_EMF_AGENT_ENDPOINT`; `tcp://127.0.0.1:25888` unless said otherwise.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct AgentAddress {
    protocol: Protocol,
    host: String,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Protocol {
    Tcp,
    Udp,
}

impl Default for AgentAddress {
    fn default() -> Self {
        Self { protocol: Protocol::Tcp, host: "127.0.0.1:25888".to_owned() }
    }
}

/// A text that is not the address of an agent.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("agent address {0:?}: expected tcp://HOST:PORT or udp://HOST:PORT")]
pub struct AgentAddressError(pub String);

impl AgentAddress {
    /// What the variable `AWS_EMF_AGENT_ENDPOINT` says, or the default address where it says nothing.
    ///
    /// # Errors
    /// When it says something that is no address.
    pub fn from_environment() -> Result<Self, AgentAddressError> {
        match std::env::var("AWS_EMF_AGENT_ENDPOINT") {
            Ok(text) if !text.is_empty() => text.parse(),
            Ok(_) | Err(_) => Ok(Self::default()),
        }
    }
}

impl FromStr for AgentAddress {
    type Err = AgentAddressError;

    fn from_str(text: &str) -> Result<Self, AgentAddressError> {
        let parsed = || {
            let (protocol, host) = text.split_once("://")?;
            let protocol = match protocol {
                "tcp" => Protocol::Tcp,
                "udp" => Protocol::Udp,
                _ => return None,
            };
            let (name, port) = host.rsplit_once(':')?;
            let valid = !name.is_empty() && port.parse::<u16>().is_ok();
            valid.then(|| Self { protocol, host: host.to_owned() })
        };
        parsed().ok_or_else(|| AgentAddressError(text.to_owned()))
    }
}

impl fmt::Display for AgentAddress {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let protocol = match self.protocol {
            Protocol::Tcp => "tcp",
            Protocol::Udp => "udp",
        };
        write!(f, "{protocol}://{}", self.host)
    }
}

/// The line of the one item of a batch, with its end.
fn line(batch: &[LogItem]) -> String {
    let texts = batch.iter().map(|item| match item {
        LogItem::Line(line) => line.text.as_str(),
        LogItem::Event(_) => unreachable!("a line sender sends lines"),
    });
    texts.flat_map(|text| [text, "\n"]).collect()
}

struct WriterSink<W> {
    writer: W,
}

impl<W: Write + Send + 'static> Sink<LogItem> for WriterSink<W> {
    fn batch_len(&self, _items: &[LogItem]) -> usize {
        1
    }

    fn send(&mut self, batch: &[LogItem]) -> Result<Delivered, SendError> {
        let written = self.writer.write_all(line(batch).as_bytes()).and_then(|()| self.writer.flush());
        written.map(|()| Delivered::all(batch.len())).map_err(SendError::again)
    }
}

struct TcpSink {
    address: String,
    stream: Option<TcpStream>,
}

impl TcpSink {
    fn stream(&mut self) -> io::Result<&mut TcpStream> {
        // What is written to a connection whose other end is gone is taken and lost.
        let is_open = |stream: &TcpStream| {
            let peeked = stream.set_nonblocking(true).and_then(|()| stream.peek(&mut [0]));
            let still_blocks = matches!(&peeked, Err(error) if error.kind() == io::ErrorKind::WouldBlock);
            stream.set_nonblocking(false).is_ok() && (still_blocks || matches!(peeked, Ok(1..)))
        };
        let stream = match self.stream.take().filter(is_open) {
            Some(stream) => stream,
            None => connect(&self.address)?,
        };
        Ok(self.stream.insert(stream))
    }
}

fn connect(address: &str) -> io::Result<TcpStream> {
    let mut last = io::Error::new(io::ErrorKind::NotFound, format!("{address} has no address"));
    for target in address.to_socket_addrs()? {
        match TcpStream::connect_timeout(&target, AGENT_TIMEOUT) {
            Ok(stream) => {
                stream.set_write_timeout(Some(AGENT_TIMEOUT))?;
                return Ok(stream);
            }
            Err(error) => last = error,
        }
    }
    Err(last)
}

impl Sink<LogItem> for TcpSink {
    fn batch_len(&self, _items: &[LogItem]) -> usize {
        1
    }

    fn send(&mut self, batch: &[LogItem]) -> Result<Delivered, SendError> {
        let text = line(batch);
        let written = self.stream().and_then(|stream| stream.write_all(text.as_bytes()));
        if let Err(error) = written {
            // Half a line may be out: the next attempt needs a connection of its own.
            self.stream = None;
            return Err(SendError::again(error));
        }
        Ok(Delivered::all(batch.len()))
    }
}

struct UdpSink {
    address: String,
    socket: Option<UdpSocket>,
}

impl UdpSink {
    fn socket(&mut self) -> io::Result<&UdpSocket> {
        if self.socket.is_none() {
            let mut targets = self.address.to_socket_addrs()?;
            let target = targets.next().ok_or(io::ErrorKind::NotFound)?;
            let any: SocketAddr = match target {
                SocketAddr::V4(_) => ([0, 0, 0, 0], 0).into(),
                SocketAddr::V6(_) => ([0_u16; 8], 0).into(),
            };
            let socket = UdpSocket::bind(any)?;
            socket.connect(target)?;
            self.socket = Some(socket);
        }
        self.socket.as_ref().ok_or_else(|| io::ErrorKind::NotConnected.into())
    }
}

impl Sink<LogItem> for UdpSink {
    fn batch_len(&self, _items: &[LogItem]) -> usize {
        1
    }

    fn send(&mut self, batch: &[LogItem]) -> Result<Delivered, SendError> {
        let text = line(batch);
        match self.socket().and_then(|socket| socket.send(text.as_bytes())) {
            Ok(_bytes) => Ok(Delivered::all(batch.len())),
            Err(error) if error.raw_os_error() == Some(libc::EMSGSIZE) => {
                Ok(Delivered::except(batch.len(), [(LossReason::TooLarge, batch.len() as u64)]))
            }
            // A port nobody listens on is told late, on the datagram after the one that was lost.
            Err(error) => Err(SendError::again(error)),
        }
    }
}
