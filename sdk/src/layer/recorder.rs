//! What becomes of a span: which trace it belongs to, whether it is recorded, and where.

use std::sync::Arc;
use std::sync::atomic::{AtomicU32, Ordering};

use tracing_core::{Event, Level, Metadata, span};

use super::handle::{Handle, Mode};
use super::log::{Head, SpanRow};
use super::table::Table;
use super::thread;
use super::visit::{Scratch, SpanKind};
use crate::config::ContextMissing;
use crate::id::TraceId;
use crate::pipeline::{DropReason, Intake};
use crate::propagation::{Sampling, TraceHeader};
use crate::sampling::{Request, Sampler};
use crate::segment::{AnnotationValue, EpochTime};
use crate::{Clock, random};

/// The part of the configuration that recording needs.
#[derive(Debug)]
pub(crate) struct RecorderSettings {
    pub(crate) service_name: Arc<str>,
    pub(crate) origin: Option<String>,
    pub(crate) sampler: Sampler,
    pub(crate) clock: Clock,
    /// Spans more verbose than this are passed over.
    pub(crate) span_level: Level,
    pub(crate) context_missing: ContextMissing,
}

/// Records the spans of one layer.
#[derive(Debug)]
pub(crate) struct Recorder {
    /// Tells this layer's spans from those of other layers on the same thread.
    instance: u32,
    settings: RecorderSettings,
    table: Table,
    intake: Arc<Intake>,
}

const NANOS_PER_SECOND: u64 = 1_000_000_000;

impl Recorder {
    pub(crate) fn new(settings: RecorderSettings, intake: Arc<Intake>) -> Self {
        static INSTANCES: AtomicU32 = AtomicU32::new(0);
        let instance = INSTANCES.fetch_add(1, Ordering::Relaxed);
        Self { instance, settings, table: Table::default(), intake }
    }

    /// A span begins. `nearest` finds the nearest ancestor the slow way, for a parent we do not know:
    /// one that a filter or its level kept from us.
    pub(super) fn open(
        &self,
        attributes: &span::Attributes<'_>,
        id: &span::Id,
        nearest: impl FnOnce() -> Option<Handle>,
    ) {
        let metadata = attributes.metadata();
        if *metadata.level() > self.settings.span_level {
            return;
        }
        let parent = match attributes.parent() {
            Some(parent) => self.find(parent).or_else(nearest),
            None if attributes.is_contextual() => thread::current(self.instance),
            None => None,
        };
        let remote = thread::take_remote();
        let handle = match (parent, remote) {
            // Nothing inside an unsampled trace is recorded, so nothing of it needs to be read.
            (Some(parent), None) if parent.is_muted() => parent.muted_child(),
            (parent, remote) => thread::with_scratch(|scratch| {
                attributes.record(scratch);
                self.open_recorded(parent, remote, metadata, scratch)
            }),
        };
        if self.table.insert(id.into_u64(), handle).is_err() {
            self.intake.counts.drop_one(DropReason::SpansOpen);
            self.finish(handle);
        }
    }

    fn open_recorded(
        &self,
        parent: Option<Handle>,
        remote: Option<TraceHeader>,
        metadata: &'static Metadata<'static>,
        scratch: &Scratch,
    ) -> Handle {
        let is_entry = remote.is_some() || scratch.kind.is_some_and(SpanKind::is_entry);
        match parent {
            Some(parent) if !is_entry => self
                .open_child(parent, metadata, scratch)
                .unwrap_or_else(|| self.open_segment(None, None, metadata, scratch)),
            Some(_) | None => self.open_segment(parent, remote, metadata, scratch),
        }
    }

    /// Begins a subsegment; `None` when the parent's segment is gone.
    fn open_child(&self, parent: Handle, metadata: &'static Metadata<'static>, scratch: &Scratch) -> Option<Handle> {
        let key = parent.key()?;
        let start_ns = self.settings.clock.monotonic_ns();
        let mut log = self.intake.slots.lock(key)?;
        if !self.intake.slots.reserve(&mut log, size_of::<SpanRow>() + scratch.bytes()) {
            drop(log);
            self.intake.counts.drop_one(DropReason::MemoryFull);
            return Some(parent.muted_child());
        }
        let parent = Some(parent.index() as u32);
        let index = log.open_span(SpanRow { parent, metadata, start_ns, end_ns: None });
        log.append(index, &scratch.rows, &scratch.text);
        Some(Handle::child(key, index))
    }

    /// Begins a segment: takes the decision, and a slot.
    fn open_segment(
        &self,
        parent: Option<Handle>,
        remote: Option<TraceHeader>,
        metadata: &'static Metadata<'static>,
        scratch: &Scratch,
    ) -> Handle {
        let head = self.head(self.caller(parent, remote), scratch);
        let (sampled, start_ns) = (head.sampled, head.monotonic_ns);
        let Some((key, mut log)) = self.intake.slots.open(head) else {
            self.intake.counts.drop_one(DropReason::SegmentsOpen);
            return Handle::LOST;
        };
        if !sampled {
            return Handle::root(key, Mode::Muted);
        }
        if !self.intake.slots.reserve(&mut log, size_of::<SpanRow>() + scratch.bytes()) {
            drop(log);
            self.intake.slots.release(key);
            self.intake.counts.drop_one(DropReason::MemoryFull);
            return Handle::LOST;
        }
        let index = log.open_span(SpanRow { parent: None, metadata, start_ns, end_ns: None });
        log.append(index, &scratch.rows, &scratch.text);
        Handle::root(key, Mode::Recording)
    }

    /// Who called: the remote parent, or else the span around. A remote parent that names no trace
    /// still says whether it wants one recorded.
    fn caller(&self, parent: Option<Handle>, remote: Option<TraceHeader>) -> TraceHeader {
        let local = || parent.and_then(|parent| self.context(parent)).unwrap_or_default();
        match remote {
            Some(remote) if remote.root.is_some() => remote,
            Some(remote) => {
                let local = local();
                TraceHeader { root: local.root, parent: local.parent, ..remote }
            }
            None => local(),
        }
    }

    fn head(&self, caller: TraceHeader, scratch: &Scratch) -> Head {
        let (wall_ns, monotonic_ns) = (self.settings.clock.wall_ns(), self.settings.clock.monotonic_ns());
        let (sampled, rule_name) = match caller.sampling {
            Sampling::Sampled => (true, None),
            Sampling::NotSampled => (false, None),
            Sampling::Requested | Sampling::Unspecified => {
                let decision = self.settings.sampler.decide(&self.request(scratch), EpochTime::from_nanos(wall_ns));
                (decision.sampled, Some(decision.rule_name))
            }
        };
        Head {
            trace_id: caller.root.unwrap_or_else(|| TraceId::random((wall_ns / NANOS_PER_SECOND) as u32)),
            parent: caller.parent,
            sampled,
            rule_name,
            extras: caller.extras,
            tracestate: caller.tracestate,
            wall_ns,
            monotonic_ns,
            seed: random::next_u64(),
        }
    }

    /// What sampling rules are matched against.
    fn request<'a>(&'a self, scratch: &'a Scratch) -> Request<'a> {
        let path = scratch.text_of(&["url.path", "http.target"]);
        Request {
            service: Some(&self.settings.service_name),
            service_type: self.settings.origin.as_deref(),
            host: scratch.text_of(&["server.address", "http.host", "net.host.name"]),
            method: scratch.text_of(&["http.request.method", "http.method"]),
            path: path.map(|path| path.split_once('?').map_or(path, |(path, _)| path)),
        }
    }

    /// Fields were recorded after the span began.
    pub(super) fn record(&self, id: &span::Id, values: &span::Record<'_>) {
        if let Some(handle) = self.find(id).filter(|handle| !handle.is_muted()) {
            thread::with_scratch(|scratch| {
                values.record(scratch);
                self.write(handle, scratch);
            });
        }
    }

    /// An event happened; errors are part of the segment, other events belong to logs.
    pub(super) fn event(&self, event: &Event<'_>, nearest: impl FnOnce() -> Option<Handle>) {
        if *event.metadata().level() != Level::ERROR {
            return;
        }
        let span = match event.parent() {
            Some(parent) => self.find(parent).or_else(nearest),
            None if event.is_contextual() => thread::current(self.instance),
            None => None,
        };
        if let Some(handle) = span.filter(|handle| !handle.is_muted()) {
            thread::with_scratch(|scratch| {
                super::event::read(event, scratch);
                self.write(handle, scratch);
            });
        }
    }

    /// Adds an annotation to the span at `handle`.
    pub(super) fn annotate(&self, handle: Handle, key: &str, value: &AnnotationValue) {
        if handle.is_muted() {
            return;
        }
        thread::with_scratch(|scratch| {
            scratch.annotate(key, value);
            self.write(handle, scratch);
        });
    }

    fn write(&self, handle: Handle, scratch: &Scratch) {
        let Some(mut log) = handle.key().and_then(|key| self.intake.slots.lock(key)) else { return };
        if self.intake.slots.reserve(&mut log, scratch.bytes()) {
            log.append(handle.index(), &scratch.rows, &scratch.text);
        } else {
            drop(log);
            self.intake.counts.drop_one(DropReason::MemoryFull);
        }
    }

    pub(super) fn enter(&self, id: &span::Id) {
        if let Some(handle) = self.find(id) {
            thread::push(self.instance, id.into_u64(), handle);
        }
    }

    pub(super) fn exit(&self, id: &span::Id) {
        thread::pop(self.instance, id.into_u64());
    }

    /// A span ended, and everything inside it before.
    pub(super) fn close(&self, id: &span::Id) {
        if let Some(handle) = self.table.remove(id.into_u64()) {
            self.finish(handle);
        }
    }

    fn finish(&self, handle: Handle) {
        let Some(key) = handle.key() else { return };
        match (handle.is_root(), handle.is_muted()) {
            (true, true) => self.intake.slots.release(key),
            (false, true) => {}
            (is_root, false) => {
                let end_ns = self.settings.clock.monotonic_ns();
                if let Some(mut log) = self.intake.slots.lock(key)
                    && let Some(span) = log.spans.get_mut(handle.index())
                {
                    span.end_ns = Some(end_ns);
                }
                if is_root {
                    self.intake.push(key);
                }
            }
        }
    }

    /// The handle of an open span.
    pub(super) fn find(&self, id: &span::Id) -> Option<Handle> {
        self.table.get(id.into_u64())
    }

    /// The span this thread is inside of.
    pub(super) fn current(&self) -> Option<Handle> {
        thread::current(self.instance)
    }

    /// What a call made from the span at `handle` has to carry.
    pub(super) fn context(&self, handle: Handle) -> Option<TraceHeader> {
        let log = self.intake.slots.lock(handle.key()?)?;
        let head = log.head.as_ref()?;
        Some(TraceHeader {
            root: Some(head.trace_id),
            parent: Some(head.span_id(handle.index())),
            sampling: if head.sampled { Sampling::Sampled } else { Sampling::NotSampled },
            extras: head.extras.clone(),
            tracestate: head.tracestate.clone(),
        })
    }

    pub(super) fn context_missing(&self) -> ContextMissing {
        self.settings.context_missing
    }
}
