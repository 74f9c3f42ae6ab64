//! Which artifacts are kept: `kept` decides, `folders` and `objects` carry it out on a disk and on an object store.

mod folders;
mod kept;
mod objects;

pub(super) use folders::{Role, Sweeper};
pub(super) use objects::sweep_store;
