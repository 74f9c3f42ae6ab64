//! Signed requests.

use std::sync::Arc;
use std::time::Duration;

use ureq::http::{Method, Uri};
use ureq::tls::Certificate;

use super::super::http::{Answer, HttpClient, HttpSettings};
use super::credentials::Keyring;
use super::region::{Place, Wish};
use super::sigv4::{self, Signable};
use super::variables::Variables;
use crate::Clock;

/// For a question to a container's endpoint or the instance.
pub(super) const METADATA_TIMEOUT: Duration = Duration::from_secs(2);

/// What a client is made of.
#[derive(Debug, Clone)]
pub(in crate::export) struct AwsSettings {
    pub(in crate::export) service: &'static str,
    pub(in crate::export) variables: Variables,
    pub(in crate::export) keys: Keys,
    pub(in crate::export) clock: Clock,
    pub(in crate::export) timeout: Duration,
    pub(in crate::export) wish: Wish,
    /// Who else than the system's authorities may vouch for AWS.
    pub(in crate::export) roots: Option<Arc<Vec<Certificate<'static>>>>,
}

/// Who signs.
#[derive(Debug, Clone)]
pub(in crate::export) enum Keys {
    /// Nobody: a daemon, or a backend of one's own, does not ask.
    None,
    Ring(Keyring),
}

/// Sends signed requests to one service.
#[derive(Debug)]
pub(in crate::export) struct AwsClient {
    settings: AwsSettings,
    http: HttpClient,
    /// For what is near: where there is no metadata service, nothing answers.
    metadata: HttpClient,
    place: Option<Place>,
}

/// There was no answer.
#[derive(Debug)]
pub(in crate::export) struct AwsError(pub(in crate::export) String);

impl AwsClient {
    pub(in crate::export) fn new(settings: AwsSettings) -> Self {
        let client = |timeout| {
            let roots = settings.roots.clone();
            HttpClient::new(&HttpSettings { timeout, roots, clock: settings.clock.clone() })
        };
        let (http, metadata) = (client(settings.timeout), client(METADATA_TIMEOUT));
        Self { settings, http, metadata, place: None }
    }

    /// Posts JSON to a path such as `/TraceSegments`, and waits for the answer, whatever its status.
    ///
    /// # Errors
    /// No region, no credentials, or no answer.
    pub(in crate::export) fn post(&mut self, path: &str, body: &[u8]) -> Result<Answer, AwsError> {
        let Place { region, endpoint } = self.place()?;
        let authority = endpoint.authority().map(ToString::to_string).unwrap_or_default();
        let path = format!("{}{path}", endpoint.path().trim_end_matches('/'));
        let scheme = endpoint.scheme_str().unwrap_or("https");
        let uri: Uri = format!("{scheme}://{authority}{path}").parse().map_err(|_| AwsError(format!("{endpoint}")))?;
        let now = Duration::from_nanos(self.settings.clock.wall_ns());
        let credentials = match &mut self.settings.keys {
            Keys::None => None,
            Keys::Ring(ring) => {
                Some(ring.credentials(&self.metadata, now).map_err(|error| AwsError(error.to_string()))?)
            }
        };
        let host = host(&endpoint, &authority);
        let mut headers = vec![("content-type", "application/json"), ("host", host)];
        let service = self.settings.service;
        let signable = Signable { method: "POST", host, path: &path, region: &region, service, headers: &[], body };
        let signature = credentials.as_ref().map(|credentials| sigv4::sign(&signable, credentials, now));
        if let Some(signature) = &signature {
            headers.push(("x-amz-date", &signature.date));
            headers.push(("authorization", &signature.authorization));
        }
        if let Some(token) = credentials.as_ref().and_then(|credentials| credentials.session_token.as_deref()) {
            headers.push(("x-amz-security-token", token));
        }
        self.http.send(&Method::POST, &uri, &headers, body).map_err(AwsError)
    }

    /// Asks for other credentials next time: AWS does not take these.
    pub(in crate::export) fn forget_credentials(&mut self) {
        if let Keys::Ring(ring) = &mut self.settings.keys {
            ring.forget();
        }
    }

    fn place(&mut self) -> Result<Place, AwsError> {
        if let Some(place) = &self.place {
            return Ok(place.clone());
        }
        let AwsSettings { service, variables, wish, .. } = &self.settings;
        let place = Place::find(service, wish, variables, &self.metadata).map_err(AwsError)?;
        self.place = Some(place.clone());
        Ok(place)
    }
}

/// What the host's header says: a port that goes without saying is not said, as servers see it.
pub(super) fn host<'a>(endpoint: &Uri, authority: &'a str) -> &'a str {
    let usual = match endpoint.scheme_str() {
        Some("http") => ":80",
        _ => ":443",
    };
    let host = authority.rsplit_once('@').map_or(authority, |(_, host)| host);
    host.strip_suffix(usual).unwrap_or(host)
}
