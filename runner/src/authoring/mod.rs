//! Making canaries: what a form or a command line says becomes an entry of the canaries' file, and scripts beside it.
//!
//! A `draft` is a canary that is about to be written, an `addition` the file with one more entry, `script_file` a script
//! that is written whole or not at all.

mod addition;
mod draft;
mod error;
mod script_file;

pub use addition::{Addition, check_entry};
pub use draft::{Draft, DraftSubject};
pub use error::AuthoringError;
pub use script_file::{check_script, create_script, replace_script};
