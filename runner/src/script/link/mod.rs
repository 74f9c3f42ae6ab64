//! Module `link`: links of a page or a site, and whether they lead somewhere.

mod crawl;
mod page;

use super::table::Table;

pub(super) static TABLE: Table = Table {
    name: "link",
    about: "Links of a page or a site, and whether they lead somewhere.",
    functions: &[page::FUNCTIONS, crawl::FUNCTIONS],
};
