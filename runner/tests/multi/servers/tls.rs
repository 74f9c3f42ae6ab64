//! TLS servers with certificates of every kind.

use std::sync::Arc;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD as BASE64;
use jiff::ToSpan as _;
use jiff::tz::TimeZone;
use rcgen::{
    BasicConstraints, Certificate, CertificateParams, CertifiedIssuer, DistinguishedName, DnType, IsCa, KeyPair,
    date_time_ymd,
};
use siskin_runner::clock::Clock;
use tokio::io::AsyncReadExt;
use tokio_rustls::TlsAcceptor;
use tokio_rustls::rustls::pki_types::{PrivateKeyDer, PrivatePkcs8KeyDer};
use tokio_rustls::rustls::{ServerConfig, crypto};

use super::raw::serve;

/// An authority, and what it vouches for.
pub(crate) struct Certificates {
    authority: CertifiedIssuer<'static, KeyPair>,
}

/// A server's certificate: its names, and how many days from today it is valid.
struct Wanted {
    names: &'static [&'static str],
    from: i64,
    to: i64,
}

const GOOD: Wanted = Wanted { names: &["localhost", "127.0.0.1"], from: -10, to: 90 };

fn params(wanted: &Wanted) -> CertificateParams {
    let names: Vec<String> = wanted.names.iter().map(|name| (*name).to_owned()).collect();
    let mut params = CertificateParams::new(names).unwrap();
    let day = |offset: i64| {
        let date = (Clock::system().now() + (offset * 24).hours()).to_zoned(TimeZone::UTC).date();
        date_time_ymd(date.year().into(), date.month() as u8, date.day() as u8)
    };
    params.not_before = day(wanted.from);
    params.not_after = day(wanted.to);
    params.distinguished_name = named("shop.test", "Tea Shop");
    params
}

fn named(name: &str, organization: &str) -> DistinguishedName {
    let mut names = DistinguishedName::new();
    names.push(DnType::CommonName, name);
    names.push(DnType::OrganizationName, organization);
    names.push(DnType::OrganizationalUnitName, "Kettles");
    names.push(DnType::CountryName, "DE");
    names.push(DnType::StateOrProvinceName, "Bremen");
    names.push(DnType::LocalityName, "Bremerhaven");
    names
}

fn acceptor(certificate: &Certificate, key: &KeyPair, protocol: &str) -> TlsAcceptor {
    let key = PrivateKeyDer::from(PrivatePkcs8KeyDer::from(key.serialize_der()));
    let mut config = ServerConfig::builder_with_provider(Arc::new(crypto::aws_lc_rs::default_provider()))
        .with_safe_default_protocol_versions()
        .unwrap()
        .with_no_client_auth()
        .with_single_cert(vec![certificate.der().clone()], key)
        .unwrap();
    if !protocol.is_empty() {
        config.alpn_protocols = vec![protocol.as_bytes().to_vec()];
    }
    TlsAcceptor::from(Arc::new(config))
}

impl Certificates {
    pub(super) fn make() -> Self {
        let mut params = CertificateParams::default();
        params.distinguished_name = named("Tea Authority", "Tea Trust");
        params.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
        Self { authority: CertifiedIssuer::self_signed(params, KeyPair::generate().unwrap()).unwrap() }
    }

    /// PEM (RFC 7468).
    pub(super) fn authority(&self) -> String {
        let text = BASE64.encode(self.authority.der());
        let lines: Vec<&str> = text.as_bytes().chunks(64).map(|line| std::str::from_utf8(line).unwrap()).collect();
        format!("-----BEGIN CERTIFICATE-----\n{}\n-----END CERTIFICATE-----\n", lines.join("\n"))
    }

    /// What speaks with a certificate that is good.
    pub(super) fn acceptor(&self, protocol: &str) -> TlsAcceptor {
        self.vouched(&GOOD, protocol)
    }

    fn vouched(&self, wanted: &Wanted, protocol: &str) -> TlsAcceptor {
        let key = KeyPair::generate().unwrap();
        let certificate = params(wanted).signed_by(&key, &self.authority).unwrap();
        acceptor(&certificate, &key, protocol)
    }

    pub(super) async fn serve(&self) -> Vec<(&'static str, u16)> {
        let key = KeyPair::generate().unwrap();
        let self_signed = params(&GOOD).self_signed(&key).unwrap();
        let stale = Wanted { from: -90, to: -3, ..GOOD };
        let early = Wanted { from: 3, to: 90, ..GOOD };
        let servers = [
            ("TLS", self.acceptor("")),
            ("TLS_SOON", self.vouched(&Wanted { to: 5, ..GOOD }, "")),
            ("TLS_EXPIRED", self.vouched(&stale, "")),
            ("TLS_EARLY", self.vouched(&early, "")),
            ("TLS_OTHER", self.vouched(&Wanted { names: &["other.test"], ..GOOD }, "")),
            ("TLS_SELF", acceptor(&self_signed, &key, "")),
        ];
        let mut ports = Vec::new();
        for (name, acceptor) in servers {
            let port = serve(move |stream| {
                let acceptor = acceptor.clone();
                async move {
                    // Whoever only looks at the certificate leaves early.
                    let Ok(mut stream) = acceptor.accept(stream).await else { return };
                    drop(stream.read(&mut [0]).await);
                }
            });
            ports.push((name, port.await));
        }
        ports
    }
}
