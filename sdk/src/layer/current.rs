//! The current span: annotating it, and carrying its trace to other services and from them.

use tracing_core::dispatcher::{self, Dispatch};

use super::handle::Handle;
use super::recorder::Recorder;
use super::{XRayLayer, thread};
use crate::config::ContextMissing;
use crate::propagation::TraceHeader;
use crate::segment::AnnotationValue;

/// Adds an indexed annotation to the current span, under a key that no callsite has to declare.
///
/// In an unsampled trace nothing happens. Outside of every span, [`ContextMissing`] decides.
///
/// # Panics
/// Outside of every span, under [`ContextMissing::Panic`].
pub fn annotate(key: &str, value: impl Into<AnnotationValue>) {
    let missing = with_recorder(|recorder| match recorder.current() {
        Some(handle) => {
            recorder.annotate(handle, key, &value.into());
            None
        }
        None => Some(recorder.context_missing()),
    });
    match missing.flatten() {
        None | Some(ContextMissing::Ignore) => {}
        Some(ContextMissing::LogError) => {
            tracing::error!(target: "siskin_sdk", key, "annotation outside of a span is lost");
        }
        Some(ContextMissing::Panic) => panic!("annotation {key:?} outside of a span"),
    }
}

/// What a call made here has to carry so that the callee's segment belongs to this trace; `None`
/// outside of every span.
pub fn current_context() -> Option<TraceHeader> {
    with_recorder(|recorder| recorder.context(recorder.current()?)).flatten()
}

/// Runs `open`, and makes `parent` the caller of the first span that begins in it: that span is a
/// segment of the caller's trace, whatever span is around it.
///
/// ```
/// let caller = siskin_sdk::propagation::xray::parse("Root=1-64f0c1aa-0123456789abcdef01234567;Sampled=1");
/// let span = siskin_sdk::with_remote_parent(caller, || tracing::info_span!("message"));
/// ```
pub fn with_remote_parent<R>(parent: Option<TraceHeader>, open: impl FnOnce() -> R) -> R {
    thread::with_remote(parent, open)
}

/// The same for a span at hand.
pub trait SpanExt {
    /// Adds an indexed annotation, under a key that no callsite has to declare.
    fn annotate(&self, key: &str, value: impl Into<AnnotationValue>);

    /// What a call made from this span has to carry; `None` for a span that is not traced.
    fn trace_context(&self) -> Option<TraceHeader>;
}

impl SpanExt for tracing::Span {
    fn annotate(&self, key: &str, value: impl Into<AnnotationValue>) {
        with_span(self, |recorder, handle| recorder.annotate(handle, key, &value.into()));
    }

    fn trace_context(&self) -> Option<TraceHeader> {
        with_span(self, Recorder::context).flatten()
    }
}

fn with_recorder<R>(ask: impl FnOnce(&Recorder) -> R) -> Option<R> {
    let mut ask = Some(ask);
    dispatcher::get_default(|dispatch| Some(ask.take()?(recorder_of(dispatch)?)))
}

fn with_span<R>(span: &tracing::Span, ask: impl FnOnce(&Recorder, Handle) -> R) -> Option<R> {
    span.with_subscriber(|(id, dispatch)| {
        let recorder = recorder_of(dispatch)?;
        Some(ask(recorder, recorder.find(id)?))
    })
    .flatten()
}

fn recorder_of(dispatch: &Dispatch) -> Option<&Recorder> {
    dispatch.downcast_ref::<XRayLayer>()?.recorder()
}
