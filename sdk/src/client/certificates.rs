//! Who vouches for a server.

use std::fs;

use ureq::tls::{Certificate, PemItem, parse_pem};

/// Reads the certificates in a PEM file; `None` if there are none, or it cannot be read.
pub(crate) fn certificates(path: &str) -> Option<Vec<Certificate<'static>>> {
    let pem = fs::read(path).ok()?;
    let items: Vec<_> = parse_pem(&pem).collect::<Result<_, _>>().ok()?;
    let certificates = items.into_iter().filter_map(|item| match item {
        PemItem::Certificate(certificate) => Some(certificate),
        _ => None,
    });
    let certificates: Vec<_> = certificates.collect();
    (!certificates.is_empty()).then_some(certificates)
}
