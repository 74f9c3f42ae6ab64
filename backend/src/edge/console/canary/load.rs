//! Reads what the page of a canary shows.

use std::time::Duration;

use maud::Markup;

use super::runs::{Run, latest};
use super::{CanaryPage, RunLine};
use crate::base::Timestamp;
use crate::edge::console::alarms::{self, AlarmLine};
use crate::edge::console::chart::{Chart, Unit, ValueScale, whole};
use crate::edge::console::fault::PageError;
use crate::edge::console::layout::Area;
use crate::edge::console::live::Parts;
use crate::edge::console::page::{Parameters, View};
use crate::edge::console::router::Console;
use crate::edge::console::series::{self, Wanted};
use crate::service::Context;
use crate::service::cloudwatch::alarm::MetricAlarm;

/// Runs in the list.
const RUNS_MAX: usize = 60;

/// Runs among which one is looked for by its id.
const RUNS_SEARCHED_MAX: usize = 1_000;

/// How far back runs are looked for.
const RUNS_KEPT: Duration = Duration::from_hours(14 * 24);

/// Namespace of what canaries measure.
pub(crate) const NAMESPACE: &str = "CloudWatchSynthetics";

/// Windows of the charts with the periods of their points, shortest first.
const CHARTS: [(Duration, Duration); 5] = [
    (Duration::from_mins(30), Duration::from_mins(1)),
    (Duration::from_hours(1), Duration::from_mins(1)),
    (Duration::from_hours(3), Duration::from_mins(1)),
    (Duration::from_hours(24), Duration::from_mins(5)),
    (Duration::from_hours(14 * 24), Duration::from_hours(1)),
];

impl View for CanaryPage {
    const AREA: Area = Area::Overview;
    const LIVE: Option<&'static str> = Some("canary");

    async fn load(console: &Console, parameters: &Parameters) -> Result<Self, PageError> {
        let cx = console.state.context();
        let name = parameters.required("name")?;
        let mut runs = latest(&cx, Some(name), cx.now.minus(RUNS_KEPT), RUNS_MAX).await?;
        if runs.is_empty() {
            return Err(PageError::NotFound(format!("No run of a canary named {name:?} is stored.")));
        }
        let wanted = parameters.first("run");
        let chosen = match runs.iter().find(|run| wanted.is_empty() || run.detail.line.id == wanted) {
            Some(run) => run.clone(),
            None => find(&cx, name, wanted).await?,
        };
        let watching = alarms::of_canary(&cx, name).await?;
        let lines: Vec<RunLine> = runs.iter().map(|run| run.detail.line.clone()).collect();
        let blueprint = runs.swap_remove(0).blueprint;
        Ok(Self {
            name: name.to_owned(),
            blueprint,
            follows_newest: lines[0].id == chosen.detail.line.id,
            chosen: Some(chosen.detail),
            success: success_of_day(&cx, name).await?,
            charts: charts(&cx, name, &lines, watching.first()).await?,
            alarms: watching.iter().map(AlarmLine::of).collect(),
            runs: lines,
            now: cx.now,
        })
    }

    fn title(&self) -> String {
        self.name.clone()
    }

    fn body(&self) -> Markup {
        self.body()
    }

    fn parts(&self) -> Parts {
        self.parts()
    }
}

async fn find(cx: &Context, canary: &str, id: &str) -> Result<Run, PageError> {
    let runs = latest(cx, Some(canary), cx.now.minus(RUNS_KEPT), RUNS_SEARCHED_MAX).await?;
    let missing = || PageError::NotFound(format!("No run {id:?} of {canary} is among its last {RUNS_SEARCHED_MAX}."));
    runs.into_iter().find(|run| run.detail.line.id == id).ok_or_else(missing)
}

/// Share of the runs of the last 24 hours that passed, of 100; `None` without runs.
pub(crate) async fn success_of_day(cx: &Context, canary: &str) -> Result<Option<f64>, PageError> {
    let hour = Duration::from_hours(1);
    let of = |statistic| Wanted {
        namespace: NAMESPACE,
        metric: "SuccessPercent",
        dimensions: dimensions(canary),
        statistic,
        unit: None,
        since: cx.now.minus(24 * hour),
        until: cx.now.plus(hour),
        period: hour,
    };
    let total = |points: &[(Timestamp, f64)]| points.iter().map(|(_, value)| value).sum::<f64>();
    let (sum, _) = series::read(cx, of("Sum"), String::new()).await?;
    let (count, _) = series::read(cx, of("SampleCount"), String::new()).await?;
    let count = total(&count.points);
    Ok((count > 0.0).then(|| total(&sum.points) / count))
}

fn dimensions(canary: &str) -> Vec<(String, String)> {
    vec![("CanaryName".to_owned(), canary.to_owned())]
}

async fn charts(
    cx: &Context,
    canary: &str,
    runs: &[RunLine],
    alarm: Option<&MetricAlarm>,
) -> Result<Vec<Chart>, PageError> {
    let spacing = spacing(runs);
    // The charts show the time of the runs that are listed below them.
    let listed = runs.last().map_or(Duration::ZERO, |oldest| cx.now.since(oldest.started));
    let (window, period) = *CHARTS.iter().find(|chart| listed <= chart.0).unwrap_or(&CHARTS[CHARTS.len() - 1]);
    let until = whole(cx.now, period);
    let since = until.minus(window);
    let mut drawn = Vec::new();
    for (title, metric) in [("Success", "SuccessPercent"), ("Duration", "Duration")] {
        let wanted = Wanted {
            namespace: NAMESPACE,
            metric,
            dimensions: dimensions(canary),
            statistic: "Average",
            unit: None,
            since,
            until,
            period,
        };
        let (line, unit) = series::read(cx, wanted, title.to_owned()).await?;
        let is_success = metric == "SuccessPercent";
        let fallback = || if is_success { Unit::Percent } else { Unit::Millis };
        drawn.push(Chart {
            title: title.to_owned(),
            unit: unit.unwrap_or_else(fallback),
            since,
            until,
            // A run starts a little late now and then; that is no gap.
            period: period.max(spacing),
            lines: vec![line],
            threshold: alarm.filter(|alarm| alarm.metric_name == metric).and_then(alarms::threshold),
            scale: is_success.then(|| ValueScale::fixed(0.0, 100.0, 25.0)),
        });
    }
    Ok(drawn)
}

/// The usual time between two runs: the median. Runs are newest first.
fn spacing(runs: &[RunLine]) -> Duration {
    let mut gaps: Vec<Duration> = runs.windows(2).map(|pair| pair[0].started.since(pair[1].started)).collect();
    gaps.sort_unstable();
    gaps.get(gaps.len() / 2).copied().unwrap_or_default()
}
