//! The bus as the rest of the system sees it.

use std::sync::Arc;

use tokio::sync::Notify;
use tokio_util::sync::CancellationToken;

use super::catalogued::Outbox;
use super::dispatch::Dispatcher;
use super::{BusError, Event, Target};
use crate::base::{Clock, Scope};
use crate::store::{Change, Expected, Store};

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
