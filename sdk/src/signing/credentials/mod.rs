//! Who signs.
//!
//! Looked for in the order of AWS's own SDKs: the environment, the shared files, the endpoint of a
//! container, the instance. Source:
//! <https://docs.aws.amazon.com/sdkref/latest/guide/standardized-credentials.html>

mod chain;
mod container;
mod instance;
mod profile;
mod secret;

pub use chain::CredentialsSource;
pub use secret::{Credentials, CredentialsError};

pub(in crate::signing) use chain::Keyring;
pub(super) use instance::Instance;
pub(super) use profile::Profile;
