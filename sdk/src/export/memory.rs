//! Documents kept in memory, for tests.

use std::collections::VecDeque;
use std::sync::Arc;

use super::{ExportError, Exporter};
use crate::lock::Mutex;

/// Most documents kept; the oldest go first.
const DOCUMENTS_MAX: usize = 10_000;

/// Keeps the last 10,000 documents. Clones share them.
#[derive(Debug, Clone, Default)]
pub struct MemoryExporter(Arc<Mutex<VecDeque<Vec<u8>>>>);

impl MemoryExporter {
    /// Takes out what has arrived, oldest first.
    pub fn take(&self) -> Vec<String> {
        let documents = std::mem::take(&mut *self.0.lock());
        documents.into_iter().map(|document| String::from_utf8(document).expect("X-Ray documents are JSON")).collect()
    }
}

impl Exporter for MemoryExporter {
    fn export(&self, document: &[u8]) -> Result<(), ExportError> {
        let mut documents = self.0.lock();
        if documents.len() == DOCUMENTS_MAX {
            documents.pop_front();
        }
        documents.push_back(document.to_vec());
        Ok(())
    }

    fn successor(&self) -> Option<Box<dyn Exporter>> {
        Some(Box::new(self.clone()))
    }
}
