//! Where documents arrive and tests wait for them.

use std::collections::VecDeque;
use std::sync::{Arc, MutexGuard};
use std::time::{Duration, Instant};

use super::tree;
use crate::export::{ExportError, Exporter};
use crate::id::TraceId;
use crate::lock::{Condvar, Mutex};
use crate::segment::Segment;

/// How long a test waits before it gives up.
pub(super) const WAIT: Duration = Duration::from_secs(30);
/// Most documents kept; the oldest go first, since of a receiver for the whole process not every test
/// takes out what it made.
const DOCUMENTS_MAX: usize = 10_000;

/// Documents that have arrived. Clones share them.
#[derive(Debug, Clone, Default)]
pub(super) struct Inbox(Arc<Shared>);

#[derive(Debug, Default)]
struct Shared {
    arrived: Mutex<VecDeque<Arrived>>,
    changed: Condvar,
}

/// A document, or what is wrong with it.
type Arrived = Result<Segment, String>;

impl Inbox {
    pub(super) fn add(&self, document: &[u8]) {
        let text = String::from_utf8_lossy(document);
        self.put(Segment::parse(&text).map_err(|invalid| format!("{invalid}: {text}")));
    }

    pub(super) fn put(&self, arrived: Arrived) {
        let mut documents = self.lock();
        if documents.len() == DOCUMENTS_MAX {
            documents.pop_front();
        }
        documents.push_back(arrived);
        drop(documents);
        self.0.changed.notify_all();
    }

    /// Takes out everything, oldest first.
    pub(super) fn take(&self) -> Vec<Segment> {
        let arrived = std::mem::take(&mut *self.lock());
        arrived.into_iter().map(valid).collect()
    }

    /// Takes out everything once there are as many documents, oldest first.
    pub(super) fn wait_for_documents(&self, count: usize) -> Vec<Segment> {
        let arrived = self.wait(|arrived| arrived.len() >= count);
        drop(arrived);
        let documents = self.take();
        assert!(documents.len() >= count, "{count} documents awaited, this came:\n{}", tree(&documents));
        documents
    }

    /// Waits until so many segments of the trace have ended.
    pub(super) fn wait_for_trace(&self, trace_id: TraceId, segments: usize) {
        let ended = |arrived: &VecDeque<Arrived>| {
            let of_trace = of(arrived, trace_id);
            of_trace.filter(|document| !document.is_subsegment() && !document.in_progress).count() >= segments
        };
        let arrived = self.wait(ended);
        if !ended(&arrived) {
            let of_trace: Vec<Segment> = of(&arrived, trace_id).cloned().collect();
            drop(arrived);
            panic!("{segments} segments of {trace_id} awaited, this came:\n{}", tree(&of_trace));
        }
    }

    /// Takes out the documents of one trace, oldest first.
    pub(super) fn take_trace(&self, trace_id: TraceId) -> Vec<Segment> {
        let mut arrived = self.lock();
        let is_wanted = |arrived: &Arrived| arrived.as_ref().map_or(true, |it| it.trace_id == Some(trace_id));
        let (wanted, rest) = std::mem::take(&mut *arrived).into_iter().partition(is_wanted);
        *arrived = rest;
        drop(arrived);
        let wanted: VecDeque<Arrived> = wanted;
        wanted.into_iter().map(valid).collect()
    }

    fn lock(&self) -> MutexGuard<'_, VecDeque<Arrived>> {
        self.0.arrived.lock()
    }

    fn wait(&self, is_enough: impl Fn(&VecDeque<Arrived>) -> bool) -> MutexGuard<'_, VecDeque<Arrived>> {
        let deadline = Instant::now() + WAIT;
        let mut arrived = self.lock();
        loop {
            let left = deadline.saturating_duration_since(Instant::now());
            if left.is_zero() || is_enough(&arrived) || arrived.iter().any(Result::is_err) {
                return arrived;
            }
            arrived = self.0.changed.wait_timeout(arrived, left);
        }
    }
}

fn of(arrived: &VecDeque<Arrived>, trace_id: TraceId) -> impl Iterator<Item = &Segment> {
    arrived.iter().flatten().filter(move |document| document.trace_id == Some(trace_id))
}

fn valid(arrived: Arrived) -> Segment {
    match arrived {
        Ok(segment) => segment,
        Err(invalid) => panic!("{invalid}"),
    }
}

impl Exporter for Inbox {
    fn export(&self, document: &[u8]) -> Result<(), ExportError> {
        self.add(document);
        Ok(())
    }

    fn successor(&self) -> Option<Box<dyn Exporter>> {
        Some(Box::new(self.clone()))
    }
}
