//! Where the SDK reads time ([`source`]), and the counter that is read where it can be trusted ([`tsc`]).

mod source;
mod tsc;

pub use source::{Clock, ManualClock};
