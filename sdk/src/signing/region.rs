//! Which region, and so which address.

use std::fmt;

use ureq::http::Uri;

use super::credentials::{Instance, Profile};
use super::variables::Variables;
use crate::client::{ADDRESS_RULE, HttpClient, address, shown};

/// The region that signatures to an address of one's own name when none is set.
const REGION_OF_OWN: &str = "us-east-1";

/// What goes before all variables and files.
#[derive(Clone, Default)]
pub(super) struct Wish {
    pub(super) endpoint: Option<Uri>,
    pub(super) region: Option<String>,
}

impl fmt::Debug for Wish {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { endpoint, region } = self;
        f.debug_struct("Wish").field("endpoint", &endpoint.as_ref().map(shown)).field("region", region).finish()
    }
}

/// Where requests go.
#[derive(Clone)]
pub(super) struct Place {
    pub(super) region: String,
    pub(super) endpoint: Uri,
}

impl Place {
    /// Finds the place of a service, whose variable is one of [AWS's names of services].
    ///
    /// # Errors
    /// No region is known, or an address is none.
    ///
    /// [AWS's names of services]: https://docs.aws.amazon.com/sdkref/latest/guide/ss-endpoints-table.html
    pub(super) fn find(service: &str, wish: &Wish, variables: &Variables, client: &HttpClient) -> Result<Self, String> {
        let profile = Profile::read(variables)?;
        let own = match &wish.endpoint {
            Some(endpoint) => Some(endpoint.clone()),
            None => own_endpoint(service, variables, &profile)?,
        };
        let set = || variables.get("AWS_REGION").or_else(|| variables.get("AWS_DEFAULT_REGION"));
        let region = match wish.region.as_deref().or_else(set).or_else(|| profile.get("region")) {
            Some(region) => region.to_owned(),
            None if own.is_some() => REGION_OF_OWN.to_owned(),
            None => of_instance(variables, client)?,
        };
        let named = region.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'-') && !region.is_empty();
        if !named {
            return Err(format!("AWS_REGION={region:?}: expected a region such as eu-west-1"));
        }
        let endpoint = match own {
            Some(endpoint) => endpoint,
            None => uri("region", &format!("https://{service}.{region}.{}", suffix(&region)))?,
        };
        Ok(Self { region, endpoint })
    }
}

fn own_endpoint(service: &str, variables: &Variables, profile: &Profile) -> Result<Option<Uri>, String> {
    if variables.is_true("AWS_IGNORE_CONFIGURED_ENDPOINT_URLS") {
        return Ok(None);
    }
    let of_service = match service {
        // The others bear the name of their host.
        "logs" => "AWS_ENDPOINT_URL_CLOUDWATCH_LOGS".to_owned(),
        "monitoring" => "AWS_ENDPOINT_URL_CLOUDWATCH".to_owned(),
        service => format!("AWS_ENDPOINT_URL_{}", service.to_ascii_uppercase()),
    };
    for name in [of_service.as_str(), "AWS_ENDPOINT_URL"] {
        if let Some(value) = variables.get(name) {
            return uri(name, value).map(Some);
        }
    }
    profile.get("endpoint_url").map(|value| uri("endpoint_url", value)).transpose()
}

fn of_instance(variables: &Variables, client: &HttpClient) -> Result<String, String> {
    let instance = Instance::read(variables).ok_or("no region: set AWS_REGION")?;
    instance.region(client).map_err(|error| format!("no region: set AWS_REGION ({error})"))
}

/// Regions of a kind of their own have names of their own.
fn suffix(region: &str) -> &'static str {
    if region.starts_with("cn-") { "amazonaws.com.cn" } else { "amazonaws.com" }
}

fn uri(name: &str, value: &str) -> Result<Uri, String> {
    address(value).ok_or_else(|| format!("{name}={value:?}: {ADDRESS_RULE}"))
}
