//! Secured connections, trusting what the machine trusts.

use std::sync::{Arc, OnceLock};

use rustls::ClientConfig;
use rustls::crypto::{CryptoProvider, aws_lc_rs};
use rustls::pki_types::ServerName;
use rustls_platform_verifier::Verifier;
use tokio::net::TcpStream;
use tokio_rustls::TlsConnector;
use tokio_rustls::client::TlsStream;

use super::dial;
use super::probe::ProbeError;

/// Reading the machine's certificates takes longer than a whole check.
static TRUST: OnceLock<Arc<Verifier>> = OnceLock::new();

pub(super) fn provider() -> Arc<CryptoProvider> {
    Arc::new(aws_lc_rs::default_provider())
}

pub(super) fn trust() -> Result<Arc<Verifier>, ProbeError> {
    if let Some(trust) = TRUST.get() {
        return Ok(Arc::clone(trust));
    }
    let read = Verifier::new(provider());
    let read = read.map_err(|error| ProbeError::Broken(format!("the machine's certificates: {error}")))?;
    Ok(Arc::clone(TRUST.get_or_init(|| Arc::new(read))))
}

/// Secures a connection; `protocol` is offered by ALPN.
pub(super) async fn secure(stream: TcpStream, host: &str, protocol: &str) -> Result<TlsStream<TcpStream>, ProbeError> {
    let mut config = ClientConfig::builder_with_provider(provider())
        .with_safe_default_protocol_versions()
        .map_err(|error| ProbeError::Broken(error.to_string()))?
        .dangerous()
        .with_custom_certificate_verifier(trust()?)
        .with_no_client_auth();
    config.alpn_protocols = vec![protocol.as_bytes().to_vec()];
    let name = server_name(host)?;
    let secured = TlsConnector::from(Arc::new(config)).connect(name, stream).await;
    secured.map_err(|error| ProbeError::Failed(format!("no TLS: {}", dial::told(&error))))
}

pub(super) fn server_name(host: &str) -> Result<ServerName<'static>, ProbeError> {
    ServerName::try_from(host.to_owned()).map_err(|_| ProbeError::Failed(format!("\"{host}\" is no host name")))
}
