//! The endpoint of a container: ECS, EKS Pod Identity, and whoever stands in for them.
//!
//! Source: <https://docs.aws.amazon.com/sdkref/latest/guide/feature-container-credentials.html>

use std::fs;
use std::net::IpAddr;

use ureq::http::{Method, Uri};

use super::super::variables::Variables;
use super::Credentials;
use crate::client::HttpClient;

/// Where ECS answers.
const ECS: &str = "http://169.254.170.2";
/// To whom, besides this machine, a token may be told without TLS: ECS and EKS.
const HOSTS: [&str; 3] = ["169.254.170.2", "169.254.170.23", "fd00:ec2::23"];

/// A container's endpoint.
#[derive(Debug)]
pub(super) struct Container {
    uri: Uri,
    token: Option<String>,
}

impl Container {
    /// What the variables say; `None` if they do not speak of a container.
    ///
    /// # Errors
    /// They name an address that must not be asked, or a file that cannot be read.
    pub(super) fn read(variables: &Variables) -> Result<Option<Self>, String> {
        let uri = match variables.get("AWS_CONTAINER_CREDENTIALS_RELATIVE_URI") {
            Some(path) => uri("AWS_CONTAINER_CREDENTIALS_RELATIVE_URI", &format!("{ECS}{path}"))?,
            None => match variables.get("AWS_CONTAINER_CREDENTIALS_FULL_URI") {
                Some(full) => uri("AWS_CONTAINER_CREDENTIALS_FULL_URI", full)?,
                None => return Ok(None),
            },
        };
        // The file is written anew from time to time.
        let token = match variables.get("AWS_CONTAINER_AUTHORIZATION_TOKEN_FILE") {
            Some(path) => Some(fs::read_to_string(path).map_err(|error| format!("{path}: {error}"))?),
            None => variables.get("AWS_CONTAINER_AUTHORIZATION_TOKEN").map(str::to_owned),
        };
        let token = token.map(|token| token.trim().to_owned());
        if token.as_ref().is_some_and(|token| token.contains(['\r', '\n'])) {
            return Err("the container's authorization token has several lines".to_owned());
        }
        Ok(Some(Self { uri, token }))
    }

    pub(super) fn credentials(&self, client: &HttpClient) -> Result<Credentials, String> {
        let headers: Vec<_> = self.token.iter().map(|token| ("authorization", token.as_str())).collect();
        let answer = client.send(&Method::GET, &self.uri, &headers, b"")?;
        if answer.status != 200 {
            return Err(format!("{}: HTTP {}: {}", self.uri, answer.status, answer.excerpt()));
        }
        Credentials::from_json(answer.body()).map_err(|error| format!("{}: {error}", self.uri))
    }
}

fn uri(variable: &str, value: &str) -> Result<Uri, String> {
    let refused = || format!("{variable}: expected https, or http to this machine, 169.254.170.2 or 169.254.170.23");
    let uri: Uri = value.parse().map_err(|_| refused())?;
    let host = uri.host().unwrap_or_default().trim_matches(['[', ']']);
    let loopback = host.parse().is_ok_and(|address: IpAddr| address.is_loopback()) || host == "localhost";
    match uri.scheme_str() {
        Some("https") => Ok(uri),
        Some("http") if loopback || HOSTS.contains(&host) => Ok(uri),
        _ => Err(refused()),
    }
}
