//! AWS Signature Version 4, <https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_sigv-create-signed-request.html>.

use ::http::{HeaderMap, HeaderName, HeaderValue, Method};
use jiff::Timestamp;
use jiff::tz::TimeZone;
use url::Url;

use crate::script::digest::{self, Algorithm};
use crate::script::failure::HostError;

/// Whose signature it is.
#[derive(Clone)]
pub(in crate::script) struct Key {
    pub(in crate::script) id: String,
    pub(in crate::script) secret: String,
    pub(in crate::script) token: Option<String>,
    pub(in crate::script) region: String,
    pub(in crate::script) service: String,
}

/// What is signed.
pub(super) struct Request<'a> {
    pub(super) method: &'a Method,
    pub(super) url: &'a Url,
    pub(super) body: &'a [u8],
}

/// Signs a request: host, date and, of temporary keys, their token.
pub(super) fn sign(key: &Key, request: &Request<'_>, headers: &mut HeaderMap, now: Timestamp) -> Result<(), HostError> {
    let at = now.to_zoned(TimeZone::UTC);
    let time = at.strftime("%Y%m%dT%H%M%SZ").to_string();
    let date = at.strftime("%Y%m%d").to_string();
    let mut signed = vec![("host", host(request.url)), ("x-amz-date", time.clone())];
    if let Some(token) = &key.token {
        signed.push(("x-amz-security-token", token.clone()));
    }
    let payload = digest::hex(&digest::sha256(request.body));
    if key.service == "s3" {
        signed.insert(1, ("x-amz-content-sha256", payload.clone()));
    }
    let names = signed.iter().map(|(name, _)| *name).collect::<Vec<_>>().join(";");
    let lines = signed.iter().map(|(name, value)| format!("{name}:{value}\n")).collect::<Vec<_>>().concat();
    let canonical = format!(
        "{}\n{}\n{}\n{lines}\n{names}\n{payload}",
        request.method,
        path(request.url, &key.service),
        query(request.url)
    );
    let scope = format!("{date}/{}/{}/aws4_request", key.region, key.service);
    let text = format!("AWS4-HMAC-SHA256\n{time}\n{scope}\n{}", digest::hex(&digest::sha256(canonical.as_bytes())));
    let mut signing = format!("AWS4{}", key.secret).into_bytes();
    for part in [date.as_str(), &key.region, &key.service, "aws4_request", &text] {
        signing = digest::hmac(Algorithm::Sha256, &signing, part.as_bytes());
    }
    let signature = digest::hex(&signing);
    let authorization =
        format!("AWS4-HMAC-SHA256 Credential={}/{scope}, SignedHeaders={names}, Signature={signature}", key.id);
    signed.push(("authorization", authorization));
    for (name, value) in signed.into_iter().filter(|(name, _)| *name != "host") {
        let value = HeaderValue::from_str(&value)
            .map_err(|_| HostError::script("a key of http::sigv4 has characters that no header can have"))?;
        headers.insert(HeaderName::from_static(name), value);
    }
    Ok(())
}

fn host(url: &Url) -> String {
    let host = url.host_str().unwrap_or_default();
    url.port().map_or_else(|| host.to_owned(), |port| format!("{host}:{port}"))
}

/// S3 takes the path as it is sent, all others encode it once more.
fn path(url: &Url, service: &str) -> String {
    if service == "s3" {
        url.path().to_owned()
    } else {
        url.path().split('/').map(encoded).collect::<Vec<_>>().join("/")
    }
}

fn query(url: &Url) -> String {
    let mut pairs: Vec<_> = url.query_pairs().map(|(name, value)| (encoded(&name), encoded(&value))).collect();
    pairs.sort();
    pairs.iter().map(|(name, value)| format!("{name}={value}")).collect::<Vec<_>>().join("&")
}

fn encoded(text: &str) -> String {
    let mut encoded = String::new();
    for byte in text.bytes() {
        if byte.is_ascii_alphanumeric() || b"-._~".contains(&byte) {
            encoded.push(char::from(byte));
        } else {
            encoded.push('%');
            encoded.push_str(&digest::hex(&[byte]).to_ascii_uppercase());
        }
    }
    encoded
}

#[cfg(test)]
mod tests {
    use super::*;

    /// From AWS's own test suite: get-vanilla and get-vanilla-query-order-key-case.
    #[test]
    fn signatures_are_awss() {
        let key = Key {
            id: "AKIDEXAMPLE".to_owned(),
            secret: "wJalrXUtnFEMI/K7MDENG+bPxRfiCYEXAMPLEKEY".to_owned(),
            token: None,
            region: "us-east-1".to_owned(),
            service: "service".to_owned(),
        };
        let now: Timestamp = "2015-08-30T12:36:00Z".parse().unwrap();
        for (url, signature) in [
            ("https://example.amazonaws.com/", "5fa00fa31553b73ebf1942676e86291e8372ff2a2260956d9b8aae1d763fbf31"),
            (
                "https://example.amazonaws.com/?Param2=value2&Param1=value1",
                "b97d918cfa904a5beff61c982a1b6f458b799221646efd99d3219ec94cdf2500",
            ),
        ] {
            let mut headers = HeaderMap::new();
            let request = Request { method: &Method::GET, url: &Url::parse(url).unwrap(), body: b"" };
            sign(&key, &request, &mut headers, now).unwrap();
            let authorization = headers["authorization"].to_str().unwrap();
            assert!(authorization.ends_with(&format!("Signature={signature}")), "{url}: {authorization}");
        }
    }
}
