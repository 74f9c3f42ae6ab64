//! Binding ports, with errors that say what to do.

use std::io;
use std::net::SocketAddr;

use tokio::net::{TcpListener, UdpSocket};

use super::StartError;

/// A port we open: what for, and the flag that moves it.
#[derive(Clone, Copy, Debug)]
pub(super) struct Port {
    pub(super) purpose: &'static str,
    pub(super) flag: &'static str,
    pub(super) address: SocketAddr,
}

impl Port {
    /// Listens for TCP.
    pub(super) async fn tcp(self) -> Result<TcpListener, StartError> {
        self.check_loopback()?;
        TcpListener::bind(self.address).await.map_err(|cause| self.error(cause))
    }

    /// Listens for TCP and for UDP datagrams on one port number, also when the system chooses it.
    pub(super) async fn tcp_and_udp(self) -> Result<(TcpListener, UdpSocket), StartError> {
        const TRIES: usize = 16;
        self.check_loopback()?;
        let mut failed = None;
        for _ in 0..TRIES {
            let tcp = TcpListener::bind(self.address).await.map_err(|cause| self.error(cause))?;
            let chosen = tcp.local_addr().map_err(|cause| self.error(cause))?;
            match UdpSocket::bind(chosen).await {
                Ok(udp) => return Ok((tcp, udp)),
                Err(cause) => failed = Some(cause),
            }
            if self.address.port() != 0 {
                break;
            }
        }
        Err(self.error(failed.expect("the loop ended only because binding UDP failed")))
    }

    fn check_loopback(self) -> Result<(), StartError> {
        if self.address.ip().is_loopback() {
            return Ok(());
        }
        Err(StartError::NotLoopback { flag: self.flag, address: self.address })
    }

    fn error(self, cause: io::Error) -> StartError {
        StartError::Listen { port: self, cause }
    }
}
