//! Checks signatures as AWS does: from what has arrived alone, and the secret key.
//!
//! Source: <https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_sigv-create-signed-request.html>

use aws_lc_rs::digest::{SHA256, digest};
use aws_lc_rs::hmac;

use crate::server::Request;

pub(crate) const SECRET: &str = "wJalrXUtnFEMI/K7MDENG+bPxRfiCYEXAMPLEKEY";

/// The scope a request was signed for, `DAY/REGION/SERVICE`; fails where the signature is not that of
/// [`SECRET`] over the whole request.
pub(crate) fn verify(request: &Request) -> String {
    let authorization = request.headers["authorization"].strip_prefix("AWS4-HMAC-SHA256 ").unwrap();
    let part = |name: &str| {
        let found = authorization.split(", ").find_map(|part| part.strip_prefix(name)?.strip_prefix('='));
        found.unwrap_or_else(|| panic!("{name} in {authorization}"))
    };
    let (_, scope) = part("Credential").split_once('/').unwrap();
    let names: Vec<_> = part("SignedHeaders").split(';').collect();
    for (name, _) in request.headers.iter().filter(|(name, _)| name.starts_with("x-amz-")) {
        assert!(names.contains(&name.as_str()), "{name} is signed");
    }
    assert!(names.contains(&"host") && names.contains(&"x-amz-date") && names.is_sorted());
    let headers: Vec<_> = names.iter().map(|name| format!("{name}:{}\n", request.headers[*name])).collect();
    let method = request.line.split(' ').next().unwrap();
    let body = hex(digest(&SHA256, &request.body).as_ref());
    let canonical = format!("{method}\n{}\n\n{}\n{}\n{body}", request.path(), headers.concat(), names.join(";"));
    let hash = hex(digest(&SHA256, canonical.as_bytes()).as_ref());
    let text = format!("AWS4-HMAC-SHA256\n{}\n{scope}\n{hash}", request.headers["x-amz-date"]);
    let mac = |key: &[u8], text: &str| hmac::sign(&hmac::Key::new(hmac::HMAC_SHA256, key), text.as_bytes());
    let first = format!("AWS4{SECRET}").into_bytes();
    let key = scope.split('/').fold(first, |key, part| mac(&key, part).as_ref().to_vec());
    assert_eq!(part("Signature"), hex(mac(&key, &text).as_ref()));
    scope.strip_suffix("/aws4_request").unwrap().to_owned()
}

fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect::<Vec<_>>().concat()
}
