//! Fields of `auth` and `client_certificate`, and which of them go together.

use serde_json::{Map, Value};

use super::check::{given, text};
use crate::Invalid;
use crate::literal::map;
use crate::parameter::{Default, Kind, Parameter};
use crate::places::{Place, places, text_code};

const fn field(name: &'static str, summary: &'static str) -> Parameter {
    Parameter { name, summary, kind: Kind::Text { bytes_max: 16 * 1024 }, default: Default::Absent }
}

pub(super) static AUTH: &[Parameter] = &[
    Parameter {
        name: "kind",
        summary: "the scheme: Basic (RFC 7617), Bearer (RFC 6750), OAuth 2 by client credentials (RFC 6749, 4.4), or \
AWS Signature Version 4",
        kind: Kind::Choice(&["basic", "bearer", "oauth2", "sigv4"]),
        default: Default::Required,
    },
    field("user", "of basic"),
    field("password", "of basic: a secret, `{{secret:name}}`"),
    field("token", "of bearer: a secret"),
    Parameter {
        name: "token_url",
        summary: "of oauth2: where a token is fetched at the beginning of each run",
        kind: Kind::UrlTemplate,
        default: Default::Absent,
    },
    field("client_id", "of oauth2"),
    field("client_secret", "of oauth2: a secret"),
    field("scope", "of oauth2, if wanted"),
    field("audience", "of oauth2, if wanted"),
    field("resource", "of oauth2, if wanted"),
    Parameter {
        name: "send_in",
        summary: "of oauth2: where id and secret of the client go; `header` (Basic) when it is left out",
        kind: Kind::Choice(&["header", "body"]),
        default: Default::Absent,
    },
    field("service", "of sigv4, such as `execute-api`"),
    field("region", "of sigv4"),
    field("access_key_id", "of sigv4"),
    field("secret_access_key", "of sigv4: a secret"),
    field("session_token", "of sigv4, with temporary keys: a secret"),
];

pub(super) static CERTIFICATE: &[Parameter] = &[
    Parameter {
        name: "certificate",
        summary: "the certificate with its chain, PEM; a secret or a variable, such as `{{secret:certificate}}`",
        kind: Kind::Text { bytes_max: 64 * 1024 },
        default: Default::Required,
    },
    Parameter {
        name: "key",
        summary: "its key, PEM: a secret",
        kind: Kind::Text { bytes_max: 64 * 1024 },
        default: Default::Required,
    },
];

/// A scheme: the fields it needs, and those it may have.
const SCHEMES: &[(&str, &[&str], &[&str])] = &[
    ("basic", &["user", "password"], &[]),
    ("bearer", &["token"], &[]),
    ("oauth2", &["token_url", "client_id", "client_secret"], &["scope", "audience", "resource", "send_in"]),
    ("sigv4", &["service", "region", "access_key_id", "secret_access_key"], &["session_token"]),
];
/// Fields that would stand in every run's folder if they were written down.
const SECRET: &[&str] = &["password", "token", "client_secret", "secret_access_key", "session_token", "key"];

pub(super) fn check_auth(auth: &Value) -> Result<(), Invalid> {
    let Some((kind, needed, allowed)) = SCHEMES.iter().find(|(kind, ..)| *kind == text(auth, "kind")) else {
        return Ok(());
    };
    if let Some(name) = needed.iter().find(|name| !given(auth, name)) {
        return Err(Invalid::new(*name, "(not given)", format!("is required by {kind}")));
    }
    let is_known = |name: &str| name == "kind" || needed.contains(&name) || allowed.contains(&name);
    let names = AUTH.iter().map(|field| field.name);
    for name in names.filter(|name| given(auth, name)) {
        if !is_known(name) {
            let known = [*needed, *allowed].concat().join(", ");
            return Err(Invalid::new(name, &auth[name], format!("is no part of {kind}, which has {known}")));
        }
    }
    check_secrets(auth)
}

pub(super) fn check_secrets(record: &Value) -> Result<(), Invalid> {
    for name in SECRET.iter().filter(|name| given(record, name)) {
        if !places(text(record, name)).iter().any(|place| matches!(place, Place::Secret(_))) {
            let rule = format!(
                "a secret of the canary, such as {{{{secret:{name}}}}}: what is written here stands in every run's folder"
            );
            return Err(Invalid::new(*name, "(hidden)", rule));
        }
    }
    Ok(())
}

/// The Rhai expression that makes `auth`.
pub(super) fn code(auth: &Value) -> String {
    let argument = |name: &str| text_code(text(auth, name));
    match text(auth, "kind") {
        "basic" => format!("http::basic({}, {})", argument("user"), argument("password")),
        "bearer" => format!("http::bearer({})", argument("token")),
        kind => {
            let fields = AUTH.iter().map(|field| field.name).filter(|name| *name != "kind" && given(auth, name));
            let options = map(fields.map(|name| (name, argument(name))).collect(), 0);
            // A token is fetched: that takes time, and may fail.
            match kind {
                "oauth2" => format!("step(\"fetch a token\", || http::oauth2({options}))"),
                _ => format!("http::sigv4({options})"),
            }
        }
    }
}

/// The Rhai expression that makes `client_certificate`.
pub(super) fn certificate_code(given: &Value) -> String {
    let argument = |name: &str| text_code(text(given, name));
    format!("http::client_certificate({}, {})", argument("certificate"), argument("key"))
}

/// The texts of `auth` and `client_certificate`, in which places may stand.
pub(super) fn texts(arguments: &Map<String, Value>) -> impl Iterator<Item = (&'static str, &Value)> {
    ["auth", "client_certificate"].into_iter().filter_map(|name| Some((name, arguments.get(name)?)))
}
