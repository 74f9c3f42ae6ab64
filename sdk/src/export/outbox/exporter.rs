//! The outbox, as the pipeline sees it.

use std::cell::{Cell, RefCell};
use std::fmt;
use std::io;
use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::thread::JoinHandle;
use std::time::Instant;

use super::super::spool::Spool;
use super::super::{ExportError, Exporter, Format, Settled, SpoolError, Transport};
use super::courier::{Courier, Shared};
use super::settings::OutboxSettings;
use super::state::State;

/// Gathers documents into batches, sends them through a [`Transport`] on a thread of its own, and
/// tries again what could not be delivered.
///
/// While the receiver is away or too busy, attempts become rarer: after a second, then two, up to a
/// minute, half of it random; `Retry-After` is honoured up to ten minutes. Documents wait in the spool
/// if there is one, else in memory, and when that is full, new ones are refused and count as
/// [`ExporterFull`](crate::DropReason::ExporterFull). Documents over which a receiver fails (a 500, not
/// a 503) are given up after eight attempts, which take about two minutes.
pub struct Outbox {
    shared: Arc<Shared>,
    settings: OutboxSettings,
    format: Format,
    /// Until the thread is started, with the first call of the exporting thread.
    courier: RefCell<Option<Courier>>,
    thread: RefCell<Option<JoinHandle<()>>>,
    /// For a forked child.
    heir: RefCell<Option<Box<dyn Transport>>>,
    closed: Cell<bool>,
}

impl Outbox {
    /// An outbox in front of `transport`.
    ///
    /// # Errors
    /// [`SpoolError`] when the spool's folder cannot be made or locked.
    pub fn new(transport: impl Transport, settings: OutboxSettings) -> Result<Self, SpoolError> {
        let format = transport.format();
        let spool = settings.spool.clone().map(|spool| Spool::open(spool, format)).transpose()?;
        let outbox = Self::unopened(Box::new(transport), settings);
        outbox.shared.state().spool = spool;
        if let Some(courier) = outbox.courier.borrow_mut().as_mut() {
            courier.spool = None;
        }
        Ok(outbox)
    }

    /// The same, whose thread will open the spool.
    fn unopened(transport: Box<dyn Transport>, settings: OutboxSettings) -> Self {
        let state = State::new(transport.batch_max(), settings.memory_bytes_max);
        Self {
            shared: Arc::new(Shared::new(state, transport.document_bytes_max())),
            format: transport.format(),
            heir: RefCell::new(transport.successor()),
            courier: RefCell::new(Some(Courier { transport, spool: settings.spool.clone() })),
            settings,
            thread: RefCell::default(),
            closed: Cell::default(),
        }
    }

    /// Starts the thread, unless that was done.
    ///
    /// # Errors
    /// When the system gives no thread; nothing will ever be sent then.
    fn start(&self) -> io::Result<()> {
        let Some(courier) = self.courier.borrow_mut().take() else { return Ok(()) };
        let thread = courier.start(Arc::clone(&self.shared))?;
        *self.thread.borrow_mut() = Some(thread);
        Ok(())
    }

    /// What earlier processes left is sent though this one has nothing to say.
    fn start_for_spool(&self) {
        if self.settings.spool.is_some()
            && !self.closed.get()
            && let Err(error) = self.start()
        {
            tracing::error!(target: "siskin_sdk", %error, "spooled documents cannot be sent");
        }
    }

    fn wait(&self, deadline: Instant, enough: fn(&State) -> bool) {
        let mut state = self.shared.state();
        while !enough(&state) && !state.closing {
            let left = deadline.saturating_duration_since(Instant::now());
            if left.is_zero() {
                break;
            }
            state.hurry = true;
            self.shared.work.notify_one();
            state = self.shared.done.wait_timeout(state, left);
        }
    }
}

impl Exporter for Outbox {
    fn format(&self) -> Format {
        self.format
    }

    fn document_bytes_max(&self) -> usize {
        self.shared.document_bytes_max.load(Ordering::Relaxed)
    }

    fn export(&self, document: &[u8]) -> Result<(), ExportError> {
        self.start()?;
        let pushed = self.shared.state().push(document, Instant::now());
        if pushed.map_err(|_no_room| ExportError::Full)? {
            self.shared.work.notify_one();
        }
        Ok(())
    }

    fn flush(&self, deadline: Instant) {
        self.start_for_spool();
        self.wait(deadline, State::is_done);
    }

    fn close(&self, deadline: Instant) {
        // What is on disk outlives the process, and is no reason to keep it.
        self.wait(deadline, State::is_empty);
        self.shared.state().close();
        self.shared.work.notify_one();
        self.closed.set(true);
    }

    fn settle(&self, _taken: u64) -> Settled {
        self.start_for_spool();
        self.shared.state().take_settled()
    }

    fn successor(&self) -> Option<Box<dyn Exporter>> {
        let transport = self.heir.borrow_mut().take()?;
        Some(Box::new(Self::unopened(transport, self.settings.clone())))
    }
}

impl Drop for Outbox {
    fn drop(&mut self) {
        if !self.closed.get() {
            self.close(Instant::now());
        }
        // A thread that waits for a receiver ends when that answers, or at the transport's timeout:
        // too late for a process that wants to end.
        let delivering = self.shared.state().is_delivering();
        if let Some(thread) = self.thread.get_mut().take()
            && !delivering
            && thread.join().is_err()
        {
            tracing::error!(target: "siskin_sdk", "the sending thread has panicked");
        }
    }
}

impl fmt::Debug for Outbox {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Outbox").field("settings", &self.settings).field("format", &self.format).finish_non_exhaustive()
    }
}
