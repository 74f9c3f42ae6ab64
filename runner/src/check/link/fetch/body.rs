//! Links and names of a body, as it comes.

use std::io::Write;

use flate2::write::GzDecoder;
use reqwest::Url;

use crate::check::link::address::{Base, NotFollowed};
use crate::check::link::extract::{BYTES_MAX, HtmlExtractor, LinkSink, SitemapExtractor, StyleExtractor};
use crate::check::link::kind::LinkKind;
use crate::check::link::targets::{Needs, hash_of};

/// Names of one page that are kept.
const IDS_MAX: usize = 1_000_000;

/// What a body is read as.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(in crate::check::link) enum Content {
    Html,
    StyleSheet,
    Xml,
    /// Packed, perhaps a sitemap.
    Gzip,
    Other,
}

impl Content {
    /// By media type, and by the end of the path where hosts send files without saying what they are.
    pub(in crate::check::link) fn of(media_type: Option<&str>, path: &str) -> Self {
        let essence =
            media_type.and_then(|value| value.split(';').next()).unwrap_or_default().trim().to_ascii_lowercase();
        let ends = |ending: &str| {
            path.len() >= ending.len()
                && path.get(path.len() - ending.len()..).is_some_and(|end| end.eq_ignore_ascii_case(ending))
        };
        match essence.as_str() {
            "text/html" | "application/xhtml+xml" => Self::Html,
            "text/css" => Self::StyleSheet,
            "text/xml" | "application/xml" => Self::Xml,
            _ if ends(".xml.gz") => Self::Gzip,
            "" if ends(".css") => Self::StyleSheet,
            "" if ends(".xml") => Self::Xml,
            "" => Self::Html,
            other if other.ends_with("+xml") && ends(".xml") => Self::Xml,
            _ => Self::Other,
        }
    }
}

/// Links in the order they were found, in one text.
#[derive(Debug, Default)]
pub(in crate::check::link) struct Batch {
    text: String,
    entries: Vec<Entry>,
    /// Whether the link that was told last is in it.
    takes_label: bool,
    /// Links of other schemes, which are not followed.
    pub(in crate::check::link) other_schemes: u64,
}

#[derive(Clone, Copy, Debug)]
struct Entry {
    /// Where the address, and behind it its fragment, begin and end in the text.
    start: usize,
    fragment: usize,
    end: usize,
    /// Where its words end, which begin where the fragment ends.
    label: usize,
    line: u32,
    kind: LinkKind,
    is_malformed: bool,
}

/// A link of a batch.
#[derive(Clone, Copy, Debug)]
pub(in crate::check::link) struct Found<'a> {
    /// Without fragment; as the document has it, when it is no URL.
    pub(in crate::check::link) url: &'a str,
    pub(in crate::check::link) fragment: Option<&'a str>,
    /// Its words, cut; empty when it has none.
    pub(in crate::check::link) label: &'a str,
    pub(in crate::check::link) line: u32,
    pub(in crate::check::link) kind: LinkKind,
    pub(in crate::check::link) is_malformed: bool,
}

impl Batch {
    pub(in crate::check::link) fn len(&self) -> usize {
        self.entries.len()
    }

    pub(in crate::check::link) fn iter(&self) -> impl Iterator<Item = Found<'_>> {
        self.entries.iter().map(|entry| {
            let part = |from: usize, to: usize| self.text.get(from..to).unwrap_or_default();
            Found {
                url: part(entry.start, entry.fragment),
                fragment: Some(part(entry.fragment, entry.end)).filter(|fragment| !fragment.is_empty()),
                label: part(entry.end, entry.label),
                line: entry.line,
                kind: entry.kind,
                is_malformed: entry.is_malformed,
            }
        })
    }
}

/// Takes a body in pieces.
#[derive(Debug)]
pub(super) struct BodyReader {
    reader: Reader,
    needs: Needs,
    base: Base,
    batch: Batch,
    ids: Vec<u64>,
    has_base: bool,
    bytes: u64,
    /// What could not be read, in words.
    notice: Option<String>,
}

#[derive(Debug)]
enum Reader {
    Html(HtmlExtractor),
    Style(StyleExtractor),
    Sitemap(SitemapExtractor),
    Packed(Box<GzDecoder<Vec<u8>>>, SitemapExtractor),
}

/// What is left when a body has come.
#[derive(Debug, Default)]
pub(super) struct Read {
    pub(super) batch: Batch,
    pub(super) ids: Vec<u64>,
    pub(super) has_script: bool,
    pub(super) notice: Option<String>,
}

impl BodyReader {
    /// A reader for what is needed of such a body; `None` when nothing is.
    pub(super) fn new(content: Content, needs: Needs, url: Url) -> Option<Self> {
        let reader = match content {
            Content::Html if needs.links || needs.ids => Reader::Html(HtmlExtractor::new()),
            Content::StyleSheet if needs.style => Reader::Style(StyleExtractor::default()),
            Content::Xml if needs.links => Reader::Sitemap(SitemapExtractor::new()),
            Content::Gzip if needs.links => {
                Reader::Packed(Box::new(GzDecoder::new(Vec::new())), SitemapExtractor::new())
            }
            Content::Html | Content::StyleSheet | Content::Xml | Content::Gzip | Content::Other => return None,
        };
        let (batch, ids) = (Batch::default(), Vec::new());
        Some(Self { reader, needs, base: Base::new(url), batch, ids, has_base: false, bytes: 0, notice: None })
    }

    /// Reads a piece; `false` when no more of the body is wanted.
    pub(super) fn feed(&mut self, bytes: &[u8]) -> bool {
        let mut sink = Sink {
            needs: self.needs,
            base: &mut self.base,
            has_base: &mut self.has_base,
            batch: &mut self.batch,
            ids: &mut self.ids,
        };
        let sitemap = match &mut self.reader {
            Reader::Html(html) => {
                html.feed(bytes, &mut sink);
                return true;
            }
            Reader::Style(style) => {
                style.feed(bytes);
                return true;
            }
            Reader::Sitemap(sitemap) => {
                self.bytes += bytes.len() as u64;
                sitemap.feed(bytes, &mut sink);
                sitemap
            }
            Reader::Packed(unpacked, sitemap) => {
                if let Err(error) = unpacked.write_all(bytes) {
                    self.notice = Some(format!("the packed sitemap is damaged: {error}"));
                    return false;
                }
                let plain = std::mem::take(unpacked.get_mut());
                self.bytes += plain.len() as u64;
                sitemap.feed(&plain, &mut sink);
                sitemap
            }
        };
        if self.bytes > BYTES_MAX {
            self.notice =
                Some(format!("the sitemap is larger than {} MiB: what is behind was not read", BYTES_MAX >> 20));
            return false;
        }
        // Other XML, such as a feed, is not read to its end.
        sitemap.is_sitemap() != Some(false)
    }

    /// What was found since the last time.
    pub(super) fn take_batch(&mut self) -> Batch {
        std::mem::take(&mut self.batch)
    }

    /// How many links can be taken now: none while the words of the last one are still to come.
    pub(super) fn ready(&self) -> usize {
        match &self.reader {
            Reader::Html(html) if html.awaits_label() => 0,
            Reader::Html(_) | Reader::Style(_) | Reader::Sitemap(_) | Reader::Packed(..) => self.batch.len(),
        }
    }

    pub(super) fn end(mut self) -> Read {
        let mut has_script = false;
        let mut sink = Sink {
            needs: self.needs,
            base: &mut self.base,
            has_base: &mut self.has_base,
            batch: &mut self.batch,
            ids: &mut self.ids,
        };
        match self.reader {
            Reader::Html(html) => has_script = html.has_script(),
            Reader::Style(style) => {
                if !style.end(&mut sink) {
                    self.notice = Some("the style sheet is too large: what is behind 8 MiB was not read".to_owned());
                }
            }
            Reader::Packed(mut unpacked, mut sitemap) => {
                // What is left in the decoder is told only when it knows that no more comes.
                let finished = unpacked.try_finish();
                sitemap.feed(unpacked.get_ref(), &mut sink);
                if let Err(error) = finished {
                    self.notice.get_or_insert(format!("the packed sitemap is damaged: {error}"));
                }
                count_over(&sitemap, &mut self.notice);
            }
            Reader::Sitemap(sitemap) => count_over(&sitemap, &mut self.notice),
        }
        if self.ids.len() >= IDS_MAX {
            self.notice.get_or_insert(format!("the page has more than {IDS_MAX} ids: those behind were not noted"));
        }
        Read { batch: self.batch, ids: self.ids, has_script, notice: self.notice }
    }
}

fn count_over(sitemap: &SitemapExtractor, notice: &mut Option<String>) {
    let more = sitemap.too_many();
    if more > 0 {
        notice.get_or_insert(format!("the sitemap has {more} addresses more than the 50,000 allowed"));
    }
}

struct Sink<'a> {
    needs: Needs,
    base: &'a mut Base,
    has_base: &'a mut bool,
    batch: &'a mut Batch,
    ids: &'a mut Vec<u64>,
}

impl LinkSink for Sink<'_> {
    fn link(&mut self, kind: LinkKind, address: &str, line: u32) {
        if !self.needs.links && !self.needs.style {
            return;
        }
        let batch = &mut *self.batch;
        batch.takes_label = false;
        let start = batch.text.len();
        let entry = match self.base.resolve(address, &mut batch.text) {
            Ok(fragment) => {
                let at = batch.text.len();
                if let Some(fragment) = fragment {
                    batch.text.push_str(fragment.as_str());
                }
                let end = batch.text.len();
                Entry { start, fragment: at, end, label: end, line, kind, is_malformed: false }
            }
            Err(NotFollowed::OtherScheme) => {
                batch.other_schemes += 1;
                return;
            }
            Err(NotFollowed::Malformed) => {
                batch.text.push_str(address.trim());
                let end = batch.text.len();
                Entry { start, fragment: end, end, label: end, line, kind, is_malformed: true }
            }
        };
        batch.entries.push(entry);
        batch.takes_label = true;
    }

    fn label(&mut self, label: &str) {
        if std::mem::take(&mut self.batch.takes_label)
            && let Some(entry) = self.batch.entries.last_mut()
        {
            self.batch.text.push_str(label);
            entry.label = self.batch.text.len();
        }
    }

    fn id(&mut self, id: &str) {
        if self.needs.ids && self.ids.len() < IDS_MAX {
            self.ids.push(hash_of(id));
        }
    }

    fn base(&mut self, address: &str) {
        if !std::mem::replace(self.has_base, true)
            && let Ok(url) = self.base.url().join(address)
            && matches!(url.scheme(), "http" | "https")
        {
            *self.base = Base::new(url);
        }
    }
}
