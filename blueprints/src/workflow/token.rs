//! The pieces of a Rhai source, with their places in it.

use std::ops::Range;

/// What a piece is.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(super) enum Token {
    /// A name or keyword, with its path: `element::click`.
    Word,
    /// `"..."`, with its quotes.
    Text,
    /// A backtick text or a character: never a value of a form.
    OtherText,
    Number,
    /// `(`, `[`, `{`, `#{`.
    Open,
    /// `)`, `]`, `}`.
    Close,
    /// `// ...` to the end of its line, or `/* ... */`.
    Comment,
    /// Everything else, a character each.
    Sign,
}

/// A piece of a source.
#[derive(Clone, Debug, Eq, PartialEq)]
pub(super) struct Piece {
    pub(super) token: Token,
    pub(super) at: Range<usize>,
}

/// Splits a source; `Err` is where a text or comment begins that does not end.
pub(super) fn split(source: &str) -> Result<Vec<Piece>, usize> {
    let mut pieces = Vec::new();
    let mut at = 0;
    while let Some(rest) = source.get(at..).filter(|rest| !rest.is_empty()) {
        let first = rest.chars().next().unwrap_or_default();
        if first.is_whitespace() {
            at += first.len_utf8();
            continue;
        }
        let (token, length) = piece(rest, first).ok_or(at)?;
        pieces.push(Piece { token, at: at..at + length });
        at += length;
    }
    Ok(pieces)
}

fn piece(rest: &str, first: char) -> Option<(Token, usize)> {
    if rest.starts_with("//") {
        return Some((Token::Comment, rest.find('\n').unwrap_or(rest.len())));
    }
    if rest.starts_with("/*") {
        return Some((Token::Comment, block_comment(rest)?));
    }
    if rest.starts_with("#{") {
        return Some((Token::Open, 2));
    }
    Some(match first {
        '(' | '[' | '{' => (Token::Open, 1),
        ')' | ']' | '}' => (Token::Close, 1),
        '"' => (Token::Text, quoted(rest, '"')?),
        '\'' => (Token::OtherText, quoted(rest, '\'')?),
        '`' => (Token::OtherText, backtick(rest)?),
        '0'..='9' => (Token::Number, number(rest)),
        _ if first == '_' || first.is_alphabetic() => (Token::Word, path(rest)),
        _ => (Token::Sign, first.len_utf8()),
    })
}

/// Comments in blocks may stand within each other.
fn block_comment(rest: &str) -> Option<usize> {
    let (mut depth, mut at) = (0, 0);
    loop {
        let left = rest.get(at..).filter(|left| !left.is_empty())?;
        if left.starts_with("/*") {
            (depth, at) = (depth + 1, at + 2);
        } else if left.starts_with("*/") {
            (depth, at) = (depth - 1, at + 2);
            if depth == 0 {
                return Some(at);
            }
        } else {
            at += left.chars().next().map_or(1, char::len_utf8);
        }
    }
}

fn quoted(rest: &str, quote: char) -> Option<usize> {
    let mut chars = rest.char_indices().skip(1);
    while let Some((at, char)) = chars.next() {
        if char == '\\' {
            chars.next();
        } else if char == quote {
            return Some(at + 1);
        }
    }
    None
}

/// A backtick text; what stands in `${...}` may hold texts of its own.
fn backtick(rest: &str) -> Option<usize> {
    let mut at = 1;
    loop {
        let left = rest.get(at..).filter(|left| !left.is_empty())?;
        if left.starts_with("``") {
            at += 2;
        } else if left.starts_with('`') {
            return Some(at + 1);
        } else if left.starts_with("${") {
            at += 2 + interpolated(left.get(2..)?)?;
        } else {
            at += left.chars().next().map_or(1, char::len_utf8);
        }
    }
}

/// Up to and with the brace that ends an interpolation.
fn interpolated(rest: &str) -> Option<usize> {
    let (mut depth, mut at) = (1, 0);
    loop {
        let left = rest.get(at..).filter(|left| !left.is_empty())?;
        let first = left.chars().next().unwrap_or_default();
        let (token, length) = if first.is_whitespace() { (Token::Sign, first.len_utf8()) } else { piece(left, first)? };
        at += length;
        match token {
            Token::Open => depth += 1,
            Token::Close => depth -= 1,
            _ => {}
        }
        if depth == 0 {
            return Some(at);
        }
    }
}

/// Digits with what belongs to them; a dot only before a digit, as `0..9` is a range.
fn number(rest: &str) -> usize {
    let mut at = 0;
    let bytes = rest.as_bytes();
    while let Some(byte) = bytes.get(at) {
        let next_is_digit = bytes.get(at + 1).is_some_and(u8::is_ascii_digit);
        let is_exponent = at > 0 && matches!(bytes.get(at - 1), Some(b'e' | b'E')) && !rest.starts_with("0x");
        let belongs = byte.is_ascii_alphanumeric()
            || *byte == b'_'
            || (*byte == b'.' && next_is_digit)
            || (matches!(byte, b'+' | b'-') && is_exponent && next_is_digit);
        if !belongs {
            break;
        }
        at += 1;
    }
    at
}

fn path(rest: &str) -> usize {
    let mut at = 0;
    loop {
        let left = rest.get(at..).unwrap_or_default();
        let word = left.find(|char: char| char != '_' && !char.is_alphanumeric()).unwrap_or(left.len());
        at += word;
        let left = left.get(word..).unwrap_or_default();
        let goes_on = left.strip_prefix("::").and_then(|more| more.chars().next());
        if word == 0 || !goes_on.is_some_and(|next| next == '_' || next.is_alphabetic()) {
            return at;
        }
        at += 2;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check(source: &str, expected: &[&str]) {
        let pieces: Vec<&str> = split(source).unwrap().into_iter().map(|piece| source.get(piece.at).unwrap()).collect();
        assert_eq!(pieces, expected);
    }

    #[test]
    fn sources_are_split_into_what_belongs_together() {
        check(
            "element::click([\"a\", 'b']); // end",
            &["element::click", "(", "[", "\"a\"", ",", "'b'", "]", ")", ";", "// end"],
        );
        check(
            "for x in 0..9 { #{ a: 1.5e-3 } }",
            &["for", "x", "in", "0", ".", ".", "9", "{", "#{", "a", ":", "1.5e-3", "}", "}"],
        );
        check("`a ${f(\"}\", `b`)} c` + \"\\\"\"", &["`a ${f(\"}\", `b`)} c`", "+", "\"\\\"\""]);
        check("/* a /* b */ c */ x", &["/* a /* b */ c */", "x"]);
    }

    #[test]
    fn what_does_not_end_is_told_by_its_place() {
        assert_eq!(split("let a = \"x"), Err(8));
        assert_eq!(split("/* /* */"), Err(0));
        assert_eq!(split("`${ { }`"), Err(0));
    }
}
