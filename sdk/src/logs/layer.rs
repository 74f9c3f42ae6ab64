//! The layer that ships events.

use std::fmt;
use std::sync::Arc;

use tracing_core::{Event, Level, Subscriber, span};
use tracing_subscriber::Layer;
use tracing_subscriber::layer::Context;
use tracing_subscriber::registry::LookupSpan;

use super::ids;
use super::record::{Line, LogItem, LogRecord};
use super::visit::EventFields;
use crate::ship::Queue;
use crate::{Clock, own_thread};

/// The SDK's own events are not shipped: they tell of shipping, and would never end.
const OWN_TARGET: &str = "siskin_sdk";

/// A `tracing_subscriber` layer that ships events with the ids of the span they are in;
/// [`layer`](super::layer) makes it.
///
/// It goes behind the [`XRayLayer`](crate::XRayLayer): `registry().with(xray).with(logs)`.
pub struct LogsLayer {
    queue: Arc<Queue<LogItem>>,
    clock: Clock,
    level: Level,
}

impl LogsLayer {
    pub(super) fn new(queue: Arc<Queue<LogItem>>, clock: Clock, level: Level) -> Self {
        Self { queue, clock, level }
    }

    /// A way to send lines of one's own where the events go.
    pub fn line_sender(&self) -> LineSender {
        LineSender { queue: Arc::clone(&self.queue), clock: self.clock.clone() }
    }
}

impl fmt::Debug for LogsLayer {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("LogsLayer").field("level", &self.level).finish_non_exhaustive()
    }
}

impl<S> Layer<S> for LogsLayer
where
    S: Subscriber + for<'lookup> LookupSpan<'lookup>,
{
    fn on_enter(&self, id: &span::Id, context: Context<'_, S>) {
        if let Some(span) = context.span(id) {
            ids::note(&span);
        }
    }

    fn on_event(&self, event: &Event<'_>, context: Context<'_, S>) {
        let metadata = event.metadata();
        if *metadata.level() > self.level || is_own(metadata.target()) || own_thread::is_own() {
            return;
        }
        let mut read = EventFields::of(metadata);
        event.record(&mut read);
        let target = read.log_target.unwrap_or_else(|| metadata.target().to_owned());
        if is_own(&target) {
            return;
        }
        self.queue.push(LogItem::Event(Box::new(LogRecord {
            at_ns: self.clock.wall_ns(),
            level: *metadata.level(),
            target,
            message: read.message,
            fields: read.fields,
            ids: ids::of_scope(context.event_scope(event)),
        })));
    }
}

fn is_own(target: &str) -> bool {
    target.strip_prefix(OWN_TARGET).is_some_and(|rest| rest.is_empty() || rest.starts_with("::"))
}

/// Sends lines, such as embedded metrics, where a [`LogsLayer`] sends its events.
#[derive(Clone)]
pub struct LineSender {
    queue: Arc<Queue<LogItem>>,
    clock: Clock,
}

impl LineSender {
    #[cfg(feature = "metrics")]
    pub(crate) fn new(queue: Arc<Queue<LogItem>>, clock: Clock) -> Self {
        Self { queue, clock }
    }

    /// Hands a line over, as of now. Never blocks; a line that finds no room is dropped and counted.
    pub fn send(&self, line: impl Into<String>) {
        let line = Line { at_ms: self.clock.wall_ns() / 1_000_000, text: line.into() };
        self.queue.push(LogItem::Line(line));
    }
}

impl fmt::Debug for LineSender {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("LineSender").finish_non_exhaustive()
    }
}
