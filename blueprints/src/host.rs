//! Hosts a canary may call, and that may be sent its trace headers.

use std::fmt;
use std::str::FromStr;

use url::Url;

use crate::Invalid;

/// A host name, `*.` and a domain (any depth of subdomain, not the domain itself), or an address; a port narrows it.
///
/// Without a port every port of the host matches. Names match without regard to case.
#[derive(Clone, Debug, Eq, Hash, Ord, PartialEq, PartialOrd)]
pub struct HostPattern {
    name: String,
    subdomains_only: bool,
    port: Option<u16>,
}

const RULE: &str = "a host name or address, `*.` before a domain for its subdomains, `:port` behind it for one port";

impl HostPattern {
    /// The pattern that matches exactly the host and port of `url`; `None` for a URL without a host or known port.
    pub fn of(url: &Url) -> Option<Self> {
        Some(Self {
            name: url.host_str()?.to_lowercase(),
            subdomains_only: false,
            port: Some(url.port_or_known_default()?),
        })
    }

    /// Whether `url` goes to such a host.
    pub fn matches(&self, url: &Url) -> bool {
        let Some(host) = url.host_str() else { return false };
        let host = host.to_lowercase();
        let name_matches = if self.subdomains_only {
            host.strip_suffix(&self.name).is_some_and(|rest| rest.len() > 1 && rest.ends_with('.'))
        } else {
            host == self.name
        };
        name_matches && self.port.is_none_or(|port| url.port_or_known_default() == Some(port))
    }

    /// The host name without `*.` and port, as a URL would spell it.
    pub fn name(&self) -> &str {
        &self.name
    }

    /// Whether only subdomains of [`HostPattern::name`] match.
    pub fn subdomains_only(&self) -> bool {
        self.subdomains_only
    }

    /// The one port that matches, if it is narrowed to one.
    pub fn port(&self) -> Option<u16> {
        self.port
    }
}

impl FromStr for HostPattern {
    type Err = Invalid;

    fn from_str(text: &str) -> Result<Self, Invalid> {
        let invalid = || Invalid::new("host", format!("\"{text}\""), RULE);
        let (subdomains_only, rest) = match text.strip_prefix("*.") {
            Some(rest) => (true, rest),
            None => (false, text),
        };
        if rest.is_empty() || rest.contains(['*', '/', '@', '?', '#', ' ']) {
            return Err(invalid());
        }
        // The URL parser knows what a host is, IPv6 in brackets and internationalised names included.
        let url = Url::parse(&format!("http://{rest}/")).map_err(|_| invalid())?;
        let name = url.host_str().ok_or_else(invalid)?.to_lowercase();
        // The parser drops `:80` as the default of http, but here it was asked for.
        let port = if rest.ends_with(":80") { Some(80) } else { url.port() };
        Ok(Self { name, subdomains_only, port })
    }
}

impl fmt::Display for HostPattern {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        let star = if self.subdomains_only { "*." } else { "" };
        match self.port {
            Some(port) => write!(out, "{star}{}:{port}", self.name),
            None => write!(out, "{star}{}", self.name),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn patterns_match_hosts_ports_and_subdomains() {
        let cases = [
            ("shop.example", "http://shop.example/a", true),
            ("shop.example", "https://SHOP.example:8443/", true),
            ("shop.example:8080", "http://shop.example/", false),
            ("shop.example:443", "https://shop.example/", true),
            ("shop.example:80", "http://shop.example:81/", false),
            ("*.example.com", "https://a.b.example.com/", true),
            ("*.example.com", "https://example.com/", false),
            ("*.example.com", "https://evilexample.com/", false),
            ("127.0.0.1:9000", "http://127.0.0.1:9000/x", true),
            ("[::1]:9000", "http://[::1]:9000/", true),
            ("shop.example", "http://user@other.example/", false),
        ];
        for (pattern, url, expected) in cases {
            let pattern: HostPattern = pattern.parse().unwrap();
            assert_eq!(pattern.matches(&Url::parse(url).unwrap()), expected, "{pattern} {url}");
        }
    }

    #[test]
    fn what_is_no_host_is_refused() {
        for bad in ["", "*", "*.", "a/b", "http://a", "a b", "*.*.com", "user@host", "host:99999"] {
            assert_eq!(bad.parse::<HostPattern>().unwrap_err().rule, RULE, "{bad}");
        }
    }

    #[test]
    fn the_pattern_of_a_url_has_its_port() {
        let url = Url::parse("https://shop.example/cart").unwrap();
        assert_eq!(HostPattern::of(&url).unwrap().to_string(), "shop.example:443");
    }
}
