//! Segment documents to the rows of a waterfall. Pure.

use std::collections::{BTreeMap, HashMap, HashSet};
use std::time::Duration;

use siskin_sdk::id::SpanId;
use siskin_sdk::segment::{AnnotationValue, Cause, Exception, Segment};

use crate::base::Timestamp;
use crate::edge::console::tone::Tone;

/// Rows of one waterfall. A larger trace shows its first rows and says how many are left out.
pub(super) const ROWS_MAX: usize = 500;

/// Levels that are drawn further and further in; deeper ones stand below the last.
pub(super) const DEPTH_MAX: usize = 12;

/// A trace as rows: every segment followed by what it called, in order of time.
#[derive(Clone, Debug, Default)]
pub(crate) struct Waterfall {
    /// When the first segment began.
    pub(crate) started: Timestamp,
    /// From the first start to the last end known.
    pub(crate) length: Duration,
    /// Callers before their callees.
    pub(crate) rows: Vec<Row>,
    /// Rows beyond the limit.
    pub(crate) left_out: usize,
    /// Names of the services, in order of appearance.
    pub(crate) services: Vec<String>,
}

/// One segment or subsegment.
#[derive(Clone, Debug)]
pub(crate) struct Row {
    pub(super) depth: usize,
    pub(super) segment: Segment,
    pub(super) kind: RowKind,
    pub(super) tone: Tone,
    /// From the start of the trace.
    pub(super) offset: Duration,
    /// `None` while it goes on.
    pub(super) length: Option<Duration>,
}

/// What stands behind a [`Row`].
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum RowKind {
    /// A service's own report of its work.
    Segment,
    /// A step of a service's work.
    Subsegment,
    /// A callee that sends no segments itself, seen by its caller.
    Inferred,
}

impl Row {
    pub(super) fn annotations(&self) -> &BTreeMap<String, AnnotationValue> {
        &self.segment.annotations
    }

    /// The exceptions described here; one that is described elsewhere in the trace counts as none.
    pub(super) fn exceptions(&self) -> &[Exception] {
        match self.segment.cause.as_deref() {
            Some(Cause::Detail(detail)) => &detail.exceptions,
            Some(Cause::Reference(_)) | None => &[],
        }
    }

    /// `GET http://shop/cart`, as far as it is known.
    pub(super) fn request(&self) -> Option<String> {
        let request = self.segment.http.as_ref()?.request.as_ref()?;
        match (&request.method, &request.url) {
            (Some(method), Some(url)) => Some(format!("{method} {url}")),
            (Some(one), None) | (None, Some(one)) => Some(one.clone()),
            (None, None) => None,
        }
    }

    pub(super) fn status(&self) -> Option<i64> {
        self.segment.http.as_ref()?.response.as_ref()?.status
    }
}

/// The waterfall of the segments of one trace.
///
/// A segment hangs below the subsegment that its `parent_id` names, in whatever document that is; one whose caller
/// is not there stands at the top.
pub(crate) fn unfold(segments: Vec<Segment>) -> Waterfall {
    let mut known = HashSet::new();
    for segment in &segments {
        collect_ids(segment, &mut known);
    }
    let (mut called, mut roots): (HashMap<SpanId, Vec<Segment>>, Vec<Segment>) = (HashMap::new(), Vec::new());
    for segment in segments {
        match segment.parent_id.filter(|parent| *parent != segment.id && known.contains(parent)) {
            Some(caller) => called.entry(caller).or_default().push(segment),
            None => roots.push(segment),
        }
    }
    let started = roots.iter().map(start).min().unwrap_or_default();
    let mut waterfall = Waterfall { started, ..Waterfall::default() };
    by_time(&mut roots);
    for root in roots {
        waterfall.place(root, 0, &mut called);
    }
    // Segments that name each other as callers hang from no root: shown all the same.
    let mut circular: Vec<Segment> = called.into_values().flatten().collect();
    by_time(&mut circular);
    for segment in circular {
        waterfall.place(segment, 0, &mut HashMap::new());
    }
    waterfall
}

impl Waterfall {
    /// Adds `segment`, its subsegments, and the segments they called.
    fn place(&mut self, mut segment: Segment, depth: usize, called: &mut HashMap<SpanId, Vec<Segment>>) {
        let mut below = std::mem::take(&mut segment.subsegments);
        // Depth is bounded by the recursion limit of the JSON parser for nested subsegments; chains of segments
        // end here.
        if depth <= ROWS_MAX {
            below.extend(called.remove(&segment.id).unwrap_or_default());
        }
        by_time(&mut below);
        let row = self.row(segment, depth);
        let end = row.offset.saturating_add(row.length.unwrap_or_default());
        self.length = self.length.max(end);
        if row.kind == RowKind::Segment && !self.services.contains(&row.segment.name) {
            self.services.push(row.segment.name.clone());
        }
        if self.rows.len() < ROWS_MAX {
            self.rows.push(row);
        } else {
            self.left_out += 1;
        }
        for child in below {
            self.place(child, depth + 1, called);
        }
    }

    fn row(&self, segment: Segment, depth: usize) -> Row {
        let kind = if segment.inferred {
            RowKind::Inferred
        } else if segment.trace_id.is_some() && !segment.is_subsegment() {
            RowKind::Segment
        } else {
            RowKind::Subsegment
        };
        Row {
            depth: depth.min(DEPTH_MAX),
            kind,
            tone: tone(&segment),
            offset: start(&segment).since(self.started),
            length: segment.end_time.map(|end| timestamp(end.as_nanos()).since(start(&segment))),
            segment,
        }
    }

    /// The worst tone of all rows.
    pub(super) fn worst(&self) -> Tone {
        self.rows.iter().map(|row| row.tone).max().unwrap_or(Tone::Idle)
    }

    /// The deepest span that failed and says why: where a fault came from, not where it ended up.
    pub(super) fn origin_of_fault(&self) -> Option<&Row> {
        let failed = self.rows.iter().filter(|row| row.tone > Tone::Ok && !row.exceptions().is_empty());
        failed.max_by_key(|row| (row.tone, row.depth))
    }

    /// Whether any work is still going on.
    pub(super) fn partial(&self) -> bool {
        self.rows.iter().any(|row| row.length.is_none())
    }
}

/// Fault before throttle before error, as the service map counts.
fn tone(segment: &Segment) -> Tone {
    if segment.fault {
        Tone::Fault
    } else if segment.throttle {
        Tone::Throttle
    } else if segment.error {
        Tone::Error
    } else if segment.in_progress {
        Tone::Idle
    } else {
        Tone::Ok
    }
}

fn start(segment: &Segment) -> Timestamp {
    timestamp(segment.start_time.as_nanos())
}

fn timestamp(nanos: u64) -> Timestamp {
    Timestamp::from_nanos(i64::try_from(nanos).unwrap_or(i64::MAX))
}

fn by_time(segments: &mut [Segment]) {
    segments.sort_by(|one, other| one.start_time.cmp(&other.start_time).then_with(|| one.name.cmp(&other.name)));
}

fn collect_ids(segment: &Segment, ids: &mut HashSet<SpanId>) {
    ids.insert(segment.id);
    for below in &segment.subsegments {
        collect_ids(below, ids);
    }
}
