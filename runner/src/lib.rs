//! Runs canaries: Rhai scripts against a headless Chrome and HTTP.
//!
//! ```text
//! config -> schedule -> run -> script -> browser
//!                        |       '-----> HTTP
//!                        +--> report (artifacts)
//!                        '--> publish (backend, over HTTP only)
//! ```
//! [`daemon::run`] is all of it on a schedule; [`run::launch`] is one run; [`cli`] is what both programs mount.

pub mod authoring;
pub mod browser;
pub mod check;
pub mod cli;
pub mod clock;
pub mod config;
pub mod daemon;
pub mod publish;
pub mod record;
pub mod report;
pub mod run;
pub mod schedule;
pub mod script;
pub mod visual;
