//! Scripts as a list of steps that a person can put together in a form.
//!
//! ```text
//! Rhai --read--> Workflow --write--> Rhai
//! ```
//! What a form has fields for is an [`Act`] of a known [`Kind`]; everything else of a script - loops, functions,
//! comments - stays as it is written, as code between the acts. So every script can be opened, and comes back whole.
//! `token` splits the source, `statement` finds where statements end, `expression` is what calls are made of, `kind` is
//! the table of what there is to do.

mod expression;
mod kind;
mod model;
mod needs;
mod read;
mod statement;
mod token;
mod write;

pub use kind::{Field, FieldKind, Kind, kinds};
pub use model::{Act, Part, Step, Workflow, WorkflowValue, limits};
pub use needs::{Named, named_in};
pub use read::{Unreadable, read};
pub use write::write;

#[cfg(test)]
mod tests;
