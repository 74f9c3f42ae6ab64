//! What a person may set.

use serde_json::{Value, json};

use crate::parameter::{Default, Kind, Parameter};

/// More pages than this are several canaries.
const URLS_MAX: usize = 50;
const VIEWPORTS_MAX: usize = 10;
/// Selectors of a page and of all; AWS has at most 20 areas of a picture.
const SELECTORS_MAX: usize = 50;
const TEXT_BYTES_MAX: usize = 4_096;
const SELECTORS: Kind = Kind::OneOrMany { of: &Kind::Text { bytes_max: TEXT_BYTES_MAX }, max: SELECTORS_MAX };

pub(super) static PARAMETERS: &[Parameter] = &[
    Parameter {
        name: "url",
        summary: "the page, or a list of pages; a table gives a page a name and more of its own",
        kind: Kind::OneOrMany { of: &Kind::Record { fields: PAGE, short: Some("url") }, max: URLS_MAX },
        default: Default::Required,
    },
    Parameter {
        name: "viewports",
        summary: "sizes of the window in CSS pixels, such as 1280x720, or 390x844@3 with three pixels for each",
        kind: Kind::OneOrMany { of: &Kind::Text { bytes_max: 32 }, max: VIEWPORTS_MAX },
        default: Default::Is(|| json!(["1280x720"])),
    },
    Parameter {
        name: "status",
        summary: "HTTP status codes of the pages that count as good",
        kind: Kind::Statuses,
        default: Default::Is(|| Value::from("200-299")),
    },
    Parameter {
        name: "wait_until",
        summary: "when a page counts as opened: its head is here, it is read, all that it embeds is loaded, or no request \
has been open for 500 ms",
        kind: Kind::Choice(&["commit", "domcontentloaded", "load", "networkidle"]),
        default: Default::Is(|| Value::from("load")),
    },
    Parameter {
        name: "wait_for",
        summary: "the selector of an element that every page shows when it is ready",
        kind: Kind::Text { bytes_max: TEXT_BYTES_MAX },
        default: Default::Absent,
    },
    Parameter {
        name: "full_page",
        summary: "whether the picture is of the whole page, or of what is seen at once",
        kind: Kind::Boolean,
        default: Default::Is(|| Value::from(true)),
    },
    Parameter {
        name: "ignore",
        summary: "selectors of elements, or corners x1,y1,x2,y2 in CSS pixels as AWS has them, that are not compared",
        kind: SELECTORS,
        default: Default::Absent,
    },
    Parameter {
        name: "hide",
        summary: "CSS selectors of elements that are not painted",
        kind: SELECTORS,
        default: Default::Absent,
    },
    Parameter {
        name: "ignore_colours",
        summary: "pixels of these colours, such as #ff00aa, are not compared",
        kind: Kind::OneOrMany { of: &Kind::Text { bytes_max: 7 }, max: SELECTORS_MAX },
        default: Default::Absent,
    },
    Parameter {
        name: "threshold",
        summary: "how different a pixel must look to count, 0 to 1; 0.1 unless told otherwise",
        kind: Kind::Number { max: 1.0 },
        default: Default::Absent,
    },
    Parameter {
        name: "variance_threshold_percent",
        summary: "how much of a picture may change, wherever it is, in place of changed_max",
        kind: Kind::Number { max: 100.0 },
        default: Default::Absent,
    },
    Parameter {
        name: "changed_max",
        summary: "how many pixels may change; 3 unless told otherwise",
        kind: Kind::Whole { max: 1_000_000_000 },
        default: Default::Absent,
    },
    Parameter {
        name: "antialiasing",
        summary: "whether anti-aliased pixels count",
        kind: Kind::Boolean,
        default: Default::Is(|| Value::from(false)),
    },
    Parameter {
        name: "glyph_shifts",
        summary: "whether glyphs count that are drawn up to a pixel aside",
        kind: Kind::Boolean,
        default: Default::Is(|| Value::from(false)),
    },
    Parameter {
        name: "fail_on_variance",
        summary: "whether a run fails when a picture does not match",
        kind: Kind::Boolean,
        default: Default::Is(|| Value::from(true)),
    },
];

static PAGE: &[Parameter] = &[
    Parameter { name: "url", summary: "the page", kind: Kind::Url, default: Default::Required },
    Parameter {
        name: "name",
        summary: "what its baseline is called; its path when it is left out, home for /",
        kind: Kind::Text { bytes_max: 128 },
        default: Default::Absent,
    },
    Parameter {
        name: "wait_for",
        summary: "in place of the selector for all",
        kind: Kind::Text { bytes_max: TEXT_BYTES_MAX },
        default: Default::Absent,
    },
    Parameter { name: "ignore", summary: "besides what all ignore", kind: SELECTORS, default: Default::Absent },
    Parameter { name: "hide", summary: "besides what all hide", kind: SELECTORS, default: Default::Absent },
];
