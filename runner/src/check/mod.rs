//! Checks that are more than a script can do: pure of the script host, told by options, answered by reports.

pub(crate) mod json_path;
pub mod link;
pub mod multi;
pub mod pixel;
pub(crate) mod witness;
