//! Logs: groups, streams, and the tail of a group.

mod load;
mod tail;
mod view;

pub(crate) use view::{EventLine, GroupLine, GroupPage, Groups, TraceLogs};

pub(super) use tail::tail;
use view::event_row;
