//! Addresses that are not of the public internet.

use std::io;
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr};

use reqwest::dns::{Addrs, Name, Resolve, Resolving};
use url::{Host, Url};

/// Whether links may lead into private networks.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(super) enum PrivateAddresses {
    Allowed,
    Refused,
}

/// The words by which a refusal is told from other failures of a name.
pub(super) const REFUSED: &str = "private address";

/// Whether only this machine or its own network reaches the address: loopback, private, link-local, shared and reserved
/// ranges of <https://www.iana.org/assignments/iana-ipv4-special-registry> and its sister for IPv6.
pub(super) fn is_private(address: IpAddr) -> bool {
    match address {
        IpAddr::V4(address) => is_private_v4(address),
        IpAddr::V6(address) => address.to_ipv4_mapped().map_or_else(|| is_private_v6(address), is_private_v4),
    }
}

fn is_private_v4(address: Ipv4Addr) -> bool {
    let [first, second, third, _] = address.octets();
    let is_shared = first == 100 && (64..128).contains(&second);
    let is_protocol = (first, second, third) == (192, 0, 0);
    let is_benchmark = first == 198 && (second & 0xfe) == 18;
    address.is_private()
        || address.is_loopback()
        || address.is_link_local()
        || address.is_broadcast()
        || address.is_documentation()
        || first == 0
        || first >= 240
        || is_shared
        || is_protocol
        || is_benchmark
}

fn is_private_v6(address: Ipv6Addr) -> bool {
    const NAT64: [u16; 6] = [0x64, 0xff9b, 0, 0, 0, 0];
    let segments = address.segments();
    if segments.starts_with(&NAT64) {
        let [.., a, b] = segments;
        let [[a, b], [c, d]] = [a.to_be_bytes(), b.to_be_bytes()];
        return is_private_v4(Ipv4Addr::new(a, b, c, d));
    }
    let is_documentation = segments.starts_with(&[0x2001, 0xdb8]);
    address.is_loopback()
        || address.is_unspecified()
        || address.is_unique_local()
        || address.is_unicast_link_local()
        || is_documentation
}

/// Whether the host is a private address itself, without asking for names.
pub(super) fn has_private_host(url: &Url) -> bool {
    match url.host() {
        Some(Host::Ipv4(address)) => is_private(address.into()),
        Some(Host::Ipv6(address)) => is_private(address.into()),
        // `localhost` and what is below it are loopback whatever a resolver says (RFC 6761, 6.3).
        Some(Host::Domain(name)) => name == "localhost" || name.ends_with(".localhost"),
        None => false,
    }
}

/// Whether the host is in a private network, names asked for.
pub(super) async fn leads_to_private(url: &Url) -> bool {
    if has_private_host(url) {
        return true;
    }
    let (Some(host), Some(port)) = (url.host_str(), url.port_or_known_default()) else { return false };
    // A name that is not known is a broken link, and told where it is followed.
    let Ok(mut found) = tokio::net::lookup_host((host, port)).await else { return false };
    found.any(|address| is_private(address.ip()))
}

/// Resolves names to public addresses only: what is looked up here is what is connected to.
#[derive(Clone, Copy, Debug)]
pub(super) struct PublicResolver;

impl Resolve for PublicResolver {
    fn resolve(&self, name: Name) -> Resolving {
        Box::pin(async move {
            let found: Vec<SocketAddr> = tokio::net::lookup_host((name.as_str(), 0)).await?.collect();
            let public: Vec<_> = found.iter().copied().filter(|address| !is_private(address.ip())).collect();
            match (public.is_empty(), found.first()) {
                (true, Some(first)) => {
                    let why = format!("{} is the {REFUSED} {}", name.as_str(), first.ip());
                    Err(io::Error::new(io::ErrorKind::PermissionDenied, why).into())
                }
                _ => Ok(Box::new(public.into_iter()) as Addrs),
            }
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn private_addresses_are_told_from_public_ones() {
        for (address, expected) in [
            ("127.0.0.1", true),
            ("10.1.2.3", true),
            ("172.31.0.1", true),
            ("172.32.0.1", false),
            ("192.168.0.1", true),
            ("169.254.169.254", true),
            ("100.64.0.1", true),
            ("0.0.0.0", true),
            ("198.19.0.1", true),
            ("255.255.255.255", true),
            ("8.8.8.8", false),
            ("::1", true),
            ("::", true),
            ("fe80::1", true),
            ("fd00::1", true),
            ("::ffff:10.0.0.1", true),
            ("64:ff9b::7f00:1", true),
            ("64:ff9b::808:808", false),
            ("2001:4860:4860::8888", false),
        ] {
            assert_eq!(is_private(address.parse().unwrap()), expected, "{address}");
        }
    }

    #[test]
    fn hosts_written_in_odd_ways_are_seen_through() {
        for (url, expected) in [
            ("http://2130706433/", true),
            ("http://0x7f.1/", true),
            ("http://localhost:3000/", true),
            ("http://x.localhost/", true),
            ("http://localhost.example/", false),
            ("http://[::ffff:127.0.0.1]/", true),
        ] {
            assert_eq!(has_private_host(&Url::parse(url).unwrap()), expected, "{url}");
        }
    }
}
