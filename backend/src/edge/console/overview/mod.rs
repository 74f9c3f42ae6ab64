//! Health at a glance: canaries, alarms, failing traces, what comes in, how the store is.

mod load;
mod rates;
mod view;

pub(crate) use view::{CanaryLine, DemoCard, Ingest, Overview, StoreLine};

pub(super) use rates::Rates;
