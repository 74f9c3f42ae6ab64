//! Work that may be given up.

#[cfg(feature = "http")]
use std::task::Poll;

use tracing::Span;

/// The span of work whose future may be dropped before it is done. Dropped so, it says in
/// `http.cancelled` where the work was, or that it panicked.
#[derive(Debug)]
pub(crate) struct Pending {
    span: Span,
    /// Where the work is; `None` once nothing is left that could be missed.
    stage: Option<&'static str>,
    /// A poll began and has not come back: if it never does, it has panicked.
    polling: bool,
}

impl Pending {
    pub(crate) fn new(span: Span, stage: &'static str) -> Self {
        Self { span, stage: Some(stage), polling: false }
    }

    #[cfg(feature = "http")]
    pub(crate) fn span(&self) -> &Span {
        &self.span
    }

    #[cfg(feature = "http")]
    /// Polls inside of the span.
    pub(crate) fn poll<T>(&mut self, poll: impl FnOnce() -> Poll<T>) -> Poll<T> {
        self.polling = true;
        let polled = self.span.in_scope(poll);
        self.polling = false;
        polled
    }

    #[cfg(feature = "http")]
    /// The work may end here without being given up.
    pub(crate) fn nothing_left(&mut self) {
        self.stage = None;
    }

    /// The work is done; its span goes on with whoever takes it.
    pub(crate) fn finish(mut self) -> Span {
        self.stage = None;
        std::mem::replace(&mut self.span, Span::none())
    }
}

impl Drop for Pending {
    fn drop(&mut self) {
        if self.polling {
            self.span.record("error", true);
        } else if let Some(stage) = self.stage {
            self.span.record("http.cancelled", stage);
        }
    }
}
