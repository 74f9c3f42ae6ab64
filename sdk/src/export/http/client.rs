//! A client.

use std::net::IpAddr;
use std::sync::Arc;
use std::time::Duration;

use ureq::config::Config;
use ureq::http::{HeaderMap, Method, Request, Uri};
use ureq::tls::Certificate;
use ureq::{Agent, Proxy};

use super::retry_after;
use crate::{Clock, tls};

/// Most bytes of an answer's body; the rest is not read.
const ANSWER_BYTES_MAX: u64 = 256 * 1024;
/// Connections that are kept for the next request.
const IDLE_CONNECTIONS_MAX: usize = 2;

/// What a client is made of.
#[derive(Debug, Clone)]
pub(in crate::export) struct HttpSettings {
    /// For a request as a whole, from the look-up of the name to the last byte of the answer.
    pub(in crate::export) timeout: Duration,
    /// Who else than the system's authorities may vouch for the server.
    pub(in crate::export) roots: Option<Arc<Vec<Certificate<'static>>>>,
    /// Where `Retry-After` dates are seen from.
    pub(in crate::export) clock: Clock,
}

/// Sends requests; makes no redirects, as signatures and tokens are for one host.
#[derive(Debug)]
pub(in crate::export) struct HttpClient {
    /// By way of the environment's proxy, and without.
    remote: Agent,
    local: Agent,
    clock: Clock,
}

/// What a server answered.
#[derive(Debug)]
pub(in crate::export) struct Answer {
    pub(in crate::export) status: u16,
    pub(in crate::export) retry_after: Option<Duration>,
    #[cfg_attr(not(feature = "xray-api"), expect(dead_code, reason = "only AWS names errors in headers"))]
    pub(in crate::export) headers: HeaderMap,
    /// Empty if it broke off or was too long.
    pub(in crate::export) body: Vec<u8>,
}

impl HttpClient {
    pub(in crate::export) fn new(settings: &HttpSettings) -> Self {
        let agent = |proxy: Option<Proxy>| config(settings, proxy).new_agent();
        Self { remote: agent(Proxy::try_from_env()), local: agent(None), clock: settings.clock.clone() }
    }

    /// Sends a request and waits for the answer, whatever its status.
    ///
    /// # Errors
    /// There was no answer; says why.
    pub(in crate::export) fn send(
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
        let (parts, body) = sent.map_err(|error| format!("{uri}: {error}"))?.into_parts();
        let wish = parts.headers.get("retry-after").and_then(|value| value.to_str().ok());
        let now = Duration::from_nanos(self.clock.wall_ns());
        Ok(Answer {
            status: parts.status.as_u16(),
            retry_after: wish.and_then(|value| retry_after::read(value, now)),
            headers: parts.headers,
            // What matters most is the status, and that is there.
            body: body.into_with_config().limit(ANSWER_BYTES_MAX).read_to_vec().unwrap_or_default(),
        })
    }
}

impl Answer {
    /// The beginning of the body as text, for logs.
    pub(in crate::export) fn excerpt(&self) -> String {
        String::from_utf8_lossy(&self.body).chars().take(200).collect()
    }
}

fn config(settings: &HttpSettings, proxy: Option<Proxy>) -> Config {
    Agent::config_builder()
        .http_status_as_error(false)
        .max_redirects(0)
        .max_redirects_will_error(false)
        .max_idle_connections(IDLE_CONNECTIONS_MAX)
        .timeout_global(Some(settings.timeout))
        .user_agent(concat!("siskin-sdk/", env!("CARGO_PKG_VERSION")))
        .proxy(proxy)
        .tls_config(tls::config(settings.roots.as_ref()))
        .build()
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
}
