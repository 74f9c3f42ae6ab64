//! Signatures for requests of others.

use std::fmt;
use std::sync::{Mutex, PoisonError};
use std::time::Duration;

use ureq::http::Uri;

use super::super::http::{HttpClient, HttpSettings};
use super::client::{METADATA_TIMEOUT, host};
use super::credentials::{Credentials, CredentialsSource, Keyring};
use super::region::{Place, Wish};
use super::sigv4::{Signable, sign};
use super::variables::Variables;
use crate::Clock;

/// Signs requests to an AWS service, such as those that ship logs, with the credentials and the region
/// [`XRayApi`](crate::export::XRayApi) would take.
pub struct AwsSigner {
    service: String,
    variables: Variables,
    clock: Clock,
    region: Option<String>,
    pen: Mutex<Pen>,
}

/// What is made and found out when the first request is signed.
struct Pen {
    keys: Keyring,
    client: Option<HttpClient>,
    region: Option<String>,
}

impl Pen {
    fn new(keys: Keyring) -> Mutex<Self> {
        Mutex::new(Self { keys, client: None, region: None })
    }
}

impl AwsSigner {
    /// Signs for a service, as signatures name it: `logs`, `xray`. Looks for everything else when the
    /// first request is signed.
    pub fn from_env(service: impl Into<String>) -> Self {
        Self::from_variables(service, |name| std::env::var(name).ok())
    }

    /// The same with variables from elsewhere than the process's environment.
    pub fn from_variables(service: impl Into<String>, variable: impl Fn(&str) -> Option<String>) -> Self {
        let variables = Variables::read(variable);
        let pen = Pen::new(Keyring::standard(variables.clone()));
        Self { service: service.into(), variables, clock: Clock::system(), region: None, pen }
    }

    /// Signs with these credentials.
    #[must_use]
    pub fn credentials(self, source: impl CredentialsSource) -> Self {
        Self { pen: Pen::new(Keyring::own(source)), ..self }
    }

    /// Signs for this region, whatever the environment says.
    #[must_use]
    pub fn region(self, region: impl Into<String>) -> Self {
        Self { region: Some(region.into()), ..self }
    }

    /// Where it is read what time it is.
    #[must_use]
    pub fn clock(self, clock: Clock) -> Self {
        Self { clock, ..self }
    }

    /// Returns the headers that make a request a signed one; those of `headers` that belong to AWS or
    /// name the content are signed, too.
    ///
    /// # Errors
    /// A text that says what is missing: credentials, a region, or an address without query.
    pub fn headers(
        &self,
        method: &str,
        url: &str,
        headers: &[(String, String)],
        body: &[u8],
    ) -> Result<Vec<(String, String)>, String> {
        let uri: Uri = url.parse().map_err(|_| format!("{url:?}: expected an address"))?;
        if uri.query().is_some() {
            return Err(format!("{url:?}: expected an address without query"));
        }
        let now = Duration::from_nanos(self.clock.wall_ns());
        let (region, credentials) = self.region_and_credentials(&uri, now)?;
        let signed: Vec<_> = headers.iter().map(|(name, value)| (name.as_str(), value.as_str())).collect();
        let signed: Vec<_> = signed.into_iter().filter(|(name, _)| is_signed(name)).collect();
        let authority = uri.authority().map(ToString::to_string).unwrap_or_default();
        let signature = sign(
            &Signable {
                method,
                host: host(&uri, &authority),
                path: uri.path(),
                region: &region,
                service: &self.service,
                headers: &signed,
                body,
            },
            &credentials,
            now,
        );
        let header = |name: &str, value: String| (name.to_owned(), value);
        let mut made = vec![header("x-amz-date", signature.date), header("authorization", signature.authorization)];
        made.extend(credentials.session_token.map(|token| header("x-amz-security-token", token)));
        Ok(made)
    }

    fn region_and_credentials(&self, uri: &Uri, now: Duration) -> Result<(String, Credentials), String> {
        let mut pen = self.pen.lock().unwrap_or_else(PoisonError::into_inner);
        let Pen { keys, client, region } = &mut *pen;
        let client = client.get_or_insert_with(|| {
            HttpClient::new(&HttpSettings { timeout: METADATA_TIMEOUT, roots: None, clock: self.clock.clone() })
        });
        if region.is_none() {
            // An address of one's own is in no region; AWS's are.
            let own = !uri.host().unwrap_or_default().contains(".amazonaws.com");
            let wish = Wish { endpoint: own.then(|| uri.clone()), region: self.region.clone() };
            *region = Some(Place::find(&self.service, &wish, &self.variables, client)?.region);
        }
        let region = region.clone().unwrap_or_default();
        let credentials = keys.credentials(client, now).map_err(|error| error.to_string())?;
        Ok((region, credentials))
    }
}

fn is_signed(name: &str) -> bool {
    name.eq_ignore_ascii_case("content-type") || name.to_ascii_lowercase().starts_with("x-amz-")
}

#[cfg(feature = "logs")]
impl crate::logs::Sign for AwsSigner {
    fn sign(&self, request: &crate::logs::UnsignedRequest<'_>) -> Result<Vec<(String, String)>, String> {
        self.headers(request.method, request.url, request.headers, request.body)
    }
}

impl fmt::Debug for AwsSigner {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("AwsSigner").field("service", &self.service).finish_non_exhaustive()
    }
}
