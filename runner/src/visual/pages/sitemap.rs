//! The pages of a sitemap, or of the sitemaps of an index.

use std::collections::{HashSet, VecDeque};

use siskin_blueprints::Invalid;
use url::Url;

use super::fetch::fetch;
use super::{PAGES_MAX, PagesError, Suite};
use crate::check::link::{SitemapKind, read_sitemap_document};

/// Most sitemaps of an index, and of those within.
const SITEMAPS_MAX: usize = 200;

/// Reads a sitemap or an index of sitemaps, plain or packed, from an address or a file.
///
/// # Errors
/// One that cannot be read or is none, and more pages than [`PAGES_MAX`].
pub async fn read_sitemap(at: &str) -> Result<Suite, PagesError> {
    let mut waiting = VecDeque::from([at.to_owned()]);
    let (mut read, mut seen, mut pages) = (0, HashSet::new(), Vec::new());
    while let Some(at) = waiting.pop_front() {
        read += 1;
        if read > SITEMAPS_MAX {
            return Err(PagesError::unreadable(&at, format_args!("more than {SITEMAPS_MAX} sitemaps")));
        }
        let document = fetch(&at).await?;
        let Some(sitemap) = read_sitemap_document(&document) else {
            return Err(PagesError::unreadable(
                &at,
                "is no sitemap: its first element is neither urlset nor sitemapindex",
            ));
        };
        for (line, address) in sitemap.addresses {
            let url = Url::parse(&address).map_err(|error| {
                let invalid =
                    Invalid::new(format!("line {line}"), format!("\"{address}\""), format!("an absolute URL: {error}"));
                PagesError::invalid(&at, invalid)
            })?;
            if !seen.insert(url.clone()) {
                continue;
            }
            match sitemap.kind {
                SitemapKind::Index => waiting.push_back(url.into()),
                SitemapKind::Pages if pages.len() < PAGES_MAX => pages.push((url, None)),
                SitemapKind::Pages => {
                    return Err(PagesError::unreadable(&at, format_args!("more than {PAGES_MAX} pages")));
                }
            }
        }
    }
    Ok(Suite::of_urls(pages))
}
