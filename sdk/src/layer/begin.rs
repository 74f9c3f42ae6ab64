//! Where a span begins: as a segment, inside one, or nowhere.

use tracing_core::span;

use super::decide::epoch_seconds;
use super::first::First;
use super::handle::{Handle, Mode, SlotKey};
use super::lease;
use super::log::{Buffer, Entry, Head};
use super::recorder::Recorder;
use super::remote;
use super::thread;
use super::unrecorded;
use super::visit::{Findings, Writer};
use crate::pipeline::DropReason;
use crate::propagation::TraceHeader;

/// What is unusual about a subsegment.
#[derive(Clone, Copy)]
enum Unusual {
    /// It is none, but a segment itself.
    Entry,
    /// It is not written down.
    NoRoom,
    /// It is, but something of it found no room, or the user's own code wrote some of it.
    Begun(Handle),
}

impl Recorder {
    /// A span begins whose parent is the span around it.
    #[inline]
    pub(super) fn open(&self, attributes: &span::Attributes<'_>, id: &span::Id) {
        match thread::current_at_first(self.instance) {
            Some(parent) => self.open_inside(parent, attributes, id.into_u64()),
            None => self.open_here(attributes, id.into_u64()),
        }
    }

    #[inline(never)]
    fn open_here(&self, attributes: &span::Attributes<'_>, id: u64) {
        if !self.is_enabled() {
            return;
        }
        match thread::current_usual(self.instance) {
            Some(parent) => self.open_inside(parent.first(), attributes, id),
            None if thread::is_outside(self.instance) => self.open_outside(attributes, id),
            None => self.open_unusual(attributes, id),
        }
    }

    /// A span begins that has no parent, remote ones included.
    #[inline]
    fn open_outside(&self, attributes: &span::Attributes<'_>, id: u64) {
        if self.passes_over(attributes) {
            return thread::begin_nothing();
        }
        self.insert(id, self.open_segment(self.caller_in_process(attributes), attributes));
    }

    /// Whether a span that could begin a trace is none of ours.
    fn passes_over(&self, attributes: &span::Attributes<'_>) -> bool {
        *attributes.metadata().level() > self.settings.span_level || !self.is_enabled()
    }

    #[cold]
    fn open_unusual(&self, attributes: &span::Attributes<'_>, id: u64) {
        self.open_below(thread::current(self.instance), attributes, id);
    }

    /// A span begins below `parent`.
    #[cold]
    pub(super) fn open_below(&self, parent: Option<Handle>, attributes: &span::Attributes<'_>, id: u64) {
        match parent.filter(|_| !thread::has_remote()) {
            Some(parent) => self.open_inside(parent.first(), attributes, id),
            None if self.passes_over(attributes) => thread::begin_nothing(),
            None => self.insert(id, self.open_segment(self.caller(parent, attributes), attributes)),
        }
    }

    /// A span begins below `parent`, which is marked as the first, where no remote parent is asked for.
    #[inline]
    fn open_inside(&self, parent: Handle, attributes: &span::Attributes<'_>, id: u64) {
        if *attributes.metadata().level() > self.settings.span_level {
            return thread::begin_nothing();
        }
        match parent.recorded_key() {
            Some(key) => self.open_child(parent, key, attributes, id),
            // Nothing inside an unsampled trace is recorded, so nothing of it needs to be read.
            None => self.insert_first(id, parent.muted_child(), parent.muted_child().bits_of_first()),
        }
    }

    #[inline]
    fn insert(&self, id: u64, handle: Handle) {
        debug_assert!(!handle.is_first(), "the mark is the thread's own");
        self.insert_first(id, handle.first(), handle.to_bits());
    }

    /// Inserts a span with a handle that is marked as the first, and its bits without that mark.
    #[inline]
    fn insert_first(&self, id: u64, first: Handle, bits: u64) {
        thread::begin(self.instance, id, first);
        if !self.table.insert_near(id, bits) {
            self.insert_beyond(id, first.unmarked());
        }
    }

    #[cold]
    fn insert_beyond(&self, id: u64, handle: Handle) {
        if self.table.insert_beyond(id, handle).is_err() {
            thread::begin_nothing();
            self.intake.counts.drop_one(DropReason::SpansOpen);
            self.finish(handle);
        }
    }

    /// Begins a subsegment.
    #[inline(never)]
    fn open_child(&self, parent: Handle, key: SlotKey, attributes: &span::Attributes<'_>, id: u64) {
        let at = self.settings.clock.ticks();
        // At most twice: the second time the thread holds a buffer that it did not hold before.
        loop {
            let begin = |buffer: &mut Buffer| self.begin_child(buffer, parent, key, attributes, at);
            match thread::with_held(self.instance, key, begin) {
                Some(Ok(handle)) => return self.insert(id, handle),
                None if self.hold(key) => {}
                begun => return self.open_child_unusual(begun, parent, key, attributes, id, at),
            }
        }
    }

    #[cold]
    #[expect(clippy::too_many_arguments, reason = "all that is known where it is called, in registers")]
    fn open_child_unusual(
        &self,
        begun: Option<Result<Handle, Unusual>>,
        parent: Handle,
        key: SlotKey,
        attributes: &span::Attributes<'_>,
        id: u64,
        at: u64,
    ) {
        self.leave_if_overdue();
        let handle = match begun {
            Some(Ok(handle) | Err(Unusual::Begun(handle))) => handle,
            _ => self.open_otherwise(parent, key, attributes, at),
        };
        self.insert(id, handle);
    }

    /// Begins what is no subsegment of a trace that this thread is inside of, or did not find room.
    #[cold]
    fn open_otherwise(&self, parent: Handle, key: SlotKey, attributes: &span::Attributes<'_>, at: u64) -> Handle {
        match self.with_buffer(key, |buffer| self.begin_child(buffer, parent, key, attributes, at)) {
            Some(Ok(handle) | Err(Unusual::Begun(handle))) => handle,
            Some(Err(Unusual::Entry)) => self.open_segment(self.caller(Some(parent), attributes), attributes),
            Some(Err(Unusual::NoRoom)) => self.open_in_another_buffer(parent, key, attributes, at),
            None => self.open_segment(self.caller(None, attributes), attributes),
        }
    }

    /// Begins what found no room, as when it is time to hand the buffer in.
    #[cold]
    fn open_in_another_buffer(
        &self,
        parent: Handle,
        key: SlotKey,
        attributes: &span::Attributes<'_>,
        at: u64,
    ) -> Handle {
        if thread::holds(self.instance, key) {
            lease::leave(self.slots(), self.instance);
        }
        match self.with_buffer(key, |buffer| self.begin_child(buffer, parent, key, attributes, at)) {
            Some(Ok(handle) | Err(Unusual::Begun(handle))) => handle,
            Some(Err(Unusual::NoRoom)) if !self.slots().is_exhausted(key) => {
                self.intake.counts.drop_one(DropReason::MemoryFull);
                parent.muted_child().unmarked()
            }
            // Of more spans than a segment can tell apart the rest are segments of their own.
            Some(Err(_)) => self.open_segment(self.caller(Some(parent), attributes), attributes),
            None => self.open_segment(self.caller(None, attributes), attributes),
        }
    }

    #[inline(always)]
    #[expect(clippy::inline_always, reason = "called in two places, but only one of them matters")]
    fn begin_child(
        &self,
        buffer: &mut Buffer,
        parent: Handle,
        key: SlotKey,
        attributes: &span::Attributes<'_>,
        at: u64,
    ) -> Result<Handle, Unusual> {
        let number = self.slots().number(key, buffer).ok_or(Unusual::NoRoom)?;
        let open = Entry::Open { span: number, metadata: attributes.metadata() };
        if !buffer.push_two([open, Entry::Start { parent: parent.number(), at }]) {
            return Err(Unusual::NoRoom);
        }
        let handle = Handle::child(key, number);
        let mut writer = Writer::new(buffer, number);
        attributes.record(&mut writer);
        if writer.findings.are_none() { Ok(handle) } else { self.begin_unusual(writer, handle) }
    }

    #[cold]
    fn begin_unusual(&self, writer: Writer<'_>, handle: Handle) -> Result<Handle, Unusual> {
        let Writer { buffer, findings, .. } = writer;
        if findings.has(Findings::ENTRY) {
            buffer.unwind(handle.number());
            return Err(Unusual::Entry);
        }
        self.count_refused(findings.has(Findings::REFUSED));
        Err(Unusual::Begun(handle))
    }

    /// Begins a segment: takes the decision, and a slot.
    #[inline(never)]
    fn open_segment(&self, caller: Option<TraceHeader>, attributes: &span::Attributes<'_>) -> Handle {
        let (ticks, wall_ns) = (self.settings.clock.ticks(), self.settings.clock.wall_ns());
        let mut first = First { recorder: self, attributes, ticks, written: None };
        let decided = self.decide(caller.as_ref(), wall_ns, || first.request());
        if decided.is_recorded() {
            return first.open_recorded(|| decided.head(caller, attributes.metadata(), wall_ns, ticks));
        }
        first.abandon();
        match caller {
            Some(caller) if !caller.is_anonymous() => {
                self.open_muted(|| decided.head(Some(caller), attributes.metadata(), wall_ns, ticks))
            }
            _ => unrecorded::begin(epoch_seconds(wall_ns)),
        }
    }

    /// Begins a segment that only knows its trace.
    #[cold]
    fn open_muted(&self, head: impl FnOnce() -> Head) -> Handle {
        let key = self.slots().open(head, &mut None);
        self.handle_or_lost(key, Mode::Muted)
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

    /// Who called: the remote parent, or else the span around; `None` where the trace begins. A remote parent that
    /// names no trace still says whether it wants one recorded.
    fn caller(&self, parent: Option<Handle>, attributes: &span::Attributes<'_>) -> Option<TraceHeader> {
        let remote = match (remote::take(), parent) {
            (None, None) => self.caller_in_process(attributes),
            (remote, _) => remote,
        };
        let local = || parent.and_then(|parent| self.context(parent));
        match remote {
            Some(remote) if remote.root.is_some() => Some(remote),
            Some(remote) => {
                let local = local().unwrap_or_default();
                Some(TraceHeader { root: local.root, parent: local.parent, ..remote })
            }
            None => local(),
        }
    }
}
