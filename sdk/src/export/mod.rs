//! Where finished documents go.
//!
//! An [`Exporter`] is handed documents on the SDK's exporting thread. Some send at once:
//! [`UdpExporter`], [`FileExporter`], [`MemoryExporter`]. Receivers that answer, or may be away for
//! a while, are behind an `Outbox`, which batches, tries again, and spools to disk; its ways are
//! `XRayApi`, `OtlpHttp` and `UdpTransport`.

#[cfg(feature = "spool")]
mod batch;
mod error;
mod exporter;
mod file;
mod format;
mod memory;
#[cfg(feature = "otlp")]
mod otlp;
#[cfg(feature = "spool")]
mod outbox;
mod settled;
#[cfg(feature = "spool")]
mod spool;
#[cfg(feature = "spool")]
mod transport;
mod udp;
#[cfg(feature = "xray-api")]
mod xray_api;

#[cfg(feature = "xray-api")]
pub use crate::signing::{AwsAccess, AwsSigner, Credentials, CredentialsError, CredentialsSource};
#[cfg(feature = "spool")]
pub use batch::Batch;
pub use error::ExportError;
pub use exporter::Exporter;
pub use file::FileExporter;
pub use format::Format;
pub use memory::MemoryExporter;
#[cfg(feature = "otlp")]
pub use otlp::{Compression, OtlpHttp};
#[cfg(feature = "spool")]
pub use outbox::{Outbox, OutboxSettings};
pub use settled::Settled;
#[cfg(feature = "spool")]
pub use spool::{SpoolError, SpoolSettings};
#[cfg(feature = "spool")]
pub use transport::{BatchMax, Delivery, Rest, Transport};
pub use udp::UdpExporter;
#[cfg(feature = "spool")]
pub use udp::UdpTransport;
#[cfg(feature = "xray-api")]
pub use xray_api::{Rejections, XRayApi};
