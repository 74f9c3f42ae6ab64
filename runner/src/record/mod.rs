//! Watches what a person does in a visible Chrome, and makes a recording of it.
//!
//! ```text
//! agent (in every page, in a world of its own) --binding--> watch --> builder --> Recording
//! Chrome: tabs, frames, navigations, dialogs ---events----^  '-- tabs (which context is which frame of which tab)
//! ```
//! `message` is what the agent tells. Model and script are `siskin_blueprints::recorder`'s.

mod builder;
mod message;
mod tabs;
mod watch;

pub use watch::{End, RecordError, RecordOptions, Recorded, record};

#[cfg(test)]
mod tests;
