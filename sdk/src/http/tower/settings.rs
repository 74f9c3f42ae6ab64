//! What a server's layer is told.

use std::fmt;
use std::net::IpAddr;
use std::sync::Arc;

use http::Extensions;
use tower_layer::Layer;

use super::Trace;
use crate::sampling::wildcard_match;

/// Opens a server span around each request: a segment of the caller's trace, with the `http` block
/// filled in, that lasts until the last byte of the response's body.
///
/// The response says in `X-Amzn-Trace-Id` which trace it belongs to, and where the caller asked
/// (`Sampled=?`) whether that is recorded, as the X-Ray SDKs do.
///
/// The answer to an upgrade (a web socket) ends the span: what is then said on the connection is no
/// request. The task that serves it may open spans of its own, and find this trace through
/// [`crate::current_context`] before it begins.
#[derive(Debug, Clone, Default)]
pub struct TraceLayer(Arc<Settings>);

#[derive(Clone, Default)]
pub(super) struct Settings {
    pub(super) service_name: Option<Arc<str>>,
    client_address: Option<Arc<ClientAddress>>,
    route: Option<Arc<Route>>,
    untraced: Vec<String>,
}

type ClientAddress = dyn Fn(&Extensions) -> Option<IpAddr> + Send + Sync;
type Route = dyn for<'a> Fn(&'a Extensions) -> Option<&'a str> + Send + Sync;

impl fmt::Debug for Settings {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Settings")
            .field("service_name", &self.service_name)
            .field("untraced", &self.untraced)
            .finish_non_exhaustive()
    }
}

impl Settings {
    pub(super) fn client_address(&self, extensions: &Extensions) -> Option<IpAddr> {
        self.client_address.as_ref()?(extensions)
    }

    pub(super) fn route<'a>(&self, extensions: &'a Extensions) -> Option<&'a str> {
        self.route.as_ref()?(extensions)
    }

    pub(super) fn is_untraced(&self, path: &str) -> bool {
        self.untraced.iter().any(|pattern| wildcard_match(pattern, path))
    }
}

impl TraceLayer {
    /// Names segments after the configured service.
    pub fn new() -> Self {
        Self::default()
    }

    /// Names segments after this service instead, where one process serves several.
    pub fn for_service(name: impl Into<String>) -> Self {
        Self::new().with(|settings| settings.service_name = Some(name.into().into()))
    }

    /// Finds the client's address where the server has put it; `X-Forwarded-For` goes before it.
    ///
    /// For axum: `|request| Some(request.get::<ConnectInfo<SocketAddr>>()?.ip())`.
    #[must_use]
    pub fn client_address<F>(self, find: F) -> Self
    where
        F: Fn(&Extensions) -> Option<IpAddr> + Send + Sync + 'static,
    {
        self.with(|settings| settings.client_address = Some(Arc::new(find)))
    }

    /// Finds the template of the request's route, such as `/orders/{id}`, in its extensions: `http.route`
    /// and, after the method, the span's name. Without one the name is the method alone, since paths
    /// are without number.
    ///
    /// For axum: `|request| request.get::<MatchedPath>().map(MatchedPath::as_str)`; the layer has to be
    /// added with `Router::layer`, which runs after the route is known.
    #[must_use]
    pub fn route<F>(self, find: F) -> Self
    where
        F: for<'a> Fn(&'a Extensions) -> Option<&'a str> + Send + Sync + 'static,
    {
        self.with(|settings| settings.route = Some(Arc::new(find)))
    }

    /// Leaves requests to these paths out of every trace, whatever the caller and the sampler say:
    /// health checks, mostly. `*` stands for any text and `?` for one character, as in sampling rules.
    ///
    /// What such a request calls gets `Sampled=0`. Its spans stay visible to other layers.
    #[must_use]
    pub fn untraced<P: Into<String>>(self, paths: impl IntoIterator<Item = P>) -> Self {
        self.with(|settings| settings.untraced.extend(paths.into_iter().map(Into::into)))
    }

    fn with(mut self, set: impl FnOnce(&mut Settings)) -> Self {
        set(Arc::make_mut(&mut self.0));
        self
    }
}

impl<S> Layer<S> for TraceLayer {
    type Service = Trace<S>;

    fn layer(&self, inner: S) -> Trace<S> {
        Trace::new(inner, Arc::clone(&self.0))
    }
}
