//! A client.

use std::net::IpAddr;
#[cfg(feature = "client-tls")]
use std::sync::Arc;
use std::time::Duration;

use ureq::http::{Method, Request, Uri};
#[cfg(feature = "client-tls")]
use ureq::tls::Certificate;
use ureq::{Agent, Proxy};

use super::address::shown;
use super::{Answer, retry_after};
use crate::Clock;

/// Most bytes of an answer's body, unless told otherwise; of a longer one there is nothing.
const ANSWER_BYTES_MAX: u64 = 256 * 1024;
/// Connections that are kept for the next request.
const IDLE_CONNECTIONS_MAX: usize = 2;

/// What a client is made of.
#[derive(Debug, Clone)]
pub(crate) struct HttpSettings {
    /// For a request as a whole, from the look-up of the name to the last byte of the answer.
    pub(crate) timeout: Duration,
    pub(crate) answer_bytes_max: u64,
    pub(crate) way: Way,
    /// Who vouches for the server instead of the system's authorities.
    #[cfg(feature = "client-tls")]
    pub(crate) roots: Option<Arc<Vec<Certificate<'static>>>>,
    /// Where `Retry-After` dates are seen from.
    pub(crate) clock: Clock,
}

/// How to get to a server.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Way {
    /// By the environment's proxy, if it names one and the server is not on this machine.
    #[cfg_attr(not(feature = "client-tls"), expect(dead_code, reason = "a daemon is near"))]
    Proxied,
    /// Straight: the server is near, and what the environment says of the way to the internet is not
    /// for it.
    #[cfg_attr(not(feature = "central-sampling"), expect(dead_code, reason = "only a daemon is near"))]
    Straight,
}

impl HttpSettings {
    pub(crate) fn new(timeout: Duration, way: Way) -> Self {
        Self {
            timeout,
            answer_bytes_max: ANSWER_BYTES_MAX,
            way,
            #[cfg(feature = "client-tls")]
            roots: None,
            clock: Clock::system(),
        }
    }
}

/// Sends requests; makes no redirects, as signatures and tokens are for one host.
#[derive(Debug)]
pub(crate) struct HttpClient {
    /// For what is behind the environment's proxy, and for what is not.
    remote: Agent,
    local: Agent,
    answer_bytes_max: u64,
    clock: Clock,
}

impl HttpClient {
    pub(crate) fn new(settings: &HttpSettings) -> Self {
        let proxy = match settings.way {
            Way::Proxied => Proxy::try_from_env(),
            Way::Straight => None,
        };
        let HttpSettings { answer_bytes_max, clock, .. } = settings.clone();
        Self { remote: agent(settings, proxy), local: agent(settings, None), answer_bytes_max, clock }
    }

    /// Posts a body and waits for the answer, whatever its status.
    ///
    /// # Errors
    /// There was no answer; says whose, and why.
    pub(crate) fn post(&self, uri: &Uri, headers: &[(&str, &str)], body: &[u8]) -> Result<Answer, String> {
        self.send(&Method::POST, uri, headers, body)
    }

    /// The same with another method.
    ///
    /// # Errors
    /// As [`Self::post`].
    pub(crate) fn send(
        &self,
        method: &Method,
        uri: &Uri,
        headers: &[(&str, &str)],
        body: &[u8],
    ) -> Result<Answer, String> {
        let mut request = Request::builder().method(method).uri(uri);
        for (name, value) in headers {
            request = request.header(*name, *value);
        }
        let agent = if is_local(uri) { &self.local } else { &self.remote };
        let sent = if *method == Method::GET {
            request.body(()).map_err(ureq::Error::from).and_then(|request| agent.run(request))
        } else {
            request.body(body).map_err(ureq::Error::from).and_then(|request| agent.run(request))
        };
        let (parts, body) = sent.map_err(|error| format!("{}: {error}", shown(uri)))?.into_parts();
        let wish = parts.headers.get("retry-after").and_then(|value| value.to_str().ok());
        let now = Duration::from_nanos(self.clock.wall_ns());
        let body = body.into_with_config().limit(self.answer_bytes_max).read_to_vec();
        Ok(Answer {
            status: parts.status.as_u16(),
            retry_after: wish.and_then(|value| retry_after::read(value, now)),
            headers: parts.headers,
            body: body.map_err(|error| error.to_string()),
        })
    }
}

fn agent(settings: &HttpSettings, proxy: Option<Proxy>) -> Agent {
    let builder = Agent::config_builder()
        .http_status_as_error(false)
        .max_redirects(0)
        .max_redirects_will_error(false)
        .max_idle_connections(IDLE_CONNECTIONS_MAX)
        .timeout_global(Some(settings.timeout))
        .user_agent(concat!("siskin-sdk/", env!("CARGO_PKG_VERSION")))
        .proxy(proxy);
    #[cfg(feature = "client-tls")]
    let builder = builder.tls_config(super::tls::config(settings.roots.as_ref()));
    builder.build().new_agent()
}

/// Whether a proxy has no business there: this machine, and what it alone can reach.
fn is_local(uri: &Uri) -> bool {
    let host = uri.host().unwrap_or_default().trim_start_matches('[').trim_end_matches(']');
    match host.parse::<IpAddr>() {
        Ok(IpAddr::V4(address)) => address.is_loopback() || address.is_link_local(),
        Ok(IpAddr::V6(address)) => address.is_loopback() || address.is_unique_local(),
        Err(_) => host.eq_ignore_ascii_case("localhost"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn no_proxy_is_asked_for_what_only_this_machine_reaches() {
        for (uri, local) in [
            ("http://127.0.0.1:4318/v1/traces", true),
            ("http://[::1]:4318", true),
            ("http://LocalHost", true),
            ("http://169.254.169.254/latest", true),
            ("http://[fd00:ec2::254]/latest", true),
            ("https://xray.eu-west-1.amazonaws.com", false),
            ("http://10.0.0.1", false),
        ] {
            assert_eq!(is_local(&uri.parse().unwrap()), local, "{uri}");
        }
    }

    #[test]
    #[cfg(feature = "client-tls")]
    fn messages_name_the_address_without_its_secrets() {
        // A port nobody listens on: the listener that had it is gone.
        let nobody = std::net::TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap();
        let client = HttpClient::new(&HttpSettings::new(Duration::from_secs(5), Way::Proxied));
        let uri = format!("http://me:secret@{nobody}/v1/logs?token=secret").parse().unwrap();
        let error = client.post(&uri, &[], b"").unwrap_err();
        assert!(error.starts_with(&format!("http://{nobody}/v1/logs: ")) && !error.contains("secret"), "{error}");
    }
}
