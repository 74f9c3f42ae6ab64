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
    let Signable { method, host, path, region, service, body } = request;
    let mut headers = format!("host:{host}\nx-amz-date:{date}\n");
    let mut names = "host;x-amz-date".to_owned();
    if let Some(token) = &credentials.session_token {
        names.push_str(";x-amz-security-token");
        headers.push_str("x-amz-security-token:");
        headers.push_str(token.trim());
        headers.push('\n');
    }
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
