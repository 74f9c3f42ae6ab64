//! HTTP checks; whoever runs a step sends them.

use http::{HeaderName, HeaderValue};
use url::Url;

use super::auth::Auth;
use super::fields::Fields;
use super::number::{Number, Range};
use super::template::Template;

#[derive(Clone, Debug, PartialEq)]
pub(crate) struct HttpCheck {
    pub(crate) method: &'static str,
    pub(crate) url: Template,
    /// Before the request, in seconds.
    pub(crate) wait: Number,
    pub(crate) headers: Vec<(String, Template)>,
    pub(crate) body: Option<Template>,
    pub(crate) auth: Auth,
}

const METHODS: &[(&str, &str)] = &[
    ("GET", "GET"),
    ("POST", "POST"),
    ("PUT", "PUT"),
    ("PATCH", "PATCH"),
    ("DELETE", "DELETE"),
    ("HEAD", "HEAD"),
    ("OPTIONS", "OPTIONS"),
];
const WAIT_SECONDS: Range = Range::whole(0, 60);

impl HttpCheck {
    pub(super) fn read(fields: &mut Fields<'_, '_>) -> Option<Self> {
        let url = fields.text("url", "where the request goes");
        if let Some(url) = &url {
            check_url(fields, "url", url, &["http", "https"]);
        }
        let method = fields.word("httpMethod", METHODS, None);
        let wait = fields.number("waitTime", WAIT_SECONDS, Some(0));
        let headers = fields.texts("headers", check_header);
        let body = fields.text_if_given("body");
        let auth = match fields.object("authentication") {
            Some((path, map)) => Auth::read(fields.reader, path, map),
            None => Some(Auth::None),
        };
        Some(Self { method: method?, url: url?, wait: wait?, headers, body, auth: auth? })
    }
}

/// Tells what is wrong with an address, as far as it is known, and takes its host.
pub(super) fn check_url(fields: &mut Fields<'_, '_>, name: &str, url: &Template, schemes: &[&str]) {
    fields.reader.note_url(url);
    let Some(fixed) = url.fixed() else { return };
    let rule = match Url::parse(fixed) {
        Ok(url) if !url.username().is_empty() || url.password().is_some() => {
            "an address without user and password: give them as authentication".to_owned()
        }
        Ok(url) if schemes.contains(&url.scheme()) && url.has_host() => return,
        Ok(_) | Err(_) => format!("an absolute URL that begins with {}://", schemes.join(":// or ")),
    };
    fields.fault(name, rule);
}

pub(super) fn check_header(name: &str, value: &Template) -> Result<(), String> {
    HeaderName::from_bytes(name.as_bytes()).map_err(|_| "no name that a header can have".to_owned())?;
    let fixed = value.fixed().map(HeaderValue::from_str);
    fixed.transpose().map(drop).map_err(|_| "no value that a header can have".to_owned())
}
