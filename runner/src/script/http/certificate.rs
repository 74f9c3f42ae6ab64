//! The certificate that a host shows, whatever it is worth.

use std::sync::Arc;
use std::time::Duration;

use jiff::Timestamp;
use rhai::{Dynamic, Map};
use rustls::pki_types::ServerName;
use tokio::net::TcpStream;
use tokio::time::timeout_at;
use tokio_rustls::TlsConnector;
use url::Url;
use x509_parser::prelude::{ASN1Time, FromDer as _, X509Certificate, X509Name};

use crate::check::witness::Witness;
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
    let (witness, config) = match Witness::new() {
        Ok(looks) => looks,
        Err(error) => {
            return Ok(Err(HostError::new(Blame::Infrastructure, format!("no trusted certificates: {error}"))));
        }
    };
    let stream = TcpStream::connect((bare, port)).await.map_err(|error| error.to_string())?;
    let connected = TlsConnector::from(Arc::new(config)).connect(name, stream).await;
    // A server that then wants a certificate too has shown its own all the same.
    match (witness.seen(), connected) {
        (Some(seen), _) => {
            let certificate = seen.chain.first().and_then(|own| read(own));
            let certificate = certificate.ok_or("what it shows is no certificate that can be read")?;
            Ok(Ok((certificate, seen.verdict.err().map(|error| error.to_string()))))
        }
        (None, Err(error)) => Err(error.to_string()),
        (None, Ok(_)) => Err("it shows no certificate".to_owned()),
    }
}

/// What a certificate says of itself.
struct Certificate {
    subject: String,
    issuer: String,
    not_before: Timestamp,
    not_after: Timestamp,
}

fn read(der: &[u8]) -> Option<Certificate> {
    let (_, parsed) = X509Certificate::from_der(der).ok()?;
    let time = |time: ASN1Time| Timestamp::from_second(time.timestamp()).ok();
    Some(Certificate {
        subject: name(parsed.subject()),
        issuer: name(parsed.issuer()),
        not_before: time(parsed.validity().not_before)?,
        not_after: time(parsed.validity().not_after)?,
    })
}

/// The common name, or the first name there is.
fn name(name: &X509Name<'_>) -> String {
    let known = name.iter_common_name().chain(name.iter_attributes()).find_map(|attribute| attribute.as_str().ok());
    known.unwrap_or_default().to_owned()
}
