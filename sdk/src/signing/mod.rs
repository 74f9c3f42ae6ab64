//! Requests to AWS, signed: where they go, and as whom.
//!
//! [`AwsAccess`] is what the exporter to X-Ray's API, logs and metrics take; [`AwsSigner`] signs
//! requests made elsewhere.
//!
//! Signing and credentials are written here and not taken from AWS's crates: `aws-sigv4` alone brings
//! an asynchronous runtime, 53 packages in all. What is here signs one kind of request, with the
//! cryptography that TLS brings anyway.

mod access;
mod client;
mod credentials;
mod fault;
mod region;
mod signatory;
mod signer;
mod sigv4;
mod time;
mod variables;

pub use access::AwsAccess;
pub use credentials::{Credentials, CredentialsError, CredentialsSource};
pub use signer::AwsSigner;

pub(crate) use client::{AwsClient, AwsError};
pub(crate) use fault::{error_code, is_throttle};

#[cfg(test)]
mod tests;
