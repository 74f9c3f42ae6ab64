//! The shipping thread.

use std::io;
use std::sync::Arc;
use std::time::{Duration, Instant};

use super::guard::ShippingGuard;
use super::queue::{Intaking, Item, Queue};
use super::report::{LossReason, Losses};
use super::sink::{SendError, Sink};
use crate::own_thread;

/// Attempts at one batch before it is given up: about 11 seconds of a receiver that is away.
pub(super) const ATTEMPTS_MAX: u32 = 8;
/// The pause after the first failed attempt; it doubles with each further one.
const PAUSE_FIRST: Duration = Duration::from_millis(100);
/// The longest pause we choose.
const PAUSE_MAX: Duration = Duration::from_secs(5);
/// The longest pause a receiver may ask for.
const PAUSE_ASKED_MAX: Duration = Duration::from_secs(30);
/// Losses are logged no more often than this.
const LOG_INTERVAL: Duration = Duration::from_mins(1);

/// Starts a thread that sends what comes through `queue`, at the latest after `interval`.
///
/// # Errors
/// When the system gives no thread.
pub(crate) fn start<T: Item>(
    name: &str,
    queue: &Arc<Queue<T>>,
    sink: impl Sink<T>,
    interval: Duration,
) -> io::Result<ShippingGuard> {
    let worker = Worker { queue: Arc::clone(queue), sink, interval, logged: Losses::default(), logged_at: None };
    let thread = own_thread::spawn(name, move || worker.run())?;
    Ok(ShippingGuard::new(Arc::clone(queue) as _, thread))
}

struct Worker<T, S> {
    queue: Arc<Queue<T>>,
    sink: S,
    interval: Duration,
    /// The losses that were logged, and when.
    logged: Losses,
    logged_at: Option<Instant>,
}

impl<T: Item, S: Sink<T>> Worker<T, S> {
    fn run(mut self) {
        let mut items = Vec::new();
        loop {
            let intaking = self.queue.take(&mut items, self.interval);
            self.send_all(&mut items);
            self.log_losses();
            if intaking == Intaking::Closed {
                return;
            }
        }
    }

    fn send_all(&mut self, items: &mut Vec<T>) {
        // What waited is accounted for in the size it had when it came in.
        let mut bytes_left: usize = items.iter().map(Item::bytes).sum();
        self.sink.arrange(items);
        let mut rest = items.as_slice();
        while !rest.is_empty() {
            let (batch, after) = rest.split_at(self.sink.batch_len(rest).clamp(1, rest.len()));
            self.send(batch);
            // Rendering has changed sizes; the last batch settles whatever is left.
            let bytes = if after.is_empty() { bytes_left } else { bytes_left / rest.len() * batch.len() };
            bytes_left -= bytes;
            self.queue.settle(batch.len(), bytes);
            rest = after;
        }
        items.clear();
    }

    fn send(&mut self, batch: &[T]) {
        let mut pause = PAUSE_FIRST;
        for attempt in 1..=ATTEMPTS_MAX {
            match self.sink.send(batch) {
                Ok(delivered) => {
                    self.queue.counts.send(delivered.accepted);
                    for (reason, count) in delivered.lost {
                        self.queue.counts.lose(reason, count);
                    }
                    return;
                }
                Err(SendError::Refused { detail }) => {
                    tracing::debug!(target: "siskin_sdk", detail, count = batch.len(), "a batch was refused");
                    self.queue.counts.lose(LossReason::Refused, batch.len() as u64);
                    return;
                }
                Err(SendError::Again { detail, after }) => {
                    tracing::debug!(target: "siskin_sdk", detail, attempt, "a batch could not be sent");
                    if attempt < ATTEMPTS_MAX {
                        self.queue.counts.retry();
                        self.queue.pause(after.map_or(pause, |after| after.min(PAUSE_ASKED_MAX)));
                        pause = (pause * 2).min(PAUSE_MAX);
                    }
                }
            }
        }
        self.queue.counts.lose(LossReason::SendFailed, batch.len() as u64);
    }

    fn log_losses(&mut self) {
        let lost = self.queue.counts.lost();
        let due = self.logged_at.is_none_or(|at| at.elapsed() >= LOG_INTERVAL);
        if due && lost != self.logged {
            tracing::warn!(target: "siskin_sdk", ?lost, "log events or metrics were lost");
            self.logged = lost;
            self.logged_at = Some(Instant::now());
        }
    }
}
