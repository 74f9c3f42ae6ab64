//! rest-json paths: which operation a method and a path name.

use percent_encoding::percent_decode_str;

use crate::base::Arn;
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

    /// The labels in `path`, or `None` when it does not match.
    fn labels(&self, path: &str) -> Option<Vec<(String, String)>> {
        let mut labels = Vec::new();
        let mut segments = path.split('/');
        for pattern in self.path.split('/') {
            let segment = segments.next()?;
            match pattern.strip_prefix('{').and_then(|label| label.strip_suffix('}')) {
                Some(label) if !segment.is_empty() => {
                    let text = percent_decode_str(segment).decode_utf8().ok()?;
                    labels.push((label.to_owned(), text.into_owned()));
                }
                None if segment == pattern => {}
                _ => return None,
            }
        }
        segments.next().is_none().then_some(labels)
    }

    fn label_count(&self) -> usize {
        self.path.matches('{').count()
    }
}

/// A path that matched.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RestMatch {
    /// Whose path it is.
    pub service: ServiceId,
    /// Its route.
    pub route: RestRoute,
    /// Label names and their decoded texts.
    pub labels: Vec<(String, String)>,
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

    /// The route of a method and a path.
    ///
    /// Where several fit, the service that signed the request wins, then the service of an ARN among the labels
    /// (`/tags/{arn}` belongs to three services), then the path with the fewest labels.
    pub fn find(&self, method: &str, path: &str, signed_for: Option<ServiceId>) -> Option<RestMatch> {
        let fitting = self.routes.iter().filter(|(_, route)| route.method == method).filter_map(|(service, route)| {
            route.labels(path).map(|labels| RestMatch { service: *service, route: *route, labels })
        });
        fitting.min_by_key(|fit| {
            let is_signer = signed_for == Some(fit.service);
            let is_of_arn = fit.labels.iter().any(|(_, text)| arn_service(text) == Some(fit.service));
            (!is_signer, !is_of_arn, fit.route.label_count())
        })
    }
}

fn arn_service(text: &str) -> Option<ServiceId> {
    Arn::parse(text).and_then(|arn| ServiceId::from_signing_name(arn.service()))
}
