//! What becomes of a span: which trace it belongs to, whether it is recorded, and where.

use std::sync::Arc;
use std::sync::atomic::{AtomicU32, Ordering};

use tracing_core::{Event, Level, span};

use super::handle::{Handle, Mode, SlotKey};
use super::lease::{self, Lease};
use super::log::{Buffer, Entry, NO_PARENT};
use super::slots::Slots;
use super::table::Table;
use super::thread;
use super::visit::Writer;
use crate::Clock;
use crate::config::ContextMissing;
use crate::pipeline::{DropReason, Intake};
use crate::propagation::{Sampling, TraceHeader};
use crate::sampling::Sampler;
use crate::segment::AnnotationValue;

/// The part of the configuration that recording needs.
#[derive(Debug)]
pub(crate) struct RecorderSettings {
    pub(crate) service_name: Arc<str>,
    pub(crate) origin: Option<String>,
    pub(crate) sampler: Sampler,
    pub(crate) clock: Clock,
    /// Spans more verbose than this are passed over.
    pub(crate) span_level: Level,
    /// Events more verbose than this are passed over.
    pub(crate) event_level: Level,
    pub(crate) context_missing: ContextMissing,
    /// Whether OpenTelemetry's current span may be a segment's caller.
    #[cfg(feature = "opentelemetry")]
    pub(crate) opentelemetry: bool,
}

/// Records the spans of one layer.
#[derive(Debug)]
pub(crate) struct Recorder {
    /// Tells this layer's spans from those of other layers on the same thread.
    instance: u32,
    pub(super) settings: RecorderSettings,
    table: Table,
    intake: Arc<Intake>,
}

impl Recorder {
    pub(crate) fn new(settings: RecorderSettings, intake: Arc<Intake>) -> Self {
        static INSTANCES: AtomicU32 = AtomicU32::new(0);
        let instance = INSTANCES.fetch_add(1, Ordering::Relaxed);
        Self { instance, settings, table: Table::default(), intake }
    }

    fn slots(&self) -> &Slots {
        &self.intake.slots
    }

    fn lease(&self, key: SlotKey) -> Option<Lease<'_>> {
        Lease::new(self.slots(), self.instance, key)
    }

    /// A span begins. `nearest` finds the nearest ancestor the slow way, for a parent we do not know:
    /// one that a filter or its level kept from us.
    pub(super) fn open(
        &self,
        attributes: &span::Attributes<'_>,
        id: &span::Id,
        nearest: impl FnOnce() -> Option<Handle>,
    ) {
        if *attributes.metadata().level() > self.settings.span_level {
            return;
        }
        let parent = match attributes.parent() {
            Some(parent) => self.find(parent).or_else(nearest),
            None if attributes.is_contextual() => thread::current(self.instance),
            None => None,
        };
        let handle = match (parent, thread::take_remote()) {
            // Nothing inside an unsampled trace is recorded, so nothing of it needs to be read.
            (Some(parent), None) if parent.is_muted() => parent.muted_child(),
            (Some(parent), None) => {
                self.open_child(parent, attributes).unwrap_or_else(|parent| self.open_segment(parent, None, attributes))
            }
            (None, None) => self.open_segment(None, self.caller_in_process(attributes), attributes),
            (parent, remote) => self.open_segment(parent, remote, attributes),
        };
        if self.table.insert(id.into_u64(), handle).is_err() {
            self.intake.counts.drop_one(DropReason::SpansOpen);
            self.finish(handle);
        }
    }

    /// Begins a subsegment. A span that turns out to be a segment is none, nor is one whose parent's
    /// segment is gone: then the answer is what to take for the caller of a new segment.
    fn open_child(&self, parent: Handle, attributes: &span::Attributes<'_>) -> Result<Handle, Option<Handle>> {
        let key = parent.key().ok_or(None)?;
        let at = self.settings.clock.ticks();
        let mut lease = self.lease(key).ok_or(None)?;
        let buffer = lease.buffer();
        let mark = buffer.mark();
        let Some(number) = self.slots().number(key, buffer).filter(|number| {
            buffer.push(Entry::Open { span: *number, metadata: attributes.metadata() })
                && buffer.push(Entry::Start { parent: parent.number(), at })
        }) else {
            buffer.rewind(mark);
            self.intake.counts.drop_one(DropReason::MemoryFull);
            return Ok(parent.muted_child());
        };
        let mut writer = Writer::new(buffer, number);
        attributes.record(&mut writer);
        let Writer { is_entry, refused, .. } = writer;
        if is_entry {
            buffer.rewind(mark);
            return Err(Some(parent));
        }
        self.count_refused(refused);
        Ok(Handle::child(key, number))
    }

    /// Begins a segment: takes the decision, and a slot.
    fn open_segment(
        &self,
        parent: Option<Handle>,
        remote: Option<TraceHeader>,
        attributes: &span::Attributes<'_>,
    ) -> Handle {
        let ticks = self.settings.clock.ticks();
        let metadata = attributes.metadata();
        let mut buffer = thread::take_scratch(self.instance).unwrap_or_else(|| self.slots().new_buffer());
        let start = buffer.mark();
        let has_room = buffer.push(Entry::Open { span: 0, metadata })
            && buffer.push(Entry::Start { parent: NO_PARENT, at: ticks });
        let mut writer = Writer::new(&mut buffer, 0);
        attributes.record(&mut writer);
        let refused = writer.refused;
        let head = self.head(self.caller(parent, remote), &buffer, metadata, ticks);
        let is_recorded = head.is_recorded();
        let mut buffer = Some(buffer);
        let key = if !is_recorded {
            self.slots().open(head, &mut None)
        } else if has_room {
            if let Some(buffer) = &mut buffer {
                buffer.numbers = Slots::first_numbers();
            }
            self.slots().open(head, &mut buffer)
        } else {
            None
        };
        if let Some(mut buffer) = buffer {
            buffer.rewind(start);
            thread::put_scratch(self.instance, buffer);
        }
        let Some(key) = key else {
            self.intake.counts.drop_one(if has_room { DropReason::SegmentsOpen } else { DropReason::MemoryFull });
            return Handle::LOST;
        };
        self.count_refused(refused && is_recorded);
        Handle::root(key, if is_recorded { Mode::Recording } else { Mode::Muted })
    }

    /// OpenTelemetry's current span, where that was asked for.
    #[cfg(feature = "opentelemetry")]
    fn caller_in_process(&self, attributes: &span::Attributes<'_>) -> Option<TraceHeader> {
        (self.settings.opentelemetry && attributes.is_contextual()).then(crate::otel::current_remote_parent)?
    }

    #[cfg(not(feature = "opentelemetry"))]
    #[expect(clippy::unused_self, reason = "the settings say nothing of it without the feature")]
    fn caller_in_process(&self, _attributes: &span::Attributes<'_>) -> Option<TraceHeader> {
        None
    }

    fn count_refused(&self, refused: bool) {
        if refused {
            self.intake.counts.drop_one(DropReason::MemoryFull);
        }
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

    /// Writes something about the span at `handle`, if that is recorded.
    fn write(&self, handle: Handle, write: impl FnOnce(&mut Writer<'_>)) {
        if handle.is_muted() {
            return;
        }
        let Some(mut lease) = handle.key().and_then(|key| self.lease(key)) else { return };
        let buffer = lease.buffer();
        buffer.repeat();
        let mut writer = Writer::new(buffer, handle.number());
        write(&mut writer);
        let refused = writer.refused;
        self.count_refused(refused);
    }

    /// Fields were recorded after the span began.
    pub(super) fn record(&self, id: &span::Id, values: &span::Record<'_>) {
        if let Some(handle) = self.find(id) {
            self.write(handle, |writer| values.record(writer));
        }
    }

    /// An event happened. Errors are exceptions of the segment; other events belong to logs unless
    /// asked for.
    pub(super) fn event(&self, event: &Event<'_>, nearest: impl FnOnce() -> Option<Handle>) {
        if *event.metadata().level() > self.settings.event_level {
            return;
        }
        let span = match event.parent() {
            Some(parent) => self.find(parent).or_else(nearest),
            None if event.is_contextual() => thread::current(self.instance),
            None => None,
        };
        let Some(handle) = span.filter(|handle| !handle.is_muted()) else { return };
        let at = self.settings.clock.ticks();
        self.write(handle, |writer| {
            let span = writer.span;
            let mark = writer.buffer.mark();
            writer.push(Entry::Event { span, metadata: event.metadata() });
            event.record(writer);
            writer.push(Entry::EventEnd { span, at });
            // Half an event would take what follows for its fields.
            if writer.refused {
                writer.buffer.rewind(mark);
            }
        });
    }

    /// Adds an annotation to the span at `handle`.
    pub(super) fn annotate(&self, handle: Handle, key: &str, value: &AnnotationValue) {
        self.write(handle, |writer| writer.annotate(key, value));
    }

    /// Adds metadata, which is JSON already, to the span at `handle`.
    pub(super) fn metadata(&self, handle: Handle, namespace: &str, key: &str, json: &str) {
        self.write(handle, |writer| writer.metadata(namespace, key, json));
    }

    /// Says that the span at `handle` is related to one of another trace.
    pub(super) fn link(&self, handle: Handle, related: &TraceHeader) {
        if let (Some(trace_id), Some(span_id)) = (related.root, related.parent) {
            self.write(handle, |writer| writer.link(&trace_id.to_string(), &span_id.to_string()));
        }
    }

    /// The span `id` continues what `follows` began. Within one trace that is what its times say.
    pub(super) fn follows_from(&self, id: &span::Id, follows: &span::Id) {
        let (Some(handle), Some(before)) = (self.find(id), self.find(follows)) else { return };
        if !handle.is_muted()
            && handle.key() != before.key()
            && let Some(related) = self.context(before)
            && related.sampling == Sampling::Sampled
        {
            self.link(handle, &related);
        }
    }

    pub(super) fn enter(&self, id: &span::Id) {
        if let Some(handle) = self.find(id) {
            thread::push(self.instance, id.into_u64(), handle);
        }
    }

    pub(super) fn exit(&self, id: &span::Id) {
        let current = thread::pop(self.instance, id.into_u64());
        if let Some((holder, held)) = thread::held()
            && holder == self.instance
            && current.and_then(Handle::key) != Some(held)
        {
            lease::leave(self.slots(), self.instance);
        }
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
            (true, true) => self.slots().release(key),
            (false, true) => {}
            (is_root, false) => {
                let at = self.settings.clock.ticks();
                if let Some(mut lease) = self.lease(key) {
                    lease.buffer().push_always(Entry::End { span: handle.number(), at });
                }
                if is_root {
                    if thread::held() == Some((self.instance, key)) {
                        lease::leave(self.slots(), self.instance);
                    }
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
        let state = self.slots().lock(handle.key()?)?;
        let head = state.head.as_ref()?;
        Some(TraceHeader {
            root: Some(head.trace_id),
            parent: Some(head.span_id(handle.number())),
            sampling: if head.sampled { Sampling::Sampled } else { Sampling::NotSampled },
            extras: head.extras.clone(),
            tracestate: head.tracestate.clone(),
        })
    }
}

/// What the whole buffer holds of the text of one field of its first span.
pub(super) fn first_text<'a>(
    buffer: &'a Buffer,
    metadata: &tracing_core::Metadata<'_>,
    names: &[&str],
) -> Option<&'a str> {
    names.iter().find_map(|name| {
        let wanted = metadata.fields().field(*name)?.index() as u16;
        buffer.entries.iter().find_map(|entry| match entry {
            Entry::Text { field, text, .. } if *field == wanted => Some(text.of(&buffer.text)),
            _ => None,
        })
    })
}
