//! A socket whose other end is the daemon.

use std::fmt;
use std::io;
use std::net::{SocketAddr, ToSocketAddrs, UdpSocket};
use std::sync::Arc;
use std::time::{Duration, Instant};

use super::super::ExportError;

/// Precedes each document in its datagram.
const HEADER: &[u8] = b"{\"format\":\"json\",\"version\":1}\n";
/// The largest payload an IPv4 datagram can have; macOS takes no more than this unless told to.
const DATAGRAM_BYTES_MAX: usize = if cfg!(target_os = "macos") { 9_216 } else { 65_507 };
/// Systems exist that take small datagrams only; none takes less than this.
const DATAGRAM_BYTES_MIN: usize = 1_024;
/// How long a datagram waits for room in the socket's buffer. When it has waited in vain, those after
/// it do not wait, until there is room again.
const SEND_TIMEOUT: Duration = Duration::from_millis(20);
/// How long the daemon has to be away before its name is looked up again, and between two look-ups.
const RESOLVE_INTERVAL: Duration = Duration::from_secs(10);
/// Between two attempts to get a socket.
const CONNECT_INTERVAL: Duration = Duration::from_secs(1);
/// This many datagrams in a row without a refusal, and the daemon counts as back.
const ACCEPTED_MIN: u32 = 2;

type Resolve = Arc<dyn Fn(&str) -> io::Result<Vec<SocketAddr>> + Send + Sync>;

/// Sends documents as datagrams, and knows of refusals what the system tells.
pub(super) struct DaemonSocket {
    address: String,
    resolve: Resolve,
    resolve_interval: Duration,
    socket: Option<UdpSocket>,
    connect_tried_at: Option<Instant>,
    datagram_bytes_max: usize,
    /// Used again for each datagram.
    datagram: Vec<u8>,
    /// The last datagram found no room.
    congested: bool,
    /// Refusals nobody has asked for yet.
    refused: u64,
    refused_since: Option<Instant>,
    accepted: u32,
}

impl DaemonSocket {
    /// A socket that is made when it is needed; `address` is `host:port`.
    pub(super) fn new(address: &str) -> Self {
        let resolve = |address: &str| Ok(address.to_socket_addrs()?.collect());
        Self::with_resolver(address, Arc::new(resolve), RESOLVE_INTERVAL)
    }

    /// The same with another way to look names up.
    pub(super) fn with_resolver(address: &str, resolve: Resolve, resolve_interval: Duration) -> Self {
        Self {
            address: address.to_owned(),
            resolve,
            resolve_interval,
            socket: None,
            connect_tried_at: None,
            datagram_bytes_max: DATAGRAM_BYTES_MAX,
            datagram: Vec::new(),
            congested: false,
            refused: 0,
            refused_since: None,
            accepted: 0,
        }
    }

    /// Another one for the same address, without the connection.
    pub(super) fn successor(&self) -> Self {
        Self::with_resolver(&self.address, Arc::clone(&self.resolve), self.resolve_interval)
    }

    /// The largest document that can be taken, in bytes.
    pub(super) fn document_bytes_max(&self) -> usize {
        self.datagram_bytes_max - HEADER.len()
    }

    /// Makes a socket for where the address leads now.
    ///
    /// # Errors
    /// When the name cannot be resolved or no socket can be made.
    pub(super) fn connect(&mut self, now: Instant) -> io::Result<()> {
        self.connect_tried_at = Some(now);
        let mut last = io::Error::new(io::ErrorKind::NotFound, format!("{} has no address", self.address));
        for target in (self.resolve)(&self.address)? {
            match open(target) {
                Ok(socket) => {
                    self.socket = Some(socket);
                    self.congested = false;
                    return Ok(());
                }
                Err(error) => last = error,
            }
        }
        Err(last)
    }

    /// Sends one document.
    ///
    /// # Errors
    /// It was not sent.
    pub(super) fn send(&mut self, document: &[u8], now: Instant) -> Result<(), ExportError> {
        self.reconnect(now);
        let Some(socket) = &self.socket else { return Err(io::Error::from(io::ErrorKind::NotConnected).into()) };
        self.datagram.clear();
        self.datagram.extend_from_slice(HEADER);
        self.datagram.extend_from_slice(document);
        let sent = match socket.send(&self.datagram) {
            // This is about an earlier datagram, and this one was not sent: nobody listens, or nobody
            // did then.
            Err(error) if is_refusal(&error) => {
                let again = socket.send(&self.datagram);
                // Other than a closed port, a host out of reach may be reported at once.
                if error.kind() == io::ErrorKind::ConnectionRefused || again.is_ok() {
                    self.refused += 1;
                }
                self.note_refusal(now);
                again
            }
            Ok(bytes) => {
                self.note_acceptance();
                Ok(bytes)
            }
            result => result,
        };
        match sent {
            Ok(_) => {
                self.set_congested(false);
                Ok(())
            }
            Err(error) => Err(self.refusal(error)),
        }
    }

    fn refusal(&mut self, error: io::Error) -> ExportError {
        if error.raw_os_error() == Some(libc::EMSGSIZE) {
            // The system does not say what it would take, so half of it is tried next.
            let smaller = (self.datagram.len() / 2).max(DATAGRAM_BYTES_MIN);
            self.datagram_bytes_max = smaller.min(self.datagram_bytes_max);
            return ExportError::TooLarge;
        }
        match error.kind() {
            io::ErrorKind::WouldBlock | io::ErrorKind::TimedOut => {
                self.set_congested(true);
                ExportError::Full
            }
            _ if error.raw_os_error() == Some(libc::ENOBUFS) => ExportError::Full,
            _ => ExportError::Io(error),
        }
    }

    fn set_congested(&mut self, congested: bool) {
        if congested != self.congested
            && let Some(socket) = &self.socket
            && socket.set_nonblocking(congested).is_ok()
        {
            self.congested = congested;
        }
    }

    /// How many datagrams were refused since this was asked last. On the same machine the system knows
    /// as soon as a datagram is sent; from elsewhere the report comes late, and may never come.
    pub(super) fn take_refused(&mut self, now: Instant) -> u64 {
        let reported = self.socket.as_ref().and_then(|socket| socket.take_error().ok().flatten());
        if reported.is_some_and(|error| is_refusal(&error)) {
            self.refused += 1;
            self.note_refusal(now);
        }
        std::mem::take(&mut self.refused)
    }

    fn note_refusal(&mut self, now: Instant) {
        self.accepted = 0;
        self.refused_since.get_or_insert(now);
    }

    fn note_acceptance(&mut self) {
        self.accepted = self.accepted.saturating_add(1);
        if self.accepted >= ACCEPTED_MIN {
            self.refused_since = None;
        }
    }

    /// Gets a socket if there is none, and looks the daemon's name up again when it has been away for
    /// long: it may have moved.
    fn reconnect(&mut self, now: Instant) {
        let rested = |interval| self.connect_tried_at.is_none_or(|at| now.duration_since(at) >= interval);
        let due = match (&self.socket, self.refused_since) {
            (None, _) => rested(CONNECT_INTERVAL),
            (Some(_), Some(since)) => {
                now.duration_since(since) >= self.resolve_interval && rested(self.resolve_interval)
            }
            (Some(_), None) => false,
        };
        if due && let Err(error) = self.connect(now) {
            tracing::debug!(target: "siskin_sdk", address = self.address, %error, "no socket for the daemon");
        }
    }
}

impl fmt::Debug for DaemonSocket {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("DaemonSocket").field("address", &self.address).finish_non_exhaustive()
    }
}

fn open(target: SocketAddr) -> io::Result<UdpSocket> {
    let any: SocketAddr = match target {
        SocketAddr::V4(_) => ([0, 0, 0, 0], 0).into(),
        SocketAddr::V6(_) => ([0_u16; 8], 0).into(),
    };
    let socket = UdpSocket::bind(any)?;
    socket.connect(target)?;
    socket.set_write_timeout(Some(SEND_TIMEOUT))?;
    Ok(socket)
}

fn is_refusal(error: &io::Error) -> bool {
    use io::ErrorKind::{ConnectionRefused, HostUnreachable, NetworkUnreachable};
    matches!(error.kind(), ConnectionRefused | HostUnreachable | NetworkUnreachable)
}
