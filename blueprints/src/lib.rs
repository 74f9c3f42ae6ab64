//! What a canary checks, and when: specifications, schedules and the Rhai scripts of the blueprints.
//!
//! Everything here is pure: no clock, no file, no network. A [`Canary`] names a [`Subject`] (a [`Blueprint`] with its
//! [`Arguments`], or a script of the user's own) and a [`Schedule`]; [`Subject::script`] gives the Rhai source to run.
//! [`recorder`] makes such a script of what a person did in a browser.

mod api;
mod blueprint;
mod broken_links;
mod canary;
pub mod catalogue;
mod heartbeat;
mod host;
pub mod import;
mod invalid;
mod json_schema;
mod literal;
mod multi_check;
mod parameter;
mod places;
pub mod recorder;
mod render;
pub mod schedule;
mod status;
mod visual;
pub mod workflow;

pub use blueprint::{Blueprint, Engine, all};
pub use canary::{Alarm, Canary, CanaryName, MissingPeriods, Script, Subject, limits};
pub use host::HostPattern;
pub use invalid::Invalid;
pub use json_schema::JsonSchema;
pub use parameter::{Arguments, Default, Kind, Needs, Parameter};
pub use render::render;
pub use schedule::Schedule;
pub use status::StatusSet;
pub use visual::{Viewport, visual_page_names};
