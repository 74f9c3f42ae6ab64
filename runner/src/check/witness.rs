//! The certificates that a server shows, whatever they are worth, and what the machine thinks of them.

use std::sync::{Arc, OnceLock};

use parking_lot::Mutex;
use rustls::client::danger::{HandshakeSignatureValid, ServerCertVerified, ServerCertVerifier};
use rustls::crypto::{CryptoProvider, aws_lc_rs};
use rustls::pki_types::{CertificateDer, ServerName, UnixTime};
use rustls::{ClientConfig, DigitallySignedStruct, Error, SignatureScheme};
use rustls_platform_verifier::Verifier;

/// Reading the machine's certificates takes longer than a whole check.
static TRUST: OnceLock<Arc<Verifier>> = OnceLock::new();

/// What connections are secured with.
pub(crate) fn provider() -> Arc<CryptoProvider> {
    Arc::new(aws_lc_rs::default_provider())
}

/// What the machine trusts.
///
/// # Errors
/// When its certificates cannot be read.
pub(crate) fn trust() -> Result<Arc<Verifier>, Error> {
    if let Some(trust) = TRUST.get() {
        return Ok(Arc::clone(trust));
    }
    let read = Verifier::new(provider())?;
    Ok(Arc::clone(TRUST.get_or_init(|| Arc::new(read))))
}

/// Takes every certificate and keeps what the machine thinks of it; signatures are verified as ever. Nothing may be sent
/// over such a connection.
#[derive(Debug)]
pub(crate) struct Witness {
    trust: Arc<Verifier>,
    seen: Mutex<Option<Seen>>,
}

/// What a server has shown.
#[derive(Debug)]
pub(crate) struct Seen {
    /// Its own certificate first.
    pub(crate) chain: Vec<CertificateDer<'static>>,
    /// Why the machine does not trust it.
    pub(crate) verdict: Result<(), Error>,
}

impl Witness {
    /// A witness, and how it looks at a server.
    ///
    /// # Errors
    /// When the machine's certificates cannot be read.
    pub(crate) fn new() -> Result<(Arc<Self>, ClientConfig), Error> {
        let witness = Arc::new(Self { trust: trust()?, seen: Mutex::default() });
        let config = ClientConfig::builder_with_provider(provider())
            .with_safe_default_protocol_versions()?
            .dangerous()
            .with_custom_certificate_verifier(Arc::clone(&witness) as Arc<dyn ServerCertVerifier>)
            .with_no_client_auth();
        Ok((witness, config))
    }

    /// What the server has shown, also when it then went away.
    pub(crate) fn seen(&self) -> Option<Seen> {
        self.seen.lock().take()
    }
}

impl ServerCertVerifier for Witness {
    fn verify_server_cert(
        &self,
        own: &CertificateDer<'_>,
        others: &[CertificateDer<'_>],
        name: &ServerName<'_>,
        ocsp: &[u8],
        now: UnixTime,
    ) -> Result<ServerCertVerified, Error> {
        let verdict = self.trust.verify_server_cert(own, others, name, ocsp, now).map(drop);
        let chain = std::iter::once(own).chain(others).map(|one| one.clone().into_owned()).collect();
        *self.seen.lock() = Some(Seen { chain, verdict });
        Ok(ServerCertVerified::assertion())
    }

    fn verify_tls12_signature(
        &self,
        message: &[u8],
        certificate: &CertificateDer<'_>,
        signature: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, Error> {
        self.trust.verify_tls12_signature(message, certificate, signature)
    }

    fn verify_tls13_signature(
        &self,
        message: &[u8],
        certificate: &CertificateDer<'_>,
        signature: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, Error> {
        self.trust.verify_tls13_signature(message, certificate, signature)
    }

    fn supported_verify_schemes(&self) -> Vec<SignatureScheme> {
        self.trust.supported_verify_schemes()
    }
}
