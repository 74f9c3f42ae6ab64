//! Rows as the services see them, and their way to and from columns.

use std::fmt;
use std::sync::Arc;

use datafusion::arrow::array::{
    Array, BinaryArray, BooleanArray, Float64Array, Int32Array, Int64Array, RecordBatch, StringArray,
};
use serde::{Deserialize, Serialize};

use super::StoreError;
use super::schema::{ORDINAL, SEQUENCE, TableId};
use crate::base::Timestamp;

/// Where a row stands in arrival order: unique in the store, increasing.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub struct RowId {
    sequence: u64,
    ordinal: u32,
}

impl RowId {
    pub(crate) const fn new(sequence: u64, ordinal: u32) -> Self {
        Self { sequence, ordinal }
    }

    /// One number in the same order.
    pub const fn as_u128(self) -> u128 {
        ((self.sequence as u128) << 32) | self.ordinal as u128
    }

    pub(crate) const fn sequence(self) -> u64 {
        self.sequence
    }

    pub(crate) const fn ordinal(self) -> u32 {
        self.ordinal
    }
}

/// 24 hexadecimal digits; texts order as the ids do.
impl fmt::Display for RowId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:016x}{:08x}", self.sequence, self.ordinal)
    }
}

/// A kind of row that has a table.
pub(crate) trait Row: Clone + fmt::Debug + Send + Sync + 'static {
    /// Where rows of this kind are kept.
    const TABLE: TableId;

    /// The columns of `rows`, in the table's body schema.
    fn encode(rows: &[Self]) -> Result<RecordBatch, StoreError>;

    /// The rows of a batch in the table's row schema.
    fn decode(batch: &RecordBatch) -> Result<Vec<Self>, StoreError>;

    /// Tells the row its place in arrival order, in tables that keep it.
    fn set_id(&mut self, _id: RowId) {}
}

/// The columns of a batch by name and type.
#[derive(Debug)]
pub(crate) struct Columns<'a>(pub(crate) &'a RecordBatch);

impl<'a> Columns<'a> {
    pub(crate) fn text(&self, name: &str) -> Result<&'a StringArray, StoreError> {
        self.column(name)
    }

    pub(crate) fn int64(&self, name: &str) -> Result<&'a Int64Array, StoreError> {
        self.column(name)
    }

    pub(crate) fn int32(&self, name: &str) -> Result<&'a Int32Array, StoreError> {
        self.column(name)
    }

    pub(crate) fn float64(&self, name: &str) -> Result<&'a Float64Array, StoreError> {
        self.column(name)
    }

    pub(crate) fn boolean(&self, name: &str) -> Result<&'a BooleanArray, StoreError> {
        self.column(name)
    }

    pub(crate) fn binary(&self, name: &str) -> Result<&'a BinaryArray, StoreError> {
        self.column(name)
    }

    /// The arrival order of the rows of a numbered table.
    pub(crate) fn ids(&self) -> Result<impl Iterator<Item = RowId> + use<'a>, StoreError> {
        let (sequences, ordinals) = (self.int64(SEQUENCE)?, self.int32(ORDINAL)?);
        let ids = sequences.values().iter().zip(ordinals.values());
        Ok(ids.map(|(&sequence, &ordinal)| RowId::new(sequence.cast_unsigned(), ordinal.cast_unsigned())))
    }

    fn column<A: Array + 'static>(&self, name: &str) -> Result<&'a A, StoreError> {
        self.0
            .column_by_name(name)
            .and_then(|column| column.as_any().downcast_ref())
            .ok_or_else(|| StoreError::Internal(format!("column {name} is missing or has another type")))
    }
}

pub(crate) fn time_at(column: &Int64Array, row: usize) -> Timestamp {
    Timestamp::from_nanos(column.value(row))
}

/// An id of exactly `N` bytes.
pub(crate) fn bytes_at<const N: usize>(column: &BinaryArray, row: usize) -> Result<[u8; N], StoreError> {
    let bytes = column.value(row);
    bytes.try_into().map_err(|_| StoreError::Internal(format!("an id has {} bytes, not {N}", bytes.len())))
}

/// Shares equal neighbours: rows come sorted, so most repeat the text before them.
#[derive(Debug, Default)]
pub(crate) struct Interned(Option<Arc<str>>);

impl Interned {
    pub(crate) fn get(&mut self, text: &str) -> Arc<str> {
        match &self.0 {
            Some(last) if **last == *text => Arc::clone(last),
            _ => Arc::clone(self.0.insert(text.into())),
        }
    }
}
