//! One record of the write-ahead log: rows of one table and scope.
//!
//! | offset | bytes | field (little endian) |
//! |---|---|---|
//! | 0 | 4 | magic |
//! | 4 | 4 | CRC32C of all that follows |
//! | 8 | 4 | epoch of the segment: bytes of another segment never pass for this one's |
//! | 12 | 4 | length of scope and body |
//! | 16 | 8 | sequence |
//! | 24 | 1 | table |
//! | 25 | 1 | length of the scope |
//! | 26 | 2 | schema of the body |
//! | 28 | | scope as `ACCOUNT/REGION` |
//! | | | body: length of the Arrow IPC message (4), message, buffers |

use std::collections::HashMap;

use datafusion::arrow::array::RecordBatch;
use datafusion::arrow::buffer::Buffer;
use datafusion::arrow::ipc::reader::read_record_batch;
use datafusion::arrow::ipc::writer::{DictionaryTracker, IpcDataGenerator, IpcWriteContext, IpcWriteOptions};
use datafusion::arrow::ipc::{CompressionType, MetadataVersion, root_as_message};

use crate::base::{AccountId, Region, Scope};
use crate::store::StoreError;
use crate::store::limits::{COMPRESS_BYTES_MIN, RECORD_BYTES_MAX};
use crate::store::schema::{SCHEMA_ID, TableId};

pub(crate) const MAGIC: [u8; 4] = *b"\xf5SKR";
pub(crate) const HEADER_LEN: usize = 28;

/// What a record says about its rows.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Record<'a> {
    pub(crate) sequence: u64,
    pub(crate) table: TableId,
    pub(crate) scope: Scope,
    pub(crate) schema: u16,
    pub(crate) body: &'a [u8],
}

/// Why bytes are not a record.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub(crate) enum BadRecord {
    #[error("the record goes on after the end of the segment")]
    Short,
    #[error("no record begins here")]
    NoMagic,
    #[error("the length is over the limit")]
    TooLong,
    #[error("the checksum differs")]
    Checksum,
    #[error("the record belongs to another segment")]
    Epoch,
    #[error("the table or scope is unknown")]
    Unknown,
}

/// Appends the record to `out`.
pub(crate) fn write(out: &mut Vec<u8>, epoch: u32, sequence: u64, table: TableId, scope: &str, body: &[u8]) {
    let start = out.len();
    let length = u32::try_from(scope.len() + body.len()).expect("bodies are at most RECORD_BYTES_MAX");
    let scope_len = u8::try_from(scope.len()).expect("a scope is an account of 12 and a region of at most 32 bytes");
    out.extend_from_slice(&MAGIC);
    out.extend_from_slice(&[0; 4]);
    out.extend_from_slice(&epoch.to_le_bytes());
    out.extend_from_slice(&length.to_le_bytes());
    out.extend_from_slice(&sequence.to_le_bytes());
    out.extend_from_slice(&[table.code(), scope_len]);
    out.extend_from_slice(&SCHEMA_ID.to_le_bytes());
    out.extend_from_slice(scope.as_bytes());
    out.extend_from_slice(body);
    let crc = crc32c::crc32c(&out[start + 8..]);
    out[start + 4..start + 8].copy_from_slice(&crc.to_le_bytes());
}

/// The record at the start of `bytes` and its length in the file.
pub(crate) fn read(bytes: &[u8], epoch: u32) -> Result<(Record<'_>, usize), BadRecord> {
    let Some(header) = bytes.first_chunk::<HEADER_LEN>() else {
        let begins = bytes.iter().zip(&MAGIC).all(|(byte, magic)| byte == magic);
        return Err(if begins { BadRecord::Short } else { BadRecord::NoMagic });
    };
    if header[..4] != MAGIC {
        return Err(BadRecord::NoMagic);
    }
    let length = le_u32(&header[12..16]) as usize;
    if length > RECORD_BYTES_MAX {
        return Err(BadRecord::TooLong);
    }
    let whole = bytes.get(..HEADER_LEN + length).ok_or(BadRecord::Short)?;
    if crc32c::crc32c(&whole[8..]) != le_u32(&header[4..8]) {
        return Err(BadRecord::Checksum);
    }
    if le_u32(&header[8..12]) != epoch {
        return Err(BadRecord::Epoch);
    }
    let scope_end = HEADER_LEN + usize::from(header[25]);
    let scope = whole.get(HEADER_LEN..scope_end).and_then(parse_scope).ok_or(BadRecord::Unknown)?;
    let table = TableId::from_code(header[24]).ok_or(BadRecord::Unknown)?;
    let sequence = u64::from_le_bytes(header[16..24].try_into().expect("eight bytes"));
    let schema = u16::from_le_bytes([header[26], header[27]]);
    Ok((Record { sequence, table, scope, schema, body: &whole[scope_end..] }, whole.len()))
}

fn le_u32(bytes: &[u8]) -> u32 {
    u32::from_le_bytes(bytes.try_into().expect("four bytes"))
}

fn parse_scope(bytes: &[u8]) -> Option<Scope> {
    let (account, region) = std::str::from_utf8(bytes).ok()?.split_once('/')?;
    Some(Scope { account: AccountId::parse(account)?, region: Region::parse(region)? })
}

/// The body of a record: the rows without their schema.
///
/// # Errors
/// [`StoreError::TooLarge`] above [`RECORD_BYTES_MAX`].
pub(crate) fn encode_body(batch: &RecordBatch) -> Result<Vec<u8>, StoreError> {
    let large = batch.get_array_memory_size() >= COMPRESS_BYTES_MIN;
    let options = IpcWriteOptions::try_new(8, false, MetadataVersion::V5)?
        .try_with_compression(large.then_some(CompressionType::LZ4_FRAME))?;
    // No column is a dictionary, so nothing is ever tracked.
    let mut tracker = DictionaryTracker::new(false);
    let (_, encoded) =
        IpcDataGenerator::default().encode(batch, &mut tracker, &options, &mut IpcWriteContext::default())?;
    let mut body = Vec::with_capacity(4 + encoded.ipc_message.len() + encoded.arrow_data.len());
    let message_len = u32::try_from(encoded.ipc_message.len()).expect("a message holds offsets, not rows");
    body.extend_from_slice(&message_len.to_le_bytes());
    body.extend_from_slice(&encoded.ipc_message);
    body.extend_from_slice(&encoded.arrow_data);
    if body.len() > RECORD_BYTES_MAX / 2 {
        return Err(StoreError::TooLarge { bytes: body.len(), limit: RECORD_BYTES_MAX / 2 });
    }
    Ok(body)
}

/// The rows of a body that [`encode_body`] wrote for `table`.
pub(crate) fn decode_body(table: TableId, body: &[u8]) -> Result<RecordBatch, StoreError> {
    let damaged = |what: &str| StoreError::Internal(format!("record body: {what}"));
    let (length, rest) = body.split_first_chunk::<4>().ok_or_else(|| damaged("no message length"))?;
    let (message, buffers) =
        rest.split_at_checked(u32::from_le_bytes(*length) as usize).ok_or_else(|| damaged("message is cut"))?;
    let message = root_as_message(message).map_err(|error| damaged(&error.to_string()))?;
    let header = message.header_as_record_batch().ok_or_else(|| damaged("message is no batch"))?;
    let batch = read_record_batch(
        &Buffer::from(buffers),
        header,
        table.body_schema(),
        &HashMap::new(),
        None,
        &message.version(),
    )?;
    Ok(batch)
}
