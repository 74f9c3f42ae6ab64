//! The service map: who calls whom, how often, how fast, how well.

mod layered;
mod load;
mod view;

pub(crate) use view::{MapEdge, MapNode, Outcomes, ServiceMap};

#[cfg(test)]
mod tests;
