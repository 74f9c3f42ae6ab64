//! Calendar times: AWS's six fields and Unix's five.
//!
//! # Daylight saving
//! Times are wall-clock times of the schedule's zone (UTC when none is named); [`Dst`](super::Dst) says what becomes of those that
//! do not occur or occur twice. Left open, a schedule with one fixed hour and one fixed minute runs exactly once that
//! day: when its time occurs twice, at the first of the two; when its time does not occur, at the first instant after
//! the gap. Every other schedule (`*/5`, lists, ranges) follows the wall clock: it runs in both passes of a repeated
//! hour and not in a skipped one.
//!
//! Source: <https://docs.aws.amazon.com/AmazonCloudWatch/latest/monitoring/CloudWatch_Synthetics_Canaries_cron.html>

mod calendar;
mod day;
mod field;
mod wall;

pub use calendar::Cron;
