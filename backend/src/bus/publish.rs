//! The bus as the rest of the system sees it.

use std::sync::Arc;

use tokio::sync::Notify;
use tokio_util::sync::CancellationToken;

use super::catalogued::Outbox;
use super::dispatch::Dispatcher;
use super::{BusError, Event, Target};
use crate::base::{Clock, Scope};
use crate::store::{Change, EventRow, EventScan, Expected, Order, Store};

/// Records events and has them delivered. Clones share one bus.
#[derive(Clone, Debug)]
pub struct Bus {
    pub(super) store: Store,
    pub(super) clock: Clock,
    pub(super) woken: Arc<Notify>,
}

impl Bus {
    /// A bus over `store`. Nothing is delivered until [`Bus::run`] runs.
    pub fn new(store: Store, clock: Clock) -> Self {
        Self { store, clock, woken: Arc::new(Notify::new()) }
    }

    /// Records `events`: they are durable when this returns.
    ///
    /// # Errors
    /// When the events table does not take them; then none is recorded.
    pub async fn publish(&self, scope: &Scope, events: Vec<Event>) -> Result<(), BusError> {
        let rows = events.iter().map(Event::to_row).collect();
        Ok(self.store.events.append(scope, rows).await?)
    }

    /// The change that hands `event` to the bus and has it delivered to `targets`.
    ///
    /// Commit it together with the state change that caused the event, then call [`Bus::wake`].
    pub fn outbox(&self, event: &Event, targets: Vec<Target>) -> Change {
        Change::put(&Outbox { event: event.clone(), targets }, Expected::Absent)
    }

    /// The matching events by time, those of one time by id: recorded ones and those still in the outbox, so that
    /// whoever committed a change reads its event at once. An event that a crash recorded twice may come twice.
    ///
    /// # Errors
    /// When the store cannot read.
    pub async fn scan(&self, scope: &Scope, scan: EventScan) -> Result<Vec<EventRow>, BusError> {
        // The outbox first: what leaves it meanwhile is in the table by then.
        let entries = self.store.catalog.list::<Outbox>(scope, "", None, usize::MAX).await?;
        let mut fresh: Vec<EventRow> = entries.iter().map(|entry| entry.document.event.to_row()).collect();
        fresh.retain(|row| scan.wants(row));
        let (order, limit) = (scan.order, scan.limit);
        let mut rows = self.store.events.scan(scope, scan).await?;
        fresh.retain(|event| !rows.iter().any(|row| row.id == event.id));
        if fresh.is_empty() {
            return Ok(rows);
        }
        rows.extend(fresh);
        rows.sort_by(|one, other| {
            let ascending = (one.at, &one.id).cmp(&(other.at, &other.id));
            if order == Order::NewestFirst { ascending.reverse() } else { ascending }
        });
        rows.truncate(limit);
        Ok(rows)
    }

    /// Tells the running bus that something was committed to the outbox; without it, it looks within a second.
    pub fn wake(&self) {
        self.woken.notify_one();
    }

    /// Records and delivers what the outbox holds, until `cancel`. Run it once per store.
    ///
    /// Store failures are logged and tried again; deliveries in flight at the end get a moment to finish, and are
    /// made again after the next start if they do not.
    ///
    /// # Errors
    /// When the HTTP client cannot be made.
    pub async fn run(self, cancel: CancellationToken) -> Result<(), BusError> {
        Dispatcher::new(self)?.run(cancel).await;
        Ok(())
    }
}
