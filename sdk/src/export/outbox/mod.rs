//! Documents on their way to a receiver that answers.
//!
//! The exporting thread puts documents into a bounded buffer ([`exporter`]). A thread of the outbox's
//! own gathers batches, sends them and waits for the answers ([`courier`]), so that a receiver that is
//! slow holds up nobody else. What has to be tried again waits in memory, or in a spool on disk
//! ([`super::spool`]) if there is one; what to do next is decided without doing it ([`state`]).

mod backoff;
mod courier;
mod exporter;
mod settings;
mod state;

pub use exporter::Outbox;
pub use settings::OutboxSettings;

#[cfg(test)]
mod tests;
