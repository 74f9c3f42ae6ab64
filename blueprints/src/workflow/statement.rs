//! Where statements begin and end.

use std::ops::Range;

use super::token::{Piece, Token};

/// Words whose statement ends with its block.
const BLOCKS: [&str; 9] = ["if", "for", "while", "loop", "do", "fn", "private", "switch", "try"];
/// Words that go on with a block that has ended.
const GOES_ON: [&str; 4] = ["else", "catch", "while", "until"];

/// Splits pieces into statements, each with its semicolon or block; comments between them are statements of their own.
///
/// `Err` is the number of a piece: a bracket that has no partner.
pub(super) fn split(source: &str, pieces: &[Piece]) -> Result<Vec<Range<usize>>, usize> {
    let mut statements = Vec::new();
    let mut at = 0;
    while at < pieces.len() {
        let end = end_of(source, pieces, at)?;
        statements.push(at..end);
        at = end;
    }
    Ok(statements)
}

fn end_of(source: &str, pieces: &[Piece], from: usize) -> Result<usize, usize> {
    let text = |at: usize| pieces.get(at).map_or("", |piece| source.get(piece.at.clone()).unwrap_or_default());
    if pieces.get(from).is_some_and(|piece| piece.token == Token::Comment) {
        return Ok(from + 1);
    }
    let first = text(from);
    let ends_with_block = first == "{" || BLOCKS.contains(&first);
    let mut open: Vec<usize> = Vec::new();
    for (at, piece) in pieces.iter().enumerate().skip(from) {
        match piece.token {
            Token::Open => open.push(at),
            Token::Close => {
                let partner = open.pop().ok_or(at)?;
                if !fits(text(partner), text(at)) {
                    return Err(at);
                }
                let is_over = open.is_empty() && text(at) == "}" && ends_with_block;
                let next = text(at + 1);
                // `do { } while x;` ends with a semicolon; after `if { }` a `while` is the next statement.
                let goes_on = GOES_ON.contains(&next) && (first == "do" || !matches!(next, "while" | "until"));
                if is_over && !goes_on {
                    return Ok(if next == ";" { at + 2 } else { at + 1 });
                }
            }
            _ if open.is_empty() && text(at) == ";" => return Ok(at + 1),
            _ => {}
        }
    }
    open.pop().map_or(Ok(pieces.len()), Err)
}

fn fits(open: &str, close: &str) -> bool {
    matches!((open, close), ("(", ")") | ("[", "]") | ("{" | "#{", "}"))
}

#[cfg(test)]
mod tests {
    use super::super::token;
    use super::*;

    #[track_caller]
    fn check(source: &str, expected: &[&str]) {
        let pieces = token::split(source).unwrap();
        let statements = split(source, &pieces).unwrap();
        let found: Vec<_> = statements
            .into_iter()
            .map(|one| source.get(pieces[one.start].at.start..pieces[one.end - 1].at.end).unwrap())
            .collect();
        assert_eq!(found, expected);
    }

    #[test]
    fn statements_end_where_rhai_ends_them() {
        check("a(); // why\nb()", &["a();", "// why", "b()"]);
        check(
            "if x { a(); } else if y { b(); } else { c(); } d();",
            &["if x { a(); } else if y { b(); } else { c(); }", "d();"],
        );
        check("let x = if y { 1 } else { 2 }; z();", &["let x = if y { 1 } else { 2 };", "z();"]);
        check(
            "fn f(a) { a } for x in [1] { g(); } while y { } step(\"a\", || { b(); });",
            &["fn f(a) { a }", "for x in [1] { g(); }", "while y { }", "step(\"a\", || { b(); });"],
        );
        check(
            "do { a(); } while b; try { c(); } catch (e) { d(); }",
            &["do { a(); } while b;", "try { c(); } catch (e) { d(); }"],
        );
    }

    #[test]
    fn brackets_without_a_partner_are_told() {
        for (source, expected) in [("a(", 1), ("a)", 1), ("a([)]", 3), ("b(); {", 4)] {
            let pieces = token::split(source).unwrap();
            assert_eq!(split(source, &pieces), Err(expected), "{source}");
        }
    }
}
