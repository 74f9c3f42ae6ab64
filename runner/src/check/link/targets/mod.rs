//! Every link of a run: where it leads, who holds it, what became of it.
//!
//! A *target* is an address without fragment: it is fetched once. A *link* is a target with one fragment or none, and the
//! *places* are the pages and lines that hold it. A link is settled as soon as its target is answered, redirects and
//! fragment included; places of links that are ok are let go at once, so that memory goes by what is open or broken.

mod answer;
mod intern;
mod places;
mod settle;

#[cfg(test)]
mod tests;

pub(super) use answer::{Answer, LinkId, TargetId};
pub(super) use intern::{Ids, Needs, Occurrence, Targets, hash_of};
pub(super) use places::Place;
