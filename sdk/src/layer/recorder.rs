//! What becomes of what is said of spans: where it is recorded, and whether.

use std::sync::Arc;

use tracing_core::{Event, Level, span};

use super::handle::{Handle, Mode, SlotKey};
use super::instance::Instance;
use super::lease;
use super::log::{Buffer, Entry};
use super::slots::Slots;
use super::table::Table;
use super::thread;
use super::unrecorded;
use super::visit::{Findings, Writer};
use crate::Clock;
use crate::config::ContextMissing;
use crate::pipeline::{DropReason, Intake};
use crate::propagation::{Sampling, TraceHeader};
use crate::sampling::Sampler;
use crate::segment::AnnotationValue;

/// The part of the configuration that recording needs.
#[derive(Debug)]
pub(crate) struct RecorderSettings {
    /// Nothing is recorded unless it is. It is looked at only where nothing usual was found: what is usual costs
    /// nothing more.
    pub(crate) is_enabled: bool,
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

impl RecorderSettings {
    /// Those of a layer that records nothing.
    pub(crate) fn disabled() -> Self {
        Self {
            is_enabled: false,
            service_name: Arc::default(),
            origin: None,
            sampler: Sampler::never(),
            clock: Clock::system(),
            span_level: Level::ERROR,
            event_level: Level::ERROR,
            context_missing: ContextMissing::Ignore,
            #[cfg(feature = "opentelemetry")]
            opentelemetry: false,
        }
    }
}

/// Records the spans of one layer; how they begin is in [`super::begin`].
///
/// Of what is called for every span, the unusual is left to functions that are called at the very end: then
/// the usual needs no registers saved, which would be half of its instructions.
#[derive(Debug)]
pub(crate) struct Recorder {
    pub(super) instance: Instance,
    pub(super) settings: RecorderSettings,
    pub(super) table: Table,
    pub(super) intake: Arc<Intake>,
}

impl Recorder {
    pub(crate) fn new(settings: RecorderSettings, intake: Arc<Intake>) -> Self {
        Self { instance: intake.slots.instance(), settings, table: Table::default(), intake }
    }

    /// Whether anything is recorded at all.
    #[inline]
    pub(super) fn is_enabled(&self) -> bool {
        self.settings.is_enabled
    }

    #[inline]
    pub(super) fn slots(&self) -> &Slots {
        &self.intake.slots
    }

    /// Has a buffer of the trace at `key` written to; `None` when that is gone.
    pub(super) fn with_buffer<R>(&self, key: SlotKey, write: impl FnMut(&mut Buffer) -> R) -> Option<R> {
        let written = lease::with(self.slots(), self.instance, key, write);
        self.leave_if_overdue();
        written
    }

    /// Has this thread hold a buffer of the trace at `key`, if it is inside of it and does not yet.
    #[cold]
    #[inline(never)]
    pub(super) fn hold(&self, key: SlotKey) -> bool {
        lease::hold(self.slots(), self.instance, key)
    }

    /// A user's own code may have left the trace while it was written down.
    #[inline]
    pub(super) fn leave_if_overdue(&self) {
        if thread::is_overdue() {
            lease::leave(self.slots(), self.instance);
        }
    }

    #[inline]
    pub(super) fn count_refused(&self, refused: bool) {
        if refused {
            self.intake.counts.drop_one(DropReason::MemoryFull);
        }
    }

    /// The handle of a segment that begins, if there was a slot for it.
    pub(super) fn handle_or_lost(&self, key: Option<SlotKey>, mode: Mode) -> Handle {
        let Some(key) = key else {
            self.intake.counts.drop_one(DropReason::SegmentsOpen);
            return Handle::LOST;
        };
        Handle::root(key, mode)
    }

    /// Fields were recorded after the span began.
    #[inline]
    pub(super) fn record(&self, id: &span::Id, values: &span::Record<'_>) {
        let last = thread::last_entered(self.instance);
        let handle = if last.id == id.into_u64() {
            last.handle
        } else {
            self.table.get_near(id.into_u64()).and_then(Handle::from_bits)
        };
        match handle {
            Some(handle) if handle.is_muted() => {}
            Some(handle) => self.record_into(handle, values),
            None => self.record_beyond(id, values),
        }
    }

    #[cold]
    fn record_beyond(&self, id: &span::Id, values: &span::Record<'_>) {
        if self.is_enabled()
            && let Some(handle) = self.find(id)
        {
            self.record_into(handle, values);
        }
    }

    #[inline(never)]
    fn record_into(&self, handle: Handle, values: &span::Record<'_>) {
        let Some(key) = handle.recorded_key() else { return };
        loop {
            let record = |buffer: &mut Buffer| write_to(buffer, handle, |writer| values.record(writer));
            match thread::with_held(self.instance, key, record) {
                Some(findings) if findings.are_none() => return,
                Some(findings) => {
                    self.count_refused(findings.has(Findings::REFUSED));
                    return self.leave_if_overdue();
                }
                None if self.hold(key) => {}
                None => return self.write(handle, |writer| values.record(writer)),
            }
        }
    }

    /// Writes something about the span at `handle`, if that is recorded.
    #[cold]
    fn write(&self, handle: Handle, mut write: impl FnMut(&mut Writer<'_>)) {
        let Some(key) = handle.recorded_key() else { return };
        let findings = self.with_buffer(key, |buffer| write_to(buffer, handle, &mut write));
        self.count_refused(findings.is_some_and(|findings| findings.has(Findings::REFUSED)));
    }

    /// An event happened. Errors are exceptions of the segment; other events belong to logs unless
    /// asked for.
    pub(super) fn event(&self, event: &Event<'_>) {
        if event.is_contextual() && self.is_enabled() {
            self.event_below(thread::current(self.instance), event);
        }
    }

    /// An event happened in a span.
    pub(super) fn event_below(&self, span: Option<Handle>, event: &Event<'_>) {
        if *event.metadata().level() > self.settings.event_level {
            return;
        }
        let Some(handle) = span.filter(|handle| !handle.is_muted()) else { return };
        let at = self.settings.clock.ticks();
        self.write(handle, |writer| {
            let span = writer.span;
            let mark = writer.buffer.mark();
            writer.push(Entry::Event { span, metadata: event.metadata() });
            event.record(writer);
            writer.push(Entry::EventEnd { span, at });
            // Half an event would take what follows for its fields.
            if writer.findings.has(Findings::REFUSED) {
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

    #[inline]
    pub(super) fn enter(&self, id: &span::Id) {
        let id_bits = id.into_u64();
        if !thread::push_usual(self.instance, id_bits, || self.table.get_near(id_bits)) {
            self.enter_beyond(id);
        }
    }

    #[cold]
    fn enter_beyond(&self, id: &span::Id) {
        if self.is_enabled()
            && let Some(handle) = self.find(id)
        {
            thread::push(self.instance, id.into_u64(), handle);
        }
    }

    #[inline]
    pub(super) fn exit(&self, id: &span::Id) {
        if !thread::pop_inner(self.instance, id.into_u64()) {
            self.exit_segment(id);
        }
    }

    #[cold]
    fn exit_segment(&self, id: &span::Id) {
        if self.is_enabled()
            && let Some((key, buffer)) = thread::pop(self.instance, id.into_u64())
        {
            self.slots().check_in(key, buffer);
        }
    }

    /// A span ended, and everything inside it before.
    #[inline]
    pub(super) fn close(&self, id: &span::Id) {
        let Some(bits) = self.table.remove_near(id.into_u64()) else { return self.close_beyond(id) };
        if Handle::is_muted_child(bits) {
            return;
        }
        let Some(handle) = Handle::from_bits(bits) else { return };
        match handle.recorded_child_key() {
            Some(key) if self.note_end(key, handle) => {}
            _ => self.finish(handle),
        }
    }

    #[cold]
    fn close_beyond(&self, id: &span::Id) {
        if self.is_enabled()
            && let Some(handle) = self.table.remove_beyond(id.into_u64())
        {
            self.finish(handle);
        }
    }

    /// Writes down the end of a span, if this thread is inside of the trace.
    #[inline]
    fn note_end(&self, key: SlotKey, handle: Handle) -> bool {
        let end = Entry::End { span: handle.number(), at: self.settings.clock.ticks() };
        thread::with_held(self.instance, key, |buffer| buffer.push_within_capacity(end)) == Some(true)
    }

    #[cold]
    pub(super) fn finish(&self, handle: Handle) {
        let Some(key) = handle.key() else { return };
        match (handle.is_root(), handle.is_muted()) {
            (true, true) => {
                self.slots().release(key);
            }
            (false, true) => {}
            (is_root, false) => {
                let at = self.settings.clock.ticks();
                let end = Entry::End { span: handle.number(), at };
                if thread::holds(self.instance, key) || !self.slots().push_always(key, end) {
                    self.with_buffer(key, |buffer| buffer.push_always(end));
                }
                if is_root {
                    if thread::holds(self.instance, key) {
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
        let Some(key) = handle.key() else { return unrecorded::context(handle) };
        let state = self.slots().lock(key)?;
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

/// Writes something about the span at `handle`.
#[inline]
fn write_to(buffer: &mut Buffer, handle: Handle, write: impl FnOnce(&mut Writer<'_>)) -> Findings {
    buffer.repeat();
    let mut writer = Writer::new(buffer, handle.number());
    write(&mut writer);
    writer.findings
}
