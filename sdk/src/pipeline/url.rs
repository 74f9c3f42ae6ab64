//! URLs without secrets.

/// Query parameters whose values sign or open something; OpenTelemetry's list and AWS's own.
const SECRET_PARAMETERS: [&str; 9] = [
    "AWSAccessKeyId",
    "Signature",
    "sig",
    "X-Goog-Signature",
    "X-Amz-Signature",
    "X-Amz-Security-Token",
    "X-Amz-Credential",
    "access_token",
    "token",
];
const REDACTED: &str = "REDACTED";

/// Removes user and password, and the values of query parameters that are credentials.
#[cfg(any(feature = "http", feature = "otlp", test))]
pub(crate) fn redact(url: &str) -> String {
    let mut redacted = String::with_capacity(url.len());
    push_redacted(url, &mut redacted);
    redacted
}

/// Writes `url` without user and password, and without the values of query parameters that are
/// credentials.
pub(super) fn push_redacted(url: &str, redacted: &mut String) {
    let (before_fragment, fragment) = split_before(url, '#');
    let (address, query) = split_before(before_fragment, '?');
    without_user(address, redacted);
    let mut separator = '?';
    for parameter in query.trim_start_matches('?').split('&').filter(|_| !query.is_empty()) {
        redacted.push(std::mem::replace(&mut separator, '&'));
        match parameter.split_once('=') {
            Some((name, _)) if is_secret(name) => {
                redacted.push_str(name);
                redacted.push('=');
                redacted.push_str(REDACTED);
            }
            Some(_) | None => redacted.push_str(parameter),
        }
    }
    redacted.push_str(fragment);
}

/// The host and port of a URL; `None` where there is none.
pub(super) fn host(url: &str) -> Option<&str> {
    let (_, rest) = url.split_once("://")?;
    let authority = rest.split(['/', '?', '#']).next()?;
    let host = authority.rsplit_once('@').map_or(authority, |(_, host)| host);
    (!host.is_empty()).then_some(host)
}

fn is_secret(name: &str) -> bool {
    SECRET_PARAMETERS.iter().any(|secret| secret.eq_ignore_ascii_case(name))
}

fn without_user(address: &str, written: &mut String) {
    let Some((scheme, rest)) = address.split_once("://") else {
        written.push_str(address);
        return;
    };
    let (authority, path) = split_before(rest, '/');
    let host = authority.rsplit_once('@').map_or(authority, |(_, host)| host);
    for part in [scheme, "://", host, path] {
        written.push_str(part);
    }
}

/// Splits so that the second part begins with `mark`, or is empty.
fn split_before(text: &str, mark: char) -> (&str, &str) {
    text.find(mark).and_then(|at| text.split_at_checked(at)).unwrap_or((text, ""))
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn secrets_go_and_the_rest_stays() {
        for (url, redacted) in [
            ("http://h:80/a/b?c=d&e#f", "http://h:80/a/b?c=d&e#f"),
            ("https://me:secret@h/a@b?x=y@z", "https://h/a@b?x=y@z"),
            ("http://h?sig=1&a=b&X-AMZ-Signature=2&", "http://h?sig=REDACTED&a=b&X-AMZ-Signature=REDACTED&"),
            ("/a?token=1", "/a?token=REDACTED"),
            ("", ""),
            ("postgres://u:p@h:5432/db", "postgres://h:5432/db"),
        ] {
            assert_eq!(redact(url), redacted);
        }
        assert_eq!(host("http://u:p@h:80/a"), Some("h:80"));
        assert_eq!(host("http://h?x"), Some("h"));
        assert_eq!(host("/a"), None);
    }

    proptest! {
        #[test]
        fn any_text_is_redacted_once(url: String) {
            let once = redact(&url);
            prop_assert_eq!(redact(&once), once);
        }
    }
}
