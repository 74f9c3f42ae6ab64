//! Protocols: bytes to values and back. Pure: nothing here does input or output.
//!
//! Every codec turns bytes into one [`Value`] and back; [`typed`] turns a [`Value`] into an operation's input struct
//! and an output struct into a [`Value`]. So a codec is written once, and an operation's structs once.
//!
//! `route` → `decode_input` → the operation → [`Envelope::encode`] or [`Envelope::encode_fault`].

mod credential;
mod envelope;
mod fault;
mod protocol;
mod route;
mod service_id;
mod value;

pub mod cbor;
pub mod gzip;
pub mod json;
pub mod query;
pub mod rest_json;
pub mod typed;
pub mod xml;

#[cfg(test)]
mod tests;

pub use credential::Credential;
pub use envelope::{Envelope, decode_input};
pub use fault::{Blame, Fault, Malformed};
pub use protocol::Protocol;
pub use route::{RestMatch, RestRoute, RestTable, Route, Unroutable, route};
pub use service_id::ServiceId;
pub use typed::Blob;
pub use value::{DEPTH_MAX, Members, VALUES_MAX, Value};
