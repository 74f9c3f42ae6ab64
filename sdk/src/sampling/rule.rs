//! A sampling rule, in the shape the X-Ray API gives it.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use super::wildcard::wildcard_match;

/// What a rule is matched against; an absent part matches every pattern, as in the X-Ray SDKs.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Request<'a> {
    /// The service's own name.
    pub service: Option<&'a str>,
    /// The service's `origin`.
    pub service_type: Option<&'a str>,
    /// The `Host` asked.
    pub host: Option<&'a str>,
    /// The HTTP method.
    pub method: Option<&'a str>,
    /// The path of the URL, without query.
    pub path: Option<&'a str>,
}

/// `SamplingRule` of the X-Ray API.
///
/// Shape: <https://docs.aws.amazon.com/xray/latest/api/API_SamplingRule.html>
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "PascalCase")]
pub struct Rule {
    /// Unique, 1-32 characters.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub rule_name: Option<String>,
    /// The rule's ARN; either this or the name identifies it.
    #[serde(rename = "RuleARN", default, skip_serializing_if = "Option::is_none")]
    pub rule_arn: Option<String>,
    /// Pattern for the ARN of the resource.
    #[serde(rename = "ResourceARN", default = "any")]
    pub resource_arn: String,
    /// 1 is asked first, 9999 last; `Default` is 10000.
    pub priority: i32,
    /// The share of requests sampled after the reservoir is empty, 0-1.
    pub fixed_rate: f64,
    /// Requests sampled each second before the rate applies, over all instances.
    pub reservoir_size: i32,
    /// Pattern for [`Request::service`].
    #[serde(default = "any")]
    pub service_name: String,
    /// Pattern for [`Request::service_type`].
    #[serde(default = "any")]
    pub service_type: String,
    /// Pattern for [`Request::host`].
    #[serde(default = "any")]
    pub host: String,
    /// Pattern for [`Request::method`].
    #[serde(rename = "HTTPMethod", default = "any")]
    pub http_method: String,
    /// Pattern for [`Request::path`].
    #[serde(rename = "URLPath", default = "any")]
    pub url_path: String,
    /// Always 1.
    #[serde(default = "first_version")]
    pub version: i32,
    /// Patterns for attributes of the segment. Served even when empty: the Node SDK insists on it.
    #[serde(default)]
    pub attributes: BTreeMap<String, String>,
    /// How far the rate may be raised when anomalies appear.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub sampling_rate_boost: Option<SamplingRateBoost>,
}

/// `SamplingRateBoost` of the X-Ray API.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "PascalCase")]
pub struct SamplingRateBoost {
    /// The highest rate, 0-1.
    pub max_rate: f64,
    /// Minutes between boosts.
    pub cooldown_window_minutes: i32,
}

fn any() -> String {
    "*".to_owned()
}

const fn first_version() -> i32 {
    1
}

impl Default for Rule {
    /// The rule that always exists: everything, one a second and 5 % of the rest.
    fn default() -> Self {
        Self {
            rule_name: Some("Default".to_owned()),
            rule_arn: None,
            resource_arn: any(),
            priority: 10_000,
            fixed_rate: 0.05,
            reservoir_size: 1,
            service_name: any(),
            service_type: any(),
            host: any(),
            http_method: any(),
            url_path: any(),
            version: first_version(),
            attributes: BTreeMap::new(),
            sampling_rate_boost: None,
        }
    }
}

impl Rule {
    /// The name, or else the ARN.
    pub(super) fn name(&self) -> &str {
        self.rule_name.as_deref().or(self.rule_arn.as_deref()).unwrap_or("Default")
    }

    /// Whether every pattern of the rule matches.
    ///
    /// A rule for certain attributes never matches: attributes are not known where a trace begins,
    /// and the X-Ray SDKs reject such rules altogether.
    pub fn matches(&self, request: &Request<'_>) -> bool {
        // Nearly all patterns are a star; of the others, those of the path differ most.
        let matches =
            |pattern: &str, text: Option<&str>| pattern == "*" || text.is_none_or(|text| wildcard_match(pattern, text));
        self.attributes.is_empty()
            && matches(&self.http_method, request.method)
            && matches(&self.url_path, request.path)
            && matches(&self.service_name, request.service)
            && matches(&self.service_type, request.service_type)
            && matches(&self.host, request.host)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_default_rule_is_served_in_aws_shape() {
        let json = serde_json::to_string(&Rule::default()).unwrap();
        insta::assert_snapshot!(json, @r#"{"RuleName":"Default","ResourceARN":"*","Priority":10000,"FixedRate":0.05,"ReservoirSize":1,"ServiceName":"*","ServiceType":"*","Host":"*","HTTPMethod":"*","URLPath":"*","Version":1,"Attributes":{}}"#);
        assert_eq!(serde_json::from_str::<Rule>(&json).unwrap(), Rule::default());
    }

    #[test]
    fn absent_parts_match_and_present_parts_must() {
        let rule = Rule { host: "shop.*".to_owned(), url_path: "/api/*".to_owned(), ..Rule::default() };
        assert!(rule.matches(&Request::default()));
        assert!(rule.matches(&Request { host: Some("SHOP.example"), ..Request::default() }));
        assert!(!rule.matches(&Request { path: Some("/health"), ..Request::default() }));
    }
}
