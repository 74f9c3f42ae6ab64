//! Digests and codes: SHA-2, HMAC, TOTP.

use aws_lc_rs::hmac as lc;
use sha2::{Digest, Sha256};

/// What a code is made with.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(super) enum Algorithm {
    Sha1,
    Sha256,
    Sha512,
}

impl Algorithm {
    pub(super) fn parse(word: &str) -> Option<Self> {
        match word.to_ascii_lowercase().replace('-', "").as_str() {
            "sha1" => Some(Self::Sha1),
            "sha256" => Some(Self::Sha256),
            "sha512" => Some(Self::Sha512),
            _ => None,
        }
    }
}

pub(super) fn sha256(bytes: &[u8]) -> Vec<u8> {
    Sha256::digest(bytes).to_vec()
}

/// RFC 2104.
pub(super) fn hmac(algorithm: Algorithm, key: &[u8], bytes: &[u8]) -> Vec<u8> {
    let algorithm = match algorithm {
        // What authenticators still use, RFC 6238.
        Algorithm::Sha1 => lc::HMAC_SHA1_FOR_LEGACY_USE_ONLY,
        Algorithm::Sha256 => lc::HMAC_SHA256,
        Algorithm::Sha512 => lc::HMAC_SHA512,
    };
    lc::sign(&lc::Key::new(algorithm, key), bytes).as_ref().to_vec()
}

pub(super) fn hex(bytes: &[u8]) -> String {
    const DIGITS: &[u8; 16] = b"0123456789abcdef";
    let digits = bytes.iter().flat_map(|byte| [byte >> 4, byte & 0xf]);
    digits.map(|digit| char::from(DIGITS[usize::from(digit)])).collect()
}

/// The one-time code of a moment (RFC 6238), `digits` long.
pub(super) fn totp(algorithm: Algorithm, key: &[u8], epoch_seconds: u64, period_seconds: u64, digits: u32) -> String {
    let counter = epoch_seconds / period_seconds.max(1);
    let code = hmac(algorithm, key, &counter.to_be_bytes());
    let offset = code.last().map_or(0, |last| usize::from(last & 0xf));
    let word = code.get(offset..offset + 4).and_then(|word| <[u8; 4]>::try_from(word).ok()).unwrap_or_default();
    let number = u32::from_be_bytes(word) & 0x7fff_ffff;
    format!("{:0width$}", u64::from(number) % 10_u64.pow(digits), width = digits as usize)
}

/// RFC 4648, 6; blanks and case do not matter, as people type it off a screen.
pub(super) fn from_base32(text: &str) -> Option<Vec<u8>> {
    const LETTERS: &[u8] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZ234567";
    let (mut bits, mut count, mut bytes) = (0_u32, 0, Vec::new());
    for letter in text.bytes().filter(|byte| !byte.is_ascii_whitespace() && !matches!(byte, b'=' | b'-')) {
        let value = LETTERS.iter().position(|known| *known == letter.to_ascii_uppercase())?;
        bits = (bits << 5) | value as u32;
        count += 5;
        if count >= 8 {
            count -= 8;
            bytes.push((bits >> count) as u8);
            bits &= (1 << count) - 1;
        }
    }
    Some(bytes)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// RFC 6238, appendix B.
    #[test]
    fn codes_are_those_of_the_standard() {
        let cases = [
            (Algorithm::Sha1, 59, "94287082"),
            (Algorithm::Sha256, 59, "46119246"),
            (Algorithm::Sha512, 59, "90693936"),
            (Algorithm::Sha1, 1_111_111_109, "07081804"),
            (Algorithm::Sha256, 20_000_000_000, "77737706"),
        ];
        for (algorithm, at, code) in cases {
            let key = match algorithm {
                Algorithm::Sha1 => &b"12345678901234567890"[..],
                Algorithm::Sha256 => b"12345678901234567890123456789012",
                Algorithm::Sha512 => b"1234567890123456789012345678901234567890123456789012345678901234",
            };
            assert_eq!(totp(algorithm, key, at, 30, 8), code, "{algorithm:?} {at}");
        }
    }

    #[test]
    fn base32_is_read_as_people_type_it() {
        assert_eq!(from_base32("JBSW Y3DP ehpk 3pxp").unwrap(), b"Hello!\xde\xad\xbe\xef");
        assert_eq!(from_base32("MZXW6===").unwrap(), b"foo");
        assert_eq!(from_base32("1"), None);
    }
}
