//! The metric browser and the chart of one metric.

use maud::{Markup, html};

use crate::edge::console::addresses::Addresses;
use crate::edge::console::chart::{Chart, render};
use crate::edge::console::layout::{Choice, choice, empty, heading};
use crate::edge::console::window::Window;
use crate::edge::console::{format, link};

/// Series drawn at once; one colour each.
pub(crate) const SERIES_DRAWN_MAX: usize = 8;

/// All namespaces with their metrics.
#[derive(Clone, Debug)]
pub(crate) struct Namespaces {
    /// Namespace, and its metrics with the number of their dimension sets. By name.
    pub(crate) lines: Vec<(String, Vec<(String, usize)>)>,
    /// There are more than are listed.
    pub(crate) more: bool,
    /// Where clients find the backend.
    pub(crate) addresses: Addresses,
}

impl Namespaces {
    pub(crate) fn body(&self) -> Markup {
        html! {
            (heading(&[], &html! { "Metrics" }, &html! {}))
            @if self.lines.is_empty() {
                section.panel {
                    (self.none())
                }
            }
            div.columns {
                @for (namespace, metrics) in &self.lines {
                    section.panel.flush {
                        h2 { (namespace) " " span.quiet { (format::plural(metrics.len() as u64, "metric")) } }
                        table.rows {
                            tbody {
                                @for (metric, sets) in metrics {
                                    tr data-row {
                                        td.main { a href=(link::metric(namespace, metric)) { (metric) } }
                                        td.num.quiet { (format::plural(*sets as u64, "dimension set")) }
                                    }
                                }
                            }
                        }
                    }
                }
            }
            @if self.more { p.note { "More metrics exist than are listed here." } }
        }
    }
}

impl Namespaces {
    fn none(&self) -> Markup {
        let text = format!(
            "Send a datum with the AWS CLI, any AWS SDK, or as OTLP to http://{}. It can be charted at once.",
            self.addresses.otlp
        );
        let command = "cloudwatch put-metric-data --namespace Shop --metric-name Orders --value 1";
        empty("No metric yet", &text, Some(&format!("{} {command}", self.addresses.aws())))
    }
}

/// How the values of one period become one.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) enum Statistic {
    /// Mean.
    #[default]
    Average,
    /// Total.
    Sum,
    /// Smallest.
    Minimum,
    /// Largest.
    Maximum,
    /// Number of values.
    SampleCount,
    /// Median.
    P50,
    /// 90 % are smaller.
    P90,
    /// 99 % are smaller.
    P99,
}

impl Statistic {
    const ALL: [Self; 8] =
        [Self::Average, Self::Sum, Self::Minimum, Self::Maximum, Self::SampleCount, Self::P50, Self::P90, Self::P99];

    /// What the address bar says; anything unknown is the average.
    pub(crate) fn parse(text: &str) -> Self {
        Self::ALL.into_iter().find(|statistic| statistic.text() == text).unwrap_or_default()
    }

    /// As `GetMetricData` names it.
    pub(crate) const fn text(self) -> &'static str {
        match self {
            Self::Average => "Average",
            Self::Sum => "Sum",
            Self::Minimum => "Minimum",
            Self::Maximum => "Maximum",
            Self::SampleCount => "SampleCount",
            Self::P50 => "p50",
            Self::P90 => "p90",
            Self::P99 => "p99",
        }
    }
}

/// The length of one period of a chart.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Period {
    /// One minute.
    Minute,
    /// Five minutes.
    Minutes5,
    /// Fifteen minutes.
    Minutes15,
    /// One hour.
    Hour,
}

impl Period {
    const ALL: [Self; 4] = [Self::Minute, Self::Minutes5, Self::Minutes15, Self::Hour];

    /// What the address bar says; `None` for what is no period.
    pub(crate) fn parse(text: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|period| period.text() == text)
    }

    /// The finest period that draws `window` with a few hundred points.
    pub(crate) const fn fitting(window: Window) -> Self {
        match window {
            Window::Minutes5 | Window::Minutes15 | Window::Hour | Window::Hours3 | Window::Hours6 => Self::Minute,
            Window::Day => Self::Minutes5,
            Window::Week => Self::Hour,
        }
    }

    /// Whether `window` drawn so has a bounded number of points.
    pub(super) fn suits(self, window: Window) -> bool {
        window.length().as_secs() / self.secs() <= 1_440
    }

    pub(crate) const fn secs(self) -> u64 {
        match self {
            Self::Minute => 60,
            Self::Minutes5 => 300,
            Self::Minutes15 => 900,
            Self::Hour => 3_600,
        }
    }

    const fn text(self) -> &'static str {
        match self {
            Self::Minute => "1m",
            Self::Minutes5 => "5m",
            Self::Minutes15 => "15m",
            Self::Hour => "1h",
        }
    }
}

/// One dimension set of a metric.
#[derive(Clone, Debug)]
pub(crate) struct SeriesLine {
    /// `CanaryName=shop-home`, several parted by commas; `no dimensions` for none.
    pub(crate) label: String,
    /// What the address bar calls it.
    pub(crate) key: String,
    /// Whether it is drawn.
    pub(crate) drawn: bool,
}

/// The chart of one metric.
#[derive(Clone, Debug)]
pub(crate) struct MetricPage {
    /// The namespace.
    pub(crate) namespace: String,
    /// The metric's name.
    pub(crate) metric: String,
    /// How values become one per period.
    pub(crate) statistic: Statistic,
    /// The window looked at.
    pub(crate) window: Window,
    /// Length of one period.
    pub(crate) period: Period,
    /// All dimension sets.
    pub(crate) series: Vec<SeriesLine>,
    /// There are more than are listed.
    pub(crate) more: bool,
    /// What is drawn.
    pub(crate) chart: Chart,
}

impl MetricPage {
    pub(crate) fn body(&self) -> Markup {
        let title = html! { (self.metric) " " span.quiet { (self.namespace) } };
        let aside = Window::long_picker(self.window, |window| self.address(self.statistic, window, None, None));
        html! {
            (heading(&[("Metrics", "/console/metrics")], &title, &aside))
            div.filters {
                (choice("Statistic", &self.statistics()))
                (choice("Period", &self.periods()))
            }
            section.panel data-part="chart" { (self.chart_part()) }
            section.panel.flush aria-labelledby="series" {
                h2 #series {
                    "Dimensions "
                    span.quiet { (format::plural(self.series.len() as u64, "set")) ", at most " (SERIES_DRAWN_MAX) " drawn" }
                }
                table.rows {
                    tbody {
                        @for line in &self.series {
                            tr data-row aria-current=[line.drawn.then_some("true")] {
                                td.main {
                                    @let toggled = self.address(self.statistic, self.window, Some(self.period), Some(line));
                                    a.check href=(toggled) {
                                        span.box aria-hidden="true" { @if line.drawn { "✓" } }
                                        (line.label)
                                    }
                                }
                                td.num.quiet { @if line.drawn { "drawn" } }
                            }
                        }
                    }
                }
                @if self.more { p.note { "More dimension sets exist than are listed here." } }
            }
        }
    }

    /// The part that is renewed while the page is open.
    pub(super) fn chart_part(&self) -> Markup {
        render(&self.chart)
    }

    fn statistics(&self) -> Vec<Choice> {
        let option = |statistic: Statistic| Choice {
            text: statistic.text().to_owned(),
            href: self.address(statistic, self.window, Some(self.period), None),
            chosen: statistic == self.statistic,
        };
        Statistic::ALL.map(option).to_vec()
    }

    fn periods(&self) -> Vec<Choice> {
        let option = |period: Period| Choice {
            text: period.text().to_owned(),
            href: self.address(self.statistic, self.window, Some(period), None),
            chosen: period == self.period,
        };
        Period::ALL.into_iter().filter(|period| period.suits(self.window)).map(option).collect()
    }

    /// This page with one thing changed; `toggled` is drawn if it was not, and the other way round.
    fn address(
        &self,
        statistic: Statistic,
        window: Window,
        period: Option<Period>,
        toggled: Option<&SeriesLine>,
    ) -> String {
        let mut parameters = vec![
            ("namespace", &*self.namespace),
            ("name", &*self.metric),
            ("stat", statistic.text()),
            ("window", window.text()),
        ];
        if let Some(period) = period {
            parameters.push(("period", period.text()));
        }
        let flips = |line: &SeriesLine| toggled.is_some_and(|toggled| toggled.key == line.key);
        let drawn = self.series.iter().filter(|line| line.drawn != flips(line));
        parameters.extend(drawn.map(|line| ("series", &*line.key)));
        link::to("/console/metric", parameters)
    }
}
