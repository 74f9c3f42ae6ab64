//! [`tower_layer::Layer`]s for HTTP servers and clients.
//!
//! ```
//! use siskin_sdk::http::tower::TraceLayer;
//!
//! # async fn order() {}
//! let app: axum::Router = axum::Router::new()
//!     .route("/orders/{id}", axum::routing::get(order))
//!     .layer(
//!         TraceLayer::new()
//!             .route(|request| request.get::<axum::extract::MatchedPath>().map(|path| path.as_str()))
//!             .untraced(["/health", "/metrics/*"]),
//!     );
//! ```

mod body;
mod client;
mod server;
mod settings;

pub use body::TracedBody;
pub use client::{Client, ClientFuture, ClientLayer};
pub use server::{ResponseFuture, Trace};
pub use settings::TraceLayer;
