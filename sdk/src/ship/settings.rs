//! Settings that logs and metrics share.

use std::fmt;
use std::io;

use super::endpoint::{Endpoint, InvalidEndpoint, Sign};
use crate::Clock;
use crate::client::{address, shown};
use crate::signing::AwsAccess;

/// Bytes that may wait unless told otherwise.
const BYTES_MAX: usize = 16 * 1024 * 1024;

/// Why logs or metrics cannot be shipped.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum ShippingError {
    /// A setting is not what it may be.
    #[error("{field} {value:?}: {rule}")]
    Invalid {
        /// The setting.
        field: &'static str,
        /// Its value.
        value: String,
        /// What it may be.
        rule: &'static str,
    },
    /// The system gives no thread.
    #[error("the shipping thread could not be started: {0}")]
    Thread(#[from] io::Error),
}

impl From<InvalidEndpoint> for ShippingError {
    fn from(InvalidEndpoint(value): InvalidEndpoint) -> Self {
        Self::Invalid { field: "endpoint", value, rule: "expected http://HOST[:PORT][/PATH] or https://..." }
    }
}

/// Where something is shipped to, what goes with each request, and how much may wait.
pub(crate) struct ShippingSettings {
    receiver: Receiver,
    pub(crate) headers: Vec<(String, String)>,
    pub(crate) signer: Option<Box<dyn Sign>>,
    pub(crate) bytes_max: usize,
    pub(crate) clock: Clock,
}

/// Who takes it.
pub(crate) enum Receiver {
    Url(String),
    /// A service, as signatures and hosts name it.
    Aws(&'static str, Box<AwsAccess>),
}

impl ShippingSettings {
    pub(crate) fn new(receiver: Receiver) -> Self {
        Self { receiver, headers: Vec::new(), signer: None, bytes_max: BYTES_MAX, clock: Clock::system() }
    }

    /// Where requests go.
    ///
    /// # Errors
    /// There is no such URL, or two that would sign.
    pub(crate) fn into_endpoint(self) -> Result<Endpoint, ShippingError> {
        match (self.receiver, self.signer) {
            (Receiver::Url(url), signer) => Ok(Endpoint::new(&url, self.headers, signer)?),
            (Receiver::Aws(service, access), None) => Ok(Endpoint::aws(service, *access, self.clock, self.headers)),
            (Receiver::Aws(service, _), Some(_)) => {
                let rule = "expected no signer of one's own where an AwsAccess signs; it can be unsigned, or have an \
                            endpoint and credentials of one's own";
                Err(ShippingError::Invalid { field: "sign", value: service.to_owned(), rule })
            }
        }
    }
}

impl fmt::Debug for ShippingSettings {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        // Headers may hold secrets, and so may a URL.
        let mut debug = f.debug_struct("ShippingSettings");
        match &self.receiver {
            Receiver::Url(url) => debug.field("url", &address(url).as_ref().map(shown)),
            Receiver::Aws(service, access) => debug.field("service", service).field("access", access),
        };
        debug.finish_non_exhaustive()
    }
}
