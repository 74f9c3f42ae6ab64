//! Errors of a span, as the exceptions of its `cause` block.

use tracing_core::Metadata;

use super::fields::Fact;
use crate::layer::SPANS_MAX;
use crate::layer::log::Head;
use crate::segment::{Cause, CauseDetail, Exception, StackFrame};

/// Most exceptions of one span; later ones are counted in the last one's `skipped`.
const EXCEPTIONS_MAX: usize = 32;

/// Gives exceptions ids that no span of the segment and no other exception has.
#[derive(Debug)]
pub(super) struct ExceptionIds<'a> {
    head: &'a Head,
    next: usize,
}

impl<'a> ExceptionIds<'a> {
    pub(super) fn new(head: &'a Head) -> Self {
        Self { head, next: SPANS_MAX }
    }

    fn next(&mut self) -> String {
        self.next += 1;
        self.head.span_id(self.next).to_string()
    }
}

/// One error: what was said of it, from the outermost message to the innermost cause.
#[derive(Debug, Default)]
pub(super) struct Failure<'a> {
    /// The ERROR event it came with.
    event: Option<&'static Metadata<'static>>,
    message: Option<&'a str>,
    kind: Option<&'a str>,
    /// The error itself, then its causes.
    chain: Vec<&'a str>,
}

impl<'a> Failure<'a> {
    /// Begins the error an event reports.
    pub(super) fn of_event(metadata: &'static Metadata<'static>) -> Self {
        Self { event: Some(metadata), ..Self::default() }
    }

    pub(super) fn is_empty(&self) -> bool {
        self.event.is_none() && self.message.is_none() && self.kind.is_none() && self.chain.is_empty()
    }

    /// Takes a field that describes the error; `false` if it does not.
    pub(super) fn take(&mut self, name: &str, fact: &Fact<'a>) -> bool {
        match (name, fact) {
            (_, Fact::CausedBy(text)) => self.chain.push(text),
            ("error" | "err" | "exception", Fact::Error(text) | Fact::Text(text)) => self.chain.push(text),
            (_, Fact::Error(text)) => self.chain.push(text),
            ("message" | "exception.message" | "otel.status_description" | "otel.status_message", Fact::Text(text)) => {
                self.message = Some(text);
            }
            ("error.type" | "exception.type", Fact::Text(text)) => self.kind = Some(text),
            (_, Fact::Bool(_) | Fact::Number(_) | Fact::Text(_)) => return false,
        }
        true
    }

    /// Describes the error and its causes, each with the id of the next.
    fn describe(self, ids: &mut ExceptionIds<'_>, remote: bool, exceptions: &mut Vec<Exception>) {
        let stack = self.event.map(frame).into_iter().collect();
        let mut texts = self.message.into_iter().chain(self.chain).peekable();
        let kind = self.kind.unwrap_or("error").to_owned();
        let mut id = ids.next();
        let first = exceptions.len();
        loop {
            let message = texts.next().map(str::to_owned);
            let cause = texts.peek().map(|_| ids.next());
            exceptions.push(Exception {
                id: Some(std::mem::take(&mut id)),
                message,
                kind: Some(kind.clone()),
                remote,
                cause: cause.clone(),
                ..Exception::default()
            });
            match cause {
                Some(next) => id = next,
                None => break,
            }
        }
        if let Some(exception) = exceptions.get_mut(first) {
            exception.stack = stack;
        }
    }
}

/// Where the event was written: the one frame that costs nothing to know.
fn frame(metadata: &'static Metadata<'static>) -> StackFrame {
    StackFrame {
        path: metadata.file().map(str::to_owned),
        line: metadata.line().map(Into::into),
        label: metadata.module_path().map(str::to_owned),
    }
}

/// Writes the `cause` block; `None` without errors.
pub(super) fn cause(failures: Vec<Failure<'_>>, ids: &mut ExceptionIds<'_>, remote: bool) -> Option<Cause> {
    let mut exceptions = Vec::new();
    for failure in failures {
        failure.describe(ids, remote, &mut exceptions);
    }
    let skipped = exceptions.len().saturating_sub(EXCEPTIONS_MAX);
    exceptions.truncate(EXCEPTIONS_MAX);
    let last = exceptions.last_mut()?;
    if skipped > 0 {
        last.skipped = Some(skipped as i64);
        last.cause = None;
    }
    Some(Cause::Detail(CauseDetail { exceptions, ..CauseDetail::default() }))
}
