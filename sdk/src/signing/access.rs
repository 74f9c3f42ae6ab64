//! What has to be known of AWS before a request can be sent.

use std::sync::Arc;

use ureq::http::Uri;
use ureq::tls::Certificate;

use super::credentials::{CredentialsSource, Keyring};
use super::region::Wish;
use super::variables::{ENDPOINTS, Variables};
use crate::ConfigError;
use crate::client::{ADDRESS_RULE, address, certificates};

/// Where AWS's services are, and as whom to ask them.
///
/// ```no_run
/// use siskin_sdk::signing::AwsAccess;
///
/// # fn main() -> Result<(), Box<dyn std::error::Error>> {
/// let access = AwsAccess::from_env()?.region("eu-west-1");
/// # Ok(())
/// # }
/// ```
///
/// The region is that of `AWS_REGION`, `AWS_DEFAULT_REGION`, the profile, or the instance. The address
/// is that of `AWS_ENDPOINT_URL_XRAY`, `AWS_ENDPOINT_URL_CLOUDWATCH_LOGS` and
/// `AWS_ENDPOINT_URL_CLOUDWATCH`, of `AWS_ENDPOINT_URL`, or the profile's `endpoint_url`, or else the
/// service's in the region. Requests are signed ([SigV4]) with the credentials of the environment, the
/// shared files' profile (keys only), the container's endpoint (ECS, EKS Pod Identity), or the instance
/// (`IMDSv2`), which are renewed five minutes before they end. For single sign-on, assumed roles and
/// web identities bring a [`CredentialsSource`]. All of that is looked for when the first request is
/// sent, on a thread of the SDK; what fails there is logged and tried again.
///
/// [SigV4]: https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_sigv.html
#[derive(Debug, Clone)]
pub struct AwsAccess {
    pub(super) variables: Variables,
    pub(super) keys: Keys,
    pub(super) wish: Wish,
    /// Who vouches for AWS instead of the system's authorities.
    pub(super) roots: Option<Arc<Vec<Certificate<'static>>>>,
}

/// Who signs.
#[derive(Debug, Clone)]
pub(super) enum Keys {
    /// Nobody: a daemon, or a backend of one's own, does not ask.
    None,
    Ring(Keyring),
}

impl AwsAccess {
    /// As the environment says; see above, and `AWS_CA_BUNDLE`, a file with the certificates of who
    /// may vouch for the address instead of the system's authorities.
    ///
    /// # Errors
    /// [`ConfigError`] names the variable, its value and what it may be.
    pub fn from_env() -> Result<Self, ConfigError> {
        Self::from_variables(|name| std::env::var(name).ok())
    }

    /// The same with variables from elsewhere than the process's environment.
    ///
    /// # Errors
    /// As [`AwsAccess::from_env`].
    pub fn from_variables(variable: impl Fn(&str) -> Option<String>) -> Result<Self, ConfigError> {
        let variables = Variables::read(variable);
        for name in ENDPOINTS {
            if let Some(value) = variables.get(name) {
                endpoint(name, value)?;
            }
        }
        let roots = match variables.get("AWS_CA_BUNDLE") {
            None => None,
            Some(value) => {
                let rule = "expected a file with certificates in PEM";
                let refused = || ConfigError { variable: "AWS_CA_BUNDLE", value: value.to_owned(), rule };
                Some(Arc::new(certificates(value).ok_or_else(refused)?))
            }
        };
        let keys = Keys::Ring(Keyring::standard(variables.clone()));
        Ok(Self { variables, keys, wish: Wish::default(), roots })
    }

    /// Sends to this address, such as `http://127.0.0.1:8000`, whatever the environment says.
    ///
    /// # Errors
    /// [`ConfigError`] when that is no HTTP address.
    pub fn endpoint(mut self, endpoint: &str) -> Result<Self, ConfigError> {
        self.wish.endpoint = Some(self::endpoint("endpoint", endpoint)?);
        Ok(self)
    }

    /// Sends to this region, whatever the environment says.
    #[must_use]
    pub fn region(mut self, region: impl Into<String>) -> Self {
        self.wish.region = Some(region.into());
        self
    }

    /// Signs with these credentials.
    #[must_use]
    pub fn credentials(self, source: impl CredentialsSource) -> Self {
        Self { keys: Keys::Ring(Keyring::own(source)), ..self }
    }

    /// Does not sign: daemons do not ask for that, nor does a Siskin backend.
    #[must_use]
    pub fn unsigned(self) -> Self {
        Self { keys: Keys::None, ..self }
    }
}

fn endpoint(variable: &'static str, value: &str) -> Result<Uri, ConfigError> {
    address(value).ok_or_else(|| ConfigError { variable, value: value.to_owned(), rule: ADDRESS_RULE })
}
