//! The Rhai host: what a canary's script can do, and what it cannot.
//!
//! A script runs on a blocking thread and reaches the asynchronous world through one `Bridge`. What it can
//! call are rows of tables (`table`), one file or folder for each module: `page`, `element`, `http`, `step`, `assert`,
//! `link`, `visual`, `multi`, `metric`, `log`, `secret`, `data`. The engine registers them, `check` knows them before anything runs, and
//! `need` reads off a script what it will call, and
//! `reference` writes them down. There are no files, no processes, and no other hosts than those that were allowed.

mod assert;
mod bridge;
mod built_in;
mod check;
mod compare;
mod data;
mod digest;
mod element;
mod engine;
mod failure;
mod globals;
mod host;
mod http;
mod link;
mod log;
mod memory;
mod metric;
mod modules;
mod multi;
mod need;
mod page;
mod redactor;
pub mod reference;
mod secret;
mod step;
mod table;
mod visual;
mod wait;

#[cfg(test)]
mod tests;

pub(crate) use check::{check, mistakes};
pub(crate) use engine::Program;
pub use engine::limits;
pub use failure::{Blame, Failure};
pub(crate) use host::{Host, HostSetting};
pub(crate) use redactor::Redactor;
