//! Central sampling against a service in memory, a plain model, and real sockets.

mod polling;
mod service;
