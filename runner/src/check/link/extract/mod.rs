//! Links, ids and bases out of pages, style sheets and sitemaps, as their bytes come.
//!
//! `scan` finds tags and lines; `html`, `css`, `srcset` and `sitemap` know where addresses stand; `entity` resolves
//! references.

mod css;
mod entity;
mod html;
mod scan;
mod sitemap;
mod srcset;
mod style;

#[cfg(test)]
mod tests;

use super::kind::LinkKind;
pub(super) use html::HtmlExtractor;
pub(super) use sitemap::{BYTES_MAX, SitemapExtractor};
pub(super) use style::StyleExtractor;

/// What takes what is found.
pub(super) trait LinkSink {
    /// An address as the document has it, references resolved; `line` counts from 1.
    fn link(&mut self, kind: LinkKind, address: &str, line: u32);

    /// The words of the link that was told last, as far as they stand before the next tag.
    fn label(&mut self, label: &str);

    /// A name that fragments may have.
    fn id(&mut self, id: &str);

    /// What addresses are relative to from here on, instead of the document's own address.
    fn base(&mut self, address: &str);
}
