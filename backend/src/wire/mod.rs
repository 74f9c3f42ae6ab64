//! Protocols: bytes to values and back. Pure: nothing here does input or output.
//!
//! Every codec turns bytes into one [`Value`] and back; [`typed`] turns a [`Value`] into an operation's input struct
//! and an output struct into a [`Value`]. So a codec is written once, and an operation's structs once.

mod fault;
mod route;
mod service_id;
mod value;

pub mod typed;

pub use fault::{Blame, Fault};
pub use route::{RestRoute, RestTable};
pub use service_id::ServiceId;
pub use typed::Blob;
pub use value::{DEPTH_MAX, Members, Value};
