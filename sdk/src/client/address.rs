//! Addresses of receivers.

use ureq::http::Uri;

/// What [`address`] takes.
#[cfg(feature = "client-tls")]
pub(crate) const ADDRESS_RULE: &str = "expected an address, http://... or https://...";

/// Reads an absolute HTTP address; `None` if the text is none.
#[cfg(feature = "client-tls")]
pub(crate) fn address(text: &str) -> Option<Uri> {
    let uri: Uri = text.parse().ok()?;
    let is_http = matches!(uri.scheme_str(), Some("http" | "https"));
    (is_http && uri.host().is_some_and(|host| !host.is_empty())).then_some(uri)
}

/// The address as messages name it: passwords are in front of the host, tokens in the query.
pub(crate) fn shown(uri: &Uri) -> String {
    let authority = uri.authority().map_or("", |authority| authority.as_str());
    let host = authority.rsplit_once('@').map_or(authority, |(_, host)| host);
    format!("{}://{host}{}", uri.scheme_str().unwrap_or("http"), uri.path())
}

#[cfg(all(test, feature = "client-tls"))]
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

    #[test]
    fn secrets_are_not_shown() {
        for (text, expected) in
            [("https://me:secret@h:8443/v1/logs?token=secret", "https://h:8443/v1/logs"), ("http://h", "http://h/")]
        {
            assert_eq!(shown(&address(text).unwrap()), expected);
        }
    }
}
