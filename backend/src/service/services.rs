//! Every service's operations, in one place.

use std::collections::BTreeMap;

use super::fault::Fault;
use super::{Context, Operations, cloudwatch, events, logs, sts, synthetics, xray};
use crate::wire::{RestTable, ServiceId, Value};

/// Every service that this backend answers for.
pub fn all() -> Services {
    Services::new([
        cloudwatch::operations(),
        events::operations(),
        logs::operations(),
        sts::operations(),
        synthetics::operations(),
        xray::operations(),
    ])
}

/// The operations of several services, and the rest-json paths that lead to them.
#[derive(Debug)]
pub struct Services {
    by_id: BTreeMap<ServiceId, Operations>,
    rest: RestTable,
}

impl Services {
    /// The services whose tables are given.
    ///
    /// # Panics
    /// When a service comes twice or two of its paths are the same: tables are written by hand, once.
    pub fn new(tables: impl IntoIterator<Item = Operations>) -> Self {
        let mut by_id = BTreeMap::new();
        let mut rest = RestTable::default();
        for table in tables {
            rest.add(table.service(), table.rest_routes());
            let service = table.service();
            let replaced = by_id.insert(service, table);
            assert!(replaced.is_none(), "{service:?} comes twice");
        }
        Self { by_id, rest }
    }

    /// The rest-json paths of all services.
    pub fn rest(&self) -> &RestTable {
        &self.rest
    }

    /// The tables, by service.
    pub fn iter(&self) -> impl Iterator<Item = &Operations> {
        self.by_id.values()
    }

    /// Runs an operation of a service.
    ///
    /// # Errors
    /// See [`Operations::call`]; a service without a table is as unknown as an operation.
    pub async fn call(&self, service: ServiceId, operation: &str, cx: &Context, input: Value) -> Result<Value, Fault> {
        match self.by_id.get(&service) {
            Some(table) => table.call(operation, cx, input).await,
            None => Err(Fault::unknown_operation(operation)),
        }
    }
}
