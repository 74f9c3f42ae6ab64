//! Signature Version 4.
//!
//! Source: <https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_sigv-create-signed-request.html>

use std::fmt::Write;
use std::time::Duration;

use aws_lc_rs::digest::{SHA256, digest};
use aws_lc_rs::hmac;

use super::credentials::Credentials;
use super::time;

/// What is signed besides the body, which is why it must not change afterwards.
#[derive(Debug)]
pub(super) struct Signable<'a> {
    pub(super) method: &'a str,
    pub(super) host: &'a str,
    /// As it is sent.
    pub(super) path: &'a str,
    pub(super) region: &'a str,
    pub(super) service: &'a str,
    /// What is signed of the other headers.
    pub(super) headers: &'a [(&'a str, &'a str)],
    pub(super) body: &'a [u8],
}

/// The headers a signature consists of; the host goes by itself.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Signature {
    pub(super) date: String,
    pub(super) authorization: String,
}

/// Signs a request without query.
pub(super) fn sign(request: &Signable<'_>, credentials: &Credentials, at: Duration) -> Signature {
    let date = time::basic(at);
    let day = date.split('T').next().unwrap_or_default();
    let Signable { method, path, region, service, body, .. } = request;
    let (names, headers) = canonical_headers(request, credentials, &date);
    let path = canonical_path(path);
    let canonical = format!("{method}\n{path}\n\n{headers}\n{names}\n{}", hash(body));
    let scope = format!("{day}/{region}/{service}/aws4_request");
    let text = format!("AWS4-HMAC-SHA256\n{date}\n{scope}\n{}", hash(canonical.as_bytes()));
    let secret = format!("AWS4{}", credentials.secret_access_key);
    let parts = [day, region, service, "aws4_request"];
    let key = parts.into_iter().fold(secret.into_bytes(), |key, part| mac(&key, part.as_bytes()).as_ref().to_vec());
    let signature = hex(mac(&key, text.as_bytes()).as_ref());
    let authorization = format!(
        "AWS4-HMAC-SHA256 Credential={}/{scope}, SignedHeaders={names}, Signature={signature}",
        credentials.access_key_id
    );
    Signature { date, authorization }
}

/// The names of the headers that are signed, and the headers, as they are signed.
fn canonical_headers(request: &Signable<'_>, credentials: &Credentials, date: &str) -> (String, String) {
    let token = credentials.session_token.as_deref().map(|token| ("x-amz-security-token", token));
    let own = [("host", request.host), ("x-amz-date", date)].into_iter().chain(token);
    let signed = own.chain(request.headers.iter().copied());
    // Spaces in a row count as one.
    let plain = |value: &str| value.split_ascii_whitespace().collect::<Vec<_>>().join(" ");
    let mut headers: Vec<_> = signed.map(|(name, value)| (name.to_ascii_lowercase(), plain(value))).collect();
    headers.sort();
    let names: Vec<_> = headers.iter().map(|(name, _)| name.as_str()).collect();
    let mut text = String::new();
    for (name, value) in &headers {
        writeln!(text, "{name}:{value}").expect("a string takes every text");
    }
    (names.join(";"), text)
}

/// Every service but S3 wants a path that was encoded once encoded again.
fn canonical_path(path: &str) -> String {
    let mut canonical = String::with_capacity(path.len().max(1));
    for byte in path.bytes() {
        if byte.is_ascii_alphanumeric() || b"-._~/".contains(&byte) {
            canonical.push(char::from(byte));
        } else {
            write!(canonical, "%{byte:02X}").expect("a string takes every text");
        }
    }
    if canonical.is_empty() { "/".to_owned() } else { canonical }
}

fn mac(key: &[u8], text: &[u8]) -> hmac::Tag {
    hmac::sign(&hmac::Key::new(hmac::HMAC_SHA256, key), text)
}

fn hash(bytes: &[u8]) -> String {
    hex(digest(&SHA256, bytes).as_ref())
}

fn hex(bytes: &[u8]) -> String {
    bytes.iter().fold(String::with_capacity(bytes.len() * 2), |mut text, byte| {
        write!(text, "{byte:02x}").expect("a string takes every text");
        text
    })
}
