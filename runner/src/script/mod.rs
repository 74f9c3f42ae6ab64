//! The Rhai host: what a canary's script can do, and what it cannot.
//!
//! A script runs on a blocking thread and reaches the asynchronous world through one [`Bridge`](bridge). It has
//! modules `page`, `element`, `http`, `assert`, `metric` and `log`, and the functions `step`, `variable` and `sleep`;
//! no files, no processes, no clock of its own, no other hosts than those it was allowed.

mod answer;
mod assert;
mod bridge;
mod caller;
mod compare;
mod element;
mod engine;
mod failure;
mod functions;
mod host;
mod http;
mod log;
mod metric;
mod page;
mod step;

#[cfg(test)]
mod tests;

pub use engine::limits;
pub(crate) use engine::{check, execute};
pub use failure::{Blame, Failure};
pub(crate) use host::{Host, HostSetting};
