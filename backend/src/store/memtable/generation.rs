//! The rows of one table between two flushes, kept apart by scope and hour.

use std::collections::BTreeMap;
use std::mem;
use std::sync::Arc;
use std::time::Duration;

use datafusion::arrow::array::{ArrayRef, BooleanArray, Int32Array, Int64Array, RecordBatch};
use datafusion::arrow::compute::{concat_batches, filter_record_batch};
use datafusion::arrow::datatypes::Int64Type;
use datafusion::common::cast::as_primitive_array;

use crate::base::{Scope, Timestamp};
use crate::store::StoreError;
use crate::store::budget::Reservation;
use crate::store::limits::SLOTS_MAX;
use crate::store::schema::TableId;

const WINDOW: Duration = Duration::from_hours(1);
/// So many batches of about the same size are joined into one.
const JOIN_BATCHES: usize = 8;
/// Joined batches grow up to this: what the query engine takes at a time.
const JOINED_ROWS_MAX: usize = 8_192;

/// A batch is split into at most so many hours.
const HOURS_PER_BATCH_MAX: usize = 48;

/// From `since` (inclusive) until `until` (exclusive).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct TimeRange {
    pub(crate) since: Timestamp,
    pub(crate) until: Timestamp,
}

impl TimeRange {
    pub(crate) const ALL: Self = Self { since: Timestamp::MIN, until: Timestamp::MAX };

    /// Whether any time from `first` to `last`, both inclusive, lies in the range.
    pub(crate) fn overlaps(&self, first: Timestamp, last: Timestamp) -> bool {
        // `ALL` means no bound at all, the last representable instant included.
        first <= last && last >= self.since && (first < self.until || self.until == Timestamp::MAX)
    }
}

/// Rows of one scope and hour. Times beyond [`SLOTS_MAX`] hours share one slot per scope.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
struct SlotKey {
    scope: Scope,
    hour: Option<Timestamp>,
}

/// Batches in arrival order.
#[derive(Clone, Debug)]
pub(crate) struct Slot {
    batches: Vec<RecordBatch>,
    first: Timestamp,
    last: Timestamp,
}

impl Slot {
    pub(crate) fn batches(&self) -> &[RecordBatch] {
        &self.batches
    }
}

/// Rows between two flushes.
#[derive(Debug)]
pub(crate) struct Generation {
    table: TableId,
    slots: BTreeMap<SlotKey, Slot>,
    rows: usize,
    bytes: usize,
    through: u64,
    opened_at: Option<Timestamp>,
    reservations: Option<Reservation>,
}

impl Generation {
    pub(crate) fn new(table: TableId) -> Self {
        Self { table, slots: BTreeMap::new(), rows: 0, bytes: 0, through: 0, opened_at: None, reservations: None }
    }

    pub(crate) fn is_empty(&self) -> bool {
        self.rows == 0
    }

    pub(crate) fn rows(&self) -> usize {
        self.rows
    }

    pub(crate) fn bytes(&self) -> usize {
        self.bytes
    }

    /// The highest sequence inside.
    pub(crate) fn through(&self) -> u64 {
        self.through
    }

    /// When the first rows came.
    pub(crate) fn opened_at(&self) -> Option<Timestamp> {
        self.opened_at
    }

    /// The slots of one scope that may hold rows in `range`.
    pub(crate) fn slots_in(&self, scope: &Scope, range: TimeRange) -> impl Iterator<Item = &Slot> {
        // `None` sorts first, so this is where the scope's slots begin.
        let from = SlotKey { scope: scope.clone(), hour: None };
        self.slots
            .range(from..)
            .take_while(move |(key, _)| key.scope == *scope)
            .map(|(_, slot)| slot)
            .filter(move |slot| range.overlaps(slot.first, slot.last))
    }

    /// Every slot with its scope.
    pub(crate) fn slots(&self) -> impl Iterator<Item = (&Scope, &Slot)> {
        self.slots.iter().map(|(key, slot)| (&key.scope, slot))
    }

    /// Adds the rows of record `sequence`; `reservation` is what the budget was asked for them.
    ///
    /// # Errors
    /// [`StoreError::Internal`] when the batch is not of the table's body schema.
    pub(crate) fn insert(
        &mut self,
        scope: &Scope,
        sequence: u64,
        body: &RecordBatch,
        reservation: Reservation,
        now: Timestamp,
    ) -> Result<(), StoreError> {
        self.through = self.through.max(sequence);
        self.opened_at.get_or_insert(now);
        let batch = numbered(self.table, sequence, body)?;
        self.rows += batch.num_rows();
        for (hour, part) in by_hour(self.table, &batch)? {
            self.push(scope, hour, part)?;
        }
        // The exact size is known only now: small appends take more while alone than when joined.
        self.reservations.get_or_insert(reservation).resize(self.bytes);
        Ok(())
    }

    fn push(&mut self, scope: &Scope, hour: Option<Timestamp>, batch: RecordBatch) -> Result<(), StoreError> {
        let (first, last) = time_bounds(self.table, &batch)?;
        let own = SlotKey { scope: scope.clone(), hour };
        let key = if self.slots.len() < SLOTS_MAX || self.slots.contains_key(&own) {
            own
        } else {
            SlotKey { hour: None, ..own }
        };
        let slot = self.slots.entry(key).or_insert_with(|| Slot { batches: Vec::new(), first, last });
        slot.first = slot.first.min(first);
        slot.last = slot.last.max(last);
        self.bytes += batch.get_array_memory_size();
        slot.batches.push(batch);
        while let Some((small, joined)) = join_small(&slot.batches)? {
            let from = slot.batches.len() - JOIN_BATCHES;
            slot.batches.truncate(from);
            self.bytes = (self.bytes + joined.get_array_memory_size()).saturating_sub(small);
            slot.batches.push(joined);
        }
        Ok(())
    }
}

/// The last batches as one, and what they take alone, when [`JOIN_BATCHES`] of them are of about one size: each row is
/// copied a handful of times on its way to a full batch, and a slot holds few batches however small the appends are.
fn join_small(batches: &[RecordBatch]) -> Result<Option<(usize, RecordBatch)>, StoreError> {
    let Some(from) = batches.len().checked_sub(JOIN_BATCHES) else { return Ok(None) };
    let trailing = &batches[from..];
    let size_class = |batch: &RecordBatch| batch.num_rows().max(1).ilog(JOIN_BATCHES);
    let class = trailing.last().map_or(0, size_class);
    let rows: usize = trailing.iter().map(RecordBatch::num_rows).sum();
    if rows > JOINED_ROWS_MAX || trailing.iter().any(|batch| size_class(batch) > class) {
        return Ok(None);
    }
    let small = trailing.iter().map(RecordBatch::get_array_memory_size).sum();
    Ok(Some((small, concat_batches(&trailing[0].schema(), trailing)?)))
}

/// Adds the arrival order, in tables that keep it.
fn numbered(table: TableId, sequence: u64, body: &RecordBatch) -> Result<RecordBatch, StoreError> {
    if !table.is_numbered() {
        return Ok(body.clone());
    }
    let rows = body.num_rows();
    let sequences: ArrayRef = Arc::new(Int64Array::from_value(sequence.cast_signed(), rows));
    let ordinals: ArrayRef = Arc::new(Int32Array::from_iter_values(0..i32::try_from(rows).unwrap_or(i32::MAX)));
    let columns = body.columns().iter().cloned().chain([sequences, ordinals]).collect();
    Ok(RecordBatch::try_new(table.row_schema(), columns)?)
}

fn times(table: TableId, batch: &RecordBatch) -> Result<&Int64Array, StoreError> {
    let column = batch.column_by_name(table.time_column()).expect("every table has its time column");
    Ok(as_primitive_array::<Int64Type>(column)?)
}

fn time_bounds(table: TableId, batch: &RecordBatch) -> Result<(Timestamp, Timestamp), StoreError> {
    let times = times(table, batch)?.values();
    let first = times.iter().min().copied().unwrap_or(i64::MAX);
    let last = times.iter().max().copied().unwrap_or(i64::MIN);
    Ok((Timestamp::from_nanos(first), Timestamp::from_nanos(last)))
}

/// The rows of a batch per hour, in their order; whole and without an hour when they spread over many.
fn by_hour(table: TableId, batch: &RecordBatch) -> Result<Vec<(Option<Timestamp>, RecordBatch)>, StoreError> {
    if batch.num_rows() == 0 {
        return Ok(Vec::new());
    }
    let hour = |nanos: i64| Timestamp::from_nanos(nanos).floor(WINDOW);
    let times = times(table, batch)?.values();
    let mut hours: Vec<Timestamp> = times.iter().map(|nanos| hour(*nanos)).collect();
    hours.sort_unstable();
    hours.dedup();
    match hours.as_slice() {
        [single] => Ok(vec![(Some(*single), batch.clone())]),
        several if several.len() <= HOURS_PER_BATCH_MAX => several
            .iter()
            .map(|wanted| {
                let mask: BooleanArray = times.iter().map(|nanos| Some(hour(*nanos) == *wanted)).collect();
                Ok((Some(*wanted), filter_record_batch(batch, &mask)?))
            })
            .collect(),
        _ => Ok(vec![(None, batch.clone())]),
    }
}

/// Takes the generation out and leaves an empty one.
pub(crate) fn seal(active: &mut Generation) -> Generation {
    let empty = Generation::new(active.table);
    mem::replace(active, empty)
}
