//! From a script to a workflow.

use std::ops::Range;

use serde_json::Value;

use super::expression::{self, Expression};
use super::kind::Kind;
use super::model::{Act, Part, Step, Workflow, limits};
use super::token::{Piece, Token};
use super::{statement, token};

/// A script that cannot be opened: its brackets or quotes do not match, or it is too large.
#[derive(Clone, Debug, Eq, PartialEq, thiserror::Error)]
#[error("line {line}: {reason}")]
pub struct Unreadable {
    /// From 1.
    pub line: usize,
    /// What is wrong there.
    pub reason: String,
}

/// Opens a script.
///
/// # Errors
/// When nobody can tell where its statements end.
pub fn read(source: &str) -> Result<Workflow, Unreadable> {
    if source.len() > limits::SOURCE_BYTES_MAX {
        let reason = format!("the script has {} bytes, at most {} are opened", source.len(), limits::SOURCE_BYTES_MAX);
        return Err(Unreadable { line: 1, reason });
    }
    let pieces = pieces_of(source)?;
    let statements = statement::split(source, &pieces).map_err(|piece| {
        unreadable(source, pieces.get(piece).map_or(0, |piece| piece.at.start), "this bracket has no partner")
    })?;
    let mut parts: Vec<Part> = Vec::new();
    for range in statements {
        let own = pieces.get(range).unwrap_or_default();
        match step(source, own) {
            Some(step) => parts.push(Part::Step(step)),
            None => parts.push(Part::Code(code(source, own))),
        }
    }
    Ok(Workflow { parts })
}

pub(super) fn pieces_of(source: &str) -> Result<Vec<Piece>, Unreadable> {
    token::split(source).map_err(|at| unreadable(source, at, "a text or comment begins here and does not end"))
}

fn unreadable(source: &str, at: usize, reason: &str) -> Unreadable {
    let line = source.get(..at).unwrap_or_default().matches('\n').count() + 1;
    Unreadable { line, reason: reason.to_owned() }
}

/// `step("name", || { ... });`
fn step(source: &str, pieces: &[Piece]) -> Option<Step> {
    let text = |at: usize| pieces.get(at).and_then(|piece| source.get(piece.at.clone()));
    let words: Vec<_> = (0..7).map(text).collect::<Option<_>>()?;
    let [call, open, _, comma, bar, other_bar, block] = *words.first_chunk()?;
    if (call, open, comma, bar, other_bar, block) != ("step", "(", ",", "|", "|", "{") {
        return None;
    }
    let name = match expression::parse(source, pieces.get(2..3)?)? {
        Expression::Value(Value::String(name)) => name,
        Expression::Value(_) | Expression::Call { .. } | Expression::Field(_) => return None,
    };
    let end = pieces.len().checked_sub(3)?;
    if [text(end), text(end + 1), text(end + 2)] != [Some("}"), Some(")"), Some(";")] {
        return None;
    }
    let body = pieces.get(7..end)?;
    let acts = statement::split(source, body).ok()?.into_iter().map(|range| act(source, body, range)).collect();
    Some(Step { name, acts })
}

fn act(source: &str, body: &[Piece], range: Range<usize>) -> Act {
    let own = body.get(range).unwrap_or_default();
    let known = own.split_last().and_then(|(last, call)| {
        let is_whole =
            source.get(last.at.clone()) == Some(";") && call.iter().all(|piece| piece.token != Token::Comment);
        if is_whole { Kind::of(&expression::parse(source, call)?) } else { None }
    });
    match known {
        Some((kind, values)) => Act::Known { kind, values },
        None => Act::Code(code(source, own)),
    }
}

/// Pieces as they are written, with all between them.
fn code(source: &str, pieces: &[Piece]) -> String {
    let (first, last) = (pieces.first(), pieces.last());
    let (Some(first), Some(last)) = (first, last) else { return String::new() };
    source.get(first.at.start..last.at.end).unwrap_or_default().trim_end().to_owned()
}
