//! What HTTPS requests of scripts trust: the machine's certificates, read once for all runs.
//!
//! Reading some 150 certificates takes longer than a whole check of an endpoint.

use std::sync::{Arc, OnceLock};

use rustls::ClientConfig;
use rustls::client::{ClientSessionStore, Resumption};
use rustls::pki_types::pem::PemObject;
use rustls::pki_types::{CertificateDer, PrivateKeyDer};
use rustls::sign::{CertifiedKey, SingleCertAndKey};
use rustls_platform_verifier::BuilderVerifierExt;

/// A certificate that the machine trusts from now on is trusted by the next start of this program.
static TRUST: OnceLock<ClientConfig> = OnceLock::new();

/// The configuration for one run, with its own `sessions`: it resumes none of another, so that each run makes its
/// handshakes itself.
///
/// # Errors
/// Why the machine's certificates cannot be used.
pub(crate) fn config(sessions: Arc<dyn ClientSessionStore>) -> Result<ClientConfig, rustls::Error> {
    let trust = if let Some(trust) = TRUST.get() {
        trust
    } else {
        let trust = read_trust()?;
        TRUST.get_or_init(|| trust)
    };
    let mut own = trust.clone();
    own.resumption = Resumption::store(sessions);
    Ok(own)
}

/// The same for a client with a certificate and its key, PEM.
///
/// # Errors
/// Why they cannot be used, for people; or why the machine's certificates cannot.
pub(crate) fn config_with(
    sessions: Arc<dyn ClientSessionStore>,
    certificate: &str,
    key: &str,
) -> Result<ClientConfig, CertificateError> {
    let mut own = config(sessions).map_err(CertificateError::Trust)?;
    let chain: Result<Vec<_>, _> = CertificateDer::pem_slice_iter(certificate.as_bytes()).collect();
    let chain = chain.ok().filter(|chain| !chain.is_empty()).ok_or(CertificateError::NoPem)?;
    let key = PrivateKeyDer::from_pem_slice(key.as_bytes()).map_err(|_| CertificateError::NoPem)?;
    let certified = CertifiedKey::from_der(chain, key, own.crypto_provider()).map_err(CertificateError::Unusable)?;
    own.client_auth_cert_resolver = Arc::new(SingleCertAndKey::from(certified));
    Ok(own)
}

/// Why there is no configuration for a client with a certificate.
#[derive(Debug)]
pub(crate) enum CertificateError {
    NoPem,
    Unusable(rustls::Error),
    Trust(rustls::Error),
}

fn read_trust() -> Result<ClientConfig, rustls::Error> {
    let provider = Arc::new(rustls::crypto::aws_lc_rs::default_provider());
    let mut config = ClientConfig::builder_with_provider(provider)
        .with_safe_default_protocol_versions()?
        .with_platform_verifier()?
        .with_no_client_auth();
    config.alpn_protocols = vec![b"h2".to_vec(), b"http/1.1".to_vec()];
    Ok(config)
}
