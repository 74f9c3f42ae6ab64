//! X-Ray tracing for Rust services: a `tracing` layer that turns spans into segments and subsegments,
//! and sends them to the X-Ray daemon or whatever listens in its place, without ever blocking the
//! service.
//!
//! # Start
//!
//! ```no_run
//! use tracing_subscriber::layer::SubscriberExt;
//! use tracing_subscriber::util::SubscriberInitExt;
//!
//! # fn main() -> Result<(), Box<dyn std::error::Error>> {
//! let (layer, _guard) = siskin_sdk::layer(siskin_sdk::Config::from_env("shop")?)?;
//! tracing_subscriber::registry().with(tracing_subscriber::fmt::layer()).with(layer).init();
//! # Ok(())
//! # }
//! ```
//! Hold the guard until the service ends: dropped, it exports what is still waiting. The
//! [guide] goes on from here; what follows is its summary.
//!
//! # Spans
//!
//! A span without parent is a segment, and so is one of `otel.kind` server or consumer and one with a
//! remote parent ([`with_remote_parent`]); every other span is a subsegment of the segment it is in.
//! A segment bears the service's name (or that of its field `service.name`), a subsegment that calls
//! another service bears that one's, any other subsegment the span's (or its `otel.name`).
//!
//! ```
//! use siskin_sdk::testing::Receiver;
//! use tracing::{error, info_span};
//!
//! let receiver = Receiver::start("shop");
//! receiver.trace(|| {
//!     let _request = info_span!(
//!         "POST /orders",
//!         otel.kind = "server",
//!         http.request.method = "POST",
//!         http.response.status_code = 500,
//!         annotation.tenant = "blue", // indexed: traces can be found by it
//!         items = 3,                  // metadata
//!     )
//!     .entered();
//!     siskin_sdk::annotate("coupon", "SPRING"); // needs no declared field
//!     info_span!("pay", otel.kind = "client", peer.service = "bank").in_scope(|| {
//!         error!(order = 7, "payment failed"); // an exception of the subsegment
//!     });
//! });
//! assert_eq!(
//!     receiver.tree(),
//!     "\
//! shop [segment] FAULT coupon=SPRING tenant=blue {items=3 span.name=POST /orders} \
//! http:{request:{method:POST},response:{status:500}}
//!   bank [remote] FAULT {error.order=7 span.name=pay} cause: payment failed
//! "
//! );
//! ```
//!
//! | field | becomes |
//! |---|---|
//! | `annotation.KEY` | an indexed annotation, at most 50 in a segment |
//! | `metadata.KEY`, and every field not named here | metadata, namespace `default` |
//! | `otel.kind`, `otel.name`, `service.name`, `peer.service` | what the span is and is called |
//! | `http.*`, `url.*`, `server.*`, `client.address`, `user_agent.original` | the `http` block; URLs lose passwords and signatures |
//! | `db.*` | the `sql` block |
//! | `aws.*`; `rpc.*` with `rpc.system` = `aws-api` | the `aws` block |
//! | `error`, `exception.*`, `otel.status_*`, and ERROR events | exceptions, and the fault flag |
//! | `enduser.id`, `user.id` | the user |
//!
//! An HTTP status decides how a span failed: 5xx is a fault, 429 a throttle, other 4xx an error, and
//! anything else no failure. Without status, an error is a fault.
//!
//! # Sampling
//!
//! The decision is taken once, where a trace begins, or by the caller: see [`sampling`]. Unsampled
//! traces keep their id, which travels on with `Sampled=0`.
//!
//! # Limits
//!
//! Open segments, memory, waiting segments and document sizes are bounded ([`Config`]), and what does
//! not fit is counted by reason ([`DropReason`]); [`Guard::flush`] reports it.
#![warn(missing_docs)]

#[cfg(feature = "aws-sdk")]
pub mod aws;
#[cfg(feature = "client")]
mod client;
mod clock;
mod config;
pub mod export;
mod fork;
#[cfg(any(doc, doctest))]
pub mod guide;
#[cfg(feature = "http")]
pub mod http;
pub mod id;
mod layer;
mod lock;
pub mod logs;
#[cfg(feature = "metrics")]
pub mod metrics;
#[cfg(feature = "opentelemetry")]
pub mod otel;
mod own_thread;
pub mod panic;
#[cfg(any(feature = "aws-sdk", feature = "http"))]
mod pending;
mod pipeline;
pub mod propagation;
mod random;
pub mod sampling;
pub mod segment;
#[cfg(feature = "logs")]
mod ship;
#[cfg(any(feature = "logs", feature = "xray-api"))]
pub mod signing;
pub mod sql;
#[cfg(feature = "sqlx")]
pub mod sqlx;
pub mod testing;

pub use clock::{Clock, ManualClock};
pub use config::{Config, ConfigError, ContextMissing, layer};
pub use layer::{SpanExt, XRayLayer, annotate, current_context, metadata, with_remote_parent};
pub use pipeline::{DropReason, Dropped, FlushReport, Guard};
