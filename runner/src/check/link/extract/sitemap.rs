//! Addresses of sitemaps and of indexes of sitemaps, <https://www.sitemaps.org/protocol.html>.

use super::LinkSink;
use super::entity::attribute_value;
use super::scan::{Markup, Scanner, Tag, TagSink, Text};
use crate::check::link::SitemapKind;
use crate::check::link::kind::LinkKind;

/// Most addresses of one sitemap, as the protocol says.
const ADDRESSES_MAX: usize = 50_000;
/// Most bytes of one sitemap, unpacked, as the protocol says.
pub(in crate::check::link) const BYTES_MAX: u64 = 52_428_800;

/// Takes a sitemap in pieces.
#[derive(Debug)]
pub(in crate::check::link) struct SitemapExtractor {
    scanner: Scanner,
    noted: Noted,
}

/// The first element.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
enum Root {
    Sitemap(SitemapKind),
    Other,
}

#[derive(Debug, Default)]
struct Noted {
    root: Option<Root>,
    addresses: usize,
}

impl SitemapExtractor {
    pub(in crate::check::link) fn new() -> Self {
        Self { scanner: Scanner::new(Markup::Xml), noted: Noted::default() }
    }

    pub(in crate::check::link) fn feed(&mut self, bytes: &[u8], sink: &mut impl LinkSink) {
        self.scanner.feed(bytes, &mut Tags { noted: &mut self.noted, sink });
    }

    /// Whether the document is a sitemap or an index, by its first element; `None` before that came.
    pub(in crate::check::link) fn is_sitemap(&self) -> Option<bool> {
        self.noted.root.map(|root| root != Root::Other)
    }

    /// What it lists; `None` when it is no sitemap, or nothing of it came.
    pub(in crate::check::link) fn kind(&self) -> Option<SitemapKind> {
        match self.noted.root? {
            Root::Sitemap(kind) => Some(kind),
            Root::Other => None,
        }
    }

    /// How many addresses there are more than the protocol allows; they are not told.
    pub(in crate::check::link) fn too_many(&self) -> usize {
        self.noted.addresses.saturating_sub(ADDRESSES_MAX)
    }
}

struct Tags<'a, S> {
    noted: &'a mut Noted,
    sink: &'a mut S,
}

impl<S: LinkSink> TagSink for Tags<'_, S> {
    fn start_tag(&mut self, tag: &Tag<'_>) -> Text {
        let local = tag.name.rsplit(|byte| *byte == b':').next().unwrap_or_default();
        let root = match local {
            b"urlset" => Root::Sitemap(SitemapKind::Pages),
            b"sitemapindex" => Root::Sitemap(SitemapKind::Index),
            _ => Root::Other,
        };
        let is_sitemap = *self.noted.root.get_or_insert(root) != Root::Other;
        // Images and videos have locations of their own, which have prefixes.
        if is_sitemap && tag.name == b"loc" { Text::Want } else { Text::Skip }
    }

    fn text(&mut self, text: &[u8], line: u32) {
        self.noted.addresses += 1;
        if self.noted.addresses > ADDRESSES_MAX {
            return;
        }
        let before = text.iter().take_while(|byte| byte.is_ascii_whitespace()).filter(|byte| **byte == b'\n').count();
        let address = attribute_value(text);
        self.sink.link(LinkKind::Sitemap, address.trim(), line.saturating_add(before as u32));
    }
}
