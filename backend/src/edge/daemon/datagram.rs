//! One datagram: a header line and a document.

use serde::Deserialize;

use super::DropReason;

/// Largest datagram of UDP over IPv4, in bytes, with room to see that none is larger.
pub(super) const DATAGRAM_BYTES_MAX: usize = 64 * 1024;

#[derive(Deserialize)]
struct Header {
    format: String,
    version: i64,
}

/// The document of a datagram.
///
/// # Errors
/// The first line is not `{"format": "json", "version": 1}`, or the rest is not text.
pub(super) fn document(datagram: &[u8]) -> Result<&str, DropReason> {
    let end = datagram.iter().position(|byte| *byte == b'\n').ok_or(DropReason::BadHeader)?;
    let (header, document) = (datagram.get(..end), datagram.get(end + 1..));
    let header: Header = serde_json::from_slice(header.unwrap_or_default()).map_err(|_| DropReason::BadHeader)?;
    if !header.format.eq_ignore_ascii_case("json") || header.version != 1 {
        return Err(DropReason::BadHeader);
    }
    std::str::from_utf8(document.unwrap_or_default()).map_err(|_| DropReason::BadDocument)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn headers_are_read_as_tracers_write_them() {
        assert_eq!(document(b"{\"format\":\"json\",\"version\":1}\n{}"), Ok("{}"));
        assert_eq!(document(b"{\"format\": \"JSON\", \"version\": 1}\n{\"a\":\n1}"), Ok("{\"a\":\n1}"));
        for bad in [
            &b"{}\n{}"[..],
            b"{\"format\":\"json\",\"version\":2}\n{}",
            b"{\"format\":\"json\",\"version\":1}",
            b"",
            b"\n",
        ] {
            assert_eq!(document(bad), Err(DropReason::BadHeader), "{bad:?}");
        }
        assert_eq!(document(b"{\"format\":\"json\",\"version\":1}\n\xff"), Err(DropReason::BadDocument));
    }

    proptest! {
        #[test]
        fn any_bytes_are_a_document_or_a_reason(bytes: Vec<u8>) {
            let found = document(&bytes);
            prop_assert!(found.is_err() || bytes.contains(&b'\n'));
        }
    }
}
