//! Signed requests.

use std::time::Duration;

use ureq::http::Uri;

use super::access::AwsAccess;
use super::fault::{error_code, is_of_credentials};
use super::region::Place;
use super::signatory::{Signatory, host};
use crate::Clock;
use crate::client::{Answer, HttpClient, HttpSettings, Way};

/// Sends signed requests to one service.
#[derive(Debug)]
pub(crate) struct AwsClient {
    signatory: Signatory,
    http: HttpClient,
}

/// There was no answer that counts.
#[derive(Debug)]
pub(crate) struct AwsError(pub(crate) String);

impl AwsClient {
    /// A client of a service, as signatures and hosts name it: `logs`, `xray`.
    pub(crate) fn new(service: &str, access: AwsAccess, timeout: Duration, clock: Clock) -> Self {
        let roots = access.roots.clone();
        let settings = HttpSettings { roots, clock: clock.clone(), ..HttpSettings::new(timeout, Way::Proxied) };
        Self { signatory: Signatory::new(service.to_owned(), access, clock), http: HttpClient::new(&settings) }
    }

    /// Posts to a path such as `/TraceSegments`, and waits for the answer, whatever its status.
    ///
    /// # Errors
    /// No region, no credentials, credentials AWS does not take, or no answer; another time it may
    /// work.
    pub(crate) fn post(&mut self, path: &str, headers: &[(&str, &str)], body: &[u8]) -> Result<Answer, AwsError> {
        let Place { endpoint, .. } = self.signatory.place().map_err(AwsError)?;
        let uri = below(&endpoint, path).map_err(AwsError)?;
        let signature = self.signatory.sign("POST", &uri, headers, body).map_err(AwsError)?;
        let mut all = vec![("host", host(&uri))];
        all.extend(headers);
        all.extend(signature.iter().map(|(name, value)| (*name, value.as_str())));
        let answer = self.http.post(&uri, &all, body).map_err(AwsError)?;
        let code = error_code(&answer);
        if is_of_credentials(&code) {
            self.signatory.forget_credentials();
            return Err(AwsError(format!("{code}: {}", answer.summary())));
        }
        Ok(answer)
    }
}

/// The address of a path below an endpoint, whose query, if it has any, is not part of it.
fn below(endpoint: &Uri, path: &str) -> Result<Uri, String> {
    let (scheme, base) = (endpoint.scheme_str().unwrap_or("https"), endpoint.path().trim_end_matches('/'));
    let authority = endpoint.authority().map_or("", |authority| authority.as_str());
    format!("{scheme}://{authority}{base}{path}").parse().map_err(|_| format!("{path:?}: expected a path"))
}
