//! The `tracing` layer: spans in, segment logs out.
//!
//! [`hooks`] receives what `tracing` calls, [`begin`] and [`recorder`] say what becomes of it, [`decide`]
//! whether a trace is recorded; [`first`] is what is written of its segment first. What happens in a segment
//! is written into buffers ([`log`]) that belong to one of a fixed number of [`slots`]. A thread that is inside of a trace holds one of its buffers ([`lease`],
//! [`thread`]), so that most writes need neither lock nor atomic. A span is found again by its
//! [`handle`], through this thread's stack of entered spans or through the [`table`] of open spans -
//! never through the registry's extensions, which cost more than all of this together. When a segment's
//! span closes, its slot goes to the pipeline. Of a segment that stays open the pipeline takes what has
//! ended before ([`harvest`], [`streaming`]).

mod begin;
mod beyond;
mod budget;
mod compact;
mod current;
mod decide;
mod first;
mod handle;
mod harvest;
mod hooks;
mod instance;
mod lease;
pub(crate) mod log;
mod recorder;
mod remote;
pub(crate) mod slots;
mod streaming;
mod table;
mod texts;
mod thread;
mod unrecorded;
mod visit;

pub(crate) use compact::{EVENTS_PER_SPAN_MAX, text_of};
pub use current::{SpanExt, annotate, current_context, metadata, with_remote_parent};
pub(crate) use current::{context_in_event, remember};
pub(crate) use handle::{SPANS_MAX, SlotKey};
pub(crate) use harvest::{Harvest, Open, Rest, Settled};
pub use hooks::XRayLayer;
pub(crate) use lease::hand_in;
pub(crate) use recorder::{Recorder, RecorderSettings};
pub(crate) use streaming::{Spent, Stage};
pub(crate) use visit::SpanKind;

#[cfg(test)]
mod tests;
