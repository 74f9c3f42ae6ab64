//! The clients of a run: one set of connections for machines' requests, one for those that look like a person's.

use std::sync::Arc;
use std::time::Duration;

use reqwest::header::{ACCEPT, ACCEPT_LANGUAGE, HeaderMap, HeaderName, HeaderValue};
use reqwest::redirect::Policy;
use reqwest::{Client, ClientBuilder};
use rustls::client::ClientSessionMemoryCache;

use crate::check::link::options::RequestOptions;
use crate::check::link::private::{PrivateAddresses, PublicResolver};
use crate::run::tls;

pub(super) const CONNECT_TIMEOUT_MAX: Duration = Duration::from_secs(10);
const IDLE_TIMEOUT: Duration = Duration::from_secs(15);
/// Idle connections that are kept to one host.
const IDLE_MAX: usize = 128;
/// Hosts with which a handshake can be taken up again.
const SESSIONS_MAX: usize = 256;
/// What browsers send; some hosts refuse whoever does not.
const PERSON_AGENT: &str =
    "Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/140.0.0.0 Safari/537.36";
const PERSON_ACCEPT: &str = "text/html,application/xhtml+xml,application/xml;q=0.9,image/avif,image/webp,*/*;q=0.8";
const PERSON_LANGUAGE: &str = "en-US,en;q=0.9";

/// Connections of a run.
#[derive(Clone, Debug)]
pub(in crate::check::link) struct Clients {
    pub(super) plain: Client,
    pub(super) person: Client,
    pub(super) options: Arc<RequestOptions>,
    pub(super) private: PrivateAddresses,
}

impl Clients {
    /// # Errors
    /// Why there can be no client: the machine's certificates cannot be used.
    pub(in crate::check::link) fn new(options: RequestOptions, private: PrivateAddresses) -> Result<Self, String> {
        let plain = builder(&options, private)?.user_agent(&options.user_agent).build();
        let headers = [(ACCEPT, PERSON_ACCEPT), (ACCEPT_LANGUAGE, PERSON_LANGUAGE)]
            .map(|(name, value): (HeaderName, &'static str)| (name, HeaderValue::from_static(value)));
        let person = builder(&options, private)?
            .user_agent(PERSON_AGENT)
            .default_headers(HeaderMap::from_iter(headers))
            .cookie_store(true)
            .build();
        let [plain, person] = [plain, person].map(|client| client.map_err(|error| error.to_string()));
        Ok(Self { plain: plain?, person: person?, options: Arc::new(options), private })
    }
}

fn builder(options: &RequestOptions, private: PrivateAddresses) -> Result<ClientBuilder, String> {
    let mut builder = Client::builder()
        .redirect(Policy::none())
        .connect_timeout(options.timeout.min(CONNECT_TIMEOUT_MAX))
        .pool_idle_timeout(IDLE_TIMEOUT)
        .pool_max_idle_per_host(IDLE_MAX)
        .tcp_nodelay(true);
    builder = if options.insecure {
        builder.tls_danger_accept_invalid_certs(true)
    } else {
        let sessions = Arc::new(ClientSessionMemoryCache::new(SESSIONS_MAX));
        builder.tls_backend_preconfigured(tls::config(sessions).map_err(|error| error.to_string())?)
    };
    Ok(match private {
        PrivateAddresses::Allowed => builder,
        PrivateAddresses::Refused => builder.dns_resolver(PublicResolver),
    })
}
