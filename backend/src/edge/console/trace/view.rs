//! The page of one trace.

use std::time::Duration;

use maud::{Markup, html};
use serde_json::Value;
use siskin_sdk::segment::AnnotationValue;

use super::waterfall::{DEPTH_MAX, Row, RowKind, Waterfall};
use crate::edge::console::layout::{badge, heading, sign};
use crate::edge::console::tone::Tone;
use crate::edge::console::{format, link};

/// Named instants above the bars.
const AXIS_PARTS: u32 = 4;

/// A span that takes less than this share of the trace (of 100) is drawn two pixels wide, or it were not seen.
const SEEN_SHARE: f64 = 0.3;

/// Frames of a stack that are shown.
const FRAMES_MAX: usize = 40;

/// A trace and what is known around it.
#[derive(Clone, Debug)]
pub(crate) struct TracePage {
    /// In X-Ray's form.
    pub(crate) id: String,
    /// Its segments as rows.
    pub(crate) waterfall: Waterfall,
    /// Documents that cannot be shown.
    pub(crate) unreadable: usize,
    /// The trace is larger than what is read of one.
    pub(crate) cut_off: bool,
}

impl TracePage {
    pub(crate) fn body(&self) -> Markup {
        let fall = &self.waterfall;
        let aside = html! { a.button href=(link::trace_logs(&self.id, fall.started)) { "Logs of this trace" } };
        let title = html! {
            @if let Some(root) = fall.rows.first() {
                (root.segment.name) @if let Some(request) = root.request() { " " span.quiet { (request) } }
            } @else { "Trace" }
        };
        html! {
            (heading(&[("Traces", "/console/traces")], &title, &aside))
            p.facts {
                (badge(fall.worst(), word(fall)))
                span { b { (format::duration(fall.length)) } }
                span { (format::day_at(fall.started)) " UTC" }
                span { (format::plural(fall.services.len() as u64, "service")) }
                span { (format::plural((fall.rows.len() + fall.left_out) as u64, "span")) }
                code.id title="Trace id" { (self.id) }
                button.copy type="button" data-copy=(self.id) hidden { "Copy id" }
            }
            @if let Some(row) = fall.origin_of_fault() {
                section class={ "panel reason why " (row.tone.class()) } aria-label="Cause" {
                    @for exception in row.exceptions().iter().take(1) {
                        p { b { (row.segment.name) } ": " (exception.kind.as_deref().unwrap_or("exception")) }
                        @if let Some(message) = &exception.message { p { (message) } }
                    }
                }
            }
            section.panel.flush aria-label="Waterfall" {
                div.fall {
                    (axis(fall.length))
                    @for row in &fall.rows { (span(row, fall.length)) }
                }
                @if self.cut_off {
                    p.note { "This trace is too large to be read whole: its last segments are missing." }
                }
                @if self.unreadable > 0 {
                    p.note { (format::plural(self.unreadable as u64, "segment")) " cannot be read" }
                }
                @if fall.left_out > 0 { p.note { (format::plural(fall.left_out as u64, "more span")) " not shown" } }
            }
        }
    }
}

fn word(fall: &Waterfall) -> &'static str {
    match fall.worst() {
        Tone::Fault => "Fault",
        Tone::Throttle => "Throttled",
        Tone::Error => "Error",
        Tone::Ok if fall.partial() => "In progress",
        Tone::Ok => "OK",
        Tone::Idle => "In progress",
    }
}

fn axis(length: Duration) -> Markup {
    html! {
        div.axis {
            span { "Span" } span.num { "Duration" }
            svg width="100%" height="18" aria-hidden="true" {
                @for part in 0..=AXIS_PARTS {
                    @let anchor = if part == 0 { "first" } else if part == AXIS_PARTS { "last" } else { "mid" };
                    text class=(anchor) x={ (part * 100 / AXIS_PARTS) "%" } y="13" {
                        (format::duration(length * part / AXIS_PARTS))
                    }
                }
            }
        }
    }
}

fn span(row: &Row, total: Duration) -> Markup {
    let name = &row.segment.name;
    html! {
        details class={ "span d" (row.depth.min(DEPTH_MAX)) " " (kind_class(row.kind)) } {
            summary data-row {
                span.name {
                    (sign(row.tone)) span.label { (name) }
                    @if let Some(status) = row.status() {
                        span class={ "status " (status_tone(status).class()) } { (status) }
                    }
                    span.quiet { (subtitle(row)) }
                }
                span.num { @match row.length { Some(length) => (format::duration(length)), None => "running" } }
                (bar(row, total))
            }
            (detail(row))
        }
    }
}

const fn kind_class(kind: RowKind) -> &'static str {
    match kind {
        RowKind::Segment => "segment",
        RowKind::Subsegment => "subsegment",
        RowKind::Inferred => "inferred",
    }
}

/// What tells this row from others of the same name.
fn subtitle(row: &Row) -> String {
    if let Some(request) = row.request() {
        return request;
    }
    if let Some(query) = row.segment.sql.as_ref().and_then(|sql| sql.sanitized_query.clone()) {
        return query;
    }
    if let Some(operation) = row.segment.aws.as_ref().and_then(|aws| aws.operation.clone()) {
        return operation;
    }
    row.segment.origin.clone().unwrap_or_default()
}

fn bar(row: &Row, total: Duration) -> Markup {
    let whole = total.as_secs_f64().max(1e-9);
    let share = |part: Duration| (part.as_secs_f64() / whole * 1e4).round() / 100.0;
    let offset = share(row.offset).min(100.0);
    let width = row.length.map_or(100.0 - offset, share).min(100.0 - offset);
    let running = if row.length.is_none() { " running" } else { "" };
    html! {
        svg.bars width="100%" height="22" aria-hidden="true" {
            @for part in 1..AXIS_PARTS {
                @let x = part * 100 / AXIS_PARTS;
                line x1={ (x) "%" } x2={ (x) "%" } y1="0" y2="22" {}
            }
            @let class = format!("bar {}{running}", row.tone.class());
            @if width < SEEN_SHARE {
                rect class=(class) x={ (offset.min(100.0 - SEEN_SHARE)) "%" } y="5" width="2" height="12" {}
            } @else {
                rect class=(class) x={ (offset) "%" } y="5" width={ (width) "%" } height="12" rx="2" {}
            }
        }
    }
}

fn status_tone(status: i64) -> Tone {
    u16::try_from(status).map_or(Tone::Idle, Tone::of_status)
}

fn detail(row: &Row) -> Markup {
    let segment = &row.segment;
    html! {
        div.detail {
            (exceptions(row))
            dl.fields {
                (field("Id", Some(&segment.id.to_string())))
                (field("Starts after", Some(&format::duration(row.offset))))
                (field("Origin", segment.origin.as_deref()))
                (field("Request", row.request().as_deref()))
                (field("User", segment.user.as_deref()))
                (field("Version", segment.service.as_ref().and_then(|service| service.version.as_deref())))
                @if let Some(sql) = &segment.sql {
                    (field("Database", sql.database_type.as_deref()))
                    (field("Query", sql.sanitized_query.as_deref()))
                }
                @if let Some(aws) = &segment.aws {
                    (field("Operation", aws.operation.as_deref()))
                    (field("Table", aws.table_name.as_deref()))
                    (field("Queue", aws.queue_url.as_deref()))
                }
            }
            @if !row.annotations().is_empty() {
                h4 { "Annotations" }
                dl.fields { @for (key, value) in row.annotations() { (field(key, Some(&annotation(value)))) } }
            }
            @for (namespace, values) in &segment.metadata {
                h4 { "Metadata " span.quiet { (namespace) } }
                (metadata(values))
            }
        }
    }
}

fn annotation(value: &AnnotationValue) -> String {
    match value {
        AnnotationValue::Bool(flag) => flag.to_string(),
        AnnotationValue::Number(number) => number.to_string(),
        AnnotationValue::Text(text) => text.clone(),
    }
}

fn metadata(values: &Value) -> Markup {
    match values {
        Value::Object(members) => html! {
            dl.fields { @for (key, value) in members { (field(key, Some(&plain(value)))) } }
        },
        other => html! { pre { (plain(other)) } },
    }
}

/// Text as it is, everything else as JSON.
fn plain(value: &Value) -> String {
    match value {
        Value::String(text) => text.clone(),
        Value::Null | Value::Bool(_) | Value::Number(_) | Value::Array(_) | Value::Object(_) => {
            serde_json::to_string_pretty(value).unwrap_or_default()
        }
    }
}

fn exceptions(row: &Row) -> Markup {
    html! {
        @for exception in row.exceptions() {
            div.exception {
                p {
                    b { (exception.kind.as_deref().unwrap_or("Exception")) }
                    @if let Some(message) = &exception.message { ": " (message) }
                }
                @if !exception.stack.is_empty() {
                    pre {
                        @for frame in exception.stack.iter().take(FRAMES_MAX) {
                            (frame.label.as_deref().unwrap_or("?"))
                            @if let Some(path) = &frame.path {
                                "  " (path) @if let Some(line) = &frame.line { ":" (plain(line)) }
                            }
                            "\n"
                        }
                        @let hidden = exception.stack.len().saturating_sub(FRAMES_MAX);
                        @if hidden > 0 { (format::plural(hidden as u64, "more frame")) }
                    }
                }
            }
        }
    }
}

fn field(name: &str, value: Option<&str>) -> Markup {
    html! {
        @if let Some(value) = value.filter(|value| !value.is_empty()) { dt { (name) } dd { (value) } }
    }
}
