//! A line chart with its axes, threshold and values.

use std::fmt::Write as _;
use std::time::Duration;

use maud::{Markup, html};
use serde_json::json;

use super::scale::{ValueScale, time_ticks};
use crate::base::Timestamp;
use crate::edge::console::format;

/// Units of the plot's own coordinate system; the browser stretches it to the width there is.
const PLOT_WIDTH: f64 = 1_000.0;
const PLOT_HEIGHT: f64 = 100.0;

/// Colours that the style sheet has for lines.
const LINE_COLOURS: usize = 8;

/// Named instants below a chart.
const TIME_TICKS_MAX: usize = 7;

/// Rows of the table of values below a chart; newest first.
const VALUE_ROWS_MAX: usize = 60;

/// A gap begins when the next point is later than this many periods.
const GAP_PERIODS: f64 = 1.5;

/// What is drawn over time.
#[derive(Clone, Debug)]
pub(crate) struct Chart {
    /// Names the chart for those who do not see it.
    pub(crate) title: String,
    pub(crate) unit: Unit,
    pub(crate) since: Timestamp,
    pub(crate) until: Timestamp,
    /// Distance of two neighbouring points; a larger one is drawn as a gap.
    pub(crate) period: Duration,
    pub(crate) lines: Vec<Line>,
    pub(crate) threshold: Option<Threshold>,
    /// `None` takes the axis from the values.
    pub(crate) scale: Option<ValueScale>,
}

/// One line of a [`Chart`].
#[derive(Clone, Debug)]
pub(crate) struct Line {
    pub(crate) label: String,
    /// Oldest first.
    pub(crate) points: Vec<(Timestamp, f64)>,
}

/// A level that an alarm watches.
#[derive(Clone, Debug)]
pub(crate) struct Threshold {
    pub(crate) value: f64,
    pub(crate) label: String,
    pub(crate) breach: Breach,
}

/// The side of a [`Threshold`] that is bad.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Breach {
    Above,
    Below,
}

/// How values are written.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Unit {
    Millis,
    Percent,
    /// A plain number, followed by the unit's name if it has one.
    Named(String),
}

impl Unit {
    /// The unit as CloudWatch names it.
    pub(crate) fn named(name: &str) -> Self {
        match name {
            "Milliseconds" => Self::Millis,
            "Percent" => Self::Percent,
            "None" => Self::Named(String::new()),
            other => Self::Named(other.to_owned()),
        }
    }

    /// `value` with its unit.
    pub(crate) fn show(&self, value: f64) -> String {
        match self {
            Self::Millis if value >= 0.0 => format::millis(value),
            Self::Millis => format!("{} ms", format::number(value)),
            Self::Percent => format::percent(value),
            Self::Named(name) if name.is_empty() => format::number(value),
            Self::Named(name) => format!("{} {name}", format::number(value)),
        }
    }

    /// `value` as short as an axis wants it.
    fn tick(&self, value: f64) -> String {
        match self {
            Self::Millis | Self::Percent => self.show(value),
            Self::Named(_) => format::number(value),
        }
    }
}

/// The chart as a figure: plot, axes, legend, and its values as a table to unfold.
pub(crate) fn render(chart: &Chart) -> Markup {
    let levels = chart.threshold.iter().map(|threshold| threshold.value);
    let values = chart.lines.iter().flat_map(|line| line.points.iter().map(|(_, value)| *value));
    let scale = chart.scale.clone().unwrap_or_else(|| ValueScale::around(values.chain(levels)));
    let empty = chart.lines.iter().all(|line| line.points.is_empty());
    html! {
        figure.chart data-chart=(readings(chart)) tabindex="0" aria-label=(chart.title) {
            div.plot {
                (value_axis(chart, &scale))
                div.field {
                    svg.grid width="100%" height="100%" aria-hidden="true" { (grid(chart, &scale)) }
                    svg.lines width="100%" height="100%" viewBox={ "0 0 " (PLOT_WIDTH) " " (PLOT_HEIGHT) }
                        preserveAspectRatio="none" role="img" {
                        title { (chart.title) }
                        @if let Some(threshold) = &chart.threshold { (band(threshold, &scale)) }
                        @for (number, line) in chart.lines.iter().enumerate() {
                            path class={ "line l" (number % LINE_COLOURS) } d=(path(chart, line, &scale)) {}
                        }
                    }
                    div.cross hidden {}
                    div.reading role="status" hidden {}
                    @if empty { p.nothing { "No datapoints in this window" } }
                }
                (time_axis(chart))
            }
            @if chart.lines.len() > 1 || chart.threshold.is_some() { (legend(chart)) }
            @if !empty { (table(chart)) }
        }
    }
}

/// What the script needs to show values under the pointer.
fn readings(chart: &Chart) -> String {
    let lines: Vec<_> = chart
        .lines
        .iter()
        .map(|line| {
            let points: Vec<_> =
                line.points.iter().map(|(at, value)| json!([at.as_millis(), chart.unit.show(*value)])).collect();
            json!({ "label": line.label, "points": points })
        })
        .collect();
    json!({ "since": chart.since.as_millis(), "until": chart.until.as_millis(), "lines": lines }).to_string()
}

fn value_axis(chart: &Chart, scale: &ValueScale) -> Markup {
    html! {
        svg.values width="100%" height="100%" aria-hidden="true" {
            @for tick in scale.ticks() {
                @let y = round(100.0 - 100.0 * scale.place(tick));
                text x="100%" y={ (y) "%" } dy="0.32em" { (chart.unit.tick(tick)) }
            }
        }
    }
}

fn time_axis(chart: &Chart) -> Markup {
    let (ticks, pattern) = time_ticks(chart.since, chart.until, TIME_TICKS_MAX);
    html! {
        svg.times width="100%" height="100%" aria-hidden="true" {
            @for tick in ticks {
                text x={ (round(100.0 * time_place(chart, tick))) "%" } y="14" { (format::strftime(tick, pattern)) }
            }
        }
    }
}

fn grid(chart: &Chart, scale: &ValueScale) -> Markup {
    let (times, _) = time_ticks(chart.since, chart.until, TIME_TICKS_MAX);
    html! {
        @for tick in scale.ticks() {
            @let y = round(100.0 - 100.0 * scale.place(tick));
            line.base[tick == 0.0] x1="0" x2="100%" y1={ (y) "%" } y2={ (y) "%" } {}
        }
        @for tick in times {
            @let x = round(100.0 * time_place(chart, tick));
            line.time x1={ (x) "%" } x2={ (x) "%" } y1="0" y2="100%" {}
        }
    }
}

/// The threshold's line with its bad side tinted.
fn band(threshold: &Threshold, scale: &ValueScale) -> Markup {
    let y = PLOT_HEIGHT - PLOT_HEIGHT * scale.place(threshold.value);
    let (top, height) = match threshold.breach {
        Breach::Above => (0.0, y),
        Breach::Below => (y, PLOT_HEIGHT - y),
    };
    html! {
        rect.breach x="0" width=(PLOT_WIDTH) y=(round(top)) height=(round(height)) {}
        path.threshold d={ "M0 " (round(y)) "H" (PLOT_WIDTH) } {}
    }
}

/// The line's course: broken at gaps; a point alone becomes a dot by its round cap.
fn path(chart: &Chart, line: &Line, scale: &ValueScale) -> String {
    let gap = chart.period.mul_f64(GAP_PERIODS);
    let mut course = String::new();
    let mut last: Option<Timestamp> = None;
    let seen = line.points.iter().filter(|(at, value)| value.is_finite() && (chart.since..=chart.until).contains(at));
    for (at, value) in seen {
        let x = round(PLOT_WIDTH * time_place(chart, *at));
        let y = round(PLOT_HEIGHT - PLOT_HEIGHT * scale.place(*value));
        let joined = last.is_some_and(|last| at.since(last) <= gap);
        let written = if joined { write!(course, "L{x} {y}") } else { write!(course, "M{x} {y}h0") };
        written.expect("writing to a String does not fail");
        last = Some(*at);
    }
    course
}

fn legend(chart: &Chart) -> Markup {
    html! {
        figcaption.legend {
            @for (number, line) in chart.lines.iter().enumerate() {
                span class={ "key l" (number % LINE_COLOURS) } {
                    (line.label)
                    @if let Some((_, value)) = line.points.last() { " " b { (chart.unit.show(*value)) } }
                }
            }
            @if let Some(threshold) = &chart.threshold { span.key.threshold { (threshold.label) } }
        }
    }
}

fn table(chart: &Chart) -> Markup {
    let mut instants: Vec<Timestamp> =
        chart.lines.iter().flat_map(|line| line.points.iter().map(|(at, _)| *at)).collect();
    instants.sort_unstable_by(|one, other| other.cmp(one));
    instants.dedup();
    let left_out = instants.len().saturating_sub(VALUE_ROWS_MAX);
    instants.truncate(VALUE_ROWS_MAX);
    let value_at = |line: &Line, at: Timestamp| {
        let found = line.points.binary_search_by(|(point, _)| point.cmp(&at)).ok()?;
        line.points.get(found).map(|(_, value)| chart.unit.show(*value))
    };
    html! {
        details.table {
            summary { "Values" }
            div.scroll {
                table {
                    thead { tr { th { "Time" } @for line in &chart.lines { th.num { (line.label) } } } }
                    tbody {
                        @for at in instants {
                            tr {
                                td { (format::day_at(at)) }
                                @for line in &chart.lines { td.num { (value_at(line, at).unwrap_or_default()) } }
                            }
                        }
                    }
                }
                @if left_out > 0 { p.note { (format::count(left_out as u64)) " older values are not listed" } }
            }
        }
    }
}

/// Where an instant lies: 0 at the start of the window, 1 at its end.
fn time_place(chart: &Chart, at: Timestamp) -> f64 {
    let window = chart.until.since(chart.since).as_secs_f64().max(f64::MIN_POSITIVE);
    at.since(chart.since).as_secs_f64() / window
}

/// Two decimals are a fiftieth of a pixel: enough, and half the bytes.
fn round(value: f64) -> f64 {
    (value * 100.0).round() / 100.0
}
