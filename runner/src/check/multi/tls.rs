//! Secured connections, trusting what the machine trusts.

use std::sync::Arc;

use rustls::ClientConfig;
use rustls::pki_types::ServerName;
use tokio::net::TcpStream;
use tokio_rustls::TlsConnector;
use tokio_rustls::client::TlsStream;

use super::dial;
use super::probe::ProbeError;
use crate::check::witness::{provider, trust};

/// Secures a connection; `protocol` is offered by ALPN.
pub(super) async fn secure(stream: TcpStream, host: &str, protocol: &str) -> Result<TlsStream<TcpStream>, ProbeError> {
    let broken = |error: rustls::Error| ProbeError::Broken(format!("the machine's certificates: {error}"));
    let mut config = ClientConfig::builder_with_provider(provider())
        .with_safe_default_protocol_versions()
        .map_err(broken)?
        .dangerous()
        .with_custom_certificate_verifier(trust().map_err(broken)?)
        .with_no_client_auth();
    config.alpn_protocols = vec![protocol.as_bytes().to_vec()];
    let name = server_name(host)?;
    let secured = TlsConnector::from(Arc::new(config)).connect(name, stream).await;
    secured.map_err(|error| ProbeError::Failed(format!("no TLS: {}", dial::told(&error))))
}

pub(super) fn server_name(host: &str) -> Result<ServerName<'static>, ProbeError> {
    ServerName::try_from(host.to_owned()).map_err(|_| ProbeError::Failed(format!("\"{host}\" is no host name")))
}
