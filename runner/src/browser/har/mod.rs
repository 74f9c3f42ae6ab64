//! HTTP Archive 1.2 of everything a session requested.
//!
//! <http://www.softwareishard.com/blog/har-12-spec/>. `format` is the document, `build` makes it
//! from the exchanges; secrets are blotted out on the way, there is no form that has them.

mod build;
mod format;
#[cfg(test)]
mod tests;

pub(crate) use build::{Source, build};
pub use format::{
    Cache, Content, Cookie, Creator, Entry, Har, Header, Log, Page, PageTimings, PostData, Query, Request, Response,
    Timings,
};
