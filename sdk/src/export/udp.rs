//! Datagrams to the X-Ray daemon, or to whatever listens in its place.

use std::io;
use std::net::{SocketAddr, ToSocketAddrs, UdpSocket};
use std::sync::atomic::{AtomicUsize, Ordering};

use super::{ExportError, Exporter};

/// Precedes each document in its datagram.
const HEADER: &str = "{\"format\":\"json\",\"version\":1}\n";
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
    datagram_bytes_max: AtomicUsize,
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
                Ok(socket) => return Ok(Self { socket, datagram_bytes_max: DATAGRAM_BYTES_MAX.into() }),
                Err(error) => last = error,
            }
        }
        Err(last)
    }
}

impl Exporter for UdpExporter {
    fn document_bytes_max(&self) -> usize {
        self.datagram_bytes_max.load(Ordering::Relaxed) - HEADER.len()
    }

    fn export(&self, document: &str) -> Result<(), ExportError> {
        let datagram = [HEADER, document].concat();
        let Err(error) = self.socket.send(datagram.as_bytes()) else { return Ok(()) };
        if error.raw_os_error() == Some(libc::EMSGSIZE) {
            // The system does not say what it would take, so half of it is tried next.
            let smaller = (datagram.len() / 2).max(DATAGRAM_BYTES_MIN);
            self.datagram_bytes_max.fetch_min(smaller, Ordering::Relaxed);
            return Err(ExportError::TooLarge);
        }
        if error.kind() == io::ErrorKind::ConnectionRefused {
            return Err(ExportError::EarlierRefused);
        }
        Err(ExportError::Io(error))
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
        exporter.export("{\"name\":\"a\"}").unwrap();
        let mut buffer = [0; 256];
        let bytes = receiver.recv(&mut buffer).unwrap();
        assert_eq!(buffer.get(..bytes).unwrap(), b"{\"format\":\"json\",\"version\":1}\n{\"name\":\"a\"}");
    }

    #[test]
    fn the_largest_document_fits_a_datagram_and_a_larger_one_is_refused() {
        let receiver = UdpSocket::bind("127.0.0.1:0").unwrap();
        let exporter = UdpExporter::connect(&receiver.local_addr().unwrap().to_string()).unwrap();
        let largest = exporter.document_bytes_max();
        exporter.export(&"x".repeat(largest)).unwrap();
        assert!(matches!(exporter.export(&"x".repeat(largest + 1)), Err(ExportError::TooLarge)));
        assert!(exporter.document_bytes_max() < largest / 2 + HEADER.len());
        assert!(exporter.document_bytes_max() > largest / 4);
    }

    #[test]
    fn an_address_without_port_is_refused() {
        assert!(UdpExporter::connect("localhost").is_err());
    }
}
