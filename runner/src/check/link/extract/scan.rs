//! Start tags out of HTML and XML as it comes, with the lines they begin on.
//!
//! Tokenises as <https://html.spec.whatwg.org/multipage/parsing.html#tokenization> says as far as tags need it: comments,
//! raw text, scripts with scripts inside, quotes. It builds no tree and keeps only what is not yet complete.

use memchr::{memchr, memchr_iter, memchr2, memmem};

/// A tag, a raw text or a comment's end that is not complete within so many bytes is passed over.
pub(super) const PENDING_BYTES_MAX: usize = 1 << 20;

/// Elements whose content is text up to their own end tag.
const RAW_TEXT: [&[u8]; 8] = [b"script", b"style", b"title", b"textarea", b"xmp", b"iframe", b"noembed", b"noframes"];

/// Which language the bytes are in.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(super) enum Markup {
    Html,
    Xml,
}

/// Whether the text behind a start tag is wanted.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(super) enum Text {
    Skip,
    Want,
}

/// What takes tags as they are found.
pub(super) trait TagSink {
    /// A start tag; the answer says whether [`TagSink::text`] shall be told what stands behind it.
    fn start_tag(&mut self, tag: &Tag<'_>) -> Text;

    /// The text between a start tag and whatever comes next, references not resolved; `line` is where it begins.
    fn text(&mut self, text: &[u8], line: u32);
}

/// A start tag.
#[derive(Debug)]
pub(super) struct Tag<'a> {
    /// As written.
    pub(super) name: &'a [u8],
    /// The line its `<` is on, counted from 1.
    pub(super) line: u32,
    bytes: &'a [u8],
    attributes: &'a [Attribute],
}

impl Tag<'_> {
    pub(super) fn is(&self, name: &str) -> bool {
        self.name.eq_ignore_ascii_case(name.as_bytes())
    }

    /// Attributes in order, as written: names in any case, values with references. Of two with one name the first counts.
    pub(super) fn attributes(&self) -> impl Iterator<Item = (&[u8], &[u8])> {
        self.attributes.iter().map(|one| (part(self.bytes, one.name), part(self.bytes, one.value)))
    }

    pub(super) fn attribute(&self, name: &str) -> Option<&[u8]> {
        self.attributes().find(|(given, _)| given.eq_ignore_ascii_case(name.as_bytes())).map(|(_, value)| value)
    }
}

/// Start and end in the scanner's bytes.
type Span = (usize, usize);

#[derive(Clone, Copy, Debug)]
struct Attribute {
    name: Span,
    value: Span,
}

/// How far a script is inside of `<!--` and of a `<script>` in it.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
enum Escape {
    None,
    Comment,
    Script,
}

#[derive(Clone, Copy, Debug, Eq, PartialEq)]
enum State {
    Content,
    Comment,
    Bogus,
    /// Inside an element of [`RAW_TEXT`].
    Raw {
        element: &'static [u8],
        escape: Escape,
        wanted: Text,
    },
    /// The text behind a start tag is wanted.
    WantedText,
}

/// What became of a look at the bytes from some place on.
enum Step {
    /// Go on from here.
    At(usize, State),
    /// More bytes are needed to tell; those from here on are kept.
    More(usize),
}

/// Takes bytes in pieces of any size.
#[derive(Debug)]
pub(super) struct Scanner {
    markup: Markup,
    state: State,
    kept: Vec<u8>,
    line: u32,
    /// Newlines before this place in the present bytes are in `line`.
    counted: usize,
    attributes: Vec<Attribute>,
}

impl Scanner {
    pub(super) fn new(markup: Markup) -> Self {
        Self { markup, state: State::Content, kept: Vec::new(), line: 1, counted: 0, attributes: Vec::new() }
    }

    /// Whether the text of a tag that was told is still to come.
    pub(super) fn awaits_text(&self) -> bool {
        self.state == State::WantedText
    }

    /// Scans what is complete of `bytes`.
    pub(super) fn feed(&mut self, bytes: &[u8], sink: &mut impl TagSink) {
        if self.kept.is_empty() {
            let used = self.scan(bytes, sink);
            self.kept.extend_from_slice(bytes.get(used..).unwrap_or_default());
        } else {
            let mut whole = std::mem::take(&mut self.kept);
            whole.extend_from_slice(bytes);
            let used = self.scan(&whole, sink);
            whole.drain(..used);
            self.kept = whole;
        }
    }

    /// Scans all that can be scanned, and gives how much that was.
    fn scan(&mut self, bytes: &[u8], sink: &mut impl TagSink) -> usize {
        self.counted = 0;
        let mut at = 0;
        let used = loop {
            let step = match self.state {
                State::Content => self.content(bytes, at, sink),
                State::Comment => Self::comment(bytes, at),
                State::Bogus => match memchr(b'>', rest(bytes, at)) {
                    Some(end) => Step::At(at + end + 1, State::Content),
                    None => Step::More(bytes.len()),
                },
                State::Raw { element, escape, wanted } => self.raw(bytes, at, (element, escape, wanted), sink),
                State::WantedText => self.wanted_text(bytes, at, sink),
            };
            match step {
                Step::At(next, state) => (at, self.state) = (next, state),
                Step::More(from) if bytes.len() - from > PENDING_BYTES_MAX => {
                    // Nobody writes such a tag; its `<` is taken for text.
                    (at, self.state) = (from + 1, State::Content);
                }
                Step::More(from) => break from,
            }
        };
        self.line_at(bytes, used);
        used
    }

    /// The line that the byte at `place` is on; places may not go back.
    fn line_at(&mut self, bytes: &[u8], place: usize) -> u32 {
        let between = bytes.get(self.counted..place).unwrap_or_default();
        self.line = self.line.saturating_add(memchr_iter(b'\n', between).count() as u32);
        self.counted = self.counted.max(place);
        self.line
    }

    fn content(&mut self, bytes: &[u8], at: usize, sink: &mut impl TagSink) -> Step {
        let Some(open) = memchr(b'<', rest(bytes, at)).map(|found| at + found) else { return Step::More(bytes.len()) };
        match bytes.get(open + 1) {
            None => Step::More(open),
            Some(b'!') => self.declaration(bytes, open),
            Some(b'?') => Step::At(open + 2, State::Bogus),
            Some(b'/') => match bytes.get(open + 2) {
                None => Step::More(open),
                Some(letter) if self.begins_name(*letter) => match self.attributes(bytes, name_end(bytes, open + 2)) {
                    Some(end) => Step::At(end, State::Content),
                    None => Step::More(open),
                },
                Some(_) => Step::At(open + 2, State::Bogus),
            },
            Some(letter) if self.begins_name(*letter) => self.tag(bytes, open, sink),
            Some(_) => Step::At(open + 1, State::Content),
        }
    }

    fn begins_name(&self, letter: u8) -> bool {
        letter.is_ascii_alphabetic() || (self.markup == Markup::Xml && (letter == b'_' || letter >= 0x80))
    }

    fn declaration(&self, bytes: &[u8], open: usize) -> Step {
        const CDATA: &[u8] = b"<![CDATA[";
        let here = rest(bytes, open);
        if let Some(comment) = here.strip_prefix(b"<!--") {
            return match comment {
                // Both are whole comments.
                [b'>', ..] => Step::At(open + 5, State::Content),
                [b'-', b'>', ..] => Step::At(open + 6, State::Content),
                [] | [b'-'] => Step::More(open),
                _ => Step::At(open + 4, State::Comment),
            };
        }
        if self.markup == Markup::Xml && here.starts_with(CDATA) {
            return match memmem::find(here, b"]]>") {
                Some(end) => Step::At(open + end + 3, State::Content),
                None => Step::More(open),
            };
        }
        if here.len() < CDATA.len() && (b"<!--".starts_with(here) || CDATA.starts_with(here)) {
            return Step::More(open);
        }
        Step::At(open + 2, State::Bogus)
    }

    fn comment(bytes: &[u8], at: usize) -> Step {
        let here = rest(bytes, at);
        let mut from = 0;
        while let Some(found) = memmem::find(here.get(from..).unwrap_or_default(), b"--") {
            let dashes = from + found;
            match (here.get(dashes + 2), here.get(dashes + 3)) {
                (Some(b'>'), _) => return Step::At(at + dashes + 3, State::Content),
                (Some(b'!'), Some(b'>')) => return Step::At(at + dashes + 4, State::Content),
                (None, _) | (Some(b'!'), None) => return Step::More(at + dashes),
                _ => from = dashes + 1,
            }
        }
        Step::More(at + here.len().saturating_sub(1))
    }

    fn tag(&mut self, bytes: &[u8], open: usize, sink: &mut impl TagSink) -> Step {
        let name_ends = name_end(bytes, open + 1);
        let Some(end) = self.attributes(bytes, name_ends) else { return Step::More(open) };
        let line = self.line_at(bytes, open);
        let name = part(bytes, (open + 1, name_ends));
        let text = sink.start_tag(&Tag { name, line, bytes, attributes: &self.attributes });
        if self.markup == Markup::Html
            && let Some(element) = RAW_TEXT.into_iter().find(|element| name.eq_ignore_ascii_case(element))
        {
            return Step::At(end, State::Raw { element, escape: Escape::None, wanted: text });
        }
        Step::At(end, if text == Text::Want { State::WantedText } else { State::Content })
    }

    /// Reads attributes from the end of a tag's name on, and gives the place behind its `>`.
    fn attributes(&mut self, bytes: &[u8], mut at: usize) -> Option<usize> {
        self.attributes.clear();
        loop {
            while matches!(bytes.get(at)?, b' ' | b'\n' | b'\t' | b'\r' | 0x0c | b'/') {
                at += 1;
            }
            if *bytes.get(at)? == b'>' {
                return Some(at + 1);
            }
            let name_starts = at;
            // A leading `=` is part of the name.
            at += 1;
            while !matches!(bytes.get(at)?, b' ' | b'\n' | b'\t' | b'\r' | 0x0c | b'/' | b'>' | b'=') {
                at += 1;
            }
            let name = (name_starts, at);
            while matches!(bytes.get(at)?, b' ' | b'\n' | b'\t' | b'\r' | 0x0c) {
                at += 1;
            }
            let mut value = (at, at);
            if *bytes.get(at)? == b'=' {
                at += 1;
                while matches!(bytes.get(at)?, b' ' | b'\n' | b'\t' | b'\r' | 0x0c) {
                    at += 1;
                }
                if let quote @ (b'"' | b'\'') = *bytes.get(at)? {
                    let length = memchr(quote, bytes.get(at + 1..)?)?;
                    value = (at + 1, at + 1 + length);
                    at += length + 2;
                } else {
                    let value_starts = at;
                    while !matches!(bytes.get(at)?, b' ' | b'\n' | b'\t' | b'\r' | 0x0c | b'>') {
                        at += 1;
                    }
                    value = (value_starts, at);
                }
            }
            let is_new = |one: &Attribute| !part(bytes, one.name).eq_ignore_ascii_case(part(bytes, name));
            if self.attributes.iter().all(is_new) {
                self.attributes.push(Attribute { name, value });
            }
        }
    }

    fn wanted_text(&mut self, bytes: &[u8], at: usize, sink: &mut impl TagSink) -> Step {
        const CDATA: &[u8] = b"<![CDATA[";
        let here = rest(bytes, at);
        let trimmed = here.trim_ascii_start();
        if self.markup == Markup::Xml && trimmed.len() < CDATA.len() && CDATA.starts_with(trimmed) {
            return Step::More(at);
        }
        let is_cdata = self.markup == Markup::Xml && trimmed.starts_with(CDATA);
        let end = if is_cdata { memmem::find(here, b"]]>") } else { memchr(b'<', here) };
        let Some(end) = end else { return Step::More(at) };
        let begin = if is_cdata { here.len() - trimmed.len() + CDATA.len() } else { 0 };
        let line = self.line_at(bytes, at + begin);
        sink.text(part(here, (begin, end)), line);
        Step::At(at + end + if is_cdata { 3 } else { 0 }, State::Content)
    }

    fn raw(
        &mut self,
        bytes: &[u8],
        start: usize,
        (element, mut escape, wanted): (&'static [u8], Escape, Text),
        sink: &mut impl TagSink,
    ) -> Step {
        let is_script = element == b"script";
        // `</`, the name and one more: what tells an end tag, and a `<script` as well.
        let telling = element.len() + 3;
        let mut at = start;
        let left_at = loop {
            let here = rest(bytes, at);
            let found = if escape == Escape::None { memchr(b'<', here) } else { memchr2(b'<', b'-', here) };
            let Some(place) = found.map(|found| at + found) else { break bytes.len() };
            let here = rest(bytes, place);
            if here.len() < telling {
                break place;
            }
            let (next, after) = if here.starts_with(b"-->") {
                (Escape::None, place + 3)
            } else if is_tag(here, b"</", element) {
                if escape != Escape::Script {
                    if wanted == Text::Want {
                        let line = self.line_at(bytes, start);
                        sink.text(part(bytes, (start, place)), line);
                    }
                    return Step::At(place, State::Content);
                }
                (Escape::Comment, place + 2)
            } else if is_script && escape == Escape::None && here.starts_with(b"<!--") {
                // Its dashes may be those of `-->` as well.
                (Escape::Comment, place + 2)
            } else if escape == Escape::Comment && is_tag(here, b"<", b"script") {
                (Escape::Script, place + 7)
            } else {
                (escape, place + 1)
            };
            (escape, at) = (next, after);
        };
        if wanted == Text::Want {
            return Step::More(start);
        }
        self.state = State::Raw { element, escape, wanted };
        Step::More(left_at)
    }
}

fn is_tag(bytes: &[u8], opening: &[u8], name: &[u8]) -> bool {
    let Some(rest) = bytes.strip_prefix(opening) else { return false };
    let ends = |byte: &u8| matches!(byte, b' ' | b'\n' | b'\t' | b'\r' | 0x0c | b'/' | b'>');
    rest.get(..name.len()).is_some_and(|given| given.eq_ignore_ascii_case(name))
        && rest.get(name.len()).is_some_and(ends)
}

fn name_end(bytes: &[u8], start: usize) -> usize {
    let ends = |byte: &u8| matches!(byte, b' ' | b'\n' | b'\t' | b'\r' | 0x0c | b'/' | b'>');
    rest(bytes, start).iter().position(ends).map_or(bytes.len(), |length| start + length)
}

fn rest(bytes: &[u8], at: usize) -> &[u8] {
    bytes.get(at..).unwrap_or_default()
}

fn part(bytes: &[u8], (start, end): Span) -> &[u8] {
    bytes.get(start..end).unwrap_or_default()
}
