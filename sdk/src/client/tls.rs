//! TLS of the SDK's own clients.

use std::sync::Arc;

use ureq::tls::{Certificate, RootCerts, TlsConfig};

/// TLS with servers that `roots` vouch for, or else the system's authorities.
pub(super) fn config(roots: Option<&Arc<Vec<Certificate<'static>>>>) -> TlsConfig {
    let roots = match roots {
        Some(roots) => RootCerts::Specific(Arc::clone(roots)),
        None => RootCerts::PlatformVerifier,
    };
    // Named, so that a service with several TLS providers, or none installed, makes no difference.
    let provider = Arc::new(rustls::crypto::aws_lc_rs::default_provider());
    TlsConfig::builder().root_certs(roots).unversioned_rustls_crypto_provider(provider).build()
}
