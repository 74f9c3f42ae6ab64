//! Middleware: servers answer under a span of their own, and calls carry the trace on.

pub mod reqwest;
pub mod tower;

#[cfg(test)]
mod tests;
