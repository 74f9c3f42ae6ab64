//! What a person may set.

use serde_json::Value;

use crate::parameter::{Default, Kind, Parameter};

/// More pages than this are several canaries.
const URLS_MAX: usize = 50;
const PATTERNS_MAX: usize = 50;
const TEXT_BYTES_MAX: usize = 4_096;
/// Longer than any run.
const MS_MAX: f64 = 3_600_000.0;
const SHIFT_MAX: f64 = 1_000.0;
const DAYS_MAX: u64 = 100_000;
/// What becomes of a run in which something optional is wrong.
const VERDICTS: &[&str] = &["ignore", "warn", "fail"];

pub(super) static PARAMETERS: &[Parameter] = &[
    Parameter {
        name: "url",
        summary: "the page, or a list of pages that are opened in order; a table gives a page a name, status and text of \
its own",
        kind: Kind::OneOrMany { of: &Kind::Record { fields: PAGE, short: Some("url") }, max: URLS_MAX },
        default: Default::Required,
    },
    Parameter {
        name: "status",
        summary: "HTTP status codes of the page that count as good",
        kind: Kind::Statuses,
        default: Default::Is(|| Value::from("200-299")),
    },
    Parameter {
        name: "text",
        summary: "text that every page must show; it is waited for; empty asks for none",
        kind: Kind::Text { bytes_max: TEXT_BYTES_MAX },
        default: Default::Is(|| Value::from("")),
    },
    Parameter {
        name: "wait_until",
        summary: "when a page counts as opened: its head is here, it is read, all that it embeds is loaded, or no request \
has been open for 500 ms",
        kind: Kind::Choice(&["commit", "domcontentloaded", "load", "networkidle"]),
        default: Default::Is(|| Value::from("load")),
    },
    Parameter {
        name: "screenshot",
        summary: "whether each loaded page is kept as a picture of its whole length",
        kind: Kind::Boolean,
        default: Default::Is(|| Value::from(true)),
    },
    Parameter {
        name: "click",
        summary: "the selector of an element that is clicked on every loaded page, so that INP is measured",
        kind: Kind::Text { bytes_max: TEXT_BYTES_MAX },
        default: Default::Absent,
    },
    Parameter {
        name: "vitals",
        summary: "limits of web vitals; each one named here becomes a metric",
        kind: Kind::Record { fields: VITALS, short: None },
        default: Default::Absent,
    },
    Parameter {
        name: "failed_requests",
        summary: "what requests of a page mean that failed or were answered with a status from 400 on",
        kind: Kind::Choice(VERDICTS),
        default: Default::Is(|| Value::from("ignore")),
    },
    Parameter {
        name: "ignore_requests",
        summary: "regular expressions: failed requests that match are left out",
        kind: Kind::OneOrMany { of: &Kind::Pattern, max: PATTERNS_MAX },
        default: Default::Absent,
    },
    Parameter {
        name: "console_errors",
        summary: "what errors in the browser's console mean",
        kind: Kind::Choice(VERDICTS),
        default: Default::Is(|| Value::from("ignore")),
    },
    Parameter {
        name: "ignore_console",
        summary: "regular expressions: console errors that match are left out",
        kind: Kind::OneOrMany { of: &Kind::Pattern, max: PATTERNS_MAX },
        default: Default::Absent,
    },
    Parameter {
        name: "certificate_days",
        summary: "days that the certificate of each https host must have left",
        kind: Kind::Record { fields: DAYS, short: None },
        default: Default::Absent,
    },
];

static PAGE: &[Parameter] = &[
    Parameter { name: "url", summary: "the page", kind: Kind::Url, default: Default::Required },
    Parameter {
        name: "name",
        summary: "what reports call its step; its address when it is left out",
        kind: Kind::Text { bytes_max: 128 },
        default: Default::Absent,
    },
    Parameter {
        name: "status",
        summary: "in place of the status for all",
        kind: Kind::Statuses,
        default: Default::Absent,
    },
    Parameter {
        name: "text",
        summary: "in place of the text for all",
        kind: Kind::Text { bytes_max: TEXT_BYTES_MAX },
        default: Default::Absent,
    },
];

const fn vital(name: &'static str, summary: &'static str, fields: &'static [Parameter]) -> Parameter {
    Parameter { name, summary, kind: Kind::Record { fields, short: None }, default: Default::Absent }
}

static VITALS: &[Parameter] = &[
    vital("ttfb", "time to first byte, in milliseconds", MILLISECONDS),
    vital("fcp", "first contentful paint, in milliseconds", MILLISECONDS),
    vital("lcp", "largest contentful paint, in milliseconds", MILLISECONDS),
    vital("inp", "interaction to next paint, in milliseconds; needs `click`", MILLISECONDS),
    vital("cls", "cumulative layout shift, without unit", SHIFT),
];

const WARN: &str = "beyond it the run passes with a warning";
const FAIL: &str = "beyond it the run fails";

static MILLISECONDS: &[Parameter] = &[
    Parameter { name: "warn", summary: WARN, kind: Kind::Number { max: MS_MAX }, default: Default::Absent },
    Parameter { name: "fail", summary: FAIL, kind: Kind::Number { max: MS_MAX }, default: Default::Absent },
];

static SHIFT: &[Parameter] = &[
    Parameter { name: "warn", summary: WARN, kind: Kind::Number { max: SHIFT_MAX }, default: Default::Absent },
    Parameter { name: "fail", summary: FAIL, kind: Kind::Number { max: SHIFT_MAX }, default: Default::Absent },
];

static DAYS: &[Parameter] = &[
    Parameter {
        name: "warn",
        summary: "with fewer left the run passes with a warning",
        kind: Kind::Whole { max: DAYS_MAX },
        default: Default::Absent,
    },
    Parameter {
        name: "fail",
        summary: "with fewer left the run fails",
        kind: Kind::Whole { max: DAYS_MAX },
        default: Default::Absent,
    },
];
