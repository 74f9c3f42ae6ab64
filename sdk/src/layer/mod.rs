//! The `tracing` layer: spans in, segment logs out.
//!
//! [`hooks`] receives what `tracing` calls, [`recorder`] decides what becomes of it. A segment's spans
//! are written into one log ([`log`]) that lives in a preallocated slot ([`slots`]); a span is found
//! again by its [`handle`], through this thread's stack of entered spans ([`thread`]) or through the
//! [`table`] of open spans - never through the registry's extensions, which cost more than all of
//! this together. When a segment's span closes, its slot goes to the pipeline.

mod current;
mod event;
mod handle;
mod hooks;
pub(crate) mod log;
mod recorder;
pub(crate) mod slots;
mod table;
mod thread;
mod visit;

pub use current::{SpanExt, annotate, current_context, with_remote_parent};
pub(crate) use handle::{SPANS_MAX, SlotKey};
pub use hooks::XRayLayer;
pub(crate) use recorder::{Recorder, RecorderSettings};
pub(crate) use visit::SpanKind;

#[cfg(test)]
mod tests;
