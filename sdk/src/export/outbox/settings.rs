//! What an outbox may hold.

use super::super::SpoolSettings;

/// Memory unless told otherwise, in bytes.
const MEMORY_BYTES_MAX: usize = 4 * 1024 * 1024;

/// What an outbox may hold.
#[derive(Debug, Clone)]
pub struct OutboxSettings {
    pub(super) memory_bytes_max: usize,
    pub(super) spool: Option<SpoolSettings>,
}

impl Default for OutboxSettings {
    /// 4 MiB in memory, and nothing on disk.
    fn default() -> Self {
        Self { memory_bytes_max: MEMORY_BYTES_MAX, spool: None }
    }
}

impl OutboxSettings {
    /// Bytes of documents in memory, sent but not yet answered ones included; those beyond go to the
    /// spool, or are refused and counted.
    #[must_use]
    pub fn memory_bytes_max(self, memory_bytes_max: usize) -> Self {
        Self { memory_bytes_max, ..self }
    }

    /// Where documents wait while their receiver is away.
    #[must_use]
    pub fn spool(self, spool: SpoolSettings) -> Self {
        Self { spool: Some(spool), ..self }
    }
}
