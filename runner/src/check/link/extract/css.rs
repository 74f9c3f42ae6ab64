//! Addresses in style sheets: `url(...)` and `@import`, <https://www.w3.org/TR/css-syntax-3/#consume-url-token>.

use memchr::{memchr_iter, memmem};

use crate::check::link::kind::LinkKind;

/// Calls `found` with each address, what it is, and the number of newlines before it.
pub(super) fn addresses(css: &str, mut found: impl FnMut(LinkKind, &str, u32)) {
    let (mut at, mut counted, mut line) = (0, 0, 0);
    let bytes = css.as_bytes();
    while let Some((start, token)) = next_token(bytes, at) {
        let (kind, (address, end)) = match token {
            Token::Comment => {
                at = memmem::find(bytes.get(start..).unwrap_or_default(), b"*/")
                    .map_or(bytes.len(), |end| start + end + 2);
                continue;
            }
            Token::Text => {
                at = string(css, start).1;
                continue;
            }
            Token::Url => (LinkKind::Style, url(css, start)),
            Token::Import => (LinkKind::Import, import(css, start)),
        };
        at = end.max(start);
        if let Some(address) = address {
            let between = bytes.get(counted..start).unwrap_or_default();
            line += memchr_iter(b'\n', between).count() as u32;
            counted = start;
            found(kind, &unescaped(address), line);
        }
    }
}

enum Token {
    Comment,
    /// A string that is no address.
    Text,
    Url,
    Import,
}

/// The next token of interest from `at` on, and where its content begins.
fn next_token(bytes: &[u8], at: usize) -> Option<(usize, Token)> {
    let mut place = at;
    loop {
        let here = bytes.get(place..)?;
        let step = here.iter().position(|byte| matches!(byte, b'/' | b'"' | b'\'' | b'u' | b'U' | b'@'))?;
        place += step;
        let here = bytes.get(place..)?;
        let begins = |head: &[u8]| here.get(..head.len()).is_some_and(|given| given.eq_ignore_ascii_case(head));
        match here.first()? {
            b'/' if begins(b"/*") => return Some((place + 2, Token::Comment)),
            b'"' | b'\'' => return Some((place, Token::Text)),
            b'u' | b'U' if begins(b"url(") && !follows_name(bytes, place) => return Some((place + 4, Token::Url)),
            b'@' if begins(b"@import") => return Some((place + 7, Token::Import)),
            _ => place += 1,
        }
    }
}

fn follows_name(bytes: &[u8], place: usize) -> bool {
    let before = place.checked_sub(1).and_then(|before| bytes.get(before));
    before.is_some_and(|byte| byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'_'))
}

fn url(css: &str, start: usize) -> (Option<&str>, usize) {
    let rest = css.get(start..).unwrap_or_default();
    let inner = rest.trim_start();
    let begin = start + rest.len() - inner.len();
    if inner.starts_with(['"', '\'']) {
        return string(css, begin);
    }
    let Some(end) = inner.find(')') else { return (None, css.len()) };
    (inner.get(..end).map(str::trim_end), begin + end + 1)
}

fn import(css: &str, start: usize) -> (Option<&str>, usize) {
    let rest = css.get(start..).unwrap_or_default();
    let inner = rest.trim_start();
    let begin = start + rest.len() - inner.len();
    let is_url = inner.get(..4).is_some_and(|head| head.eq_ignore_ascii_case("url("));
    if is_url {
        url(css, begin + 4)
    } else if inner.starts_with(['"', '\'']) {
        string(css, begin)
    } else {
        (None, start)
    }
}

/// The string that begins with the quote at `start`, and where it ends.
fn string(css: &str, start: usize) -> (Option<&str>, usize) {
    let bytes = css.as_bytes();
    let Some(quote) = bytes.get(start) else { return (None, css.len()) };
    let mut at = start + 1;
    while let Some(byte) = bytes.get(at) {
        match byte {
            b'\\' => at += 2,
            // A string ends with its line if it is not closed.
            b'\n' => return (None, at),
            byte if byte == quote => return (css.get(start + 1..at), at + 1),
            _ => at += 1,
        }
    }
    (None, css.len())
}

/// The address with its escapes resolved.
fn unescaped(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    let mut rest = text;
    while let Some((before, behind)) = rest.split_once('\\') {
        out.push_str(before);
        let digits = behind.bytes().take(6).take_while(u8::is_ascii_hexdigit).count();
        let (hex, after) = behind.split_at(digits);
        if let Some(c) = u32::from_str_radix(hex, 16).ok().and_then(char::from_u32) {
            out.push(c);
            rest = after.strip_prefix(|c: char| c.is_ascii_whitespace()).unwrap_or(after);
        } else {
            let mut characters = behind.chars();
            out.extend(characters.next().filter(|c| *c != '\n'));
            rest = characters.as_str();
        }
    }
    out.push_str(rest);
    out
}
