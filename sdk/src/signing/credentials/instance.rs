//! The metadata service of an EC2 instance, version 2.
//!
//! Source: <https://docs.aws.amazon.com/AWSEC2/latest/UserGuide/instancedata-data-retrieval.html>

use ureq::http::{Method, Uri};

use super::super::variables::Variables;
use super::Credentials;
use crate::client::{Answer, HttpClient};

const IPV4: &str = "http://169.254.169.254";
const IPV6: &str = "http://[fd00:ec2::254]";
/// One question needs it once.
const TOKEN_SECONDS: &str = "60";

/// The metadata service.
#[derive(Debug)]
pub(in crate::signing) struct Instance {
    endpoint: String,
}

impl Instance {
    /// Where the variables say it is; `None` if they say not to ask.
    pub(in crate::signing) fn read(variables: &Variables) -> Option<Self> {
        if variables.is_true("AWS_EC2_METADATA_DISABLED") {
            return None;
        }
        let ipv6 = variables
            .get("AWS_EC2_METADATA_SERVICE_ENDPOINT_MODE")
            .is_some_and(|mode| mode.eq_ignore_ascii_case("ipv6"));
        let usual = if ipv6 { IPV6 } else { IPV4 };
        let endpoint = variables.get("AWS_EC2_METADATA_SERVICE_ENDPOINT").unwrap_or(usual);
        Some(Self { endpoint: endpoint.trim_end_matches('/').to_owned() })
    }

    pub(super) fn credentials(&self, client: &HttpClient) -> Result<Credentials, String> {
        let token = self.token(client)?;
        let roles = "/latest/meta-data/iam/security-credentials/";
        let names = self.get(client, roles, &token)?;
        let role = names.lines().next().map(str::trim).filter(|name| !name.is_empty());
        let role = role.ok_or("the instance has no role")?;
        let json = self.get(client, &format!("{roles}{role}"), &token)?;
        Credentials::from_json(json.as_bytes()).map_err(|error| format!("the instance's role {role}: {error}"))
    }

    /// The region the instance is in.
    pub(in crate::signing) fn region(&self, client: &HttpClient) -> Result<String, String> {
        let token = self.token(client)?;
        Ok(self.get(client, "/latest/meta-data/placement/region", &token)?.trim().to_owned())
    }

    fn token(&self, client: &HttpClient) -> Result<String, String> {
        let headers = [("x-aws-ec2-metadata-token-ttl-seconds", TOKEN_SECONDS)];
        let uri = self.uri("/latest/api/token")?;
        text(&uri, &client.send(&Method::PUT, &uri, &headers, b"")?)
    }

    fn get(&self, client: &HttpClient, path: &str, token: &str) -> Result<String, String> {
        let uri = self.uri(path)?;
        text(&uri, &client.send(&Method::GET, &uri, &[("x-aws-ec2-metadata-token", token)], b"")?)
    }

    fn uri(&self, path: &str) -> Result<Uri, String> {
        let uri = format!("{}{path}", self.endpoint);
        uri.parse().map_err(|_| format!("AWS_EC2_METADATA_SERVICE_ENDPOINT={:?}: expected an address", self.endpoint))
    }
}

fn text(uri: &Uri, answer: &Answer) -> Result<String, String> {
    match answer.status {
        200 => Ok(String::from_utf8_lossy(answer.body()).into_owned()),
        status => Err(format!("{uri}: HTTP {status}")),
    }
}
