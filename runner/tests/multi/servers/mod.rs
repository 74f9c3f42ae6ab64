//! Servers that answer, and servers that do not.

mod dns;
mod grpc;
mod http;
mod raw;
mod tls;
mod websocket;

use std::collections::BTreeMap;

/// All of them, by the names that cases have for their ports.
pub(crate) struct Servers {
    ports: BTreeMap<&'static str, u16>,
    /// The authority that vouches for the TLS servers, PEM.
    pub(crate) authority: String,
}

impl Servers {
    pub(crate) async fn start() -> Self {
        let certificates = tls::Certificates::make();
        let mut ports = BTreeMap::from([
            ("HTTP", http::start().await),
            ("DNS", dns::start().await),
            ("GRPC", grpc::start().await),
            ("WS", websocket::start().await),
            ("ECHO", raw::echo().await),
            ("BANNER", raw::banner().await),
            ("BYE", raw::says_and_leaves().await),
            ("FLOOD", raw::flood().await),
            ("SILENT", raw::silent().await),
            ("CLOSED", raw::closed().await),
        ]);
        ports.extend(certificates.serve().await);
        ports.insert("GRPC_TLS", grpc::start_secured(certificates.acceptor("h2")).await);
        ports.insert("WSS", websocket::start_secured(certificates.acceptor("http/1.1")).await);
        Self { ports, authority: certificates.authority() }
    }

    /// A document with the ports in their places, `@NAME@`.
    pub(crate) fn fill(&self, text: &str) -> String {
        self.ports
            .iter()
            .fold(text.to_owned(), |text, (name, port)| text.replace(&format!("@{name}@"), &port.to_string()))
    }
}
