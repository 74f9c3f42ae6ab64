//! Why the system did not start: one sentence each, exit code 2.

use std::io;
use std::net::SocketAddr;
use std::path::PathBuf;

use super::listen::Port;
use crate::store::OpenError;

/// Why the system did not start. Each says what is wrong and what to do.
#[derive(Debug, thiserror::Error)]
pub(super) enum StartError {
    #[error(transparent)]
    Store(#[from] OpenError),
    #[error("cannot listen on {} for {}: {cause}; choose another with {} ADDR:PORT", .port.address, .port.purpose, .port.flag)]
    Listen { port: Port, cause: io::Error },
    #[error("{flag} {address}: only loopback addresses are allowed, because requests are not authenticated yet")]
    NotLoopback { flag: &'static str, address: SocketAddr },
    #[error("cannot tell which port was opened: {cause}")]
    Address { cause: io::Error },
    #[error("cannot take over Ctrl-C and SIGTERM: {0}")]
    Signals(io::Error),
    #[error("{0} ended although nobody asked it to; the log on standard error says why")]
    TaskEnded(&'static str),
    #[error("cannot write {}: {cause}", .path.display())]
    Write { path: PathBuf, cause: io::Error },
    #[error(transparent)]
    Canaries(#[from] siskin_runner::config::ConfigError),
    #[error(transparent)]
    Browser(#[from] siskin_runner::browser::InstallError),
    #[error("cannot start the demo shop: {0}")]
    Demo(String),
}

impl StartError {
    /// 2 when something outside must be changed, 4 when we failed ourselves.
    pub(super) fn exit_code(&self) -> u8 {
        match self {
            Self::TaskEnded(_) => 4,
            Self::Store(_)
            | Self::Listen { .. }
            | Self::NotLoopback { .. }
            | Self::Address { .. }
            | Self::Signals(_)
            | Self::Write { .. }
            | Self::Canaries(_)
            | Self::Browser(_)
            | Self::Demo(_) => 2,
        }
    }
}
