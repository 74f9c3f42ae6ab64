//! X-Ray tracing for Rust services: trace ids, the segment document, sampling rules and the headers
//! that carry a trace from service to service.
#![warn(missing_docs)]

pub mod id;
pub mod propagation;
mod random;
pub mod sampling;
pub mod segment;
