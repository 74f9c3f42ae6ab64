//! What the calls of a workflow are made of.

use serde_json::{Map, Number, Value};

use super::token::{Piece, Token};

/// A call, or a value as it is.
#[derive(Clone, Debug, PartialEq)]
pub(super) enum Expression {
    Call {
        function: String,
        arguments: Vec<Self>,
    },
    Value(Value),
    /// The place of a field, in the pattern of a kind: a name within braces.
    Field(String),
}

/// Reads one expression that is all of `pieces`; `None` when it is something else.
pub(super) fn parse(source: &str, pieces: &[Piece]) -> Option<Expression> {
    let mut reader = Reader { source, pieces };
    let expression = reader.expression()?;
    reader.pieces.is_empty().then_some(expression)
}

struct Reader<'a> {
    source: &'a str,
    pieces: &'a [Piece],
}

impl<'a> Reader<'a> {
    fn peek(&self) -> Option<(Token, &'a str)> {
        let piece = self.pieces.first()?;
        Some((piece.token, self.source.get(piece.at.clone())?))
    }

    fn next(&mut self) -> Option<(Token, &'a str)> {
        let next = self.peek()?;
        self.pieces = self.pieces.get(1..)?;
        Some(next)
    }

    fn takes(&mut self, text: &str) -> bool {
        let there = self.peek().is_some_and(|(_, next)| next == text);
        if there {
            self.next();
        }
        there
    }

    fn expression(&mut self) -> Option<Expression> {
        match self.peek()? {
            (Token::Word, "true" | "false") => self.value().map(Expression::Value),
            (Token::Word, function) => {
                self.next();
                if !self.takes("(") {
                    return None;
                }
                let arguments = self.list(")", Self::expression)?;
                Some(Expression::Call { function: function.to_owned(), arguments })
            }
            (Token::Open, "{") => {
                self.next();
                let (_, name) = self.next()?;
                self.takes("}").then(|| Expression::Field(name.to_owned()))
            }
            _ => self.value().map(Expression::Value),
        }
    }

    fn value(&mut self) -> Option<Value> {
        match self.next()? {
            (Token::Word, "true") => Some(Value::Bool(true)),
            (Token::Word, "false") => Some(Value::Bool(false)),
            (Token::Text, text) => text_of(text).map(Value::String),
            (Token::Number, text) => number(text).map(Value::Number),
            (Token::Sign, "-") => match self.next()? {
                (Token::Number, text) => number(&format!("-{text}")).map(Value::Number),
                _ => None,
            },
            (Token::Open, "(") => self.takes(")").then_some(Value::Null),
            (Token::Open, "[") => self.list("]", Self::value).map(Value::Array),
            (Token::Open, "#{") => self.list("}", Self::entry).map(|all| Value::Object(Map::from_iter(all))),
            _ => None,
        }
    }

    fn entry(&mut self) -> Option<(String, Value)> {
        let key = match self.next()? {
            (Token::Word, word) if !word.contains(':') => word.to_owned(),
            (Token::Text, text) => text_of(text)?,
            _ => return None,
        };
        if self.takes(":") { Some((key, self.value()?)) } else { None }
    }

    /// Items up to `close`, with commas between them and perhaps one behind the last.
    fn list<T>(&mut self, close: &str, mut item: impl FnMut(&mut Self) -> Option<T>) -> Option<Vec<T>> {
        let mut items = Vec::new();
        while !self.takes(close) {
            items.push(item(self)?);
            if !self.takes(",") {
                return self.takes(close).then_some(items);
            }
        }
        Some(items)
    }
}

fn number(text: &str) -> Option<Number> {
    let digits = text.replace('_', "");
    match digits.parse::<i64>() {
        Ok(whole) => Some(whole.into()),
        // Other bases are somebody's intention: they stay code.
        Err(_) => Number::from_f64(digits.parse().ok()?),
    }
}

/// The text that a literal in double quotes stands for (Rhai's book, "Strings and characters").
pub(super) fn text_of(literal: &str) -> Option<String> {
    let inner = literal.strip_prefix('"')?.strip_suffix('"')?;
    let mut text = String::with_capacity(inner.len());
    let mut chars = inner.chars();
    while let Some(char) = chars.next() {
        if char != '\\' {
            text.push(char);
            continue;
        }
        let next = chars.next()?;
        let mut code = |digits: usize| {
            let hex: String = chars.by_ref().take(digits).collect();
            u32::from_str_radix(&hex, 16).ok().and_then(char::from_u32).filter(|_| hex.len() == digits)
        };
        match next {
            'n' => text.push('\n'),
            'r' => text.push('\r'),
            't' => text.push('\t'),
            '\\' => text.push('\\'),
            '"' => text.push('"'),
            '\'' => text.push('\''),
            'x' => text.push(code(2)?),
            'u' => text.push(code(4)?),
            'U' => text.push(code(8)?),
            // A line that goes on: code, as somebody wrote it so.
            _ => return None,
        }
    }
    Some(text)
}
