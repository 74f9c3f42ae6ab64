//! Where calls go, and who signs them.

use std::fmt;
use std::sync::Arc;

use siskin_sdk::ConfigError;
use siskin_sdk::signing::{AwsAccess, AwsSigner};
use url::Url;

use super::Service;

/// Where calls go.
#[derive(Clone, Debug)]
pub struct Target {
    place: Place,
    signers: Option<Signers>,
}

#[derive(Clone, Debug)]
enum Place {
    /// One address for all services.
    Own(Url),
    /// AWS itself: each service has an address in the region.
    Aws { region: String },
}

/// One signer for each service: each signature names its own.
#[derive(Clone)]
struct Signers(Arc<[(Service, AwsSigner)]>);

impl fmt::Debug for Signers {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.write_str("Signers")
    }
}

impl Target {
    /// One address for all services, such as a backend's <http://127.0.0.1:4747>; its path is kept as a prefix.
    pub fn own(endpoint: Url) -> Self {
        Self { place: Place::Own(endpoint), signers: None }
    }

    /// AWS in `region`; requests are signed with the credentials that AWS's SDKs would find.
    ///
    /// # Errors
    /// When the environment names something that cannot be used.
    pub fn aws(region: &str) -> Result<Self, ConfigError> {
        Self { place: Place::Aws { region: region.to_owned() }, signers: None }.signed(region)
    }

    /// The same with signed requests (Signature Version 4) for `region`.
    ///
    /// Credentials are looked for as AWS's SDKs do: environment, shared files, container, instance.
    ///
    /// # Errors
    /// When the environment names something that cannot be used.
    pub fn signed(self, region: &str) -> Result<Self, ConfigError> {
        let access = AwsAccess::from_env()?.region(region);
        Ok(self.signed_by(|service| AwsSigner::new(service.signing_name(), access.clone())))
    }

    /// The same with signers of one's own.
    #[must_use]
    pub fn signed_by(self, signer: impl Fn(Service) -> AwsSigner) -> Self {
        let signers = Service::ALL.map(|service| (service, signer(service)));
        Self { signers: Some(Signers(signers.into())), ..self }
    }

    /// The address of a call whose path begins with a slash.
    pub(super) fn url(&self, service: Service, path: &str) -> String {
        match &self.place {
            Place::Own(endpoint) => format!("{}{path}", endpoint.as_str().trim_end_matches('/')),
            Place::Aws { region } => {
                let suffix = if region.starts_with("cn-") { "amazonaws.com.cn" } else { "amazonaws.com" };
                format!("https://{}.{region}.{suffix}{path}", service.signing_name())
            }
        }
    }

    /// Headers that sign a POST. Looking for credentials may ask a metadata service: it must not block a runtime.
    pub(super) fn sign(
        &self,
        service: Service,
        url: &str,
        headers: &[(String, String)],
        body: &[u8],
    ) -> Result<Vec<(String, String)>, String> {
        let Some(Signers(signers)) = &self.signers else { return Ok(Vec::new()) };
        match signers.iter().find(|(of, _)| *of == service) {
            Some((_, signer)) => signer.headers("POST", url, headers, body),
            None => Err(format!("no signer for {}", service.signing_name())),
        }
    }

    /// The one address of all services, if there is one.
    pub fn endpoint(&self) -> Option<&Url> {
        match &self.place {
            Place::Own(endpoint) => Some(endpoint),
            Place::Aws { .. } => None,
        }
    }

    pub(super) fn is_signed(&self) -> bool {
        self.signers.is_some()
    }
}
