//! Typed parameters of blueprints, and the arguments given for them.
//!
//! [`Kind`] says what a value may be; `check` reads given values into canonical ones, `path` puts one into another by
//! its name, and [`Arguments`] are the values of one blueprint, all rules kept.

mod arguments;
mod check;
mod kind;
mod path;

#[cfg(test)]
mod tests;

pub use arguments::{Arguments, Needs};
pub(crate) use check::can_be_read;
pub(crate) use kind::schema_of;
pub use kind::{Default, Kind, Parameter};
