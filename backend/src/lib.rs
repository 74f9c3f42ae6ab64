//! Records metrics, logs, traces, events and alarms, and answers in the AWS wire protocols.
//!
//! The modules are layers; imports go down this list only (`tests::tidy` checks it):
//!
//! | layer | holds |
//! |---|---|
//! | [`app`] | configuration, wiring, shutdown, command line |
//! | [`edge`] | listeners: AWS APIs, OTLP, X-Ray daemon, console |
//! | [`service`] | one folder per AWS service, one function per operation |
//! | [`bus`] | events: deliver, retry, dead letters |
//! | [`store`] | write-ahead log, memtable, tables, resource catalogue |
//! | [`lang`] | query languages: text to syntax tree (pure) |
//! | [`wire`] | protocols: bytes to values and back (pure) |
//! | [`base`] | names, ids, time, limits (pure) |

pub mod app;
pub mod base;
pub mod bus;
pub mod edge;
pub mod lang;
pub mod service;
pub mod store;
pub mod wire;
