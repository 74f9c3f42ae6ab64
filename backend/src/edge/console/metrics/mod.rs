//! Metrics: from namespace over metric to a chart of its dimensions.

mod load;
mod view;

pub(crate) use view::{MetricPage, Namespaces, Period, SeriesLine, Statistic};
