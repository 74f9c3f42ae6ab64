//! Which artifacts are kept: `kept` decides, `folders` carries it out on a disk.

mod folders;
mod kept;

pub(super) use folders::Sweeper;
