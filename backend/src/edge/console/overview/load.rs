//! Reads what the overview shows.

use std::collections::BTreeMap;
use std::time::Duration;

use maud::Markup;

use super::rates::StoredRows;
use super::view::STRIP_RUNS_MAX;
use super::{CanaryLine, DemoCard, Ingest, Overview, StoreLine};
use crate::edge::console::alarms::{self, AlarmLine};
use crate::edge::console::canary::{self, Run, RunLine};
use crate::edge::console::fault::PageError;
use crate::edge::console::format;
use crate::edge::console::layout::Area;
use crate::edge::console::live::Parts;
use crate::edge::console::page::{Parameters, View};
use crate::edge::console::router::Console;
use crate::edge::console::state::ShopState;
use crate::edge::console::tone::Tone;
use crate::edge::console::trace::{Filter, TraceList};
use crate::edge::console::window::Window;
use crate::service::Context;
use crate::service::cloudwatch::Dimension;
use crate::service::cloudwatch::alarm::MetricAlarm;
use crate::service::cloudwatch::metric_query::{ListMetricsInput, Metric, list_metrics};
use crate::store::{StoreStatus, SyncMode};

/// Runs of all canaries that are read at once.
const RUNS_READ_MAX: usize = 600;

/// A canary without a run for so long is not watched any more.
const CANARY_SEEN: Duration = Duration::from_hours(24);

/// Canaries shown.
const CANARIES_MAX: usize = 50;

/// Alarms shown; the page of alarms has all.
const ALARMS_MAX: usize = 8;

/// Failing traces shown.
const FAULTS_MAX: usize = 6;

impl View for Overview {
    const AREA: Area = Area::Overview;
    const LIVE: Option<&'static str> = Some("overview");

    async fn load(console: &Console, _: &Parameters) -> Result<Self, PageError> {
        let cx = console.state.context();
        let (alarms, _) = alarms::all(&cx).await?;
        let faults = TraceList::read(&cx, Window::Hour, FAULTS_MAX, |trace| Filter::Faults.admits(trace.tone)).await?;
        let status = cx.store.status();
        Ok(Self {
            canaries: canaries(&cx, &alarms).await?,
            ringing: alarms.iter().map(AlarmLine::of).filter(|alarm| alarm.tone() == Tone::Fault).count(),
            alarms: alarms.iter().take(ALARMS_MAX).map(AlarmLine::of).collect(),
            faults: faults.0,
            ingest: ingest(console, &cx, &status),
            store: store(&status),
            addresses: console.state.addresses,
            demo: demo(console).await,
            now: cx.now,
        })
    }

    fn title(&self) -> String {
        "Overview".to_owned()
    }

    fn body(&self) -> Markup {
        self.body()
    }

    fn parts(&self) -> Parts {
        self.parts()
    }
}

async fn canaries(cx: &Context, alarms: &[MetricAlarm]) -> Result<Vec<CanaryLine>, PageError> {
    let since = cx.now.minus(CANARY_SEEN);
    let mut by_name: BTreeMap<String, Vec<RunLine>> = BTreeMap::new();
    for Run { canary, detail, .. } in canary::latest(cx, None, since, RUNS_READ_MAX).await? {
        let lines = by_name.entry(canary).or_default();
        if lines.len() < STRIP_RUNS_MAX {
            lines.push(detail.line);
        }
    }
    // Canaries that run seldom may not be among the latest runs of all.
    for name in measured(cx).await?.into_iter().filter(|name| !by_name.contains_key(name)).collect::<Vec<_>>() {
        let runs = canary::latest(cx, Some(&name), since, STRIP_RUNS_MAX).await?;
        if !runs.is_empty() {
            by_name.insert(name, runs.into_iter().map(|run| run.detail.line).collect());
        }
    }
    let mut canaries = Vec::new();
    for (name, runs) in by_name.into_iter().take(CANARIES_MAX) {
        let success = canary::success_of_day(cx, &name).await?;
        let alarm = alarms.iter().find(|alarm| watches(alarm, &name)).map(AlarmLine::of);
        canaries.push(CanaryLine { name, runs, success, alarm });
    }
    Ok(canaries)
}

/// Names of canaries with metrics: one page of the API.
async fn measured(cx: &Context) -> Result<Vec<String>, PageError> {
    let input = ListMetricsInput {
        namespace: Some(canary::NAMESPACE.to_owned()),
        metric_name: Some("SuccessPercent".to_owned()),
        ..ListMetricsInput::default()
    };
    let metrics = list_metrics(cx, input).await.map_err(PageError::of)?.metrics;
    let name = |metric: Metric| match <[Dimension; 1]>::try_from(metric.dimensions) {
        Ok([only]) if only.name == "CanaryName" => Some(only.value),
        Ok(_) | Err(_) => None,
    };
    Ok(metrics.into_iter().filter_map(name).take(CANARIES_MAX).collect())
}

/// Whether `alarm` watches the whole canary, not one of its steps.
fn watches(alarm: &MetricAlarm, canary: &str) -> bool {
    let [dimension] = alarm.dimensions.as_slice() else { return false };
    alarm.namespace == canary::NAMESPACE && dimension.name == "CanaryName" && dimension.value == canary
}

fn ingest(console: &Console, cx: &Context, status: &StoreStatus) -> Vec<Ingest> {
    let rows = |table: &str| {
        let found = status.tables.iter().find(|(name, _)| *name == table);
        found.map_or(0, |(_, table)| table.memory_rows as u64 + table.file_rows)
    };
    let names = [("metrics", "Datapoints"), ("logs", "Log events"), ("spans", "Spans"), ("events", "Events")];
    let stored: StoredRows = names.map(|(table, _)| rows(table));
    let rates = console.rates.lock().observe(cx.now, stored);
    let signal = |place: usize| Ingest { name: names[place].1, per_minute: rates[place], total: stored[place] };
    (0..names.len()).map(signal).collect()
}

fn store(status: &StoreStatus) -> StoreLine {
    StoreLine {
        wal_bytes: status.wal_bytes,
        memtable_rows: status.tables.iter().map(|(_, table)| table.memory_rows as u64).sum(),
        files: status.tables.iter().map(|(_, table)| table.files as u64).sum(),
        quarantined: status.quarantined,
        sync: match status.sync {
            SyncMode::Sync => "before every answer".to_owned(),
            SyncMode::Interval(every) => format!("every {}", format::duration(every)),
        },
    }
}

/// `None` when no shop runs, or when it does not answer: then it is about to end, and its button would do nothing.
async fn demo(console: &Console) -> Option<DemoCard> {
    let demo = console.state.demo.as_ref()?;
    let state = demo.state().await.inspect_err(|error| tracing::warn!(%error, "no state of the demo shop")).ok()?;
    Some(DemoCard { url: demo.url(), broken: state == ShopState::Broken })
}
