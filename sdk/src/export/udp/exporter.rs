//! Datagrams, sent and forgotten.

use std::cell::{Cell, RefCell};
use std::io;
use std::time::Instant;

use super::super::{ExportError, Exporter, Settled};
use super::socket::DaemonSocket;
use crate::DropReason;

/// Sends one document per datagram, as the X-Ray SDKs do.
///
/// UDP says nothing of what became of a datagram, except that on the same machine a port nobody
/// listens on is reported: such documents count as [`DropReason::Refused`]. A datagram waits at most
/// 20 ms for room in the socket's buffer, and then counts as [`DropReason::ExporterFull`]. When the
/// daemon has been away for ten seconds, its name is looked up again.
///
/// With a spool (`Config::spool`, feature `spool`) refused documents are sent again.
#[derive(Debug)]
pub struct UdpExporter {
    socket: RefCell<DaemonSocket>,
    /// Refusals that were reported and belong to no settled document yet.
    refused: Cell<u64>,
}

impl UdpExporter {
    /// Makes a socket for `address`, which is `host:port`.
    ///
    /// # Errors
    /// When the name cannot be resolved or no socket can be made.
    pub fn connect(address: &str) -> io::Result<Self> {
        let mut socket = DaemonSocket::new(address);
        socket.connect(Instant::now())?;
        Ok(Self::new(socket))
    }

    pub(super) fn new(socket: DaemonSocket) -> Self {
        Self { socket: RefCell::new(socket), refused: Cell::default() }
    }
}

impl Exporter for UdpExporter {
    fn document_bytes_max(&self) -> usize {
        self.socket.borrow().document_bytes_max()
    }

    fn export(&self, document: &[u8]) -> Result<(), ExportError> {
        self.socket.borrow_mut().send(document, Instant::now())
    }

    fn settle(&self, taken: u64) -> Settled {
        // A report that comes late is held against a later document: none is counted twice.
        let reported = self.refused.get() + self.socket.borrow_mut().take_refused(Instant::now());
        let refused = reported.min(taken);
        self.refused.set(reported - refused);
        let mut settled = Settled { sent: taken - refused, ..Settled::default() };
        settled.drop_many(DropReason::Refused, refused);
        settled
    }

    fn successor(&self) -> Option<Box<dyn Exporter>> {
        Some(Box::new(Self::new(self.socket.borrow().successor())))
    }
}
