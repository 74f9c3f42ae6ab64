//! What a canary checks, and when: specifications, schedules and the Rhai scripts of the blueprints.
//!
//! Everything here is pure: no clock, no file, no network. A [`Canary`] names a [`Subject`] (a [`Blueprint`] with its
//! [`Arguments`], or a script of the user's own) and a [`Schedule`]; [`Subject::script`] gives the Rhai source to run.

mod api;
mod blueprint;
mod broken_links;
mod canary;
mod heartbeat;
mod host;
mod invalid;
mod literal;
mod multi_check;
mod parameter;
mod render;
pub mod schedule;
mod status;

pub use blueprint::{Blueprint, Engine, all};
pub use canary::{Alarm, Canary, CanaryName, MissingPeriods, Script, Subject, limits};
pub use host::HostPattern;
pub use invalid::Invalid;
pub use parameter::{Arguments, Kind, Parameter};
pub use render::render;
pub use schedule::Schedule;
pub use status::StatusSet;
