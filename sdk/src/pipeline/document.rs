//! From a segment's log to its documents.

use super::exception::ExceptionIds;
use super::fields::{Draft, Fact, Role};
use crate::layer::log::{Head, Key, SegmentLog, SpanRow, Value};
use crate::segment::{Annotations, Aws, EpochTime, Kind, Segment, Service, XRaySdk, limits};

/// What every segment of the service says of it.
#[derive(Debug, Clone)]
pub(crate) struct ServiceIdentity {
    pub(crate) name: String,
    pub(crate) version: Option<String>,
    pub(crate) origin: Option<String>,
}

/// The documents of one segment: itself, and subsegments nested too deeply to stay inside.
#[derive(Debug, Default)]
pub(super) struct Built {
    pub(super) documents: Vec<Segment>,
    /// Annotations beyond the number X-Ray indexes.
    pub(super) annotations_dropped: u64,
}

/// Writes down what `log` holds.
pub(super) fn build(log: &SegmentLog, identity: &ServiceIdentity) -> Built {
    let Some(head) = &log.head else { return Built::default() };
    let mut built = Built::default();
    let mut spans = describe(log, head, &mut built);
    if let Some(segment) = spans.first_mut() {
        introduce(segment, head, identity);
    }
    let levels = levels(&log.spans);
    // A parent stands before its children, so taking spans from the end completes each before it is
    // put into its parent.
    while let Some(mut span) = spans.pop() {
        let index = spans.len();
        span.subsegments.reverse();
        let parent = log.spans[index].parent;
        match parent.and_then(|parent| spans.get_mut(parent as usize)) {
            Some(parent) if levels[index] > 0 => parent.subsegments.push(span),
            Some(parent) => {
                span.parent_id = Some(parent.id);
                span.trace_id = Some(head.trace_id);
                span.kind = Some(Kind::Subsegment);
                built.documents.push(span);
            }
            None => built.documents.push(span),
        }
    }
    built.documents.reverse();
    built
}

/// How deep each span stands in its document; 0 begins a document.
fn levels(spans: &[SpanRow]) -> Vec<usize> {
    let mut levels: Vec<usize> = Vec::with_capacity(spans.len());
    for span in spans {
        let level = span.parent.and_then(|parent| levels.get(parent as usize)).map_or(0, |level| level + 1);
        levels.push(level % limits::DEPTH_MAX);
    }
    levels
}

/// Turns each span into a segment of its own, without subsegments yet.
fn describe(log: &SegmentLog, head: &Head, built: &mut Built) -> Vec<Segment> {
    let mut drafts: Vec<Draft<'_>> = log.spans.iter().map(|span| Draft::new(span.metadata)).collect();
    for field in &log.fields {
        let Some(draft) = drafts.get_mut(field.span as usize) else { continue };
        let fact = match field.row.value {
            Value::Event(metadata) => {
                draft.begin_event(metadata);
                continue;
            }
            Value::EventEnd => {
                draft.end_event();
                continue;
            }
            Value::Bool(flag) => Fact::Bool(flag),
            Value::Signed(number) => Fact::Number(number.into()),
            Value::Unsigned(number) => Fact::Number(number.into()),
            Value::Float(number) => Fact::float(number),
            Value::Text(text) => Fact::Text(log.text(text)),
            Value::Error(text) => Fact::Error(log.text(text)),
            Value::CausedBy(text) => Fact::CausedBy(log.text(text)),
        };
        match field.row.key {
            Key::Field(name) => draft.field(name, &fact),
            Key::Annotation(key) => draft.annotate(log.text(key), &fact),
        }
    }
    let mut ids = ExceptionIds::new(head);
    let mut annotations_left = limits::ANNOTATIONS_MAX;
    let finished = drafts.into_iter().zip(&log.spans).enumerate().map(|(index, (draft, span))| {
        let role = if index == 0 { Role::Segment } else { Role::Subsegment };
        let mut segment = draft.finish(role, &mut ids);
        segment.id = head.span_id(index);
        segment.start_time = EpochTime::from_nanos(head.epoch_ns(span.start_ns));
        segment.end_time = span.end_ns.map(|end_ns| EpochTime::from_nanos(head.epoch_ns(end_ns)));
        segment.in_progress = segment.end_time.is_none();
        built.annotations_dropped += keep_first(&mut segment.annotations, &mut annotations_left);
        segment
    });
    finished.collect()
}

/// Keeps as many annotations as are left to the trace; returns how many had to go.
fn keep_first(annotations: &mut Annotations, left: &mut usize) -> u64 {
    let mut dropped = 0;
    while annotations.len() > *left {
        annotations.pop_last();
        dropped += 1;
    }
    *left -= annotations.len();
    dropped
}

/// Adds to a segment what only a segment has.
fn introduce(segment: &mut Segment, head: &Head, identity: &ServiceIdentity) {
    if segment.name.is_empty() {
        segment.name = limits::sanitize_name(&identity.name);
    }
    segment.trace_id = Some(head.trace_id);
    segment.parent_id = head.parent;
    segment.origin.clone_from(&identity.origin);
    segment.service =
        identity.version.clone().map(|version| Box::new(Service { version: Some(version), ..Service::default() }));
    let aws = segment.aws.get_or_insert_with(|| Box::new(Aws::default()));
    aws.xray = Some(XRaySdk {
        sdk: Some("siskin".to_owned()),
        sdk_version: Some(env!("CARGO_PKG_VERSION").to_owned()),
        sampling_rule_name: head.rule_name.as_deref().map(str::to_owned),
        ..XRaySdk::default()
    });
}
