//! Typed structs from and to [`Value`], through serde.
//!
//! How an operation writes its shapes:
//! - `#[derive(Deserialize)] #[serde(rename_all = "PascalCase")]` (or what the model says) on the input, `Serialize` on
//!   the output; unknown members are ignored, as AWS does.
//! - An optional member is an `Option` or has `#[serde(default)]`; a required one has neither, and its absence becomes
//!   the service's own error. JSON `null` is absence. An output member that is `None` is not written.
//! - Timestamps are [`Timestamp`](crate::base::Timestamp), blobs [`Blob`], AWS enums unit variants, AWS unions
//!   newtype variants. A newtype with `#[serde(try_from = "String")]` is parsed here, and its error names the member.
//! - No `#[serde(flatten)]` and no `#[serde(untagged)]`: both lose what a timestamp is.

mod blob;
mod de;
mod error;
mod ser;

#[cfg(test)]
mod tests;

pub use blob::Blob;
pub use de::from_value;
pub use error::{DecodeError, EncodeError, Reason, Step, TEXT_SHOWN_MAX};
pub use ser::to_value;
