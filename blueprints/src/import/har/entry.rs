//! One request of an archive.

use serde_json::Value;
use url::Url;

use crate::{HostPattern, Invalid};

/// Kinds of resources, as Chrome names them, that are part of pages and no calls of an API.
const STATIC_KINDS: &[&str] =
    &["image", "stylesheet", "script", "font", "media", "manifest", "texttrack", "ping", "preflight", "websocket"];
const STATIC_ENDINGS: &[&str] = &[
    "css", "js", "mjs", "map", "png", "jpg", "jpeg", "gif", "svg", "webp", "avif", "ico", "woff", "woff2", "ttf",
    "otf", "mp4", "webm", "mp3", "wasm",
];
const METHODS: &[&str] = &["GET", "POST", "PUT", "PATCH", "DELETE", "HEAD"];

/// Why a request is left out.
#[derive(Clone, Copy, Debug, Eq, Ord, PartialEq, PartialOrd)]
pub(super) enum Skipped {
    OtherHost,
    Static,
    Method,
    Unanswered,
    Repeat,
    TooMany,
}

impl Skipped {
    pub(super) fn told(self) -> &'static str {
        match self {
            Self::OtherHost => "left out, requests to other hosts",
            Self::Static => "left out, requests for static files",
            Self::Method => "left out, requests of methods that no step has, such as preflights",
            Self::Unanswered => "left out, requests without an answer",
            Self::Repeat => "left out, requests that repeat an earlier one",
            Self::TooMany => "left out, requests beyond the 50 steps of a canary",
        }
    }
}

/// A request with its answer.
#[derive(Debug)]
pub(super) struct Entry<'a> {
    pub(super) method: &'a str,
    pub(super) url: Url,
    pub(super) request: &'a Value,
    pub(super) response: &'a Value,
    kind: &'a str,
}

impl<'a> Entry<'a> {
    pub(super) fn read(entry: &'a Value) -> Result<Self, Invalid> {
        let request = &entry["request"];
        let text = |name: &str| {
            let value = request.get(name);
            let shown = value.map_or_else(|| "(not given)".to_owned(), Value::to_string);
            let missing = || Invalid::new(format!("request.{name}"), shown, "a text");
            value.and_then(Value::as_str).ok_or_else(missing)
        };
        let (method, address) = (text("method")?, text("url")?);
        let url = Url::parse(address)
            .map_err(|error| Invalid::new("request.url", format!("\"{address}\""), format!("is no URL: {error}")))?;
        let kind = entry["_resourceType"].as_str().unwrap_or_default();
        Ok(Self { method, url, request, response: &entry["response"], kind })
    }

    pub(super) fn is_http(&self) -> bool {
        matches!(self.url.scheme(), "http" | "https")
    }

    /// The status of the answer; `None` when there was none.
    pub(super) fn status(&self) -> Option<u64> {
        self.response["status"].as_u64().filter(|status| (100..600).contains(status))
    }

    pub(super) fn skipped(&self, host: &HostPattern) -> Option<Skipped> {
        if !self.is_http() || !host.matches(&self.url) {
            return Some(Skipped::OtherHost);
        }
        if !METHODS.contains(&self.method) {
            return Some(Skipped::Method);
        }
        if self.is_static() {
            return Some(Skipped::Static);
        }
        self.status().is_none().then_some(Skipped::Unanswered)
    }

    fn is_static(&self) -> bool {
        if !self.kind.is_empty() {
            return STATIC_KINDS.contains(&self.kind);
        }
        let mime = self.response["content"]["mimeType"].as_str().unwrap_or_default().to_ascii_lowercase();
        let by_type = ["image/", "font/", "audio/", "video/", "text/css"].iter().any(|start| mime.starts_with(start))
            || mime.contains("javascript")
            || mime.contains("font-woff");
        let ending = self.url.path().rsplit_once('.').map(|(_, ending)| ending.to_ascii_lowercase());
        by_type || (self.method == "GET" && ending.is_some_and(|ending| STATIC_ENDINGS.contains(&ending.as_str())))
    }

    /// What makes two requests the same.
    pub(super) fn identity(&self) -> (String, String, String) {
        let body = self.request["postData"]["text"].as_str().unwrap_or_default();
        (self.method.to_owned(), self.url.to_string(), body.to_owned())
    }
}
