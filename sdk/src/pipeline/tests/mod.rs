//! From segments to documents, with real exporters and threads.

mod open;
mod random;
mod ways_out;
