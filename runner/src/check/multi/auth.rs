//! `authentication` of an HTTP check.

use http::HeaderName;
use serde_json::{Map, Value};

use super::fields::{Fields, Reader};
use super::http::check_url;
use super::number::{Number, Range};
use super::template::Template;

#[derive(Clone, Debug, PartialEq)]
pub(crate) enum Auth {
    None,
    Basic { user: Template, password: Template },
    ApiKey { header: HeaderName, key: Template },
    Client(ClientCredentials),
    SigV4 { service: Template, region: Template, role: Template },
}

/// RFC 6749, 4.4.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct ClientCredentials {
    pub(crate) token_url: Template,
    pub(crate) id: Template,
    pub(crate) secret: Template,
    /// `scope`, `audience` and `resource`, those that are given.
    pub(crate) more: Vec<(&'static str, Template)>,
    pub(crate) in_header: bool,
    pub(crate) in_body: bool,
    /// How long a token is used, in seconds.
    pub(crate) ttl: Number,
}

#[derive(Clone, Copy)]
enum Kind {
    None,
    Basic,
    ApiKey,
    OAuth,
    SigV4,
}

const KINDS: &[(&str, Kind)] = &[
    ("NONE", Kind::None),
    ("BASIC", Kind::Basic),
    ("API_KEY", Kind::ApiKey),
    ("OAUTH_CLIENT_CREDENTIALS", Kind::OAuth),
    ("SIGV4", Kind::SigV4),
];
const TTL_SECONDS: Range = Range::whole(60, 31_536_000);

impl Auth {
    pub(super) fn read(reader: &mut Reader, path: String, map: &Map<String, Value>) -> Option<Self> {
        let mut fields = Fields::new(reader, map, path);
        let auth = match fields.word("type", KINDS, None)? {
            Kind::None => Some(Self::None),
            Kind::Basic => {
                let (user, password) = (fields.text("username", "a user"), fields.text("password", "a password"));
                user.zip(password).map(|(user, password)| Self::Basic { user, password })
            }
            Kind::ApiKey => {
                let key = fields.text("apiKey", "the key");
                let header = header_name(&mut fields);
                key.zip(header).map(|(key, header)| Self::ApiKey { header, key })
            }
            Kind::OAuth => ClientCredentials::read(&mut fields).map(Self::Client),
            Kind::SigV4 => sigv4(&mut fields),
        };
        fields.end();
        auth
    }
}

fn header_name(fields: &mut Fields<'_, '_>) -> Option<HeaderName> {
    const DEFAULT: HeaderName = HeaderName::from_static("x-api-key");
    if !fields.has("headerName") {
        fields.know(&["headerName"]);
        return Some(DEFAULT);
    }
    let is_header = |text: &str| HeaderName::from_bytes(text.as_bytes()).is_ok();
    let name = fields.plain("headerName", "the name of a header", is_header)?;
    HeaderName::from_bytes(name.as_bytes()).ok()
}

fn sigv4(fields: &mut Fields<'_, '_>) -> Option<Auth> {
    let service = fields.text("service", "the name of an AWS service, such as execute-api");
    let region = fields.text("region", "an AWS region");
    let role = fields.text("roleArn", "the ARN of a role");
    let is_region = |text: &str| {
        !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_lowercase() || byte.is_ascii_digit() || byte == b'-')
    };
    if region.as_ref().and_then(Template::fixed).is_some_and(|text| !is_region(text)) {
        fields.fault("region", "an AWS region, such as eu-central-1");
    }
    let is_role = |text: &str| text.starts_with("arn:") && text.contains(":role/");
    if role.as_ref().and_then(Template::fixed).is_some_and(|text| !is_role(text)) {
        fields.fault("roleArn", "the ARN of a role, such as arn:aws:iam::123456789012:role/canary");
    }
    Some(Auth::SigV4 { service: service?, region: region?, role: role? })
}

impl ClientCredentials {
    fn read(fields: &mut Fields<'_, '_>) -> Option<Self> {
        let token_url = fields.text("tokenUrl", "where tokens are given");
        if let Some(url) = &token_url {
            check_url(fields, "tokenUrl", url, &["http", "https"]);
        }
        let id = fields.text("clientId", "the client's id");
        let secret = fields.text("clientSecret", "the client's secret");
        let more = ["scope", "audience", "resource"].map(|name| fields.text_if_given(name).map(|text| (name, text)));
        let (in_header, in_body) = sent_in(fields);
        let ttl = fields.number("tokenCacheTtl", TTL_SECONDS, Some(3_600));
        let more = more.into_iter().flatten().collect();
        Some(Self { token_url: token_url?, id: id?, secret: secret?, more, in_header, in_body, ttl: ttl? })
    }
}

/// Whether the client says who it is in a header, in the body.
fn sent_in(fields: &mut Fields<'_, '_>) -> (bool, bool) {
    const RULE: &str = "a list of BASIC_AUTH_HEADER, REQUEST_BODY or both";
    let words = match fields.take("tokenApiAuth") {
        None => return (true, false),
        Some(Value::Array(words)) => words.as_slice(),
        Some(_) => &[],
    };
    let has = |wanted: &str| words.iter().any(|word| word == wanted);
    let (in_header, in_body) = (has("BASIC_AUTH_HEADER"), has("REQUEST_BODY"));
    let known = words.iter().all(|word| word == "BASIC_AUTH_HEADER" || word == "REQUEST_BODY");
    if !known || !(in_header || in_body) {
        fields.fault("tokenApiAuth", RULE);
    }
    (in_header, in_body)
}
