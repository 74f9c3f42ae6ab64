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
#![cfg_attr(feature = "logs", doc = "7. [Logs](logs): lines that name their trace, events in CloudWatch Logs")]
#![cfg_attr(feature = "metrics", doc = "8. [Metrics](metrics): meters over OTLP, embedded metrics")]
#![cfg_attr(
    all(feature = "metrics", feature = "otlp", feature = "xray-api"),
    doc = "9. [OTLP](otlp): spans to a collector"
)]
#![cfg_attr(
    all(feature = "metrics", feature = "otlp", feature = "xray-api"),
    doc = "10. [X-Ray API](xray_api): segments to AWS, without a daemon"
)]
#![cfg_attr(feature = "spool", doc = "11. [Spool](spool): segments wait on disk")]
//! 12. [Testing](testing): traces in your own tests
//! 13. [Limits](limits): bounds, losses and their reasons
#![cfg_attr(
    all(feature = "aws-sdk", feature = "http", feature = "sqlx"),
    doc = "14. [Migration](migration): from `tracing-opentelemetry` and the X-Ray SDKs"
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
// Pages that speak of features are there when those are.
#[cfg(all(feature = "aws-sdk", feature = "http", feature = "sqlx"))]
#[doc = include_str!("../docs/integrations.md")]
pub mod integrations {}
#[cfg(feature = "logs")]
#[doc = include_str!("../docs/logs.md")]
pub mod logs {}
#[cfg(feature = "metrics")]
#[doc = include_str!("../docs/metrics.md")]
pub mod metrics {}
#[cfg(all(feature = "metrics", feature = "otlp", feature = "xray-api"))]
#[doc = include_str!("../docs/otlp.md")]
pub mod otlp {}
#[cfg(all(feature = "metrics", feature = "otlp", feature = "xray-api"))]
#[doc = include_str!("../docs/xray-api.md")]
pub mod xray_api {}
#[cfg(feature = "spool")]
#[doc = include_str!("../docs/spool.md")]
pub mod spool {}
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
