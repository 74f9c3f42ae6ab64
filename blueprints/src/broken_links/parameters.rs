//! What a person may set.

use serde_json::Value;

use crate::parameter::{Default, Kind, Parameter};

/// Pages to begin with, and patterns.
const LIST_MAX: usize = 50;

pub(super) static PARAMETERS: &[Parameter] = &[
    Parameter {
        name: "url",
        summary: "the page to begin with, or a list of pages or sitemaps",
        kind: Kind::OneOrMany { of: &Kind::Url, max: LIST_MAX },
        default: Default::Required,
    },
    Parameter {
        name: "scope",
        summary: "only pages below one of these addresses are searched; without it all of the hosts of `url`",
        kind: Kind::OneOrMany { of: &Kind::Url, max: LIST_MAX },
        default: Default::Absent,
    },
    Parameter {
        name: "depth",
        summary: "how many links away from `url` pages are searched; 0 is `url` alone",
        kind: Kind::Whole { max: 1_000 },
        default: Default::Absent,
    },
    Parameter {
        name: "exclude",
        summary: "a regular expression, or a list: addresses that match are not followed",
        kind: Kind::OneOrMany { of: &Kind::Text { bytes_max: 1_024 }, max: LIST_MAX },
        default: Default::Absent,
    },
    Parameter {
        name: "external",
        summary: "whether links that leave the scope are followed",
        kind: Kind::Boolean,
        default: Default::Is(|| Value::from(true)),
    },
    Parameter {
        name: "fragments",
        summary: "whether the names behind # must be there",
        kind: Kind::Boolean,
        default: Default::Is(|| Value::from(true)),
    },
    Parameter {
        name: "sitemaps",
        summary: "whether the pages of the host's sitemaps are begun with as well",
        kind: Kind::Boolean,
        default: Default::Is(|| Value::from(false)),
    },
    Parameter {
        name: "strict",
        summary: "whether links that nobody can verify, as behind walls against robots, count as broken",
        kind: Kind::Boolean,
        default: Default::Is(|| Value::from(false)),
    },
    Parameter {
        name: "browser",
        summary: "whether Chrome looks at what HTTP cannot tell, and takes pictures of broken links",
        kind: Kind::Boolean,
        default: Default::Is(|| Value::from(true)),
    },
    Parameter {
        name: "links",
        summary: "most links that are followed",
        kind: Kind::Whole { max: 100_000 },
        default: Default::Is(|| Value::from(1_000)),
    },
];
