//! CBOR bodies of smithy's rpc-v2-cbor.
//!
//! Read and written here and not by a general crate: the protocol wants doubles at full width, a decoder straight into
//! [`Value`](super::Value), and bounds on depth and count.
//!
//! Sources: <https://smithy.io/2.0/additional-specs/protocols/smithy-rpc-v2.html>, RFC 8949.

mod decode;
mod encode;

pub use decode::decode;
pub use encode::encode;

/// The major types of RFC 8949, section 3.1.
mod major {
    pub(super) const UNSIGNED: u8 = 0;
    pub(super) const NEGATIVE: u8 = 1;
    pub(super) const BYTES: u8 = 2;
    pub(super) const TEXT: u8 = 3;
    pub(super) const ARRAY: u8 = 4;
    pub(super) const MAP: u8 = 5;
    pub(super) const TAG: u8 = 6;
    pub(super) const SIMPLE: u8 = 7;
}

/// The tag of epoch seconds, RFC 8949 section 3.4.2.
const EPOCH_TAG: u64 = 1;
