//! Alarms: all of them, and one with its history.

mod load;
mod view;

pub(crate) use view::{AlarmLine, AlarmList, AlarmPage, AlarmState, HistoryLine};

pub(super) use load::{all, of_canary, of_metric, threshold};
pub(super) use view::condition_rows;
