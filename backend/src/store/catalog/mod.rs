//! The resource catalogue: alarms, rules, groups and other small documents, changed by conditional transactions.
//!
//! One transaction is one conditional write of several documents: what an object store can do too.

mod document;
mod embedded;
#[cfg(test)]
mod tests;

pub use document::{Catalog, CatalogError, Change, Document, Expected, Versioned};
pub(crate) use embedded::Embedded;
