//! A strip of ticks: one per run, its height the duration, its colour the outcome.

use maud::{Markup, html};

use crate::edge::console::tone::Tone;

/// Width of one tick's cell in the strip's own units.
const CELL: usize = 6;
const HEIGHT: f64 = 28.0;
/// A run of no length is still seen.
const TICK_HEIGHT_MIN: f64 = 5.0;

/// One run.
#[derive(Clone, Debug)]
pub(crate) struct Tick {
    pub(crate) tone: Tone,
    /// Any unit; only the ratio to the others of the strip matters.
    pub(crate) weight: f64,
    /// Shown under the pointer.
    pub(crate) title: String,
    pub(crate) href: String,
}

/// The newest tick stands at the right end; `cells` keeps the width the same while the strip fills.
pub(crate) fn strip(label: &str, ticks: &[Tick], cells: usize) -> Markup {
    let heaviest = ticks.iter().map(|tick| tick.weight).filter(|weight| weight.is_finite()).fold(0.0, f64::max);
    let shown = &ticks[ticks.len().saturating_sub(cells)..];
    let first = cells - shown.len();
    html! {
        svg.strip viewBox={ "0 0 " (cells * CELL) " " (HEIGHT) } preserveAspectRatio="none" role="img"
            aria-label=(label) {
            @for empty in 0..first { rect.idle x=(empty * CELL) y=(HEIGHT - 2.0) width=(CELL - 2) height="2" {} }
            @for (place, tick) in shown.iter().enumerate() {
                @let share = if heaviest > 0.0 { (tick.weight / heaviest).clamp(0.0, 1.0) } else { 0.0 };
                @let height = (TICK_HEIGHT_MIN + (HEIGHT - TICK_HEIGHT_MIN) * share).round();
                a href=(tick.href) tabindex="-1" {
                    title { (tick.title) }
                    @let x = (first + place) * CELL;
                    rect.hit x=(x) y="0" width=(CELL) height=(HEIGHT) {}
                    rect class=(tick.tone.class()) x=(x) y=(HEIGHT - height) width=(CELL - 2) height=(height) {}
                }
            }
        }
    }
}
