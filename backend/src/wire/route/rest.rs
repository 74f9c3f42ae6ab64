//! rest-json paths: which operation a method and a path name.

use crate::wire::ServiceId;

/// How an operation of a rest-json service appears in HTTP.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct RestRoute {
    /// `GET`, `POST`, `PUT`, `PATCH` or `DELETE`.
    pub method: &'static str,
    /// The model's `requestUri`: `/canary/{name}/start`. A label is one segment, percent-decoded.
    pub path: &'static str,
    /// The operation's AWS name.
    pub operation: &'static str,
    /// The status of success.
    pub status: u16,
}

impl RestRoute {
    /// A route that answers 200.
    pub const fn new(method: &'static str, path: &'static str, operation: &'static str) -> Self {
        Self { method, path, operation, status: 200 }
    }

    /// The same route with another status of success.
    #[must_use]
    pub const fn answering(self, status: u16) -> Self {
        Self { status, ..self }
    }
}

/// The rest-json paths of all services.
#[derive(Debug, Default)]
pub struct RestTable {
    routes: Vec<(ServiceId, RestRoute)>,
}

impl RestTable {
    /// Adds a service's paths.
    pub fn add(&mut self, service: ServiceId, routes: &[RestRoute]) {
        self.routes.extend(routes.iter().map(|route| (service, *route)));
    }
}
