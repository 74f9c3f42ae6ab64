//! A daemon of the test's own.

use std::net::UdpSocket;
use std::time::Duration;

use siskin_sdk::segment::Segment;

/// How long a test waits for what must come.
pub(crate) const PATIENCE: Duration = Duration::from_secs(30);

/// Receives datagrams.
pub(crate) struct Daemon(UdpSocket);

impl Daemon {
    pub(crate) fn start() -> Self {
        Self::listen("127.0.0.1:0")
    }

    pub(crate) fn listen(address: &str) -> Self {
        let socket = UdpSocket::bind(address).unwrap();
        socket.set_read_timeout(Some(PATIENCE)).unwrap();
        Self(socket)
    }

    pub(crate) fn address(&self) -> String {
        self.0.local_addr().unwrap().to_string()
    }

    /// Waits for the next document.
    pub(crate) fn receive(&self) -> Segment {
        let mut buffer = vec![0; 70_000];
        let bytes = self.0.recv(&mut buffer).expect("a document arrives");
        let datagram = std::str::from_utf8(buffer.get(..bytes).unwrap()).unwrap();
        Segment::parse(datagram.split_once('\n').unwrap().1).unwrap()
    }

    /// Whether nothing has arrived.
    pub(crate) fn is_quiet(&self) -> bool {
        self.0.set_nonblocking(true).unwrap();
        let quiet = self.0.peek(&mut [0; 1]).is_err();
        self.0.set_nonblocking(false).unwrap();
        quiet
    }
}

/// The name of the span a segment was made of.
pub(crate) fn span_name(segment: &Segment) -> String {
    segment.metadata["default"]["span.name"].as_str().unwrap().to_owned()
}
