//! Keeps evaluating: every alarm when a period ends, and again when data of an ended period arrives late.

use std::collections::{HashMap, HashSet};
use std::sync::Arc;
use std::time::Duration;

use futures::StreamExt as _;
use tokio::time::MissedTickBehavior;
use tokio_util::sync::CancellationToken;

use super::definition::{Alarm, StateValue};
use super::evaluate::{Datapoint, Evidence, Slot, Verdict, evaluate, slots_wanted};
use super::reason;
use super::transition::{NewState, to_state};
use crate::base::{Clock, Scope, Timestamp};
use crate::bus::Bus;
use crate::service::cloudwatch::metric_query::read;
use crate::service::cloudwatch::period::{Period, Slots};
use crate::store::{Appended, CatalogError, Change, Dimensions, Expected, MetricRow, Store, StoreError, Versioned};

/// How often the clock is looked at.
const TICK: Duration = Duration::from_secs(1);
/// How often high-resolution alarms are evaluated, and how soon a new alarm is noticed.
const HIGH_RESOLUTION_STEP: Duration = Duration::from_secs(10);
/// How often all others are.
const STANDARD_STEP: Duration = Duration::from_mins(1);
/// Alarms evaluated at the same time.
const EVALUATIONS_MAX: usize = 4;

type AlarmKey = (Scope, String);
type MetricKey = (Scope, Arc<str>, Arc<str>);

/// Evaluates the alarms of all scopes until `cancel`. Run it once per store.
///
/// Failures are logged and made good at the next tick: an alarm keeps its state meanwhile.
pub async fn run(store: Store, bus: Bus, clock: Clock, cancel: CancellationToken) {
    let mut tail = store.metrics.subscribe();
    let mut worker = AlarmWorker::new(store, bus, clock);
    let mut ticks = tokio::time::interval(TICK);
    ticks.set_missed_tick_behavior(MissedTickBehavior::Skip);
    let mut lost = 0;
    loop {
        tokio::select! {
            () = cancel.cancelled() => return,
            appended = tail.recv() => match appended {
                Some(appended) => worker.notice(&appended),
                None => return,
            },
            _ = ticks.tick() => tokio::select! {
                // What was committed stays; the rest is evaluated after the next start.
                () = cancel.cancelled() => return,
                () = worker.tick() => {}
            },
        }
        if tail.lost() > lost {
            lost = tail.lost();
            worker.notice_lost();
        }
    }
}

/// An alarm as it was last read, and how far it was evaluated.
#[derive(Debug)]
struct Watched {
    scope: Scope,
    alarm: Versioned<Alarm>,
    dimensions: Dimensions,
}

/// The worker's memory; everything durable is in the catalogue.
#[derive(Debug)]
pub(super) struct AlarmWorker {
    store: Store,
    bus: Bus,
    clock: Clock,
    watched: Vec<Arc<Watched>>,
    by_metric: HashMap<MetricKey, Vec<usize>>,
    /// The end of the last period that each alarm was evaluated for.
    evaluated: HashMap<AlarmKey, Timestamp>,
    /// Alarms that must be evaluated again although no further period has ended.
    late: HashSet<AlarmKey>,
    loaded: Option<Timestamp>,
}

/// How an evaluation went.
#[derive(Debug)]
enum Done {
    /// The alarm is in the state that its data asks for.
    Settled,
    /// Somebody changed the alarm meanwhile: look again.
    Overtaken,
    /// The store failed: look again.
    Failed,
}

impl AlarmWorker {
    pub(super) fn new(store: Store, bus: Bus, clock: Clock) -> Self {
        Self {
            store,
            bus,
            clock,
            watched: Vec::new(),
            by_metric: HashMap::new(),
            evaluated: HashMap::new(),
            late: HashSet::new(),
            loaded: None,
        }
    }

    /// Evaluates what is due now.
    pub(super) async fn tick(&mut self) {
        let now = self.clock.now();
        let step = now.floor(HIGH_RESOLUTION_STEP);
        if self.loaded.is_none_or(|loaded| loaded < step) || !self.late.is_empty() {
            if let Err(error) = self.load().await {
                tracing::error!(%error, "alarms cannot be read");
                return;
            }
            self.loaded = Some(step);
        }
        let mut evaluations = Vec::new();
        for watched in &self.watched {
            if let Some((key, end)) = self.due(watched, now) {
                let (store, bus, watched) = (self.store.clone(), self.bus.clone(), Arc::clone(watched));
                evaluations.push(async move { (key, end, evaluate_one(&store, &bus, &watched, end, now).await) });
            }
        }
        let mut evaluations = futures::stream::iter(evaluations).buffer_unordered(EVALUATIONS_MAX);
        while let Some((key, end, done)) = evaluations.next().await {
            match done {
                Done::Settled => {
                    self.late.remove(&key);
                    self.evaluated.insert(key, end);
                }
                Done::Overtaken | Done::Failed => {
                    self.late.insert(key);
                }
            }
        }
    }

    /// The key of the alarm and the end of its range, when it is to be evaluated.
    fn due(&self, watched: &Watched, now: Timestamp) -> Option<(AlarmKey, Timestamp)> {
        let key = (watched.scope.clone(), watched.alarm.document.name.clone());
        let end = now.floor(step_of(watched.alarm.document.definition.period));
        let ended = self.evaluated.get(&key).is_none_or(|last| *last < end);
        (ended || self.late.contains(&key)).then_some((key, end))
    }

    async fn load(&mut self) -> Result<(), CatalogError> {
        let alarms = self.store.catalog.list_all_scopes::<Alarm>().await?;
        self.watched = (alarms.into_iter())
            .map(|(scope, alarm)| {
                let dimensions = Dimensions::new(alarm.document.definition.metric.dimensions.iter().cloned());
                Arc::new(Watched { scope, alarm, dimensions })
            })
            .collect();
        self.by_metric.clear();
        let mut present = HashSet::new();
        for (index, watched) in self.watched.iter().enumerate() {
            let metric = &watched.alarm.document.definition.metric;
            let key = (watched.scope.clone(), metric.namespace.as_str().into(), metric.name.as_str().into());
            self.by_metric.entry(key).or_default().push(index);
            present.insert((watched.scope.clone(), watched.alarm.document.name.clone()));
        }
        self.evaluated.retain(|key, _| present.contains(key));
        self.late.retain(|key| present.contains(key));
        Ok(())
    }

    /// Marks the alarms for which a row belongs to a period that was evaluated without it.
    pub(super) fn notice(&mut self, appended: &Appended<MetricRow>) {
        for row in &*appended.rows {
            let key = (appended.scope.clone(), Arc::clone(&row.namespace), Arc::clone(&row.metric_name));
            for &index in self.by_metric.get(&key).into_iter().flatten() {
                let watched = &self.watched[index];
                let key = (watched.scope.clone(), watched.alarm.document.name.clone());
                let seen_until = self.evaluated.get(&key).copied();
                if watched.dimensions == row.dimensions && seen_until.is_some_and(|until| row.at < until) {
                    self.late.insert(key);
                }
            }
        }
    }

    /// Rows went by unseen: any alarm may have late data.
    pub(super) fn notice_lost(&mut self) {
        self.late.extend(self.evaluated.keys().cloned());
    }
}

fn step_of(period: Period) -> Duration {
    if period.is_high_resolution() { HIGH_RESOLUTION_STEP } else { STANDARD_STEP }
}

async fn evaluate_one(store: &Store, bus: &Bus, watched: &Watched, end: Timestamp, now: Timestamp) -> Done {
    let alarm = &watched.alarm.document;
    let verdict = match look(store, watched, end).await {
        Ok(verdict) => verdict,
        Err(error) => {
            tracing::warn!(alarm = %alarm.name, scope = %watched.scope, %error, "alarm cannot be evaluated");
            return Done::Failed;
        }
    };
    match verdict {
        Verdict::State(value, evidence) if value != alarm.state.value => {
            enter(store, bus, watched, (value, &evidence), now).await
        }
        Verdict::State(..) | Verdict::Keep => Done::Settled,
    }
}

/// Reads the evaluation range that ends at `end` and decides.
async fn look(store: &Store, watched: &Watched, end: Timestamp) -> Result<Verdict, StoreError> {
    let alarm = &watched.alarm.document;
    let definition = &alarm.definition;
    let range = Slots::ending_at(end, definition.period, slots_wanted(definition));
    let unit = definition.unit.as_deref();
    let samples = read(&store.metrics, &watched.scope, &definition.metric, unit, range).await?;
    let mut slots: Vec<Slot> =
        (0..range.count).map(|index| Slot { at: range.start_of(index), datapoint: None }).collect();
    for (index, aggregate) in samples.of_preferred_unit() {
        let value = aggregate.get(&definition.statistic);
        slots[index].datapoint = value.map(|value| Datapoint { value, sample_count: aggregate.count() });
    }
    Ok(evaluate(definition, &slots, alarm.state.value))
}

/// Commits the new state together with its event.
async fn enter(
    store: &Store,
    bus: &Bus,
    watched: &Watched,
    (value, evidence): (StateValue, &Evidence),
    now: Timestamp,
) -> Done {
    let alarm = &watched.alarm.document;
    let definition = &alarm.definition;
    let new = NewState {
        value,
        reason: reason::sentence(definition, alarm.state.value, value, evidence),
        reason_json: Some(reason::document(definition, evidence, now)),
    };
    let transition = to_state(alarm, &watched.scope, new, now);
    let mut changes = vec![Change::put(&transition.alarm, Expected::Version(watched.alarm.version))];
    changes.extend(transition.published.map(|(event, targets)| bus.outbox(&event, targets)));
    match store.catalog.commit(&watched.scope, changes).await {
        Ok(()) => {
            bus.wake();
            tracing::info!(alarm = %alarm.name, scope = %watched.scope, from = %alarm.state.value, to = %value, "alarm changed its state");
            Done::Settled
        }
        Err(CatalogError::Conflict { .. }) => Done::Overtaken,
        Err(error) => {
            tracing::error!(alarm = %alarm.name, scope = %watched.scope, %error, "new state of an alarm cannot be stored");
            Done::Failed
        }
    }
}
