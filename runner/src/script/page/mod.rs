//! Module `page`: the tab at hand, what it shows, and how the browser behaves.

mod dialog;
mod download;
mod emulate;
mod health;
mod navigate;
mod network;
mod read;
mod storage;
mod tabs;
mod wait;

use super::table::Table;

/// The functions, and what they have in common.
pub(super) static TABLE: Table = Table {
    name: "page",
    about: "The tab at hand. The browser is started as soon as a script begins that calls any function of `page` or \
`element`; ChromeDriver beside it only for functions that work as a user's hands do, or within frames and tabs. Emulation, headers and \
network settings hold for the tab in which they were set, until the run ends.",
    functions: &[
        navigate::FUNCTIONS,
        read::FUNCTIONS,
        health::FUNCTIONS,
        wait::FUNCTIONS,
        tabs::FUNCTIONS,
        dialog::FUNCTIONS,
        download::FUNCTIONS,
        storage::FUNCTIONS,
        emulate::FUNCTIONS,
        network::FUNCTIONS,
    ],
};
