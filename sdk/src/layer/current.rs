//! The current span: annotating it, and carrying its trace to other services and from them.

use std::sync::{Arc, LazyLock, Weak};

use arc_swap::ArcSwap;
use serde::Serialize;
use tracing_core::dispatcher::{self, Dispatch};
use tracing_core::span;

use super::handle::Handle;
use super::recorder::Recorder;
use super::{XRayLayer, remote};
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
    on_current(key, |recorder, handle| recorder.annotate(handle, key, &value.into()));
}

/// Adds metadata to the current span, under a namespace and key that no callsite has to declare. What
/// serialises to more than 16 KiB of JSON is lost and counted.
///
/// Metadata is kept with the trace but not indexed. Namespaces that begin with `AWS.` are X-Ray's own.
/// In an unsampled trace nothing happens. Outside of every span, [`ContextMissing`] decides.
///
/// # Panics
/// Outside of every span, under [`ContextMissing::Panic`].
pub fn metadata(namespace: &str, key: &str, value: &impl Serialize) {
    on_current(key, |recorder, handle| recorder.metadata(handle, namespace, key, &json(value)));
}

fn on_current(key: &str, write: impl FnOnce(&Recorder, Handle)) {
    let missing = with_recorder(|recorder| match recorder.current() {
        Some(handle) => {
            write(recorder, handle);
            None
        }
        None => Some(recorder.settings.context_missing),
    });
    match missing.flatten() {
        None | Some(ContextMissing::Ignore) => {}
        Some(ContextMissing::LogError) => {
            tracing::error!(target: "siskin_sdk", key, "written outside of a span, so it is lost");
        }
        Some(ContextMissing::Panic) => panic!("{key:?} written outside of a span"),
    }
}

/// What does not serialise becomes a text that says why: the span it belongs to matters more.
fn json(value: &impl Serialize) -> String {
    serde_json::to_string(value)
        .unwrap_or_else(|error| serde_json::Value::String(format!("not serialised: {error}")).to_string())
}

/// What a call made here has to carry so that the callee's segment belongs to this trace; `None`
/// outside of every span.
pub fn current_context() -> Option<TraceHeader> {
    with_recorder(|recorder| recorder.context(recorder.current()?)).flatten()
}

/// Every recorder there is, for those who cannot ask which one is current.
static RECORDERS: LazyLock<ArcSwap<Vec<Weak<Recorder>>>> = LazyLock::new(ArcSwap::default);

/// Makes a recorder known to [`context_in_event`].
pub(crate) fn remember(recorder: &Arc<Recorder>) {
    RECORDERS.rcu(|known| {
        let living = known.iter().filter(|known| known.strong_count() > 0).cloned();
        living.chain([Arc::downgrade(recorder)]).collect::<Vec<_>>()
    });
}

/// The context of the nearest span that is known here, for those who are called while an event is
/// dispatched; `scope` gives the event's spans from the inside outwards.
///
/// Where a scoped subscriber is set, `tracing` does not say meanwhile which one is current. Then it is
/// the one whose span this thread is in, and none if the event is not of that span: two subscribers
/// give the same ids to their spans.
pub(crate) fn context_in_event<I: Iterator<Item = span::Id>>(scope: impl Fn() -> I) -> Option<TraceHeader> {
    let nearest = |recorder: &Recorder| scope().find_map(|id| recorder.find(&id));
    if let Some(found) = with_recorder(|recorder| recorder.context(nearest(recorder)?)) {
        return found;
    }
    let recorders = RECORDERS.load();
    let mut living = recorders.iter().rev().filter_map(Weak::upgrade);
    living.find_map(|recorder| {
        let current = recorder.current().filter(|current| nearest(&recorder) == Some(*current))?;
        recorder.context(current)
    })
}

/// Runs `open`, and makes `parent` the caller of the first span that begins in it: that span is a
/// segment of the caller's trace, whatever span is around it.
///
/// ```
/// let caller = siskin_sdk::propagation::xray::parse("Root=1-64f0c1aa-0123456789abcdef01234567;Sampled=1");
/// let span = siskin_sdk::with_remote_parent(caller, || tracing::info_span!("message"));
/// ```
pub fn with_remote_parent<R>(parent: Option<TraceHeader>, open: impl FnOnce() -> R) -> R {
    remote::with(parent, open)
}

/// The same for a span at hand.
pub trait SpanExt {
    /// Adds an indexed annotation, under a key that no callsite has to declare.
    fn annotate(&self, key: &str, value: impl Into<AnnotationValue>);

    /// Adds metadata, under a namespace and key that no callsite has to declare.
    ///
    /// Not called `metadata`: a span has a method of that name, which would always go first.
    fn add_metadata(&self, namespace: &str, key: &str, value: &impl Serialize);

    /// Says that this span's segment is related to a span of another trace, such as the one that sent
    /// the message it handles. A context without trace or span is passed over; X-Ray keeps 20 links of a
    /// segment.
    fn add_link(&self, related: &TraceHeader);

    /// What a call made from this span has to carry; `None` for a span that is not traced.
    fn trace_context(&self) -> Option<TraceHeader>;
}

impl SpanExt for tracing::Span {
    fn annotate(&self, key: &str, value: impl Into<AnnotationValue>) {
        with_span(self, |recorder, handle| recorder.annotate(handle, key, &value.into()));
    }

    fn add_metadata(&self, namespace: &str, key: &str, value: &impl Serialize) {
        with_span(self, |recorder, handle| recorder.metadata(handle, namespace, key, &json(value)));
    }

    fn add_link(&self, related: &TraceHeader) {
        with_span(self, |recorder, handle| recorder.link(handle, related));
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
