//! Middleware: servers answer under a span of their own, and calls carry the trace on.
//!
//! | what | how |
//! |---|---|
//! | axum, tonic, any [`tower_service::Service`] that answers HTTP | [`tower::TraceLayer`] |
//! | calls through a tower service, such as hyper's client | [`tower::ClientLayer`] |
//! | calls with [`reqwest`](::reqwest) | [`reqwest::RequestBuilderExt::send_traced`], [`reqwest::send`] |
//! | anything else that has headers | [`crate::propagation`] |
//!
//! Work that is given up half-way (the client hung up, a timeout dropped the call) ends its span, with
//! the metadata `http.cancelled` saying where it was.

pub mod reqwest;
pub mod tower;

#[cfg(test)]
mod tests;
