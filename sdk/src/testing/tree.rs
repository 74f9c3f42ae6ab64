//! Traces as text.

use std::collections::{BTreeMap, HashSet};
use std::fmt::Write;

use serde_json::Value;

use crate::id::SpanId;
use crate::segment::{AnnotationValue, Cause, Segment};

/// Draws documents as an indented tree: one line for each span, below the one that called it, in the
/// order they began.
///
/// A line has the name, what kind of span it is, how it failed, annotations as `key=value`, metadata
/// as `{key=value}`, then the http, sql and aws blocks and exceptions. Ids and times are left out, so
/// that the text is the same on each run.
pub fn tree(documents: &[Segment]) -> String {
    let mut spans: Vec<(Option<SpanId>, &Segment)> = Vec::new();
    let mut stack: Vec<(Option<SpanId>, &Segment)> = documents.iter().map(|it| (it.parent_id, it)).collect();
    while let Some((parent, span)) = stack.pop() {
        spans.push((parent, span));
        stack.extend(span.subsegments.iter().map(|child| (Some(span.id), child)));
    }
    spans.sort_by_key(|(_, span)| (span.start_time, span.name.clone()));
    let known: HashSet<SpanId> = spans.iter().map(|(_, span)| span.id).collect();
    let mut children: BTreeMap<Option<SpanId>, Vec<&Segment>> = BTreeMap::new();
    for (parent, span) in spans {
        children.entry(parent.filter(|id| known.contains(id))).or_default().push(span);
    }
    let mut text = String::new();
    let mut stack: Vec<(usize, &Segment)> = Vec::new();
    let mut open = |stack: &mut Vec<_>, parent, depth| {
        let below = children.remove(&parent).unwrap_or_default();
        stack.extend(below.into_iter().rev().map(|span| (depth, span)));
    };
    open(&mut stack, None, 0);
    while let Some((depth, span)) = stack.pop() {
        let indent = "  ".repeat(depth);
        writeln!(text, "{indent}{}", line(span)).expect("a string takes every text");
        open(&mut stack, Some(span.id), depth + 1);
    }
    text
}

pub(super) fn line(span: &Segment) -> String {
    let mut words = vec![span.name.clone()];
    if span.is_subsegment() {
        words.push("[independent]".to_owned());
    } else if span.trace_id.is_some() {
        words.push("[segment]".to_owned());
    }
    words.extend(span.namespace.as_ref().map(|namespace| format!("[{namespace}]")));
    let flags =
        [("in progress", span.in_progress), ("error", span.error), ("throttle", span.throttle), ("fault", span.fault)];
    words.extend(flags.into_iter().filter(|(_, set)| *set).map(|(name, _)| name.to_uppercase()));
    words.extend(span.annotations.iter().map(|(key, value)| format!("{key}={}", annotation(value))));
    words.extend(span.metadata.iter().map(|(namespace, members)| metadata(namespace, members)));
    words.extend(span.user.as_ref().map(|user| format!("user={user}")));
    words.extend(block("http", span.http.as_deref()));
    words.extend(block("sql", span.sql.as_deref()));
    let mut aws = span.aws.clone();
    if let Some(aws) = &mut aws {
        aws.xray = None;
    }
    words.extend(block("aws", aws.as_deref()));
    if let Some(Cause::Detail(detail)) = span.cause.as_deref() {
        let messages = detail.exceptions.iter().map(|it| it.message.as_deref().unwrap_or_default());
        words.push(format!("cause: {}", messages.collect::<Vec<_>>().join(" <- ")));
    }
    words.join(" ")
}

fn annotation(value: &AnnotationValue) -> String {
    match value {
        AnnotationValue::Bool(flag) => flag.to_string(),
        AnnotationValue::Number(number) => number.to_string(),
        AnnotationValue::Text(text) => text.clone(),
    }
}

fn metadata(namespace: &str, members: &Value) -> String {
    let Value::Object(members) = members else { return format!("{{{namespace}={members}}}") };
    let plain = |value: &Value| value.as_str().map_or_else(|| value.to_string(), str::to_owned);
    let pairs: BTreeMap<_, _> = members.iter().collect();
    let pairs: Vec<_> = pairs.into_iter().map(|(key, value)| format!("{key}={}", plain(value))).collect();
    let prefix = if namespace == "default" { String::new() } else { format!("{namespace}: ") };
    format!("{{{prefix}{}}}", pairs.join(" "))
}

/// A block's JSON, without quotes, if there is anything in it.
fn block(name: &str, block: Option<&impl serde::Serialize>) -> Option<String> {
    let json = serde_json::to_string(block?).expect("a block has text keys");
    (json != "{}").then(|| format!("{name}:{}", json.replace('"', "")))
}
