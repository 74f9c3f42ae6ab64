//! A store in a temporary directory and a clock that tests move, for tests of operations.

use serde_json::Value as Json;
use tempfile::TempDir;

use super::{Context, Operations, Services};
use crate::base::{Clock, ManualClock, RequestId, Scope, Timestamp};
use crate::bus::Bus;
use crate::store::{Store, StoreOptions};
use crate::wire::{Fault, json};

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

    /// Asks an operation of `table` as a JSON client does, times as epoch seconds. A refusal is told as
    /// `QueryCode: message`.
    pub(crate) async fn ask(&self, table: Operations, operation: &str, input: Json) -> Result<Json, String> {
        let service = table.service();
        let input = json::decode(input.to_string().as_bytes()).expect("tests write JSON that can be read");
        let answer = Services::new([table]).call(service, operation, &self.cx(), input).await;
        let told = |fault: Fault| format!("{}: {}", fault.query_code, fault.message);
        let bytes = json::encode(&answer.map_err(told)?);
        Ok(serde_json::from_slice(&bytes).unwrap_or(Json::Null))
    }
}
