//! The few fields of a certificate (RFC 5280, 4.1) that a canary looks at.

use jiff::Timestamp;
use jiff::civil::DateTime;
use jiff::tz::TimeZone;

/// What a certificate says of itself.
#[derive(Clone, Debug, Eq, PartialEq)]
pub(super) struct Certificate {
    /// The common name, or the first name there is.
    pub(super) subject: String,
    pub(super) issuer: String,
    pub(super) not_before: Timestamp,
    pub(super) not_after: Timestamp,
}

// Tags of DER (X.690).
const INTEGER: u8 = 0x02;
const OBJECT_IDENTIFIER: u8 = 0x06;
const UTC_TIME: u8 = 0x17;
const GENERALIZED_TIME: u8 = 0x18;
const SEQUENCE: u8 = 0x30;
const SET: u8 = 0x31;
const VERSION: u8 = 0xa0;
/// 2.5.4.3, `id-at-commonName`.
const COMMON_NAME: &[u8] = &[0x55, 0x04, 0x03];

/// Reads a certificate as DER; `None` when it is none.
pub(super) fn read(der: &[u8]) -> Option<Certificate> {
    let certificate = Der(der).take(SEQUENCE)?.0;
    let mut fields = certificate.take(SEQUENCE)?.0;
    if let Some((_, rest)) = fields.take(VERSION) {
        fields = rest;
    }
    let (_, fields) = fields.take(INTEGER)?;
    let (_, fields) = fields.take(SEQUENCE)?;
    let (issuer, fields) = fields.take(SEQUENCE)?;
    let (validity, fields) = fields.take(SEQUENCE)?;
    let (subject, _) = fields.take(SEQUENCE)?;
    let (not_before, validity) = validity.time()?;
    let (not_after, _) = validity.time()?;
    Some(Certificate { subject: subject.name(), issuer: issuer.name(), not_before, not_after })
}

/// What is left of an encoding.
#[derive(Clone, Copy)]
struct Der<'a>(&'a [u8]);

impl Der<'_> {
    /// The next value and what follows it.
    fn next(self) -> Option<(u8, Self, Self)> {
        let (&tag, rest) = self.0.split_first()?;
        let (&first, rest) = rest.split_first()?;
        let (length, rest) = if first < 0x80 {
            (usize::from(first), rest)
        } else {
            let count = usize::from(first & 0x7f);
            if !(1..=4).contains(&count) {
                return None;
            }
            let (bytes, rest) = rest.split_at_checked(count)?;
            (bytes.iter().fold(0, |length, byte| length << 8 | usize::from(*byte)), rest)
        };
        let (value, after) = rest.split_at_checked(length)?;
        Some((tag, Self(value), Self(after)))
    }

    /// The next value, if it has this tag.
    fn take(self, wanted: u8) -> Option<(Self, Self)> {
        self.next().filter(|(tag, ..)| *tag == wanted).map(|(_, value, after)| (value, after))
    }

    fn time(self) -> Option<(Timestamp, Self)> {
        let (tag, value, after) = self.next()?;
        let text = std::str::from_utf8(value.0).ok()?;
        let full = match tag {
            GENERALIZED_TIME => text.to_owned(),
            // Years from 50 on are of the last century (RFC 5280, 4.1.2.5.1).
            UTC_TIME => format!("{}{text}", if text.get(..2)?.parse::<u8>().ok()? < 50 { "20" } else { "19" }),
            _ => return None,
        };
        let at = DateTime::strptime("%Y%m%d%H%M%SZ", &full).ok()?;
        Some((at.to_zoned(TimeZone::UTC).ok()?.timestamp(), after))
    }

    /// The common name of a distinguished name, or the first of its values.
    fn name(self) -> String {
        let mut first = String::new();
        let mut rest = self;
        while let Some((mut set, after)) = rest.take(SET) {
            rest = after;
            while let Some((pair, more)) = set.take(SEQUENCE) {
                set = more;
                let Some((kind, value)) = pair.take(OBJECT_IDENTIFIER) else { continue };
                let Some((_, value, _)) = value.next() else { continue };
                let value = String::from_utf8_lossy(value.0).into_owned();
                if kind.0 == COMMON_NAME {
                    return value;
                }
                if first.is_empty() {
                    first = value;
                }
            }
        }
        first
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;
    use rustls::pki_types::CertificateDer;
    use rustls::pki_types::pem::PemObject;

    use super::*;

    const SERVER: &str = include_str!("../../../tests/canary/mutual_tls/server.pem");

    fn der(pem: &str) -> CertificateDer<'static> {
        CertificateDer::from_pem_slice(pem.as_bytes()).unwrap()
    }

    #[test]
    fn names_and_times_are_read() {
        let server = read(&der(SERVER)).unwrap();
        assert!(!server.subject.is_empty() && !server.issuer.is_empty(), "{server:?}");
        assert!(server.not_before < server.not_after, "{server:?}");
    }

    proptest! {
        #[test]
        fn any_bytes_are_read_or_refused(
            bytes in prop::collection::vec(any::<u8>(), 0..300), at in 0usize..600, byte in any::<u8>(), cut in 0usize..600,
        ) {
            drop(read(&bytes));
            let mut broken = der(SERVER).to_vec();
            let at = at % broken.len();
            broken[at] = byte;
            drop(read(&broken));
            broken.truncate(cut);
            drop(read(&broken));
        }
    }
}
