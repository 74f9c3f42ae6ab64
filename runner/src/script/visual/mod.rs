//! Module `visual`: pictures of the page beside those that were approved.

mod compare;
mod options;

use super::table::Table;

pub(super) static TABLE: Table = Table {
    name: "visual",
    about: "Pictures of the page beside those that were approved.",
    functions: &[compare::FUNCTIONS],
};
