//! The certificate that a host shows, whatever it is worth.

use std::fmt;
use std::sync::Arc;
use std::time::Duration;

use jiff::Timestamp;
use parking_lot::Mutex;
use rhai::{Dynamic, Map};
use rustls::client::danger::{HandshakeSignatureValid, ServerCertVerified, ServerCertVerifier};
use rustls::pki_types::{CertificateDer, ServerName, UnixTime};
use rustls::{ClientConfig, DigitallySignedStruct, SignatureScheme};
use rustls_platform_verifier::Verifier;
use tokio::net::TcpStream;
use tokio::time::timeout_at;
use tokio_rustls::TlsConnector;
use url::Url;

use super::x509::{Certificate, read};
use crate::script::element::TIMEOUT_MS_MAX;
use crate::script::failure::{Blame, HostError};
use crate::script::table::{Answer, Call, Function};

/// Longest wait when a script does not say.
const SHOWN_WITHIN: Duration = Duration::from_secs(10);
const SECONDS_PER_DAY: i64 = 24 * 3600;

pub(super) const FUNCTIONS: &[Function] = &[Function {
    name: "certificate",
    takes: "url: text, options?: map",
    gives: "a map of `subject` and `issuer` (common names), `not_before` and `not_after` (RFC 3339), `days_left` (whole days, \
below 0 when it has expired), `is_trusted`, and `problem` (why it is not trusted, or `()`)",
    about: "Looks at the certificate (RFC 5280) of an https host, of which only host and port matter. One that is not trusted is told, \
and no error. `timeout_ms` is 10,000 unless told otherwise.",
    fails: "the host is not allowed to the canary, or shows no certificate in time",
    example: "// The shop of the examples has none.\n\
let told = \"\";\n\
try { told = http::certificate(\"https://shop.example/\").subject; } catch (error) { told = `${error}`; }\n\
assert::truthy(told);",
    run: certificate,
}];

fn certificate(call: &Call<'_>) -> Answer {
    let url = call.host.allowed_url(&call.text(0)?)?;
    let mut options = call.options(1)?;
    let timeout = options.whole("timeout_ms", 1..=TIMEOUT_MS_MAX)?;
    options.end(&["timeout_ms"])?;
    if url.scheme() != "https" {
        return Err(call.wrong(0, "an address of https"));
    }
    let bridge = call.host.bridge();
    let deadline = bridge.within(timeout.map_or(SHOWN_WITHIN, |ms| Duration::from_millis(ms as u64)));
    let place = url.origin().ascii_serialization();
    let shown = bridge.wait(async {
        match timeout_at(deadline, shown(&url)).await {
            Ok(shown) => shown.map_err(|reason| HostError::check(format!("{place}: {reason}"))),
            Err(_) => Err(HostError::check(format!("{place}: no certificate in time"))),
        }
    })?;
    let (certificate, problem) = shown?;
    Ok(to_map(certificate, problem, call.host.record().now()))
}

fn to_map(certificate: Certificate, problem: Option<String>, now: Timestamp) -> Dynamic {
    let left = (certificate.not_after.as_second() - now.as_second()).div_euclid(SECONDS_PER_DAY);
    Map::from([
        ("subject".into(), certificate.subject.into()),
        ("issuer".into(), certificate.issuer.into()),
        ("not_before".into(), certificate.not_before.to_string().into()),
        ("not_after".into(), certificate.not_after.to_string().into()),
        ("days_left".into(), left.into()),
        ("is_trusted".into(), problem.is_none().into()),
        ("problem".into(), problem.map_or(Dynamic::UNIT, Dynamic::from)),
    ])
    .into()
}

type Shown = Result<(Certificate, Option<String>), HostError>;

/// The certificate, and why it is not trusted; the outer error is the host's.
async fn shown(url: &Url) -> Result<Shown, String> {
    let host = url.host_str().unwrap_or_default();
    let bare = host.trim_start_matches('[').trim_end_matches(']').to_owned();
    let port = url.port_or_known_default().unwrap_or(443);
    let name = ServerName::try_from(bare.clone()).map_err(|error| error.to_string())?;
    let provider = Arc::new(rustls::crypto::aws_lc_rs::default_provider());
    let no_trust =
        |error: rustls::Error| HostError::new(Blame::Infrastructure, format!("no trusted certificates: {error}"));
    let verifier = match Verifier::new(Arc::clone(&provider)) {
        Ok(verifier) => Arc::new(Lenient { verifier, shown: Mutex::default() }),
        Err(error) => return Ok(Err(no_trust(error))),
    };
    let builder = ClientConfig::builder_with_provider(provider).with_safe_default_protocol_versions();
    let builder = match builder {
        Ok(builder) => builder,
        Err(error) => return Ok(Err(no_trust(error))),
    };
    let looks: Arc<dyn ServerCertVerifier> = Arc::clone(&verifier) as _;
    let config = builder.dangerous().with_custom_certificate_verifier(looks).with_no_client_auth();
    let stream = TcpStream::connect((bare, port)).await.map_err(|error| error.to_string())?;
    let connected = TlsConnector::from(Arc::new(config)).connect(name, stream).await;
    // A server that then wants a certificate too has shown its own all the same.
    let shown = verifier.shown.lock().take();
    match (shown, connected) {
        (Some(Seen { certificate: Some(certificate), problem }), _) => Ok(Ok((certificate, problem))),
        (Some(Seen { certificate: None, .. }), _) => Err("what it shows is no certificate that can be read".to_owned()),
        (None, Err(error)) => Err(error.to_string()),
        (None, Ok(_)) => Err("it shows no certificate".to_owned()),
    }
}

/// What a server has shown.
struct Seen {
    /// `None` when it cannot be read.
    certificate: Option<Certificate>,
    problem: Option<String>,
}

/// Takes every certificate and notes what the machine would have said to it; nothing is sent over such a connection.
struct Lenient {
    verifier: Verifier,
    shown: Mutex<Option<Seen>>,
}

impl fmt::Debug for Lenient {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.write_str("Lenient")
    }
}

impl ServerCertVerifier for Lenient {
    fn verify_server_cert(
        &self,
        end_entity: &CertificateDer<'_>,
        intermediates: &[CertificateDer<'_>],
        server_name: &ServerName<'_>,
        ocsp_response: &[u8],
        now: UnixTime,
    ) -> Result<ServerCertVerified, rustls::Error> {
        let verified = self.verifier.verify_server_cert(end_entity, intermediates, server_name, ocsp_response, now);
        let problem = verified.err().map(|error| error.to_string());
        *self.shown.lock() = Some(Seen { certificate: read(end_entity), problem });
        Ok(ServerCertVerified::assertion())
    }

    fn verify_tls12_signature(
        &self,
        message: &[u8],
        cert: &CertificateDer<'_>,
        dss: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, rustls::Error> {
        self.verifier.verify_tls12_signature(message, cert, dss)
    }

    fn verify_tls13_signature(
        &self,
        message: &[u8],
        cert: &CertificateDer<'_>,
        dss: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, rustls::Error> {
        self.verifier.verify_tls13_signature(message, cert, dss)
    }

    fn supported_verify_schemes(&self) -> Vec<SignatureScheme> {
        self.verifier.supported_verify_schemes()
    }
}
