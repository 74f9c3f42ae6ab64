//! HTTP checks, sent as all requests of scripts are: traced, recorded, to allowed hosts only.

use std::time::Duration;

use ::http::{HeaderMap, HeaderName, HeaderValue, Method, header};
use tokio::time::Instant;

use super::credentials;
use super::plan::Plan;
use super::run::{unfilled, user_agent};
use crate::check::multi::{Auth as Written, ClientCredentials, Facts, HttpAnswer, HttpCheck, Values};
use crate::script::failure::HostError;
use crate::script::host::Host;
use crate::script::http::{Auth, Grant, Key, Outgoing, Received, answer, exchange};

pub(super) fn ask(
    host: &Host,
    plan: &Plan,
    check: &HttpCheck,
    within: Duration,
    values: &Values<'_>,
) -> Result<Facts, HostError> {
    let url = host.allowed_url(&check.url.fill(values).map_err(unfilled)?)?;
    let method = Method::from_bytes(check.method.as_bytes()).expect("the document names methods of a list");
    let mut headers = HeaderMap::from_iter([(header::USER_AGENT, user_agent(host, plan, values)?)]);
    for (name, value) in &check.headers {
        headers.insert(header_name(name)?, header_value(name, &value.fill(values).map_err(unfilled)?)?);
    }
    let body = check.body.as_ref().map(|body| body.fill(values)).transpose().map_err(unfilled)?;
    let wait = Duration::from_secs_f64(check.wait.get(values).map_err(unfilled)?);
    pause(host, wait)?;
    let auth = prove(host, plan, &check.auth, values, &mut headers)?;
    let outgoing = Outgoing {
        method,
        url,
        headers,
        body: body.unwrap_or_default().into_bytes(),
        auth,
        certificate: None,
        // A redirect is an answer of its own, which a document may assert.
        follow_redirects: false,
    };
    let Received { status, headers, body, is_whole, duration, .. } = exchange(host, outgoing, within)?;
    if !is_whole {
        return Err(HostError::check(answer::CUT));
    }
    Ok(Facts::Http(HttpAnswer { status, headers, body, duration }))
}

fn pause(host: &Host, wait: Duration) -> Result<(), HostError> {
    if wait.is_zero() {
        return Ok(());
    }
    let until = host.bridge().within(wait);
    host.bridge().wait(async {
        tokio::time::sleep_until(until).await;
        host.bridge().ended().map_or(Ok(()), Err)
    })
}

/// Adds a key to the headers, or gives what signs or names the caller.
fn prove(
    host: &Host,
    plan: &Plan,
    auth: &Written,
    values: &Values<'_>,
    headers: &mut HeaderMap,
) -> Result<Auth, HostError> {
    match auth {
        Written::None => Ok(Auth::None),
        Written::Basic { user, password } => {
            let (user, password) = (user.fill(values).map_err(unfilled)?, password.fill(values).map_err(unfilled)?);
            host.add_secret(&password);
            Ok(Auth::basic(&user, &password))
        }
        Written::ApiKey { header, key } => {
            let key = key.fill(values).map_err(unfilled)?;
            host.add_secret(&key);
            let mut value = header_value(header.as_str(), &key)?;
            value.set_sensitive(true);
            headers.insert(header.clone(), value);
            Ok(Auth::None)
        }
        Written::Client(client) => {
            token(host, plan, client, values).map(|token| Auth::Header(format!("Bearer {token}")))
        }
        Written::SigV4 { service, region, role } => {
            let fill = |text: &crate::check::multi::Template| text.fill(values).map_err(unfilled);
            let (service, region, role) = (fill(service)?, fill(region)?, fill(role)?);
            let keys = credentials::assume(host, plan, &region, &role)?;
            Ok(Auth::SigV4(Key { region, service, ..keys }))
        }
    }
}

/// A token of the client, an earlier one as long as the document says.
fn token(host: &Host, plan: &Plan, client: &ClientCredentials, values: &Values<'_>) -> Result<String, HostError> {
    let fill = |text: &crate::check::multi::Template| text.fill(values).map_err(unfilled);
    let token_url = host.allowed_url(&fill(&client.token_url)?)?;
    let (id, secret) = (fill(&client.id)?, fill(&client.secret)?);
    let mut more = Vec::new();
    for (name, text) in &client.more {
        more.push((*name, fill(text)?));
    }
    let of = format!("{token_url} {id} {secret} {more:?}");
    if let Some(token) = plan.token(&of) {
        return Ok(token);
    }
    let ttl = Duration::from_secs_f64(client.ttl.get(values).map_err(unfilled)?);
    let (in_header, in_body) = (client.in_header, client.in_body);
    let token = Grant { token_url, id, secret, more, in_header, in_body }.token(host)?;
    plan.keep_token(of, token.clone(), Instant::now() + ttl);
    Ok(token)
}

fn header_name(name: &str) -> Result<HeaderName, HostError> {
    HeaderName::from_bytes(name.as_bytes()).map_err(|_| HostError::script(format!("\"{name}\" is no header")))
}

fn header_value(name: &str, text: &str) -> Result<HeaderValue, HostError> {
    let wrong = || HostError::check(format!("the value of {name} has characters that no header can have"));
    HeaderValue::from_str(text).map_err(|_| wrong())
}
