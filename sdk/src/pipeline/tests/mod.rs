//! From segments to documents, with real exporters and threads.

mod open;
#[cfg(feature = "otlp")]
mod open_otlp;
mod random;
mod ways_out;
