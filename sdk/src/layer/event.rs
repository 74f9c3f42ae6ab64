//! ERROR events, which become exceptions.

use tracing_core::Event;
use tracing_core::metadata::Metadata;

use super::log::Value;
use super::visit::Scratch;

/// Writes the event's fields between two marks, so that they are not taken for the span's own.
pub(super) fn read(event: &Event<'_>, scratch: &mut Scratch) {
    let metadata: &'static Metadata<'static> = event.metadata();
    scratch.push("", Value::Event(metadata));
    event.record(scratch);
    scratch.push("", Value::EventEnd);
}
