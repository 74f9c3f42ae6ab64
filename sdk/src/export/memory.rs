//! Documents kept in memory, for tests.

use std::collections::VecDeque;
use std::sync::{Arc, Mutex, PoisonError};

use super::{ExportError, Exporter};

/// Most documents kept; the oldest go first.
const DOCUMENTS_MAX: usize = 10_000;

/// Keeps the last 10,000 documents. Clones share them.
#[derive(Debug, Clone, Default)]
pub struct MemoryExporter(Arc<Mutex<VecDeque<String>>>);

impl MemoryExporter {
    /// Takes out what has arrived, oldest first.
    pub fn take(&self) -> Vec<String> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).drain(..).collect()
    }
}

impl Exporter for MemoryExporter {
    fn export(&self, document: &str) -> Result<(), ExportError> {
        let mut documents = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if documents.len() == DOCUMENTS_MAX {
            documents.pop_front();
        }
        documents.push_back(document.to_owned());
        Ok(())
    }
}
