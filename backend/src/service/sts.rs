//! Security Token Service: who am I. Most tools ask at start.

use std::convert::Infallible;

use serde::{Deserialize, Serialize};

use super::fault::ServiceError;
use super::{Context, Operations, ServiceId};

/// The table of STS.
pub fn operations() -> Operations {
    Operations::new(ServiceId::Sts).on("GetCallerIdentity", get_caller_identity)
}

/// STS has no error of its own here.
#[derive(Debug, thiserror::Error)]
#[error(transparent)]
pub struct StsError(Infallible);

impl ServiceError for StsError {
    fn code(&self) -> &'static str {
        match self.0 {}
    }
}

/// `GetCallerIdentity` has no parameters.
#[derive(Debug, Deserialize)]
pub struct GetCallerIdentityInput {}

/// Who the credentials belong to.
#[derive(Debug, Serialize)]
#[serde(rename_all = "PascalCase")]
pub struct GetCallerIdentityOutput {
    /// The unique id of the caller; the account's own id for its root.
    pub user_id: String,
    /// Twelve digits.
    pub account: String,
    /// `arn:aws:iam::ACCOUNT:root`.
    pub arn: String,
}

/// Says whose credentials signed the request: the root of the account that they name.
///
/// Source: <https://docs.aws.amazon.com/STS/latest/APIReference/API_GetCallerIdentity.html>
///
/// # Errors
/// None.
pub async fn get_caller_identity(
    cx: &Context,
    _input: GetCallerIdentityInput,
) -> Result<GetCallerIdentityOutput, StsError> {
    let account = cx.scope.account.to_string();
    // IAM is global: its names have no region.
    Ok(GetCallerIdentityOutput { user_id: account.clone(), arn: format!("arn:aws:iam::{account}:root"), account })
}
