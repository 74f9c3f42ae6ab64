//! What is written of a segment first: that its span began, and its fields.

use std::cell::Cell;

use tracing_core::span;

use super::handle::{Handle, Mode};
use super::instance::Instance;
use super::log::{Buffer, Entry, Head, Mark, NO_PARENT, OwnBuffer};
use super::recorder::Recorder;
use super::slots::Slots;
use super::visit::{Findings, Writer};
use crate::pipeline::DropReason;
use crate::sampling::Request;

thread_local! {
    static SCRATCH: Cell<Option<(Instance, OwnBuffer)>> = const { Cell::new(None) };
}

/// Takes this thread's buffer for spans whose trace is not known yet.
fn take_scratch(instance: Instance) -> Option<OwnBuffer> {
    let (owner, buffer) = SCRATCH.try_with(Cell::take).ok().flatten()?;
    (owner == instance).then_some(buffer)
}

/// Puts a buffer where [`take_scratch`] finds it.
fn put_scratch(instance: Instance, buffer: OwnBuffer) {
    let _gone = SCRATCH.try_with(|place| place.set(Some((instance, buffer))));
}

/// A segment that begins. It is written down when somebody wants to see it: a rule, or who reads the segment.
pub(super) struct First<'a> {
    pub(super) recorder: &'a Recorder,
    pub(super) attributes: &'a span::Attributes<'a>,
    pub(super) ticks: u64,
    pub(super) written: Option<Written>,
}

/// What was written, into a buffer that may hold something else before it.
pub(super) struct Written {
    buffer: OwnBuffer,
    start: Mark,
    findings: Findings,
    has_room: bool,
}

impl First<'_> {
    fn write(&self) -> Written {
        let instance = self.recorder.instance;
        let mut buffer = take_scratch(instance).unwrap_or_else(|| self.recorder.slots().new_buffer());
        let start = buffer.mark();
        let open = Entry::Open { span: 0, metadata: self.attributes.metadata() };
        let has_room = buffer.push_two([open, Entry::Start { parent: NO_PARENT, at: self.ticks }]);
        let mut writer = Writer::new(&mut buffer, 0);
        self.attributes.record(&mut writer);
        let findings = writer.findings;
        Written { buffer, start, findings, has_room }
    }

    /// What sampling rules are matched against.
    #[cold]
    pub(super) fn request(&mut self) -> Request<'_> {
        let buffer = &self.written.insert(self.write()).buffer;
        let settings = &self.recorder.settings;
        let mut request = Request {
            service: Some(&settings.service_name),
            service_type: settings.origin.as_deref(),
            ..Request::default()
        };
        // Once over the names of the fields, and only what matches is looked for in the buffer.
        for field in self.attributes.metadata().fields() {
            let place = match field.name() {
                "server.address" | "http.host" | "net.host.name" => &mut request.host,
                "http.request.method" | "http.method" => &mut request.method,
                "url.path" | "http.target" => &mut request.path,
                _ => continue,
            };
            if place.is_none() {
                *place = first_text(buffer, field.index());
            }
        }
        request.path = request.path.map(|path| path.split_once('?').map_or(path, |(path, _)| path));
        request
    }

    /// Begins the segment, where it is recorded.
    #[inline]
    pub(super) fn open_recorded(mut self, head: impl FnOnce() -> Head) -> Handle {
        let Written { mut buffer, start, findings, has_room } = self.written.take().unwrap_or_else(|| self.write());
        if !has_room {
            self.put_back(buffer, start);
            self.recorder.intake.counts.drop_one(DropReason::MemoryFull);
            return Handle::LOST;
        }
        buffer.numbers = Slots::first_numbers();
        let mut buffer = Some(buffer);
        let key = self.recorder.slots().open(head, &mut buffer);
        match (key, buffer) {
            // The slot has the buffer, and gave one it could spare for the next segment.
            (Some(_), Some(spare)) => put_scratch(self.recorder.instance, spare),
            (Some(_), None) => {}
            (None, Some(buffer)) => self.put_back(buffer, start),
            (None, None) => {}
        }
        self.recorder.count_refused(key.is_some() && findings.has(Findings::REFUSED));
        self.recorder.handle_or_lost(key, Mode::Recording)
    }

    /// The segment is not recorded.
    #[inline]
    pub(super) fn abandon(mut self) {
        if let Some(Written { buffer, start, .. }) = self.written.take() {
            self.put_back(buffer, start);
        }
    }

    #[cold]
    fn put_back(&self, mut buffer: OwnBuffer, start: Mark) {
        buffer.rewind(start);
        put_scratch(self.recorder.instance, buffer);
    }
}

/// What a buffer holds of the text of one field of its first span.
fn first_text(buffer: &Buffer, field: usize) -> Option<&str> {
    buffer.entries.iter().find_map(|entry| match entry {
        Entry::Text { field: of, text, .. } if usize::from(*of) == field => Some(buffer.text.get(*text)),
        _ => None,
    })
}
