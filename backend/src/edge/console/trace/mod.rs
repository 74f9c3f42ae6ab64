//! Traces: the list of recent ones, and one as a waterfall.

mod list;
mod load;
mod view;
mod waterfall;

pub(crate) use list::{Filter, TraceLine, TraceList};
pub(crate) use view::TracePage;
pub(crate) use waterfall::unfold;

pub(super) use list::short_rows;
