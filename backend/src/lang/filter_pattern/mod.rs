//! Filter patterns of `CloudWatch` Logs: which log events a reader wants.
//!
//! This is the form for unstructured text. The JSON form (`{ $.level = "ERROR" }`) and the space-delimited form
//! (`[ip, user, status = 5*]`) are told apart and answered as not supported.
//!
//! Source: <https://docs.aws.amazon.com/AmazonCloudWatch/latest/logs/FilterAndPatternSyntax.html>

mod ast;
mod matching;
mod parser;
#[cfg(test)]
mod tests;

pub use ast::{FilterPattern, Term, Text};
pub use parser::{PATTERN_CHARS_MAX, parse};
