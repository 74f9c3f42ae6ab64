//! Datagrams to the X-Ray daemon, or to whatever listens in its place.

use std::cell::{Cell, RefCell};
use std::io;
use std::net::{SocketAddr, ToSocketAddrs, UdpSocket};

use super::{ExportError, Exporter, Settled};
use crate::DropReason;

/// Precedes each document in its datagram.
const HEADER: &[u8] = b"{\"format\":\"json\",\"version\":1}\n";
/// The largest payload an IPv4 datagram can have.
const DATAGRAM_BYTES_MAX: usize = 65_507;
/// Systems exist that take datagrams of this size only (macOS: 9,216 bytes); none takes less.
const DATAGRAM_BYTES_MIN: usize = 1_024;

/// Sends one document per datagram, as the X-Ray SDKs do.
///
/// UDP says nothing of what became of a datagram, except that on the same machine a port nobody
/// listens on is reported late, to a later send.
#[derive(Debug)]
pub struct UdpExporter {
    socket: UdpSocket,
    datagram_bytes_max: Cell<usize>,
    /// Used again for each datagram.
    datagram: RefCell<Vec<u8>>,
    /// Refusals that were reported and belong to no settled document yet.
    refused: Cell<u64>,
}

impl UdpExporter {
    /// Makes a socket for `address`, which is `host:port`.
    ///
    /// # Errors
    /// When the name cannot be resolved or no socket can be made.
    pub fn connect(address: &str) -> io::Result<Self> {
        let mut last = io::Error::new(io::ErrorKind::NotFound, format!("{address} has no address"));
        for target in address.to_socket_addrs()? {
            let any: SocketAddr = match target {
                SocketAddr::V4(_) => ([0, 0, 0, 0], 0).into(),
                SocketAddr::V6(_) => ([0_u16; 8], 0).into(),
            };
            match UdpSocket::bind(any).and_then(|socket| socket.connect(target).map(|()| socket)) {
                Ok(socket) => return Ok(Self::new(socket)),
                Err(error) => last = error,
            }
        }
        Err(last)
    }

    fn new(socket: UdpSocket) -> Self {
        Self {
            socket,
            datagram_bytes_max: DATAGRAM_BYTES_MAX.into(),
            datagram: RefCell::default(),
            refused: Cell::default(),
        }
    }

    fn send(&self, datagram: &[u8]) -> io::Result<()> {
        match self.socket.send(datagram) {
            // This is about an earlier datagram, and this one was not sent: nobody listens, or nobody
            // did then.
            Err(error) if error.kind() == io::ErrorKind::ConnectionRefused => {
                self.refused.update(|count| count + 1);
                self.socket.send(datagram)
            }
            result => result,
        }
        .map(|_| ())
    }
}

impl Exporter for UdpExporter {
    fn document_bytes_max(&self) -> usize {
        self.datagram_bytes_max.get() - HEADER.len()
    }

    fn export(&self, document: &[u8]) -> Result<(), ExportError> {
        let mut datagram = self.datagram.borrow_mut();
        datagram.clear();
        datagram.extend_from_slice(HEADER);
        datagram.extend_from_slice(document);
        let Err(error) = self.send(&datagram) else { return Ok(()) };
        if error.raw_os_error() == Some(libc::EMSGSIZE) {
            // The system does not say what it would take, so half of it is tried next.
            let smaller = (datagram.len() / 2).max(DATAGRAM_BYTES_MIN);
            self.datagram_bytes_max.set(smaller.min(self.datagram_bytes_max.get()));
            return Err(ExportError::TooLarge);
        }
        Err(ExportError::Io(error))
    }

    fn settle(&self, taken: u64) -> Settled {
        if matches!(self.socket.take_error(), Ok(Some(error)) if error.kind() == io::ErrorKind::ConnectionRefused) {
            self.refused.update(|count| count + 1);
        }
        // A report that comes late is held against a later document: none is counted twice.
        let refused = self.refused.get().min(taken);
        self.refused.update(|count| count - refused);
        let mut settled = Settled { sent: taken - refused, ..Settled::default() };
        settled.drop_many(DropReason::Refused, refused);
        settled
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::*;

    #[test]
    fn a_datagram_is_header_newline_document() {
        let receiver = UdpSocket::bind("127.0.0.1:0").unwrap();
        receiver.set_read_timeout(Some(Duration::from_secs(10))).unwrap();
        let exporter = UdpExporter::connect(&receiver.local_addr().unwrap().to_string()).unwrap();
        exporter.export(b"{\"name\":\"a\"}").unwrap();
        let mut buffer = [0; 256];
        let bytes = receiver.recv(&mut buffer).unwrap();
        assert_eq!(buffer.get(..bytes).unwrap(), b"{\"format\":\"json\",\"version\":1}\n{\"name\":\"a\"}");
    }

    #[test]
    fn the_largest_document_fits_a_datagram_and_a_larger_one_is_refused() {
        let receiver = UdpSocket::bind("127.0.0.1:0").unwrap();
        let exporter = UdpExporter::connect(&receiver.local_addr().unwrap().to_string()).unwrap();
        let largest = exporter.document_bytes_max();
        exporter.export("x".repeat(largest).as_bytes()).unwrap();
        assert!(matches!(exporter.export("x".repeat(largest + 1).as_bytes()), Err(ExportError::TooLarge)));
        assert!(exporter.document_bytes_max() < largest / 2 + HEADER.len());
        assert!(exporter.document_bytes_max() > largest / 4);
    }

    #[test]
    fn an_address_without_port_is_refused() {
        assert!(UdpExporter::connect("localhost").is_err());
    }
}
