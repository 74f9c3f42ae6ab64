//! Who signs the requests to one service.

use std::fmt;
use std::time::Duration;

use ureq::http::Uri;

use super::access::{AwsAccess, Keys};
use super::region::Place;
use super::sigv4::{Signable, sign};
use crate::Clock;
use crate::client::{HttpClient, HttpSettings, Way};

/// For a question to a container's endpoint or the instance.
const METADATA_TIMEOUT: Duration = Duration::from_secs(2);

/// Finds region and credentials when it is first asked, and keeps them.
pub(super) struct Signatory {
    /// As signatures and hosts name it.
    service: String,
    pub(super) access: AwsAccess,
    clock: Clock,
    /// For what is near: where there is no metadata service, nothing answers.
    metadata: HttpClient,
    place: Option<Place>,
}

impl fmt::Debug for Signatory {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { service, access, .. } = self;
        f.debug_struct("Signatory").field("service", service).field("access", access).finish_non_exhaustive()
    }
}

impl Signatory {
    pub(super) fn new(service: String, access: AwsAccess, clock: Clock) -> Self {
        let roots = access.roots.clone();
        let settings =
            HttpSettings { roots, clock: clock.clone(), ..HttpSettings::new(METADATA_TIMEOUT, Way::Proxied) };
        Self { service, access, clock, metadata: HttpClient::new(&settings), place: None }
    }

    /// Where the service is.
    ///
    /// # Errors
    /// No region is known, or an address is none.
    pub(super) fn place(&mut self) -> Result<Place, String> {
        if let Some(place) = &self.place {
            return Ok(place.clone());
        }
        let AwsAccess { variables, wish, .. } = &self.access;
        let place = Place::find(&self.service, wish, variables, &self.metadata)?;
        self.place = Some(place.clone());
        Ok(place)
    }

    /// Returns the headers that make a request a signed one; those of `headers` that belong to AWS or
    /// name the content are signed, too. None, where nobody signs.
    ///
    /// # Errors
    /// There are no credentials, or no region is known.
    pub(super) fn sign(
        &mut self,
        method: &str,
        uri: &Uri,
        headers: &[(&str, &str)],
        body: &[u8],
    ) -> Result<Vec<(&'static str, String)>, String> {
        let region = self.place()?.region;
        let now = Duration::from_nanos(self.clock.wall_ns());
        let Keys::Ring(ring) = &mut self.access.keys else { return Ok(Vec::new()) };
        let credentials = ring.credentials(&self.metadata, now).map_err(|error| error.to_string())?;
        let signed: Vec<_> = headers.iter().copied().filter(|(name, _)| is_signed(name)).collect();
        let (host, path) = (host(uri), uri.path());
        let service = &self.service;
        let signable = Signable { method, host, path, region: &region, service, headers: &signed, body };
        let signature = sign(&signable, &credentials, now);
        let mut made = vec![("x-amz-date", signature.date), ("authorization", signature.authorization)];
        made.extend(credentials.session_token.map(|token| ("x-amz-security-token", token)));
        Ok(made)
    }

    /// Asks for other credentials next time: AWS does not take these.
    pub(super) fn forget_credentials(&mut self) {
        if let Keys::Ring(ring) = &mut self.access.keys {
            ring.forget();
        }
    }
}

fn is_signed(name: &str) -> bool {
    name.eq_ignore_ascii_case("content-type") || name.to_ascii_lowercase().starts_with("x-amz-")
}

/// What the host's header says: a port that goes without saying is not said, as servers see it.
pub(super) fn host(uri: &Uri) -> &str {
    let usual = match uri.scheme_str() {
        Some("http") => ":80",
        _ => ":443",
    };
    let authority = uri.authority().map_or("", |authority| authority.as_str());
    let host = authority.rsplit_once('@').map_or(authority, |(_, host)| host);
    host.strip_suffix(usual).unwrap_or(host)
}
