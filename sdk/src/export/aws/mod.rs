//! Requests to AWS, signed.
//!
//! Signing and credentials are written here and not taken from AWS's crates: `aws-sigv4` alone brings
//! an asynchronous runtime, 53 packages in all. What is here signs one kind of request, with the
//! cryptography that TLS brings anyway.

mod client;
mod credentials;
mod region;
mod signer;
mod sigv4;
mod time;
mod variables;

pub(in crate::export) use client::{AwsClient, AwsError, AwsSettings, Keys};
pub(in crate::export) use credentials::Keyring;
pub use credentials::{Credentials, CredentialsError, CredentialsSource};
pub(in crate::export) use region::Wish;
pub use signer::AwsSigner;
pub(in crate::export) use variables::Variables;

#[cfg(test)]
mod tests;
