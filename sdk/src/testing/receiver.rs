//! A receiver in memory.

use std::sync::OnceLock;

use tracing_core::Dispatch;
use tracing_core::dispatcher;
use tracing_subscriber::layer::SubscriberExt;
use tracing_subscriber::registry;

use super::inbox::{Inbox, WAIT};
use super::tree;
use crate::id::TraceId;
use crate::sampling::Sampler;
use crate::segment::Segment;
use crate::{Config, FlushReport, Guard, config};

/// A subscriber of its own whose segments stay in memory, the last 10,000 documents; every trace is
/// sampled.
///
/// The registry closes a span through the subscriber that is the default where the span is left and
/// dropped. So threads and tasks of a test need [`Receiver::dispatch`] as their default as well, or
/// the segment never ends; [`Receiver::global`] is everybody's.
#[derive(Debug)]
pub struct Receiver {
    inbox: Inbox,
    guard: Guard,
    dispatch: Dispatch,
}

impl Receiver {
    /// Receives the segments of a service of this name.
    ///
    /// # Panics
    /// When the system gives no thread.
    pub fn start(service_name: &str) -> Self {
        Self::with_config(Config::new(service_name).sampler(Sampler::always()))
    }

    /// The same with other settings; their exporter is replaced.
    ///
    /// # Panics
    /// When the system gives no thread.
    pub fn with_config(config: Config) -> Self {
        let inbox = Inbox::default();
        let (layer, guard) = config::layer(config.exporter(inbox.clone())).expect("a test gets a thread");
        Self { inbox, guard, dispatch: Dispatch::new(registry().with(layer)) }
    }

    /// The receiver of this process, in place of the subscriber that the program would install: for
    /// all threads that have no other. The first call names the service.
    ///
    /// The tests of a process share it, so each asks for its own trace: [`Receiver::wait_for`].
    ///
    /// # Panics
    /// When the process has another global subscriber.
    pub fn global(service_name: &str) -> &'static Self {
        static GLOBAL: OnceLock<Receiver> = OnceLock::new();
        GLOBAL.get_or_init(|| {
            let receiver = Self::start(service_name);
            let set = dispatcher::set_global_default(receiver.dispatch.clone());
            assert!(set.is_ok(), "this process has a global subscriber already");
            receiver
        })
    }

    /// Runs `traced` with this receiver as the thread's subscriber.
    pub fn trace<R>(&self, traced: impl FnOnce() -> R) -> R {
        dispatcher::with_default(&self.dispatch, traced)
    }

    /// The subscriber, to be made the default of other threads or futures.
    pub fn dispatch(&self) -> &Dispatch {
        &self.dispatch
    }

    /// Takes out the documents of the segments that have ended.
    ///
    /// # Panics
    /// When a document is not valid, or nothing moves for 30 seconds.
    pub fn documents(&self) -> Vec<Segment> {
        let report = self.flush();
        assert_eq!(report.pending, 0, "the exporting thread is stuck");
        self.inbox.take()
    }

    /// Waits until as many `segments` of the trace have ended, and takes out its documents.
    ///
    /// # Panics
    /// When they do not end within 30 seconds, or a document is not valid.
    pub fn wait_for(&self, trace_id: TraceId, segments: usize) -> Vec<Segment> {
        self.inbox.wait_for_trace(trace_id, segments);
        // Parts of a large segment may still be on their way.
        self.flush();
        self.inbox.take_trace(trace_id)
    }

    /// Takes out the documents of the segments that have ended, as a tree; see [`tree`](super::tree()).
    ///
    /// # Panics
    /// As [`Receiver::documents`].
    pub fn tree(&self) -> String {
        tree(&self.documents())
    }

    /// Exports what has ended, and says what was sent and lost.
    pub fn flush(&self) -> FlushReport {
        self.guard.flush(WAIT)
    }
}
