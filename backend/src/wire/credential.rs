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

#[cfg(test)]
mod tests {
    use http::Request;

    use super::*;

    fn scope_of(request: http::request::Builder) -> Option<String> {
        let head = request.body(()).unwrap().into_parts().0;
        let credential = Credential::of(&head)?;
        Some(format!("{} {}", credential.service, credential.scope(&Scope::default())))
    }

    fn header(text: &str) -> Option<String> {
        scope_of(Request::get("/").header("authorization", text))
    }

    #[test]
    fn header_and_presigned_query_say_the_same() {
        let signed =
            "AWS4-HMAC-SHA256 Credential=111122223333/20261123/eu-west-1/logs/aws4_request, SignedHeaders=host";
        let presigned = "/?X-Amz-Credential=111122223333%2F20261123%2Feu-west-1%2Flogs%2Faws4_request";
        assert_eq!(header(signed).as_deref(), Some("logs 111122223333/eu-west-1"));
        assert_eq!(scope_of(Request::get(presigned)), header(signed));
    }

    #[test]
    fn a_key_that_is_no_account_gets_the_default_account() {
        let signed = "AWS4-HMAC-SHA256 Credential=AKIDEXAMPLE/20261123/NO REGION/logs/aws4_request";
        assert_eq!(header(signed).as_deref(), Some("logs 123456789012/us-east-1"));
    }

    #[test]
    fn what_is_not_a_credential_scope_is_unsigned() {
        for text in
            ["Bearer abc", "AWS4-HMAC-SHA256 Credential=a/b/c", "AWS4-HMAC-SHA256 Credential=/1/2/3/aws4_request"]
        {
            assert_eq!(header(text), None);
        }
        assert_eq!(scope_of(Request::get("/?X-Amz-Credential=")), None);
    }
}
