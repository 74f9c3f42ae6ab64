//! A store in a temporary directory and a clock that tests move, for tests of operations.

use tempfile::TempDir;

use super::Context;
use crate::base::{Clock, ManualClock, RequestId, Scope, Timestamp};
use crate::bus::Bus;
use crate::store::{Store, StoreOptions};

/// Everything an operation needs; the directory goes when this does.
#[derive(Debug)]
pub(crate) struct Fixture {
    pub(crate) dir: TempDir,
    pub(crate) clock: ManualClock,
    pub(crate) store: Store,
    pub(crate) bus: Bus,
}

impl Fixture {
    /// An empty store at 2026-11-23T08:00:00Z.
    pub(crate) async fn new() -> Self {
        let clock = ManualClock::at(Timestamp::from_secs(1_795_420_800));
        let dir = TempDir::new().expect("temporary directories can be made");
        Self::open(dir, clock).await
    }

    /// The same directory and clock after a restart of the store.
    pub(crate) async fn reopened(self) -> Self {
        self.store.close().await.expect("the store closes");
        let Self { dir, clock, store, bus } = self;
        drop((store, bus));
        Self::open(dir, clock).await
    }

    async fn open(dir: TempDir, clock: ManualClock) -> Self {
        let options = StoreOptions::new(dir.path());
        let store = Store::open(options, Clock::from(clock.clone())).await.expect("the store opens");
        let bus = Bus::new(store.clone(), Clock::from(clock.clone()));
        Self { dir, clock, store, bus }
    }

    /// A request of the default account, now.
    pub(crate) fn cx(&self) -> Context {
        Context {
            scope: Scope::default(),
            request_id: RequestId::random(),
            now: self.clock.now(),
            store: self.store.clone(),
            bus: self.bus.clone(),
        }
    }
}
