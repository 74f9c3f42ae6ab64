//! A segment as OTLP has it: messages with its spans, none larger than the way out allows.
//!
//! Format: <https://opentelemetry.io/docs/specs/otlp/>

mod messages;
mod shrink;
mod span;

pub(super) use messages::send;

#[cfg(test)]
mod tests;
