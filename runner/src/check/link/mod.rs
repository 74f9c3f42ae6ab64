//! Links of a site: found, followed, judged.
//!
//! HTTP first and many at a time; each address is asked for once, whatever number of pages names it.
//!
//! ```text
//! options, scope -> crawl -> frontier (hosts, robots) -> fetch -> extract
//!                     ^                                             |
//!                     '------ books: targets, verdict <-------------'
//!                                  |
//!                                report -> second_look (Chrome)
//! ```
//! Everything has a bound: links, places, bytes of a page, of a sitemap, of `robots.txt`, requests under way, batches that
//! wait. What does not fit is told by name in [`LinkReport::notices`].

mod address;
mod books;
mod cache;
mod crawl;
mod extract;
mod fetch;
mod frontier;
mod kind;
mod notice;
mod options;
mod private;
mod report;
mod robots;
mod scope;
mod second_look;
mod sitemap_document;
mod targets;
mod verdict;

pub use crawl::{LinkCheckError, Progress, Stopped, check};
pub use kind::LinkKind;
pub use notice::Notice;
pub use options::{CONCURRENCY_MAX, CacheOptions, HostLimit, HostOptions, LINKS_MAX, LinkOptions, RequestOptions};
pub use report::{Counts, Link, LinkReport, Place};
pub use second_look::{Doubts, LookOptions, doubts, look};
pub use sitemap_document::{SitemapDocument, SitemapKind, read_sitemap_document};
pub use verdict::{Judging, Reason, Verdict, WALLS};
