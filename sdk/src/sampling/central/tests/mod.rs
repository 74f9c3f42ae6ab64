//! Central sampling against a service in memory, a plain model, and real sockets.

#[cfg(feature = "central-sampling")]
mod daemon;
mod model;
mod polling;
mod service;
