//! Alarms in the resource catalogue: found, walked and changed.

use super::definition::Alarm;
use crate::base::Scope;
use crate::bus::{Event, Target};
use crate::service::Context;
use crate::service::cloudwatch::error::CloudWatchError;
use crate::store::{Catalog, CatalogError, Change, Expected, Versioned};

/// Most alarms of one scope.
pub(super) const ALARMS_MAX: usize = 5000;
/// Alarms read from the catalogue at a time.
const CHUNK: usize = 200;
/// How often a change is tried when others change the same alarm.
const TRIES_MAX: usize = 8;

/// What to do with an alarm.
#[derive(Debug)]
pub(super) enum Edit {
    /// Leave it as it is.
    Keep,
    /// Store it so, and publish what happened.
    Put(Box<Edited>),
}

/// An alarm after a change.
#[derive(Debug)]
pub(super) struct Edited {
    alarm: Alarm,
    published: Option<(Event, Vec<Target>)>,
}

impl Edit {
    /// Store `alarm` and publish what happened, when there is anything to tell.
    pub(super) fn put(alarm: Alarm, published: Option<(Event, Vec<Target>)>) -> Self {
        Self::Put(Box::new(Edited { alarm, published }))
    }
}

/// The alarms of `scope` after `after` in the order of their names that `keep` keeps, at most `limit`.
///
/// # Errors
/// When the catalogue cannot be read.
pub(super) async fn select(
    catalog: &Catalog,
    scope: &Scope,
    prefix: &str,
    after: Option<&str>,
    limit: usize,
    keep: impl Fn(&Alarm) -> bool,
) -> Result<Vec<Alarm>, CatalogError> {
    let mut found = Vec::new();
    let mut after = after.map(str::to_owned);
    loop {
        let chunk = catalog.list::<Alarm>(scope, prefix, after.as_deref(), CHUNK).await?;
        let last = chunk.len() < CHUNK;
        after = chunk.last().map(|alarm| alarm.document.name.clone());
        for alarm in chunk {
            if keep(&alarm.document) {
                found.push(alarm.document);
            }
            if found.len() == limit {
                return Ok(found);
            }
        }
        if last {
            return Ok(found);
        }
    }
}

/// Changes the alarm `name` by `edit`, which sees it as it is, or `None`; again when another change came between.
///
/// # Errors
/// Those of `edit` and of the catalogue; `ConcurrentModification` when it never was the only one.
pub(super) async fn change(
    cx: &Context,
    name: &str,
    edit: impl Fn(Option<&Alarm>) -> Result<Edit, CloudWatchError>,
) -> Result<(), CloudWatchError> {
    for _ in 0..TRIES_MAX {
        let found: Option<Versioned<Alarm>> = cx.store.catalog.get(&cx.scope, name).await?;
        let Edit::Put(edited) = edit(found.as_ref().map(|found| &found.document))? else {
            return Ok(());
        };
        let expected = found.as_ref().map_or(Expected::Absent, |found| Expected::Version(found.version));
        let mut changes = vec![Change::put(&edited.alarm, expected)];
        changes.extend(edited.published.map(|(event, targets)| cx.bus.outbox(&event, targets)));
        match cx.store.catalog.commit(&cx.scope, changes).await {
            Ok(()) => {
                cx.bus.wake();
                return Ok(());
            }
            Err(CatalogError::Conflict { .. }) => {}
            Err(error) => return Err(error.into()),
        }
    }
    Err(CloudWatchError::ConcurrentModification(format!("Alarm {name} was changed by other requests.")))
}
