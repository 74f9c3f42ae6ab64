//! Charts as SVG: fluid in width, coloured by the style sheet, readable without a script.
//!
//! Own code and not `plotters`: its SVG has fixed colours and a fixed width, so neither dark mode nor a phone.

mod scale;
mod strip;
mod view;

pub(super) use scale::{ValueScale, whole};
pub(super) use strip::{Tick, strip};
pub(super) use view::{Breach, Chart, Line, Threshold, Unit, render};

#[cfg(test)]
mod tests;
