//! Who may ask: pure, on the headers of a request.

use std::net::IpAddr;

use http::uri::Authority;
use http::{HeaderMap, header};

/// Why a request is refused, in words for whoever sent it.
pub(super) type Refusal = &'static str;

/// Checks the names by which the server was called. `local` is the address at which the request arrived.
///
/// # Errors
/// Headers that no browser sends that shows this server's own page.
pub(super) fn check(headers: &HeaderMap, local: IpAddr) -> Result<(), Refusal> {
    let host = single(headers, &header::HOST)?.ok_or("the Host header is missing")?;
    let authority: Authority = host.parse().map_err(|_| "the Host header is no host")?;
    let name = authority.host().trim_start_matches('[').trim_end_matches(']');
    let is_ours = match name.parse::<IpAddr>() {
        Ok(address) => address.to_canonical().is_loopback() || address.to_canonical() == local.to_canonical(),
        Err(_) => name.eq_ignore_ascii_case("localhost"),
    };
    // The port is not compared: it is another one where it was forwarded.
    if !is_ours || host.contains('@') {
        return Err("the Host header names another server");
    }
    match single(headers, &header::ORIGIN)? {
        Some(origin) if !origin.eq_ignore_ascii_case(&format!("http://{host}")) => {
            Err("the Origin header names another page")
        }
        _ => Ok(()),
    }
}

/// Of several headers of one name, parts of the world read the first and others the last.
fn single<'a>(headers: &'a HeaderMap, name: &header::HeaderName) -> Result<Option<&'a str>, Refusal> {
    let mut all = headers.get_all(name).iter();
    match (all.next(), all.next()) {
        (None, _) => Ok(None),
        (Some(value), None) => value.to_str().map(Some).map_err(|_| "a header is not ASCII"),
        (Some(_), Some(_)) => Err("a header is there twice"),
    }
}

/// Whether the request carries the token; takes as long for a good one as for a bad one.
pub(super) fn has_token(headers: &HeaderMap, token: &str) -> bool {
    let given = headers.get("x-siskin-token").map(http::HeaderValue::as_bytes).unwrap_or_default();
    aws_lc_rs::constant_time::verify_slices_are_equal(given, token.as_bytes()).is_ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn checked(headers: &[(&'static str, &str)]) -> Result<(), Refusal> {
        let mut map = HeaderMap::new();
        for (name, value) in headers {
            map.append(*name, value.parse().unwrap());
        }
        check(&map, "192.0.2.7".parse().unwrap())
    }

    #[test]
    fn only_names_of_this_machine_are_answered() {
        for host in ["127.0.0.1:9000", "localhost:9000", "LOCALHOST", "[::1]:9000", "127.8.8.8", "192.0.2.7:9000"] {
            assert_eq!(checked(&[("host", host)]), Ok(()), "{host}");
        }
        for host in [
            "evil.example",
            "localhost.evil.example",
            "127.0.0.1.evil.example:9000",
            "192.0.2.8:9000",
            "user@127.0.0.1",
            "0.0.0.0:9000",
            "",
        ] {
            assert!(checked(&[("host", host)]).is_err(), "{host}");
        }
        assert!(checked(&[]).is_err());
        assert!(checked(&[("host", "localhost"), ("host", "evil.example")]).is_err());
    }

    #[test]
    fn only_its_own_page_is_answered() {
        let from = |origin| checked(&[("host", "localhost:9000"), ("origin", origin)]);
        assert_eq!(from("http://localhost:9000"), Ok(()));
        for origin in
            ["null", "http://localhost:3000", "https://localhost:9000", "http://127.0.0.1:9000", "http://evil.example"]
        {
            assert!(from(origin).is_err(), "{origin}");
        }
    }

    #[test]
    fn a_token_is_right_as_a_whole() {
        let with = |token: &str| {
            has_token(&HeaderMap::from_iter([("x-siskin-token".parse().unwrap(), token.parse().unwrap())]), "secret")
        };
        assert!(with("secret"));
        for wrong in ["", "secre", "secrets", "Secret"] {
            assert!(!with(wrong), "{wrong}");
        }
        assert!(!has_token(&HeaderMap::new(), "secret"));
    }
}
