//! Links and ids of HTML: which attributes hold them.

use super::entity::attribute_value;
use super::scan::{Markup, Scanner, Tag, TagSink, Text};
use super::{LinkSink, css, srcset};
use crate::check::link::kind::LinkKind;

/// Relations of `<link>` that lead nowhere: they name a host to connect to, or a vocabulary.
const NO_LINK: [&str; 6] = ["preconnect", "dns-prefetch", "profile", "pingback", "edituri", "wlwmanifest"];
/// Longer words of links are cut.
const LABEL_BYTES_MAX: usize = 60;
/// Relations of `<link>` whose target is a file, not a page.
const FILES: [&str; 9] = [
    "icon",
    "apple-touch-icon",
    "mask-icon",
    "manifest",
    "preload",
    "modulepreload",
    "prefetch",
    "apple-touch-startup-image",
    "fluid-icon",
];

/// Takes HTML in pieces and tells its links, ids and base.
#[derive(Debug)]
pub(in crate::check::link) struct HtmlExtractor {
    scanner: Scanner,
    noted: Noted,
}

#[derive(Debug, Default)]
struct Noted {
    /// Whether the text that is wanted is that of a link, not of a style.
    is_label: bool,
    /// `<base href>` counts once.
    has_base: bool,
    has_script: bool,
}

impl HtmlExtractor {
    pub(in crate::check::link) fn new() -> Self {
        Self { scanner: Scanner::new(Markup::Html), noted: Noted::default() }
    }

    pub(in crate::check::link) fn feed(&mut self, bytes: &[u8], sink: &mut impl LinkSink) {
        self.scanner.feed(bytes, &mut Tags { noted: &mut self.noted, sink });
    }

    /// Whether the words of the last link are still to come.
    pub(in crate::check::link) fn awaits_label(&self) -> bool {
        self.scanner.awaits_text()
    }

    /// Whether scripts run in the page, so that it may have more ids than its HTML.
    pub(in crate::check::link) fn has_script(&self) -> bool {
        self.noted.has_script
    }
}

struct Tags<'a, S> {
    noted: &'a mut Noted,
    sink: &'a mut S,
}

impl<S: LinkSink> TagSink for Tags<'_, S> {
    fn start_tag(&mut self, tag: &Tag<'_>) -> Text {
        let mut wanted = Text::Skip;
        for (name, raw) in tag.attributes() {
            match name.len() {
                2 if name.eq_ignore_ascii_case(b"id") => self.id(raw),
                3 if name.eq_ignore_ascii_case(b"src") => self.src(tag, raw),
                4 if name.eq_ignore_ascii_case(b"href") => self.href(tag, raw),
                4 if name.eq_ignore_ascii_case(b"name") && tag.is("a") => self.id(raw),
                4 if name.eq_ignore_ascii_case(b"cite") => self.link(LinkKind::Citation, raw, tag.line),
                4 if name.eq_ignore_ascii_case(b"data") && tag.is("object") => {
                    self.link(LinkKind::Object, raw, tag.line);
                }
                5 if name.eq_ignore_ascii_case(b"style") => self.css(raw, tag.line),
                6 if name.eq_ignore_ascii_case(b"srcset") => self.candidates(tag, raw),
                6 if name.eq_ignore_ascii_case(b"poster") && tag.is("video") => {
                    self.link(LinkKind::Image, raw, tag.line);
                }
                10 if name.eq_ignore_ascii_case(b"xlink:href") => self.href(tag, raw),
                10 if name.eq_ignore_ascii_case(b"background") && tag.is("body") => {
                    self.link(LinkKind::Image, raw, tag.line);
                }
                10 if name.eq_ignore_ascii_case(b"http-equiv") => self.refresh(tag, raw),
                11 if name.eq_ignore_ascii_case(b"imagesrcset") => self.candidates(tag, raw),
                _ => {}
            }
        }
        self.noted.is_label = false;
        match tag.name.len() {
            1 if tag.is("a") && tag.attribute("href").is_some() => {
                (wanted, self.noted.is_label) = (Text::Want, true);
            }
            5 if tag.is("style") => wanted = Text::Want,
            6 if tag.is("script") => self.noted.has_script = true,
            _ => {}
        }
        wanted
    }

    fn text(&mut self, text: &[u8], line: u32) {
        if self.noted.is_label {
            let label = text.trim_ascii();
            if !label.is_empty() {
                let label = attribute_value(label.get(..LABEL_BYTES_MAX).unwrap_or(label));
                if label.contains('\n') {
                    self.sink.label(&label.split_whitespace().collect::<Vec<_>>().join(" "));
                } else {
                    self.sink.label(&label);
                }
            }
            return;
        }
        let text = String::from_utf8_lossy(text);
        css::addresses(&text, |kind, address, before| self.sink.link(kind, address, line.saturating_add(before)));
    }
}

impl<S: LinkSink> Tags<'_, S> {
    fn id(&mut self, raw: &[u8]) {
        if !raw.is_empty() {
            self.sink.id(&attribute_value(raw));
        }
    }

    fn link(&mut self, kind: LinkKind, raw: &[u8], line: u32) {
        self.sink.link(kind, &attribute_value(raw), line);
    }

    fn href(&mut self, tag: &Tag<'_>, raw: &[u8]) {
        let kind = match tag.name.len() {
            1 if tag.is("a") => LinkKind::Anchor,
            3 if tag.is("use") => LinkKind::Image,
            4 if tag.is("area") => LinkKind::Area,
            4 if tag.is("base") => {
                if !std::mem::replace(&mut self.noted.has_base, true) {
                    self.sink.base(&attribute_value(raw));
                }
                return;
            }
            4 if tag.is("link") => match relation(tag) {
                Some(kind) => kind,
                None => return,
            },
            5 if tag.is("image") => LinkKind::Image,
            _ => return,
        };
        self.link(kind, raw, tag.line);
    }

    fn src(&mut self, tag: &Tag<'_>, raw: &[u8]) {
        let kind = match tag.name.len() {
            3 if tag.is("img") => LinkKind::Image,
            5 if tag.is("frame") => LinkKind::Frame,
            5 if tag.is("video") || tag.is("audio") || tag.is("track") => LinkKind::Media,
            5 if tag.is("embed") => LinkKind::Object,
            5 if tag.is("input") => LinkKind::Image,
            6 if tag.is("script") => LinkKind::Script,
            6 if tag.is("source") => LinkKind::Media,
            6 if tag.is("iframe") => LinkKind::Frame,
            _ => return,
        };
        self.link(kind, raw, tag.line);
    }

    fn candidates(&mut self, tag: &Tag<'_>, raw: &[u8]) {
        if !(tag.is("img") || tag.is("source") || tag.is("link")) {
            return;
        }
        let value = attribute_value(raw);
        for address in srcset::addresses(&value) {
            self.sink.link(LinkKind::ImageCandidate, address, tag.line);
        }
    }

    fn css(&mut self, raw: &[u8], line: u32) {
        let value = attribute_value(raw);
        css::addresses(&value, |kind, address, before| self.sink.link(kind, address, line.saturating_add(before)));
    }

    /// `<meta http-equiv="refresh" content="5; url=next.html">`.
    fn refresh(&mut self, tag: &Tag<'_>, equivalent: &[u8]) {
        if !tag.is("meta") || !equivalent.trim_ascii().eq_ignore_ascii_case(b"refresh") {
            return;
        }
        let content = attribute_value(tag.attribute("content").unwrap_or_default());
        let behind = content.trim_start().trim_start_matches(|c: char| c.is_ascii_digit() || c == '.').trim_start();
        let Some(behind) = behind.strip_prefix([';', ',']) else { return };
        let behind = behind.trim_start();
        let named = behind.get(..3).filter(|head| head.eq_ignore_ascii_case("url")).and_then(|_| behind.get(3..));
        let address = named.map(str::trim_start).and_then(|rest| rest.strip_prefix('=')).unwrap_or(behind).trim();
        let unquoted = match address.chars().next() {
            Some(quote @ ('"' | '\'')) => address.trim_matches(quote),
            _ => address,
        };
        if !unquoted.is_empty() {
            self.sink.link(LinkKind::Refresh, unquoted, tag.line);
        }
    }
}

/// What a `<link>` is, by its `rel`; `None` for one that leads nowhere.
fn relation(tag: &Tag<'_>) -> Option<LinkKind> {
    let value = attribute_value(tag.attribute("rel").unwrap_or_default());
    let has = |words: &[&str]| {
        value.split_ascii_whitespace().any(|one| words.iter().any(|word| one.eq_ignore_ascii_case(word)))
    };
    if has(&NO_LINK) {
        None
    } else if has(&["stylesheet"]) {
        Some(LinkKind::StyleSheet)
    } else if has(&FILES) {
        Some(LinkKind::LinkedFile)
    } else {
        Some(LinkKind::Relation)
    }
}
