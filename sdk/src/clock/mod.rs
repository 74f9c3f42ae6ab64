//! Where the SDK reads time ([`source`]): the time of day ([`wall`]), and the counter that is read where it can be
//! trusted ([`tsc`]).

mod source;
mod tsc;
mod wall;

pub use source::{Clock, ManualClock};
