//! Fields of a step and of what is expected of its answer.

use serde_json::Value;

use crate::parameter::{Default, Kind, Parameter};

const EXPECTATIONS_MAX: usize = 50;
const HEADERS_MAX: usize = 50;
const BODY_BYTES_MAX: usize = 256 * 1024;

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
    Parameter { name: "url", summary: "where the request goes", kind: Kind::Url, default: Default::Required },
    Parameter {
        name: "headers",
        summary: "request headers",
        kind: Kind::TextMap { max: HEADERS_MAX },
        default: Default::Is(|| Value::Object(serde_json::Map::new())),
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
];

static EXPECTATION: &[Parameter] = &[
    Parameter {
        name: "of",
        summary: "which part of the answer is looked at",
        kind: Kind::Choice(&["header", "json", "text", "duration_ms"]),
        default: Default::Required,
    },
    Parameter {
        name: "at",
        summary: "the header's name, or the JSONPath (RFC 9535) into the body",
        kind: Kind::Text { bytes_max: 1024 },
        default: Default::Is(|| Value::from("")),
    },
    Parameter {
        name: "compare",
        summary: "how the part is compared with `value`",
        kind: Kind::Choice(&[
            "equals",
            "not_equals",
            "contains",
            "not_contains",
            "exists",
            "not_exists",
            "greater_than",
            "less_than",
        ]),
        default: Default::Required,
    },
    Parameter {
        name: "value",
        summary: "what it is compared with",
        kind: Kind::Json { bytes_max: 4096 },
        default: Default::Absent,
    },
];
