//! The server behind `siskin visual report`: the page, its pictures, and approving with a click.
//!
//! ```text
//! listen → guard (Host, Origin) → page | picture | approve (token, keys) → callback
//! ```
//! Whoever reads the page may set baselines, so only the page itself may ask for it: a page of another origin fails at the
//! `Origin` header and has no token, and a name that was made to point here (DNS rebinding) fails at the `Host` header.

mod answer;
mod approve;
mod guard;
mod listen;
mod report;

#[cfg(test)]
mod tests;

pub use approve::Approve;
pub use listen::serve;
