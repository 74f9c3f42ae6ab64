//! Amazon Resource Names.

use std::fmt;

use super::Scope;

/// `arn:aws:SERVICE:REGION:ACCOUNT:RESOURCE`.
///
/// Source: <https://docs.aws.amazon.com/IAM/latest/UserGuide/reference-arns.html>
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Arn {
    service: String,
    region: String,
    account: String,
    resource: String,
}

impl Arn {
    /// The name of `resource` (with its type prefix: `alarm:NAME`) in `scope`.
    pub fn new(service: &str, scope: &Scope, resource: impl Into<String>) -> Self {
        Self {
            service: service.to_owned(),
            region: scope.region.to_string(),
            account: scope.account.to_string(),
            resource: resource.into(),
        }
    }

    /// `None` unless `text` has the six colon-separated parts of an ARN.
    pub fn parse(text: &str) -> Option<Self> {
        let mut parts = text.splitn(6, ':');
        let (prefix, partition) = (parts.next()?, parts.next()?);
        if prefix != "arn" || !partition.starts_with("aws") {
            return None;
        }
        let mut next = || parts.next().map(str::to_owned);
        Some(Self { service: next()?, region: next()?, account: next()?, resource: next()? })
    }

    /// The service part: `cloudwatch`.
    pub fn service(&self) -> &str {
        &self.service
    }

    /// The region part; may be empty.
    pub fn region(&self) -> &str {
        &self.region
    }

    /// The account part; may be empty.
    pub fn account(&self) -> &str {
        &self.account
    }

    /// All after the fifth colon: `alarm:NAME`.
    pub fn resource(&self) -> &str {
        &self.resource
    }
}

impl fmt::Display for Arn {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "arn:aws:{}:{}:{}:{}", self.service, self.region, self.account, self.resource)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn keeps_colons_inside_the_resource() {
        let text = "arn:aws:cloudwatch:us-east-1:123456789012:alarm:a:b";
        let arn = Arn::parse(text).expect("six parts");
        assert_eq!(arn.resource(), "alarm:a:b");
        assert_eq!(arn.to_string(), text);
        assert_eq!(Arn::parse("https://example.com/a:b:c:d:e"), None);
    }
}
