//! When a connection was looked up, opened and secured: what the client does not tell of itself.

use std::fmt;
use std::future::Future;
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll};
use std::time::Duration;

use parking_lot::Mutex;
use rustls::NamedGroup;
use rustls::client::{ClientSessionMemoryCache, ClientSessionStore, Tls12ClientSessionValue, Tls13ClientSessionValue};
use rustls::pki_types::ServerName;
use tokio::time::Instant;
use tower_layer::Layer;
use tower_service::Service;

/// TLS sessions of one run that it may resume.
const SESSIONS_MAX: usize = 8;

/// The marks of the request that is under way; a script sends one at a time. Clones are the same marks.
#[derive(Clone, Debug, Default)]
pub(super) struct Marks(Arc<Mutex<Taken>>);

#[derive(Clone, Copy, Debug, Default)]
struct Taken {
    connect_began: Option<Instant>,
    /// How long the name was looked up.
    dns: Option<Duration>,
    tls_began: Option<Instant>,
    connected: Option<Instant>,
}

/// The parts of the time that a connection took; all `None` when an open one was used.
#[derive(Clone, Copy, Debug, Default, Eq, PartialEq)]
pub(super) struct Opening {
    pub(super) dns: Option<Duration>,
    /// Without the name's lookup, and with `tls`.
    pub(super) connect: Option<Duration>,
    pub(super) tls: Option<Duration>,
}

impl Opening {
    /// All of it.
    pub(super) fn total(&self) -> Duration {
        self.dns.unwrap_or_default() + self.connect.unwrap_or_default()
    }
}

impl Marks {
    /// Forgets the request before.
    pub(super) fn clear(&self) {
        *self.0.lock() = Taken::default();
    }

    pub(super) fn looked_up(&self, within: Duration) {
        self.0.lock().dns = Some(within);
    }

    /// What was marked, for a request that failed while it connected too.
    pub(super) fn opening(&self) -> Opening {
        let taken = *self.0.lock();
        let Some(began) = taken.connect_began else { return Opening::default() };
        let ended = taken.connected.unwrap_or_else(Instant::now);
        Opening {
            dns: taken.dns,
            connect: Some(ended.duration_since(began).saturating_sub(taken.dns.unwrap_or_default())),
            tls: taken.tls_began.map(|began| ended.duration_since(began)),
        }
    }

    /// Sessions of one run, whose first use marks the beginning of a handshake: the client asks for them when it is
    /// connected and about to say hello.
    pub(super) fn sessions(&self) -> Arc<dyn ClientSessionStore> {
        Arc::new(Sessions { marks: self.clone(), kept: ClientSessionMemoryCache::new(SESSIONS_MAX) })
    }

    fn handshake_begins(&self) {
        let mut taken = self.0.lock();
        taken.tls_began.get_or_insert_with(Instant::now);
    }
}

struct Sessions {
    marks: Marks,
    kept: ClientSessionMemoryCache,
}

impl fmt::Debug for Sessions {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.write_str("Sessions")
    }
}

impl ClientSessionStore for Sessions {
    fn set_kx_hint(&self, server_name: ServerName<'static>, group: NamedGroup) {
        self.kept.set_kx_hint(server_name, group);
    }

    fn kx_hint(&self, server_name: &ServerName<'_>) -> Option<NamedGroup> {
        self.marks.handshake_begins();
        self.kept.kx_hint(server_name)
    }

    fn set_tls12_session(&self, server_name: ServerName<'static>, value: Tls12ClientSessionValue) {
        self.kept.set_tls12_session(server_name, value);
    }

    fn tls12_session(&self, server_name: &ServerName<'_>) -> Option<Tls12ClientSessionValue> {
        self.marks.handshake_begins();
        self.kept.tls12_session(server_name)
    }

    fn remove_tls12_session(&self, server_name: &ServerName<'static>) {
        self.kept.remove_tls12_session(server_name);
    }

    fn insert_tls13_ticket(&self, server_name: ServerName<'static>, value: Tls13ClientSessionValue) {
        self.kept.insert_tls13_ticket(server_name, value);
    }

    fn take_tls13_ticket(&self, server_name: &ServerName<'static>) -> Option<Tls13ClientSessionValue> {
        self.marks.handshake_begins();
        self.kept.take_tls13_ticket(server_name)
    }
}

impl<S> Layer<S> for Marks {
    type Service = Marked<S>;

    fn layer(&self, connector: S) -> Marked<S> {
        Marked { marks: self.clone(), connector }
    }
}

/// A connector whose beginning and end are marked.
#[derive(Clone, Debug)]
pub(super) struct Marked<S> {
    marks: Marks,
    connector: S,
}

impl<S, To> Service<To> for Marked<S>
where
    S: Service<To>,
    S::Future: Send + 'static,
{
    type Response = S::Response;
    type Error = S::Error;
    type Future = Pin<Box<dyn Future<Output = Result<S::Response, S::Error>> + Send>>;

    fn poll_ready(&mut self, context: &mut Context<'_>) -> Poll<Result<(), S::Error>> {
        self.connector.poll_ready(context)
    }

    fn call(&mut self, to: To) -> Self::Future {
        let marks = self.marks.clone();
        marks.0.lock().connect_began.get_or_insert_with(Instant::now);
        let connecting = self.connector.call(to);
        Box::pin(async move {
            let connected = connecting.await;
            marks.0.lock().connected = Some(Instant::now());
            connected
        })
    }
}
