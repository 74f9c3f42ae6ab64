//! The credential scope of a request: who signs, for which region and service. Signatures are not looked at here.
//!
//! Source: <https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_sigv-signing-elements.html>

use http::header::AUTHORIZATION;
use http::request::Parts;

use super::query;
use crate::base::{AccountId, Region, Scope};

/// `AKID/20261123/us-east-1/monitoring/aws4_request`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Credential {
    /// The public half of the key.
    pub access_key_id: String,
    /// The region that the request is signed for.
    pub region: String,
    /// The signing name of the service.
    pub service: String,
}

impl Credential {
    /// From the `Authorization` header, else from a presigned query string; `None` when unsigned or not readable.
    pub fn of(head: &Parts) -> Option<Self> {
        if let Some(header) = head.headers.get(AUTHORIZATION) {
            let parameters = header.to_str().ok()?.strip_prefix("AWS4-HMAC-SHA256")?;
            let credential = parameters.split(',').find_map(|part| part.trim().strip_prefix("Credential="))?;
            return Self::parse(credential);
        }
        Self::parse(&query::field(head.uri.query()?.as_bytes(), "X-Amz-Credential")?)
    }

    /// `None` unless `text` has the five parts of a credential scope.
    pub fn parse(text: &str) -> Option<Self> {
        let mut parts = text.trim().split('/');
        let (access_key_id, _date) = (parts.next()?, parts.next()?);
        let (region, service, end) = (parts.next()?, parts.next()?, parts.next()?);
        let complete = end == "aws4_request" && parts.next().is_none() && !access_key_id.is_empty();
        complete.then(|| Self {
            access_key_id: access_key_id.to_owned(),
            region: region.to_owned(),
            service: service.to_owned(),
        })
    }

    /// Account and region: an access key id of twelve digits is the account; what is not given is the default's.
    pub fn scope(&self, default: &Scope) -> Scope {
        Scope {
            account: AccountId::parse(&self.access_key_id).unwrap_or_else(|| default.account.clone()),
            region: Region::parse(&self.region).unwrap_or_else(|| default.region.clone()),
        }
    }
}
