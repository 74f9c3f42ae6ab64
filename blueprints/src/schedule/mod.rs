//! When a canary runs: AWS `rate(..)` and `cron(..)`, and the five fields of Unix cron.
//!
//! [`Schedule::next_after`] is a pure function of an instant. Time zones and daylight saving follow
//! [`Cron`](cron::Cron).

pub mod cron;
mod expression;
pub mod rate;

#[cfg(test)]
mod tests;

pub use cron::Cron;
pub use expression::Schedule;
pub use rate::Rate;
