//! Module `multi`: the checks of an AWS multi-checks document, one by one.

mod credentials;
mod functions;
mod plan;
mod request;
mod run;

use super::table::Table;

pub(super) static TABLE: Table = Table {
    name: "multi",
    about: "The checks of a multi-checks document (AWS's HTTP, DNS, SSL and TCP checks, and gRPC health and WebSockets). \
How documents are written: `multi-check.md`.",
    functions: &[functions::FUNCTIONS],
};
