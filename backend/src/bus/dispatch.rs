//! The running bus: takes events out of the outbox and makes the deliveries that are due.

use std::collections::BTreeMap;
use std::time::Duration;

use futures::StreamExt as _;
use futures::stream::FuturesUnordered;
use tokio_util::sync::CancellationToken;

use super::catalogued::{Delivery, Outbox};
use super::dead_letter::report;
use super::target::{Outcome, Webhooks};
use super::{Bus, BusError, Event, retry};
use crate::base::{Scope, Timestamp};
use crate::store::{CatalogError, Change, Document as _, EventScan, Expected, Order};

/// Deliveries on their way at the same time.
const IN_FLIGHT_MAX: usize = 16;
/// Deliveries that wait for their turn or their next try; further ones become dead letters at once.
const PENDING_MAX: usize = 10_000;
/// How often the outbox is looked at without being told: a commit whose caller vanished before it could call
/// [`Bus::wake`] waits no longer.
const LOOK_EVERY: Duration = Duration::from_secs(1);
/// How long deliveries in flight may take to end at shutdown.
const SHUTDOWN_GRACE: Duration = Duration::from_secs(2);

type DeliveryKey = (Scope, String);

/// Owns all deliveries: nobody else writes their documents.
#[derive(Debug)]
pub(super) struct Dispatcher {
    bus: Bus,
    webhooks: Webhooks,
    waiting: BTreeMap<DeliveryKey, Delivery>,
    in_flight: usize,
    /// Events whose row may have been written before a crash are looked up first.
    recovering: bool,
}

/// A try that ended.
#[derive(Debug)]
struct Tried {
    scope: Scope,
    delivery: Delivery,
    outcome: Outcome,
}

impl Dispatcher {
    pub(super) fn new(bus: Bus) -> Result<Self, BusError> {
        Ok(Self { bus, webhooks: Webhooks::new()?, waiting: BTreeMap::new(), in_flight: 0, recovering: true })
    }

    pub(super) async fn run(mut self, cancel: CancellationToken) {
        while let Err(error) = self.load().await {
            tracing::error!(%error, "pending deliveries cannot be read");
            tokio::select! {
                () = cancel.cancelled() => return,
                () = tokio::time::sleep(LOOK_EVERY) => {}
            }
        }
        let mut tries = FuturesUnordered::new();
        loop {
            if let Err(error) = self.take_outbox().await {
                tracing::warn!(%error, "outbox cannot be emptied");
            }
            while let Some((scope, delivery)) = self.next_due() {
                let webhooks = self.webhooks.clone();
                tries.push(attempt(webhooks, scope, delivery));
            }
            let woken = self.bus.woken.clone();
            tokio::select! {
                () = cancel.cancelled() => break,
                () = woken.notified() => {}
                Some(tried) = tries.next() => self.settle(tried).await,
                () = tokio::time::sleep(LOOK_EVERY) => {}
            }
        }
        let finish = async {
            while let Some(tried) = tries.next().await {
                self.settle(tried).await;
            }
        };
        if tokio::time::timeout(SHUTDOWN_GRACE, finish).await.is_err() {
            tracing::info!("deliveries in flight at shutdown are made again after the next start");
        }
    }

    /// The deliveries that an earlier run left.
    async fn load(&mut self) -> Result<(), BusError> {
        for (scope, found) in self.bus.store.catalog.list_all_scopes::<Delivery>().await? {
            let delivery = found.document;
            self.waiting.insert((scope, delivery.key()), delivery);
        }
        Ok(())
    }

    /// Writes the rows of new events and turns their targets into deliveries.
    async fn take_outbox(&mut self) -> Result<(), BusError> {
        let mut entries = self.bus.store.catalog.list_all_scopes::<Outbox>().await?;
        entries.sort_by_key(|(_, entry)| entry.document.event.at);
        for (scope, entry) in entries {
            self.take(&scope, entry.document).await?;
        }
        self.recovering = false;
        Ok(())
    }

    async fn take(&mut self, scope: &Scope, entry: Outbox) -> Result<(), BusError> {
        if !self.recovering || !self.is_recorded(scope, &entry.event).await? {
            self.bus.publish(scope, vec![entry.event.clone()]).await?;
        }
        let now = self.bus.clock.now();
        let deliveries: Vec<Delivery> = (entry.targets.iter().enumerate())
            .map(|(ordinal, target)| Delivery {
                event: entry.event.clone(),
                target: target.clone(),
                ordinal,
                attempts: 0,
                due: now,
            })
            .collect();
        let mut changes = vec![Change::delete::<Outbox>(&entry.key(), Expected::Any)];
        changes.extend(deliveries.iter().map(|delivery| Change::put(delivery, Expected::Any)));
        self.bus.store.catalog.commit(scope, changes).await?;
        for delivery in deliveries {
            if self.waiting.len() < PENDING_MAX {
                self.waiting.insert((scope.clone(), delivery.key()), delivery);
            } else {
                let reason = format!("{PENDING_MAX} deliveries wait already");
                self.end(scope, delivery, Some(&reason)).await;
            }
        }
        Ok(())
    }

    /// Whether the row of an event from before the start was written already.
    async fn is_recorded(&self, scope: &Scope, event: &Event) -> Result<bool, BusError> {
        let scan = EventScan {
            since: event.at,
            until: event.at.plus(Duration::from_nanos(1)),
            source: Some(event.source.as_str().into()),
            detail_type: Some(vec![event.detail_type.as_str().into()]),
            resource: event.resources.first().cloned(),
            order: Order::OldestFirst,
            limit: PENDING_MAX,
        };
        let rows = self.bus.store.events.scan(scope, scan).await?;
        Ok(rows.iter().any(|row| *row.id == *event.id))
    }

    /// Takes the delivery that has been due longest, when there is one and room for it.
    fn next_due(&mut self) -> Option<(Scope, Delivery)> {
        if self.in_flight >= IN_FLIGHT_MAX {
            return None;
        }
        let now = self.bus.clock.now();
        let due = self.waiting.iter().filter(|(_, delivery)| delivery.due <= now);
        let key = due.min_by_key(|(_, delivery)| (delivery.due, delivery.event.at))?.0.clone();
        let delivery = self.waiting.remove(&key)?;
        self.in_flight += 1;
        Some((key.0, delivery))
    }

    async fn settle(&mut self, tried: Tried) {
        self.in_flight -= 1;
        let Tried { scope, mut delivery, outcome } = tried;
        delivery.attempts += 1;
        match outcome {
            Outcome::Delivered => self.end(&scope, delivery, None).await,
            Outcome::Refused { reason } => self.end(&scope, delivery, Some(&reason)).await,
            Outcome::Failed { reason } if delivery.attempts >= retry::ATTEMPTS_MAX => {
                self.end(&scope, delivery, Some(&reason)).await;
            }
            Outcome::Failed { reason } => {
                delivery.due = self.bus.clock.now().plus(retry::wait(delivery.attempts, rand::random()));
                let target = delivery.target.log_name();
                tracing::warn!(target_name = %target, attempts = delivery.attempts, %reason, "delivery failed");
                self.keep(&scope, delivery).await;
            }
        }
    }

    /// Remembers a failed try, so that a restart goes on with the waits instead of starting over.
    async fn keep(&mut self, scope: &Scope, delivery: Delivery) {
        let change = Change::put(&delivery, Expected::Any);
        if let Err(error) = self.bus.store.catalog.commit(scope, vec![change]).await {
            tracing::warn!(%error, "failed delivery cannot be noted");
        }
        self.waiting.insert((scope.clone(), delivery.key()), delivery);
    }

    /// Reports the end of a delivery, then forgets it. When the store fails, it is kept and ends again later.
    async fn end(&mut self, scope: &Scope, delivery: Delivery, error: Option<&str>) {
        if let Some(reason) = error {
            let target = delivery.target.log_name();
            tracing::error!(target_name = %target, attempts = delivery.attempts, %reason, "event given up as dead letter");
        }
        let now = self.bus.clock.now();
        let ended = self.record_end(scope, &delivery, error, now).await;
        if let Err(cause) = ended {
            tracing::error!(%cause, "end of a delivery cannot be recorded");
            let due = now.plus(retry::wait(delivery.attempts, rand::random()));
            self.waiting.insert((scope.clone(), delivery.key()), Delivery { due, ..delivery });
        }
    }

    async fn record_end(
        &self,
        scope: &Scope,
        delivery: &Delivery,
        error: Option<&str>,
        now: Timestamp,
    ) -> Result<(), BusError> {
        self.bus.publish(scope, vec![report(scope, delivery, error, now)]).await?;
        let forget = Change::delete::<Delivery>(&delivery.key(), Expected::Any);
        let forgotten: Result<(), CatalogError> = self.bus.store.catalog.commit(scope, vec![forget]).await;
        Ok(forgotten?)
    }
}

async fn attempt(webhooks: Webhooks, scope: Scope, delivery: Delivery) -> Tried {
    let outcome = delivery.target.deliver(&webhooks, &scope, &delivery.event).await;
    Tried { scope, delivery, outcome }
}
