//! Datagrams, sent again when they were refused.

use std::io;
use std::thread;
use std::time::{Duration, Instant};

use super::super::{Batch, BatchMax, Delivery, ExportError, Rest, Transport};
use super::socket::DaemonSocket;
use crate::DropReason;
use crate::pipeline::Dropped;

/// Datagrams of one batch.
const BATCH_DOCUMENTS_MAX: usize = 64;
/// A third of what a socket's buffer takes on Linux unless told otherwise.
const BATCH_BYTES_MAX: usize = 64 * 1024;
/// After a full batch: a spool sent at once would flow over the daemon's buffer, unseen.
const PAUSE: Duration = Duration::from_millis(2);

/// Sends one document per datagram, and takes a refusal, which is a closed port on the same machine,
/// for a reason to try again.
///
/// After each datagram the socket is asked whether it was refused. What is lost further on is not
/// known: UDP has no answers.
#[derive(Debug)]
pub struct UdpTransport(DaemonSocket);

impl UdpTransport {
    /// Makes a socket for `address`, which is `host:port`.
    ///
    /// # Errors
    /// When the name cannot be resolved or no socket can be made.
    pub fn connect(address: &str) -> io::Result<Self> {
        let mut socket = DaemonSocket::new(address);
        socket.connect(Instant::now())?;
        Ok(Self(socket))
    }
}

impl Transport for UdpTransport {
    fn document_bytes_max(&self) -> usize {
        self.0.document_bytes_max()
    }

    fn batch_max(&self) -> BatchMax {
        BatchMax { documents: BATCH_DOCUMENTS_MAX, bytes: BATCH_BYTES_MAX, linger: Duration::ZERO }
    }

    fn deliver(&mut self, batch: &Batch) -> Delivery {
        let mut dropped = Dropped::default();
        for (done, document) in batch.documents().enumerate() {
            let now = Instant::now();
            let sent = self.0.send(document, now);
            let refused = self.0.take_refused(now) > 0;
            let away = |error| Delivery { done, dropped, ..Delivery::unsettled(Rest::Away { after: None, error }) };
            match sent {
                Ok(()) if refused => return away("connection refused".to_owned()),
                Ok(()) => {}
                // Too late to split it: the pipeline learns of it for those that come.
                Err(ExportError::TooLarge) => dropped.add(DropReason::TooLarge, 1),
                Err(error) => return away(error.to_string()),
            }
        }
        if batch.len() >= BATCH_DOCUMENTS_MAX || batch.bytes() > BATCH_BYTES_MAX / 2 {
            thread::sleep(PAUSE);
        }
        Delivery { dropped, ..Delivery::sent(batch.len()) }
    }

    fn successor(&self) -> Option<Box<dyn Transport>> {
        Some(Box::new(Self(self.0.successor())))
    }
}
