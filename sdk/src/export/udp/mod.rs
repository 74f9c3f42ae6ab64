//! Datagrams to the X-Ray daemon, or to whatever listens in its place.

mod exporter;
mod socket;
#[cfg(feature = "spool")]
mod transport;

pub use exporter::UdpExporter;
#[cfg(feature = "spool")]
pub use transport::UdpTransport;

#[cfg(test)]
mod tests;
