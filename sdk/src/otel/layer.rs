//! `tracing`'s current span as OpenTelemetry's.

use std::cell::RefCell;

use opentelemetry::{Context, ContextGuard};
use tracing_core::{Subscriber, span};
use tracing_subscriber::Layer;
use tracing_subscriber::layer;
use tracing_subscriber::registry::LookupSpan;

use super::context::with_own_span;
use crate::propagation::TraceHeader;

/// Deepest stack of entered spans that is followed on one thread; spans entered deeper leave
/// OpenTelemetry's current span as it is.
const STACK_DEPTH_MAX: usize = 1_024;

/// A `tracing_subscriber` layer that makes the span a thread is in the current span of OpenTelemetry,
/// from enter to exit: in async code, for the time of each poll.
///
/// It goes behind the [`XRayLayer`](crate::XRayLayer): `registry().with(xray).with(ContextLayer::new())`.
#[derive(Debug, Clone, Copy, Default)]
pub struct ContextLayer {}

impl ContextLayer {
    /// Makes the layer.
    pub const fn new() -> Self {
        Self {}
    }
}

/// A span this thread is in, and what undoes that it is OpenTelemetry's current one.
struct Attached {
    id: u64,
    guard: ContextGuard,
}

/// The spans this thread is in.
#[derive(Default)]
struct Stack(Vec<Attached>);

impl Stack {
    fn new() -> RefCell<Self> {
        // OpenTelemetry's thread-local has to be there before ours, so that it is still there when
        // ours is dropped.
        drop(Context::current());
        RefCell::default()
    }
}

impl Drop for Stack {
    fn drop(&mut self) {
        // The thread ends inside of spans: nobody will ask for its context again, and what the guards
        // would restore may be gone already.
        self.0.drain(..).for_each(|attached| std::mem::forget(attached.guard));
    }
}

thread_local! {
    static STACK: RefCell<Stack> = Stack::new();
}

/// The context of a span, noted when it is first entered.
struct Known(TraceHeader);

impl<S> Layer<S> for ContextLayer
where
    S: Subscriber + for<'lookup> LookupSpan<'lookup>,
{
    fn on_enter(&self, id: &span::Id, context: layer::Context<'_, S>) {
        let Some(span) = context.span(id) else { return };
        let known = span.extensions().get::<Known>().map(|known| known.0.clone());
        let header = known.or_else(|| {
            let header = crate::current_context()?;
            span.extensions_mut().replace(Known(header.clone()));
            Some(header)
        });
        let Some(header) = header else { return };
        // A thread that is being torn down has no current span any more.
        let _gone = STACK.try_with(|stack| {
            let depth = stack.borrow().0.len();
            if depth < STACK_DEPTH_MAX {
                let guard = Context::map_current(|current| with_own_span(current, header)).attach();
                stack.borrow_mut().0.push(Attached { id: id.into_u64(), guard });
            }
        });
    }

    fn on_exit(&self, id: &span::Id, _context: layer::Context<'_, S>) {
        let _gone = STACK.try_with(|stack| {
            let mut spans = stack.borrow_mut();
            let at = spans.0.iter().rposition(|attached| attached.id == id.into_u64());
            let attached = at.map(|at| spans.0.remove(at));
            // A context may hold values whose drop traces something itself.
            drop(spans);
            drop(attached);
        });
    }
}
