//! Fields of a step.

use std::time::Duration;

use serde_json::{Map, Value};

use super::expectation::{EXPECTATION, EXTRACTION};
use crate::parameter::{Default, Kind, Parameter};

const EXPECTATIONS_MAX: usize = 50;
const HEADERS_MAX: usize = 50;
const BODY_BYTES_MAX: usize = 256 * 1024;
/// As long as a run may take.
const TIMEOUT_MAX: Duration = Duration::from_mins(14);

pub(super) static STEP: &[Parameter] = &[
    Parameter {
        name: "name",
        summary: "what reports call the step; `METHOD url` when it is left out",
        kind: Kind::Text { bytes_max: 128 },
        default: Default::Is(|| Value::from("")),
    },
    Parameter {
        name: "method",
        summary: "the HTTP method",
        kind: Kind::Choice(&["GET", "POST", "PUT", "PATCH", "DELETE", "HEAD", "OPTIONS"]),
        default: Default::Is(|| Value::from("GET")),
    },
    Parameter {
        name: "url",
        summary: "where the request goes; places such as `{{name}}` stand in it, and in `query`, `headers`, `body`, `form`, \
`json` and the values of `expect`",
        kind: Kind::UrlTemplate,
        default: Default::Required,
    },
    Parameter {
        name: "query",
        summary: "what is added to the address behind `?`, encoded",
        kind: Kind::TextMap { max: HEADERS_MAX },
        default: Default::Is(|| Value::Object(Map::new())),
    },
    Parameter {
        name: "headers",
        summary: "request headers",
        kind: Kind::TextMap { max: HEADERS_MAX },
        default: Default::Is(|| Value::Object(Map::new())),
    },
    Parameter {
        name: "body",
        summary: "request body as text",
        kind: Kind::Text { bytes_max: BODY_BYTES_MAX },
        default: Default::Absent,
    },
    Parameter {
        name: "json",
        summary: "request body as JSON; sets the content type",
        kind: Kind::Json { bytes_max: BODY_BYTES_MAX },
        default: Default::Absent,
    },
    Parameter {
        name: "form",
        summary: "request body as fields of a form (`application/x-www-form-urlencoded`)",
        kind: Kind::TextMap { max: HEADERS_MAX },
        default: Default::Absent,
    },
    Parameter {
        name: "authenticate",
        summary: "whether `auth` is sent with the step",
        kind: Kind::Boolean,
        default: Default::Is(|| Value::from(true)),
    },
    Parameter {
        name: "follow_redirects",
        summary: "whether redirects are followed",
        kind: Kind::Boolean,
        default: Default::Is(|| Value::from(true)),
    },
    Parameter {
        name: "timeout",
        summary: "how long the answer may take; 30s when it is left out",
        kind: Kind::Duration { max: TIMEOUT_MAX },
        default: Default::Absent,
    },
    Parameter {
        name: "status",
        summary: "HTTP status codes that count as good",
        kind: Kind::Statuses,
        default: Default::Is(|| Value::from("200-299")),
    },
    Parameter {
        name: "expect",
        summary: "what else must hold of the answer",
        kind: Kind::Records { fields: EXPECTATION, max: EXPECTATIONS_MAX },
        default: Default::Is(|| Value::Array(Vec::new())),
    },
    Parameter {
        name: "extract",
        summary: "what is taken out of the answer for later steps; the step fails when it is not there",
        kind: Kind::Records { fields: EXTRACTION, max: EXPECTATIONS_MAX },
        default: Default::Is(|| Value::Array(Vec::new())),
    },
];
