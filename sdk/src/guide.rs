//! The guide: from the first trace to everything there is.
//!
//! 1. [Start](start): five minutes to the first trace
//! 2. [Concepts](concepts): spans, segments, annotations; threads and tasks
//! 3. [Fields](fields): which goes where, and how a span failed
//! 4. [Sampling](sampling): which traces are recorded
//! 5. [Propagation](propagation): from one service to the next
#![cfg_attr(
    all(feature = "aws-sdk", feature = "http", feature = "sqlx"),
    doc = "6. [Integrations](integrations): servers, calls, databases, AWS, panics"
)]
//! 7. [Logs and metrics](logs_and_metrics)
//! 8. [Testing](testing): traces in your own tests
//! 9. [Limits](limits): bounds, losses and their reasons
#![cfg_attr(
    all(feature = "aws-sdk", feature = "http", feature = "sqlx"),
    doc = "10. [Migration](migration): from `tracing-opentelemetry` and the X-Ray SDKs"
)]
//!
//! Pages are documentation alone; there is nothing in these modules.

#[doc = include_str!("../docs/start.md")]
pub mod start {}
#[doc = include_str!("../docs/concepts.md")]
pub mod concepts {}
#[doc = include_str!("../docs/fields.md")]
pub mod fields {}
#[doc = include_str!("../docs/sampling.md")]
pub mod sampling {}
#[doc = include_str!("../docs/propagation.md")]
pub mod propagation {}
// These two speak of features, so they are there when those are.
#[cfg(all(feature = "aws-sdk", feature = "http", feature = "sqlx"))]
#[doc = include_str!("../docs/integrations.md")]
pub mod integrations {}
#[doc = include_str!("../docs/logs-and-metrics.md")]
pub mod logs_and_metrics {}
#[doc = include_str!("../docs/testing.md")]
pub mod testing {}
#[doc = include_str!("../docs/limits.md")]
pub mod limits {}
#[cfg(all(feature = "aws-sdk", feature = "http", feature = "sqlx"))]
#[doc = include_str!("../docs/migration.md")]
pub mod migration {}

#[cfg(doctest)]
#[doc = include_str!("../README.md")]
mod readme {}
