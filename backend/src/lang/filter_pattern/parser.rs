//! Text to [`FilterPattern`].

use regex::RegexBuilder;

use super::{FilterPattern, Term, Text};
use crate::lang::Diagnostic;
use crate::lang::cursor::Cursor;

/// Longest pattern, in characters.
pub const PATTERN_CHARS_MAX: usize = 1024;

/// Most `%regular expressions%` in one pattern.
const EXPRESSIONS_MAX: usize = 5;

/// Largest compiled expression, in bytes: `\w{1,900}` must not eat the memory.
const EXPRESSION_BYTES_MAX: usize = 1 << 20;

/// Reads a pattern.
///
/// # Errors
/// A [`Diagnostic`] in the words of `CloudWatch` Logs; also for the JSON and the space-delimited form.
pub fn parse(text: &str) -> Result<FilterPattern, Diagnostic> {
    if text.chars().count() > PATTERN_CHARS_MAX {
        let message = format!("the filter pattern is longer than {PATTERN_CHARS_MAX} characters");
        return Err(Diagnostic::new(message, 0..text.len()));
    }
    reject_structured(text)?;
    let mut cursor = Cursor::new(text);
    let mut pattern = FilterPattern::default();
    let mut expressions = 0;
    loop {
        cursor.take_while(char::is_whitespace);
        if cursor.peek().is_none() {
            return Ok(pattern);
        }
        let terms = if cursor.eat('?') {
            &mut pattern.optional
        } else if cursor.eat('-') {
            &mut pattern.excluded
        } else {
            &mut pattern.required
        };
        let start = cursor.at();
        let term = parse_term(&mut cursor)?;
        if matches!(term, Term::Matches(_)) {
            expressions += 1;
        }
        if expressions > EXPRESSIONS_MAX {
            let message = format!("a filter pattern holds at most {EXPRESSIONS_MAX} regular expressions");
            return Err(Diagnostic::new(message, cursor.since(start)));
        }
        terms.push(term);
    }
}

fn reject_structured(text: &str) -> Result<(), Diagnostic> {
    let form = match text.trim_start().chars().next() {
        Some('{') => "JSON",
        Some('[') => "space-delimited",
        _ => return Ok(()),
    };
    let message = format!("filter patterns in the {form} form are not supported; use terms");
    Err(Diagnostic::new(message, 0..text.len()))
}

fn parse_term(cursor: &mut Cursor<'_>) -> Result<Term, Diagnostic> {
    match cursor.peek() {
        Some('"') => parse_quoted(cursor),
        Some('%') => parse_expression(cursor),
        _ => parse_word(cursor),
    }
}

/// `"any text"`; inside, `\"` is a quote and `\\` a backslash.
fn parse_quoted(cursor: &mut Cursor<'_>) -> Result<Term, Diagnostic> {
    let start = cursor.at();
    cursor.eat('"');
    let mut text = String::new();
    loop {
        match cursor.next() {
            None => return Err(Diagnostic::new("a quoted term has no closing quote", cursor.since(start))),
            Some('"') => break,
            Some('\\') if matches!(cursor.peek(), Some('"' | '\\')) => text.extend(cursor.next()),
            Some(other) => text.push(other),
        }
    }
    if text.is_empty() {
        return Err(Diagnostic::new("a quoted term is empty", cursor.since(start)));
    }
    Ok(Term::Contains(Text(text)))
}

/// A bare term: letters, digits and `_`. Whatever else wants quotes, as `CloudWatch` asks.
fn parse_word(cursor: &mut Cursor<'_>) -> Result<Term, Diagnostic> {
    let start = cursor.at();
    let word = cursor.take_while(|next| !next.is_whitespace());
    let allowed = |next: char| next.is_alphanumeric() || next == '_';
    if word.is_empty() || !word.chars().all(allowed) {
        return Err(Diagnostic::new(format!("Invalid character(s) in term '{word}'"), cursor.since(start)));
    }
    Ok(Term::Contains(Text(word.to_owned())))
}

/// `%expression%`; `\%` is a percent sign.
fn parse_expression(cursor: &mut Cursor<'_>) -> Result<Term, Diagnostic> {
    let start = cursor.at();
    cursor.eat('%');
    let mut source = String::new();
    loop {
        match cursor.next() {
            None => return Err(Diagnostic::new("a regular expression has no closing %", cursor.since(start))),
            Some('%') => break,
            Some('\\') => push_escape(cursor, &mut source),
            Some(other) => source.push(other),
        }
    }
    let span = cursor.since(start);
    if source.is_empty() {
        return Err(Diagnostic::new("a regular expression is empty", span));
    }
    reject_unsupported(&source).map_err(|message| Diagnostic::new(message, span.clone()))?;
    RegexBuilder::new(&source)
        .size_limit(EXPRESSION_BYTES_MAX)
        .build()
        .map(Term::Matches)
        .map_err(|_| Diagnostic::new(format!("Invalid regular expression '{source}'"), span))
}

fn push_escape(cursor: &mut Cursor<'_>, source: &mut String) {
    let escaped = cursor.next();
    if escaped != Some('%') {
        source.push('\\');
    }
    source.extend(escaped);
}

/// `CloudWatch` has a subset of regular expressions: no groups with options, no look-around, no class names.
fn reject_unsupported(source: &str) -> Result<(), String> {
    let mut chars = source.chars().peekable();
    while let Some(next) = chars.next() {
        match (next, chars.peek().copied()) {
            ('(', Some('?')) => return Err("groups that begin with (? are not supported".to_owned()),
            ('\\', Some(escaped))
                if escaped.is_alphanumeric() && !matches!(escaped, 'd' | 'D' | 's' | 'S' | 'w' | 'W' | 'x') =>
            {
                return Err(format!("the escape \\{escaped} is not supported"));
            }
            ('\\', _) => drop(chars.next()),
            _ => {}
        }
    }
    Ok(())
}
