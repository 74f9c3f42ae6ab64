//! The tables and their columns. The Parquet files hold exactly these, for any reader of Delta tables.
//!
//! Times are `long` columns of nanoseconds since the Unix epoch: Delta's own timestamps stop at microseconds. Account
//! and region are partition columns of each table, so a scan opens files of its own scope only.

use std::sync::{Arc, LazyLock};

use datafusion::arrow::datatypes::{DataType, Field, Schema, SchemaRef};

/// Version of all column lists below; a record of the write-ahead log names the version it was written with.
pub(crate) const SCHEMA_ID: u16 = 1;

/// Position of a row in arrival order: which record of the log it came with.
pub(crate) const SEQUENCE: &str = "sequence";
/// Position of a row in arrival order: which row of that record it is.
pub(crate) const ORDINAL: &str = "ordinal";

/// A table of rows that are only ever appended.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(crate) enum TableId {
    Metrics,
    Logs,
    Spans,
    Events,
}

impl TableId {
    pub(crate) const ALL: [Self; 4] = [Self::Metrics, Self::Logs, Self::Spans, Self::Events];
    pub(crate) const COUNT: usize = Self::ALL.len();

    /// The table with this number in the write-ahead log.
    pub(crate) fn from_code(code: u8) -> Option<Self> {
        Self::ALL.into_iter().find(|table| table.code() == code)
    }

    /// The table's number in the write-ahead log; never reused.
    pub(crate) const fn code(self) -> u8 {
        match self {
            Self::Metrics => 1,
            Self::Logs => 2,
            Self::Spans => 3,
            Self::Events => 4,
        }
    }

    /// Position in arrays of one entry per table.
    pub(crate) const fn index(self) -> usize {
        match self {
            Self::Metrics => 0,
            Self::Logs => 1,
            Self::Spans => 2,
            Self::Events => 3,
        }
    }

    /// The table's directory and its name in queries.
    pub(crate) const fn name(self) -> &'static str {
        match self {
            Self::Metrics => "metrics",
            Self::Logs => "logs",
            Self::Spans => "spans",
            Self::Events => "events",
        }
    }

    /// The column by which rows are kept apart by hour and files are pruned.
    pub(crate) const fn time_column(self) -> &'static str {
        match self {
            Self::Metrics | Self::Logs | Self::Events => "at",
            Self::Spans => "start",
        }
    }

    /// How the rows of a file are sorted; the first columns are those that queries name.
    pub(crate) const fn sort_columns(self) -> &'static [&'static str] {
        match self {
            Self::Metrics => &["namespace", "metric_name", "dimensions", "at"],
            Self::Logs => &["group", "stream", "at", SEQUENCE, ORDINAL],
            Self::Spans => &["start", "trace_id"],
            Self::Events => &["at"],
        }
    }

    /// Text columns whose smallest and largest value per file let a scan leave the file out.
    pub(crate) const fn key_columns(self) -> &'static [&'static str] {
        match self {
            Self::Metrics => &["namespace", "metric_name"],
            Self::Logs => &["group", "stream"],
            Self::Spans | Self::Events => &[],
        }
    }

    /// Columns with a bloom filter per row group: those looked up by value in files not sorted by it.
    pub(crate) const fn bloom_columns(self) -> &'static [&'static str] {
        match self {
            Self::Spans => &["trace_id"],
            Self::Metrics | Self::Logs | Self::Events => &[],
        }
    }

    /// Whether rows carry the arrival order ([`SEQUENCE`], [`ORDINAL`]).
    pub(crate) const fn is_numbered(self) -> bool {
        match self {
            Self::Logs | Self::Spans => true,
            // A datapoint is its value, and an event has its own id: two more columns would only cost bytes.
            Self::Metrics | Self::Events => false,
        }
    }

    /// Rows per Parquet page: small pages where single rows are looked up: measured 7 ms
    /// of CPU instead of 23 per trace.
    pub(crate) const fn page_rows(self) -> usize {
        match self {
            Self::Spans => 1_024,
            Self::Metrics | Self::Logs | Self::Events => 8_192,
        }
    }

    /// Columns as appended: the body of a write-ahead log record.
    pub(crate) fn body_schema(self) -> SchemaRef {
        Arc::clone(&BODY_SCHEMAS[self.index()])
    }

    /// Columns as stored and queried: the body's and, in numbered tables, the arrival order.
    pub(crate) fn row_schema(self) -> SchemaRef {
        Arc::clone(&ROW_SCHEMAS[self.index()])
    }
}

static BODY_SCHEMAS: LazyLock<[SchemaRef; TableId::COUNT]> =
    LazyLock::new(|| TableId::ALL.map(|table| Arc::new(Schema::new(body_fields(table)))));

static ROW_SCHEMAS: LazyLock<[SchemaRef; TableId::COUNT]> = LazyLock::new(|| {
    TableId::ALL.map(|table| {
        let mut fields = body_fields(table);
        if table.is_numbered() {
            fields.push(required(SEQUENCE, DataType::Int64));
            fields.push(required(ORDINAL, DataType::Int32));
        }
        Arc::new(Schema::new(fields))
    })
});

fn body_fields(table: TableId) -> Vec<Field> {
    match table {
        TableId::Metrics => vec![
            required("namespace", DataType::Utf8),
            required("metric_name", DataType::Utf8),
            // A JSON object, names sorted: text sorts, filters and compresses; maps do not.
            required("dimensions", DataType::Utf8),
            required("unit", DataType::Utf8),
            required("at", DataType::Int64),
            required("storage_resolution", DataType::Int32),
            required("count", DataType::Float64),
            required("sum", DataType::Float64),
            required("min", DataType::Float64),
            required("max", DataType::Float64),
        ],
        TableId::Logs => vec![
            required("group", DataType::Utf8),
            required("stream", DataType::Utf8),
            required("at", DataType::Int64),
            required("ingested_at", DataType::Int64),
            required("message", DataType::Utf8),
            optional("trace_id", DataType::Binary),
        ],
        TableId::Spans => vec![
            required("trace_id", DataType::Binary),
            required("span_id", DataType::Binary),
            optional("parent_id", DataType::Binary),
            required("segment_id", DataType::Binary),
            required("kind", DataType::Utf8),
            required("name", DataType::Utf8),
            required("start", DataType::Int64),
            optional("end", DataType::Int64),
            required("error", DataType::Boolean),
            required("fault", DataType::Boolean),
            required("throttle", DataType::Boolean),
            required("received_at", DataType::Int64),
            required("document", DataType::Utf8),
        ],
        TableId::Events => vec![
            required("id", DataType::Utf8),
            required("at", DataType::Int64),
            required("bus", DataType::Utf8),
            required("source", DataType::Utf8),
            required("detail_type", DataType::Utf8),
            // A JSON array.
            required("resources", DataType::Utf8),
            required("detail", DataType::Utf8),
        ],
    }
}

fn required(name: &str, kind: DataType) -> Field {
    Field::new(name, kind, false)
}

fn optional(name: &str, kind: DataType) -> Field {
    Field::new(name, kind, true)
}
