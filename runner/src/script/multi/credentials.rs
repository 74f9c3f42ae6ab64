//! Keys of a role, for requests that AWS wants signed.

use std::time::Duration;

use ::http::header::{CONTENT_TYPE, HeaderValue};
use ::http::{HeaderMap, Method};
use url::Url;

use super::plan::Plan;
use crate::script::failure::HostError;
use crate::script::host::Host;
use crate::script::http::{Auth, Key, Outgoing, exchange};

/// The canary's secrets that hold the keys it assumes roles with.
const KEY_ID: &str = "aws_access_key_id";
const KEY_SECRET: &str = "aws_secret_access_key";
const KEY_TOKEN: &str = "aws_session_token";
/// As AWS's SDKs have it.
const ENDPOINT: &str = "AWS_ENDPOINT_URL_STS";
const SESSION: &str = "siskin-multi-check";
const WITHIN: Duration = Duration::from_secs(10);

/// Keys of `role`, by `AssumeRole` with the keys of the canary; its service is for the caller to say.
pub(super) fn assume(host: &Host, plan: &Plan, region: &str, role: &str) -> Result<Key, HostError> {
    let of = format!("sts {region} {role}");
    if let Some(kept) = plan.token(&of)
        && let [id, secret, token] = kept.split('\n').collect::<Vec<_>>()[..]
    {
        return Ok(key(region, id, secret, Some(token)));
    }
    let own = |name: &str| {
        let rule = format!("SIGV4 takes on {role} with keys of the canary's secrets: there is no secret \"{name}\"");
        host.secret(name).ok_or_else(|| HostError::script(rule))
    };
    let own = key(region, own(KEY_ID)?, own(KEY_SECRET)?, host.secret(KEY_TOKEN));
    let mut form = form_urlencoded::Serializer::new(String::new());
    form.append_pair("Action", "AssumeRole")
        .append_pair("Version", "2011-06-15")
        .append_pair("RoleArn", role)
        .append_pair("RoleSessionName", SESSION);
    let form_type = HeaderValue::from_static("application/x-www-form-urlencoded");
    let outgoing = Outgoing {
        method: Method::POST,
        url: endpoint(region)?,
        headers: HeaderMap::from_iter([(CONTENT_TYPE, form_type)]),
        body: form.finish().into_bytes(),
        auth: Auth::SigV4(Key { service: "sts".to_owned(), ..own }),
        certificate: None,
        follow_redirects: false,
    };
    let answer = exchange(host, outgoing, WITHIN)?;
    let member = |name: &str| between(&answer.body, name);
    let (Some(id), Some(secret), Some(token)) =
        (member("AccessKeyId"), member("SecretAccessKey"), member("SessionToken"))
    else {
        let why = member("Message").unwrap_or("the answer holds no keys");
        return Err(HostError::check(format!("{role} cannot be taken on: status {}, {why}", answer.status)));
    };
    host.add_secret(secret);
    host.add_secret(token);
    // Keys of a role live for an hour at least, and no run does.
    let until = tokio::time::Instant::now() + Duration::from_mins(15);
    plan.keep_token(of, [id, secret, token].join("\n"), until);
    Ok(key(region, id, secret, Some(token)))
}

fn key(region: &str, id: &str, secret: &str, token: Option<&str>) -> Key {
    Key {
        id: id.to_owned(),
        secret: secret.to_owned(),
        token: token.map(str::to_owned),
        region: region.to_owned(),
        service: String::new(),
    }
}

/// The region's own, or where the environment says: the operator's word, which no document can change.
fn endpoint(region: &str) -> Result<Url, HostError> {
    let is_region = !region.is_empty() && region.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'-');
    if !is_region {
        return Err(HostError::check(format!("\"{region}\" is no AWS region")));
    }
    let given = std::env::var(ENDPOINT).ok().filter(|text| !text.is_empty());
    let domain = if region.starts_with("cn-") { "amazonaws.com.cn" } else { "amazonaws.com" };
    let text = given.unwrap_or_else(|| format!("https://sts.{region}.{domain}/"));
    Url::parse(&text).map_err(|error| HostError::script(format!("{ENDPOINT} = {text}: {error}")))
}

/// What stands between the tags of an element that holds text alone.
fn between<'a>(xml: &'a str, name: &str) -> Option<&'a str> {
    let (_, behind) = xml.split_once(&format!("<{name}>"))?;
    behind.split_once(&format!("</{name}>")).map(|(text, _)| text.trim())
}
