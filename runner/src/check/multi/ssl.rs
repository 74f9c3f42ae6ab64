//! SSL checks: the certificate that a server shows, whether or not anybody vouches for it.

use std::sync::Arc;
use std::time::Duration;

use jiff::Timestamp;
use rustls::client::verify_server_name;
use rustls::pki_types::{CertificateDer, ServerName};
use rustls::server::ParsedCertificate;
use rustls::{CertificateError, Error};
use tokio::runtime::Handle;
use tokio_rustls::TlsConnector;
use x509_parser::prelude::{FromDer as _, X509Certificate, X509Name};

use super::facts::Certificate;
use super::fields::Fields;
use super::number::{Number, Range};
use super::probe::ProbeError;
use super::tcp::hostname;
use super::template::Template;
use super::{dial, tls};
use crate::check::witness::{Seen, Witness};

#[derive(Clone, Debug, PartialEq)]
pub(crate) struct SslCheck {
    pub(super) hostname: Template,
    pub(super) port: Number,
    pub(super) rules: Rules,
}

/// What is asked of a certificate beyond its assertions.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(super) struct Rules {
    /// The server is told which name is meant.
    sni: bool,
    verify_hostname: bool,
    allow_self_signed: bool,
}

const PORT: u32 = 443;

impl SslCheck {
    pub(super) fn read(fields: &mut Fields<'_, '_>) -> Option<Self> {
        let hostname = hostname(fields);
        let port = fields.number("port", Range::PORT, Some(PORT));
        if let (Some(hostname), Some(port)) = (&hostname, &port) {
            fields.reader.note_host(hostname, port);
        }
        let sni = fields.truth("sni", Some(true));
        let verify_hostname = fields.truth("verifyHostname", Some(true));
        let allow_self_signed = fields.truth("allowSelfSigned", Some(false));
        let rules = Rules { sni: sni?, verify_hostname: verify_hostname?, allow_self_signed: allow_self_signed? };
        Some(Self { hostname: hostname?, port: port?, rules })
    }
}

/// Whose certificate is looked at.
pub(super) struct Server<'a> {
    pub(super) host: &'a str,
    pub(super) port: u16,
    pub(super) rules: Rules,
    pub(super) within: Duration,
}

pub(super) async fn ask(threads: &Handle, server: &Server<'_>, now: Timestamp) -> Result<Certificate, ProbeError> {
    let Server { host, port, rules, within } = *server;
    let (witness, mut config) =
        Witness::new().map_err(|error| ProbeError::Broken(format!("the machine's certificates: {error}")))?;
    config.enable_sni = rules.sni;
    let name = tls::server_name(host)?;
    let stream = dial::connect(threads, host, port, within).await.map_err(ProbeError::Failed)?;
    let shaken = TlsConnector::from(Arc::new(config)).connect(name.clone(), stream).await;
    match (witness.seen(), shaken) {
        // A server that then wants a certificate of ours has shown its own all the same.
        (Some(seen), _) => certificate(&seen, &name, rules, now).map_err(ProbeError::Failed),
        (None, Err(error)) => Err(ProbeError::Failed(format!("no TLS: {}", dial::told(&error)))),
        (None, Ok(_)) => Err(ProbeError::Failed("the server shows no certificate".to_owned())),
    }
}

fn certificate(seen: &Seen, name: &ServerName<'_>, rules: Rules, now: Timestamp) -> Result<Certificate, String> {
    let unreadable = |error: &dyn std::fmt::Display| format!("the certificate cannot be read: {error}");
    let own = seen.chain.first().ok_or("the server shows no certificate")?;
    let (_, parsed) = X509Certificate::from_der(own).map_err(|error| unreadable(&error))?;
    let time = |seconds: i64| Timestamp::from_second(seconds).map_err(|error| unreadable(&error));
    let not_before = time(parsed.validity().not_before.timestamp())?;
    let not_after = time(parsed.validity().not_after.timestamp())?;
    let mut faults = Vec::new();
    if now > not_after {
        faults.push(format!("it has expired on {not_after}"));
    }
    if now < not_before {
        faults.push(format!("it is not valid before {not_before}"));
    }
    if rules.verify_hostname
        && let Err(error) = ParsedCertificate::try_from(own).and_then(|parsed| verify_server_name(&parsed, name))
    {
        faults.push(match error {
            Error::InvalidCertificate(CertificateError::NotValidForNameContext { expected, presented }) => {
                format!("it is not for {}, but for {}", expected.to_str(), presented.join(", "))
            }
            _ => format!("it is not for {}", name.to_str()),
        });
    }
    let own_dates_hold = (not_before..=not_after).contains(&now);
    faults.extend(distrust(seen, rules, own_dates_hold));
    Ok(Certificate {
        subject: attributes(parsed.subject()),
        issuer: attributes(parsed.issuer()),
        not_after,
        seen: now,
        faults,
    })
}

/// Why nobody vouches for it; its own dates and names are looked at by themselves.
fn distrust(seen: &Seen, rules: Rules, own_dates_hold: bool) -> Option<String> {
    let Err(Error::InvalidCertificate(error)) = &seen.verdict else {
        return seen.verdict.as_ref().err().map(ToString::to_string);
    };
    match error {
        CertificateError::Expired
        | CertificateError::ExpiredContext { .. }
        | CertificateError::NotValidYet
        | CertificateError::NotValidYetContext { .. } => {
            own_dates_hold.then(|| "a certificate of its chain has expired, or is not valid yet".to_owned())
        }
        CertificateError::NotValidForName | CertificateError::NotValidForNameContext { .. } => None,
        other => {
            let is_self_signed = seen.chain.last().is_some_and(is_self_signed);
            match (is_self_signed, rules.allow_self_signed) {
                (true, true) => None,
                (true, false) => Some("it is self-signed, and the machine does not trust it".to_owned()),
                (false, _) if matches!(other, CertificateError::UnknownIssuer) => {
                    Some("its issuer is not known to the machine".to_owned())
                }
                (false, _) => Some(other.to_string()),
            }
        }
    }
}

fn is_self_signed(certificate: &CertificateDer<'_>) -> bool {
    let parsed = X509Certificate::from_der(certificate);
    parsed.is_ok_and(|(_, parsed)| parsed.subject().as_raw() == parsed.issuer().as_raw())
}

fn attributes(name: &X509Name<'_>) -> Vec<(&'static str, String)> {
    let all = [
        ("CN", name.iter_common_name().collect::<Vec<_>>()),
        ("O", name.iter_organization().collect()),
        ("OU", name.iter_organizational_unit().collect()),
        ("C", name.iter_country().collect()),
        ("ST", name.iter_state_or_province().collect()),
        ("L", name.iter_locality().collect()),
    ];
    let text = |values: Vec<&x509_parser::x509::AttributeTypeAndValue<'_>>| -> Vec<String> {
        values.iter().filter_map(|value| value.as_str().ok().map(str::to_owned)).collect()
    };
    all.into_iter().flat_map(|(short, values)| text(values).into_iter().map(move |text| (short, text))).collect()
}
