//! The X-Ray daemon's place: tracers send segments to UDP 2000 and ask for sampling rules at TCP 2000.
//!
//! ```text
//! UDP datagram -> header line, document -> bounded queue -> batches -> the store (as PutTraceSegments does)
//! TCP request  -> the router of the AWS port, unsigned
//! ```
//!
//! Source: <https://docs.aws.amazon.com/xray/latest/devguide/xray-api-sendingdata.html#xray-api-daemon>

mod counts;
mod datagram;
mod listener;
#[cfg(test)]
mod tests;

pub use counts::{DaemonCounts, DropReason};
pub use listener::{DaemonEdge, DaemonSockets, run};
