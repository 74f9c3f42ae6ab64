//! A sitemap as a list.

use super::extract::{LinkSink, SitemapExtractor};
use super::kind::LinkKind;

/// What a sitemap lists.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum SitemapKind {
    /// `urlset`: pages.
    Pages,
    /// `sitemapindex`: sitemaps.
    Index,
}

/// A sitemap, <https://www.sitemaps.org/protocol.html>.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct SitemapDocument {
    /// What it lists.
    pub kind: SitemapKind,
    /// Lines and addresses as they are written, references resolved; at most 50,000.
    pub addresses: Vec<(u32, String)>,
}

/// Reads a whole document; `None` when it is no sitemap.
pub fn read_sitemap_document(bytes: &[u8]) -> Option<SitemapDocument> {
    let mut list = List(Vec::new());
    let mut extractor = SitemapExtractor::new();
    extractor.feed(bytes, &mut list);
    extractor.kind().map(|kind| SitemapDocument { kind, addresses: list.0 })
}

struct List(Vec<(u32, String)>);

impl LinkSink for List {
    fn link(&mut self, _kind: LinkKind, address: &str, line: u32) {
        self.0.push((line, address.to_owned()));
    }

    fn label(&mut self, _label: &str) {}

    fn id(&mut self, _id: &str) {}

    fn base(&mut self, _address: &str) {}
}
