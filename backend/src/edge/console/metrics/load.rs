//! Reads what the pages of metrics show.

use std::collections::BTreeMap;
use std::time::Duration;

use maud::Markup;

use super::view::SERIES_DRAWN_MAX;
use super::{MetricPage, Namespaces, Period, SeriesLine, Statistic};
use crate::edge::console::alarms;
use crate::edge::console::chart::{Chart, Threshold, Unit, whole};
use crate::edge::console::fault::PageError;
use crate::edge::console::layout::Area;
use crate::edge::console::live::Parts;
use crate::edge::console::page::{Parameters, View};
use crate::edge::console::router::Console;
use crate::edge::console::series::{self, Wanted};
use crate::edge::console::window::Window;
use crate::service::Context;
use crate::service::cloudwatch::Dimension;
use crate::service::cloudwatch::metric_query::{ListMetricsInput, Metric, list_metrics};
use crate::store::Dimensions;

/// Pages of 500 metrics that are read for a list.
const PAGES_MAX: usize = 10;

/// Dimension sets of one metric that are listed.
const SERIES_MAX: usize = 200;

/// The metrics that `input` asks for; and whether there are more than are read.
async fn list(cx: &Context, mut input: ListMetricsInput) -> Result<(Vec<Metric>, bool), PageError> {
    let mut metrics = Vec::new();
    for _ in 0..PAGES_MAX {
        let page = list_metrics(cx, input).await.map_err(PageError::of)?;
        metrics.extend(page.metrics);
        if page.next_token.is_none() {
            return Ok((metrics, false));
        }
        input = ListMetricsInput { next_token: page.next_token, ..ListMetricsInput::default() };
    }
    Ok((metrics, true))
}

impl View for Namespaces {
    const AREA: Area = Area::Metrics;

    async fn load(console: &Console, _: &Parameters) -> Result<Self, PageError> {
        let cx = console.state.context();
        let (metrics, more) = list(&cx, ListMetricsInput::default()).await?;
        let mut sets: BTreeMap<(String, String), usize> = BTreeMap::new();
        for metric in metrics {
            let key = (metric.namespace.unwrap_or_default(), metric.metric_name.unwrap_or_default());
            *sets.entry(key).or_default() += 1;
        }
        let mut namespaces: Vec<(String, Vec<(String, usize)>)> = Vec::new();
        for ((namespace, metric), count) in sets {
            match namespaces.last_mut().filter(|(last, _)| *last == namespace) {
                Some((_, metrics)) => metrics.push((metric, count)),
                None => namespaces.push((namespace, vec![(metric, count)])),
            }
        }
        Ok(Self { lines: namespaces, more, addresses: console.state.addresses })
    }

    fn title(&self) -> String {
        "Metrics".to_owned()
    }

    fn body(&self) -> Markup {
        self.body()
    }
}

impl View for MetricPage {
    const AREA: Area = Area::Metrics;
    const LIVE: Option<&'static str> = Some("metric");

    async fn load(console: &Console, parameters: &Parameters) -> Result<Self, PageError> {
        let cx = console.state.context();
        let (namespace, metric) = (parameters.required("namespace")?, parameters.required("name")?);
        let (sets, more) = dimension_sets(&cx, namespace, metric).await?;
        let window = Window::parse(parameters.first("window")).unwrap_or(Window::Hours3);
        let asked = Period::parse(parameters.first("period")).filter(|period| period.suits(window));
        let period = asked.unwrap_or_else(|| Period::fitting(window));
        let statistic = Statistic::parse(parameters.first("stat"));
        let chosen: Vec<&str> = parameters.all("series").collect();
        let mut page = Self {
            namespace: namespace.to_owned(),
            metric: metric.to_owned(),
            statistic,
            window,
            period,
            series: series_lines(&sets, &chosen),
            more,
            chart: empty_chart(metric, window, period, cx.now),
        };
        page.draw(&cx, &sets).await?;
        Ok(page)
    }

    fn title(&self) -> String {
        self.metric.clone()
    }

    fn body(&self) -> Markup {
        self.body()
    }

    fn parts(&self) -> Parts {
        vec![("chart", self.chart_part())]
    }
}

type Pairs = Vec<(String, String)>;

async fn dimension_sets(cx: &Context, namespace: &str, metric: &str) -> Result<(Vec<Pairs>, bool), PageError> {
    let input = ListMetricsInput {
        namespace: Some(namespace.to_owned()),
        metric_name: Some(metric.to_owned()),
        ..ListMetricsInput::default()
    };
    let page = list_metrics(cx, input).await.map_err(PageError::of)?;
    let more = page.next_token.is_some() || page.metrics.len() > SERIES_MAX;
    let pairs = |metric: Metric| metric.dimensions.into_iter().map(|one| (one.name, one.value)).collect();
    let sets: Vec<Pairs> = page.metrics.into_iter().take(SERIES_MAX).map(pairs).collect();
    if sets.is_empty() {
        return Err(PageError::NotFound(format!(
            "No metric {metric:?} in namespace {namespace:?} had data in the last two weeks."
        )));
    }
    Ok((sets, more))
}

/// Without a choice the first few are drawn.
fn series_lines(sets: &[Pairs], chosen: &[&str]) -> Vec<SeriesLine> {
    let mut room = SERIES_DRAWN_MAX;
    let mut line = |pairs: &Pairs| {
        let key = Dimensions::new(pairs.iter().cloned()).as_json().to_owned();
        let drawn = room > 0 && (chosen.is_empty() || chosen.contains(&&*key));
        room -= usize::from(drawn);
        SeriesLine { label: label(pairs), key, drawn }
    };
    sets.iter().map(&mut line).collect()
}

fn label(pairs: &Pairs) -> String {
    if pairs.is_empty() {
        return "no dimensions".to_owned();
    }
    let named: Vec<String> = pairs.iter().map(|(name, value)| format!("{name}={value}")).collect();
    named.join(", ")
}

fn empty_chart(metric: &str, window: Window, period: Period, now: crate::base::Timestamp) -> Chart {
    let period = Duration::from_secs(period.secs());
    let (since, until) = window.before(whole(now, period));
    Chart {
        title: metric.to_owned(),
        unit: Unit::named("None"),
        since,
        until,
        period,
        lines: Vec::new(),
        threshold: None,
        scale: None,
    }
}

impl MetricPage {
    async fn draw(&mut self, cx: &Context, sets: &[Pairs]) -> Result<(), PageError> {
        let drawn = self.series.iter().zip(sets).filter(|(line, _)| line.drawn);
        for (line, pairs) in drawn {
            let wanted = Wanted {
                namespace: &self.namespace,
                metric: &self.metric,
                dimensions: pairs.clone(),
                statistic: self.statistic.text(),
                unit: None,
                since: self.chart.since,
                until: self.chart.until,
                period: self.chart.period,
            };
            let (drawn, unit) = series::read(cx, wanted, line.label.clone()).await?;
            self.chart.unit = unit.unwrap_or_else(|| self.chart.unit.clone());
            self.chart.lines.push(drawn);
            if self.chart.threshold.is_none() {
                self.chart.threshold = self.threshold(cx, pairs).await?;
            }
        }
        Ok(())
    }

    /// The level of the first alarm that watches this very line.
    async fn threshold(&self, cx: &Context, pairs: &Pairs) -> Result<Option<Threshold>, PageError> {
        let dimensions = pairs.iter().cloned().map(|(name, value)| Dimension { name, value }).collect();
        let alarms = alarms::of_metric(cx, &self.namespace, &self.metric, dimensions).await?;
        let same = alarms.iter().find(|alarm| {
            alarm.statistic.as_deref().or(alarm.extended_statistic.as_deref()) == Some(self.statistic.text())
        });
        Ok(same.and_then(alarms::threshold))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_first_series_are_drawn_unless_others_are_chosen() {
        let sets: Vec<Pairs> = (0..20).map(|number| vec![("N".to_owned(), number.to_string())]).collect();
        let drawn = |chosen: &[&str]| -> Vec<String> {
            series_lines(&sets, chosen).into_iter().filter(|line| line.drawn).map(|line| line.label).collect()
        };
        assert_eq!(drawn(&[]).len(), SERIES_DRAWN_MAX);
        assert_eq!(drawn(&[r#"{"N":"17"}"#]), ["N=17"]);
        assert_eq!(drawn(&["nonsense"]), Vec::<String>::new());
    }
}
