//! Where events go.

mod http;
mod receiver;

pub(super) use http::Webhooks;
pub(super) use receiver::Outcome;
pub use receiver::Target;
