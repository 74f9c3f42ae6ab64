//! Addresses of receivers.

use ureq::http::Uri;

/// What [`address`] takes.
pub(crate) const ADDRESS_RULE: &str = "expected an address, http://... or https://...";

/// Reads an absolute HTTP address; `None` if the text is none.
pub(crate) fn address(text: &str) -> Option<Uri> {
    let uri: Uri = text.parse().ok()?;
    let is_http = matches!(uri.scheme_str(), Some("http" | "https"));
    (is_http && uri.host().is_some_and(|host| !host.is_empty())).then_some(uri)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_address_is_an_absolute_http_url() {
        for text in ["", "localhost:4747", "ftp://host", "http://", "http:///x", "https://a b", "/v1/logs"] {
            assert_eq!(address(text), None, "{text}");
        }
        for text in ["http://h:1/base/", "https://h", "http://[::1]:4318/v1/traces"] {
            assert!(address(text).is_some(), "{text}");
        }
    }
}
