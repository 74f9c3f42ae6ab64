//! What never goes into a HAR, a report or a trace: credentials in headers and addresses.

use serde_json::Value;
use url::{Url, form_urlencoded};

/// Stands where a secret was.
pub(crate) const REDACTED: &str = "[redacted]";
const SECRET_HEADERS: &[&str] =
    &["authorization", "proxy-authorization", "cookie", "set-cookie", "x-api-key", "x-amz-security-token"];
/// Query parameters that carry keys, signatures and one-time codes.
const SECRET_PARAMETERS: &[&str] = &[
    "access_token",
    "api_key",
    "apikey",
    "client_secret",
    "code",
    "id_token",
    "key",
    "passwd",
    "password",
    "refresh_token",
    "secret",
    "sig",
    "signature",
    "token",
    "x-amz-credential",
    "x-amz-security-token",
    "x-amz-signature",
];

/// Headers whose value is an address.
const ADDRESS_HEADERS: &[&str] = &["location", "referer", "content-location", "origin"];

/// The value of a header as it may be written down.
pub(crate) fn header(name: &str, value: &str) -> String {
    let is_one_of = |names: &[&str]| names.iter().any(|own| name.eq_ignore_ascii_case(own));
    if is_one_of(SECRET_HEADERS) {
        REDACTED.to_owned()
    } else if is_one_of(ADDRESS_HEADERS) {
        url(value)
    } else {
        value.to_owned()
    }
}

pub(crate) fn is_secret_parameter(name: &str) -> bool {
    SECRET_PARAMETERS.iter().any(|secret| name.eq_ignore_ascii_case(secret))
}

/// An address without user name and password, its secret parameters blotted out.
///
/// What is not an address comes back as it is, cut at its `?`.
pub(crate) fn url(text: &str) -> String {
    let Ok(url) = Url::parse(text) else {
        return text.split('?').next().unwrap_or_default().to_owned();
    };
    parsed(url)
}

/// As [`url`], of an address that is read already.
pub(crate) fn parsed(mut url: Url) -> String {
    without_credentials(&mut url);
    let has_secret = url.query_pairs().any(|(name, _)| is_secret_parameter(&name));
    if has_secret {
        let pairs: Vec<(String, String)> = url
            .query_pairs()
            .map(|(name, value)| {
                let value = if is_secret_parameter(&name) { REDACTED.to_owned() } else { value.into_owned() };
                (name.into_owned(), value)
            })
            .collect();
        url.query_pairs_mut().clear().extend_pairs(pairs);
    }
    url.into()
}

/// A body as it may be written down: the values of secret fields of forms and of JSON are blotted out, wherever they
/// stand.
///
/// Text that says it is JSON and is not comes back as it is.
pub(crate) fn body(mime_type: &str, text: &str) -> String {
    if mime_type.starts_with("application/x-www-form-urlencoded") {
        let pairs = form_urlencoded::parse(text.as_bytes()).map(|(name, value)| {
            let value = if is_secret_parameter(&name) { REDACTED.into() } else { value };
            (name, value)
        });
        return form_urlencoded::Serializer::new(String::new()).extend_pairs(pairs).finish();
    }
    if !mime_type.contains("json") {
        return text.to_owned();
    }
    let Ok(mut value) = serde_json::from_str(text) else { return text.to_owned() };
    // Unchanged bodies keep their own layout.
    if blot_fields(&mut value) { value.to_string() } else { text.to_owned() }
}

/// Says whether there was any.
fn blot_fields(value: &mut Value) -> bool {
    match value {
        Value::Array(items) => items.iter_mut().map(blot_fields).filter(|blotted| *blotted).count() > 0,
        Value::Object(fields) => fields.iter_mut().fold(false, |any, (name, field)| {
            if is_secret_parameter(name) && (field.is_string() || field.is_number()) {
                *field = Value::from(REDACTED);
                true
            } else {
                blot_fields(field) || any
            }
        }),
        _ => false,
    }
}

/// Removes user name and password from an address.
pub(crate) fn without_credentials(url: &mut Url) {
    if !url.username().is_empty() || url.password().is_some() {
        let removed = url.set_username("").and_then(|()| url.set_password(None));
        debug_assert!(removed.is_ok(), "an address that has credentials has a host, so they can be taken away");
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn credentials_leave_the_address() {
        assert_eq!(url("http://u:p@host/a?b=1"), "http://host/a?b=1");
        assert_eq!(url("http://host/?b=1&Token=abc"), "http://host/?b=1&Token=%5Bredacted%5D");
        assert_eq!(url("not an address?token=1"), "not an address");
    }

    #[test]
    fn secret_fields_of_bodies_are_blotted_out() {
        let form = body("application/x-www-form-urlencoded", "user=a+b&password=p");
        assert_eq!(form, "user=a+b&password=%5Bredacted%5D");
        let text = r#"{"user": "a", "deep": [{"Password": "p", "access_token": 7, "token": null}]}"#;
        assert_eq!(
            body("application/json; charset=utf-8", text),
            r#"{"user":"a","deep":[{"Password":"[redacted]","access_token":"[redacted]","token":null}]}"#
        );
        for (mime_type, text) in [("application/json", r#"{"a": 1}"#), ("text/plain", "password"), ("text/json", "{")] {
            assert_eq!(body(mime_type, text), text);
        }
    }

    #[test]
    fn secret_headers_are_blotted_out() {
        assert_eq!(header("Authorization", "Basic abc"), REDACTED);
        assert_eq!(header("set-cookie", "a=b"), REDACTED);
        assert_eq!(header("Accept", "*/*"), "*/*");
        assert_eq!(header("Location", "http://u:p@a/?code=1"), "http://a/?code=%5Bredacted%5D");
        assert_eq!(header("Location", "/next?token=1"), "/next");
        assert_eq!(header("Origin", "null"), "null");
    }
}
