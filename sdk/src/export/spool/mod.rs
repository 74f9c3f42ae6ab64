//! Documents on disk, for the time their receiver is away.
//!
//! A folder that several processes may share. Each has a folder of its own in there ([`folder`]),
//! locked as long as it lives; who starts adopts the files of those that are gone. A file holds
//! documents one after the other, each with a checksum ([`file`]); the spool ([`queue`]) is a row of
//! files, the oldest read, the newest written, and drops the oldest when it is full.
//!
//! **What survives what.** A document is written with one write and never synced: it outlives the
//! process, but what was written last may not outlive the machine. How far a file was sent is noted
//! in the file after each batch, so a document is sent again only if the process ended between the
//! receiver's answer and that note: at least once, and as a rule once.

mod file;
mod folder;
mod queue;
mod settings;

pub use settings::{SpoolError, SpoolSettings};

pub(super) use queue::{Spool, Ticket};

#[cfg(test)]
mod tests;
