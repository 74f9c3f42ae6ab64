//! Signatures for requests of others.

use std::fmt;

use ureq::http::Uri;

use super::access::AwsAccess;
use super::credentials::CredentialsSource;
use super::signatory::Signatory;
use crate::lock::Mutex;
use crate::{Clock, ConfigError};

/// Signs requests to an AWS service with the credentials and the region of an [`AwsAccess`].
pub struct AwsSigner {
    service: String,
    access: AwsAccess,
    clock: Clock,
    /// Made when the first request is signed.
    signatory: Mutex<Option<Signatory>>,
}

impl AwsSigner {
    /// Signs for a service, as signatures name it: `logs`, `xray`. Looks for everything else when the
    /// first request is signed.
    pub fn new(service: impl Into<String>, access: AwsAccess) -> Self {
        Self { service: service.into(), access, clock: Clock::system(), signatory: Mutex::new(None) }
    }

    /// The same with the access that the environment gives.
    ///
    /// # Errors
    /// As [`AwsAccess::from_env`].
    pub fn from_env(service: impl Into<String>) -> Result<Self, ConfigError> {
        Ok(Self::new(service, AwsAccess::from_env()?))
    }

    /// Signs with these credentials.
    #[must_use]
    pub fn credentials(self, source: impl CredentialsSource) -> Self {
        Self { access: self.access.credentials(source), ..self }
    }

    /// Signs for this region, whatever the environment says.
    #[must_use]
    pub fn region(self, region: impl Into<String>) -> Self {
        Self { access: self.access.region(region), ..self }
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
        let headers: Vec<_> = headers.iter().map(|(name, value)| (name.as_str(), value.as_str())).collect();
        let mut signatory = self.signatory.lock();
        let signatory = signatory.get_or_insert_with(|| {
            let mut access = self.access.clone();
            // An address of one's own is in no region; AWS's are.
            if !uri.host().unwrap_or_default().contains(".amazonaws.com") {
                access.wish.endpoint = Some(uri.clone());
            }
            Signatory::new(self.service.clone(), access, self.clock.clone())
        });
        let made = signatory.sign(method, &uri, &headers, body)?;
        Ok(made.into_iter().map(|(name, value)| (name.to_owned(), value)).collect())
    }
}

impl fmt::Debug for AwsSigner {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("AwsSigner").field("service", &self.service).finish_non_exhaustive()
    }
}
