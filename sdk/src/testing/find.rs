//! Questions to ask of a trace.

use super::tree;
use super::tree::line;
use crate::segment::{AnnotationValue, Cause, Segment};

/// Finds spans by name, in documents and below a span.
pub trait Find {
    /// The first span of this name, parents before children.
    ///
    /// # Panics
    /// Without such a span; the message draws what is there.
    fn span(&self, name: &str) -> &Segment;

    /// All spans of this name, parents before children.
    fn spans(&self, name: &str) -> Vec<&Segment>;
}

impl Find for [Segment] {
    fn span(&self, name: &str) -> &Segment {
        let Some(span) = self.spans(name).first().copied() else { panic!("no span {name:?} in\n{}", tree(self)) };
        span
    }

    fn spans(&self, name: &str) -> Vec<&Segment> {
        let mut found = Vec::new();
        let mut stack: Vec<&Segment> = self.iter().rev().collect();
        while let Some(span) = stack.pop() {
            if span.name == name {
                found.push(span);
            }
            stack.extend(span.subsegments.iter().rev());
        }
        found
    }
}

impl Find for Segment {
    fn span(&self, name: &str) -> &Segment {
        self.subsegments.span(name)
    }

    fn spans(&self, name: &str) -> Vec<&Segment> {
        self.subsegments.spans(name)
    }
}

/// States what a span has to be; each answers with the span, to state more.
pub trait Expect {
    /// The span has this annotation.
    ///
    /// # Panics
    /// If it has another or none.
    fn expect_annotation(&self, key: &str, value: impl Into<AnnotationValue>) -> &Self;

    /// The span has this metadata in the namespace `default`.
    ///
    /// # Panics
    /// If it has another or none.
    fn expect_metadata(&self, key: &str, value: impl Into<serde_json::Value>) -> &Self;

    /// An exception of the span has a message with this part.
    ///
    /// # Panics
    /// If none has.
    fn expect_exception(&self, part: &str) -> &Self;

    /// The span failed on its own side: `fault`.
    ///
    /// # Panics
    /// If it did not.
    fn expect_fault(&self) -> &Self;

    /// The span neither failed nor was refused.
    ///
    /// # Panics
    /// If it is an error, a throttle or a fault.
    fn expect_ok(&self) -> &Self;
}

impl Expect for Segment {
    fn expect_annotation(&self, key: &str, value: impl Into<AnnotationValue>) -> &Self {
        let value = value.into();
        assert!(self.annotations.get(key) == Some(&value), "no annotation {key}={value:?} on\n{}", line(self));
        self
    }

    fn expect_metadata(&self, key: &str, value: impl Into<serde_json::Value>) -> &Self {
        let value = value.into();
        let found = self.metadata.get("default").and_then(|members| members.get(key));
        assert!(found == Some(&value), "no metadata {key}={value} on\n{}", line(self));
        self
    }

    fn expect_exception(&self, part: &str) -> &Self {
        let exceptions = match self.cause.as_deref() {
            Some(Cause::Detail(detail)) => detail.exceptions.as_slice(),
            Some(Cause::Reference(_)) | None => &[],
        };
        let mut messages = exceptions.iter().filter_map(|exception| exception.message.as_deref());
        assert!(messages.any(|message| message.contains(part)), "no exception says {part:?} on\n{}", line(self));
        self
    }

    fn expect_fault(&self) -> &Self {
        assert!(self.fault, "no fault:\n{}", line(self));
        self
    }

    fn expect_ok(&self) -> &Self {
        assert!(!(self.error || self.throttle || self.fault), "failed:\n{}", line(self));
        self
    }
}
