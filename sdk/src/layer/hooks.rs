//! What `tracing` calls.

use std::fmt;
use std::sync::Arc;

use tracing_core::{Event, Subscriber, span};
use tracing_subscriber::Layer;
use tracing_subscriber::layer::Context;
use tracing_subscriber::registry::LookupSpan;

use super::handle::Handle;
use super::recorder::Recorder;

/// A `tracing_subscriber` layer that records spans as X-Ray segments; [`crate::layer`] makes it.
pub struct XRayLayer {
    recorder: Arc<Recorder>,
}

impl XRayLayer {
    pub(crate) fn new(recorder: Arc<Recorder>) -> Self {
        Self { recorder }
    }

    /// `None` when the SDK is switched off.
    pub(super) fn recorder(&self) -> Option<&Recorder> {
        self.recorder.is_enabled().then_some(&self.recorder)
    }
}

impl fmt::Debug for XRayLayer {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("XRayLayer").field("enabled", &self.recorder.is_enabled()).finish_non_exhaustive()
    }
}

/// The span named as parent, or if a filter or its level kept that from us, the nearest around it.
#[cold]
#[inline(never)]
fn parent_or_ancestor<S>(
    recorder: &Recorder,
    parent: &span::Id,
    id: &span::Id,
    context: &Context<'_, S>,
) -> Option<Handle>
where
    S: Subscriber + for<'lookup> LookupSpan<'lookup>,
{
    let ancestor = || context.span(id)?.scope().skip(1).find_map(|it| recorder.find(&it.id()));
    recorder.find(parent).or_else(ancestor)
}

impl<S> Layer<S> for XRayLayer
where
    S: Subscriber + for<'lookup> LookupSpan<'lookup>,
{
    #[inline]
    fn on_new_span(&self, attributes: &span::Attributes<'_>, id: &span::Id, context: Context<'_, S>) {
        if attributes.is_contextual() {
            self.recorder.open(attributes, id);
        } else {
            let parent = attributes.parent();
            let parent = parent.and_then(|parent| parent_or_ancestor(&self.recorder, parent, id, &context));
            self.recorder.open_below(parent, attributes, id.into_u64());
        }
    }

    #[inline]
    fn on_record(&self, id: &span::Id, values: &span::Record<'_>, _context: Context<'_, S>) {
        self.recorder.record(id, values);
    }

    fn on_follows_from(&self, id: &span::Id, follows: &span::Id, _context: Context<'_, S>) {
        self.recorder.follows_from(id, follows);
    }

    fn on_event(&self, event: &Event<'_>, context: Context<'_, S>) {
        match event.parent() {
            None => self.recorder.event(event),
            Some(parent) => {
                let ancestor = || context.event_scope(event)?.find_map(|it| self.recorder.find(&it.id()));
                self.recorder.event_below(self.recorder.find(parent).or_else(ancestor), event);
            }
        }
    }

    #[inline]
    fn on_enter(&self, id: &span::Id, _context: Context<'_, S>) {
        self.recorder.enter(id);
    }

    #[inline]
    fn on_exit(&self, id: &span::Id, _context: Context<'_, S>) {
        self.recorder.exit(id);
    }

    #[inline]
    fn on_close(&self, id: span::Id, _context: Context<'_, S>) {
        self.recorder.close(&id);
    }
}
