//! Delivery: first to the disk, then to the backend, in order for each canary.

use std::fmt;
use std::io;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use futures::StreamExt;
use futures::future::BoxFuture;
use futures::stream::FuturesUnordered;
use parking_lot::Mutex;
use tokio::sync::Notify;
use tokio::task::spawn_blocking;
use tokio_util::sync::CancellationToken;
use tracing::{error, info, warn};
use uuid::Uuid;

use super::queue::{Item, Queue};
use super::spool::Waiting;
use super::{Call, Publication, PublishError, Spool};

/// How long an outbox waits while nobody answers.
#[derive(Clone, Copy, Debug)]
pub(super) struct Waits {
    /// After the first failure; it doubles from there.
    pub(super) min: Duration,
    /// However long nobody has answered.
    pub(super) max: Duration,
}

const WAITS: Waits = Waits { min: Duration::from_millis(250), max: Duration::from_secs(30) };
/// Publications under way at a time, each of another canary.
const LANES: usize = 8;

/// Sends calls to a backend.
pub trait Publisher: Send + Sync + fmt::Debug {
    /// Sends one call and waits for its answer.
    ///
    /// # Errors
    /// See [`PublishError`].
    fn send<'a>(&'a self, call: &'a Call) -> BoxFuture<'a, Result<(), PublishError>>;
}

/// Sends `publication` now, in up to three tries a call, and tells how many calls were refused.
///
/// # Errors
/// The backend is away; what came before the call that failed is sent.
pub async fn send_now(publisher: &dyn Publisher, publication: &Publication) -> Result<u64, PublishError> {
    let mut refused = 0;
    for call in &publication.calls {
        let mut tries = 0;
        loop {
            match publisher.send(call).await {
                Ok(()) => break,
                Err(error) if error.is_retryable() && tries < 2 => {
                    tries += 1;
                    tokio::time::sleep(WAITS.min * tries * tries).await;
                }
                Err(error) if error.is_retryable() => return Err(error),
                Err(error) => {
                    error!(canary = %publication.canary, %error, "publication refused");
                    refused += 1;
                    break;
                }
            }
        }
    }
    Ok(refused)
}

/// Is told the id of a publication once it cannot be lost any more: it is on disk, or the backend has it.
#[derive(Clone)]
pub struct Settled(Arc<dyn Fn(Uuid) + Send + Sync>);

impl Settled {
    /// Calls `told` from threads that may block.
    pub fn new(told: impl Fn(Uuid) + Send + Sync + 'static) -> Self {
        Self(Arc::new(told))
    }
}

impl fmt::Debug for Settled {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.write_str("Settled")
    }
}

/// Keeps publications on disk and delivers them.
#[derive(Debug)]
pub struct Outbox {
    settled: Settled,
    publisher: Arc<dyn Publisher>,
    spool: Spool,
    queue: Mutex<Queue>,
    arrived: Notify,
    refused: AtomicU64,
    dropped: AtomicU64,
    waits: Waits,
}

impl Outbox {
    /// An outbox with what an earlier process left in `spool`.
    ///
    /// # Errors
    /// What the file system says.
    pub fn new(publisher: Arc<dyn Publisher>, spool: Spool, settled: Settled) -> io::Result<Self> {
        Self::with_waits(publisher, spool, settled, WAITS)
    }

    pub(super) fn with_waits(
        publisher: Arc<dyn Publisher>,
        spool: Spool,
        settled: Settled,
        waits: Waits,
    ) -> io::Result<Self> {
        let mut queue = Queue::default();
        for waiting in spool.waiting()? {
            queue.push(Item { waiting, unspooled: None });
        }
        let (refused, dropped) = (AtomicU64::new(0), AtomicU64::new(0));
        Ok(Self {
            settled,
            publisher,
            spool,
            queue: Mutex::new(queue),
            arrived: Notify::new(),
            refused,
            dropped,
            waits,
        })
    }

    /// How many calls the backend refused for good; each was logged.
    pub fn refused(&self) -> u64 {
        self.refused.load(Ordering::Relaxed)
    }

    /// How many publications had to go because too many waited; each was logged.
    pub fn dropped(&self) -> u64 {
        self.dropped.load(Ordering::Relaxed)
    }

    /// How many publications wait or are on their way.
    pub fn len(&self) -> usize {
        self.queue.lock().len()
    }

    /// Whether nothing waits.
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// Whether the publication with this id waits.
    pub fn has(&self, id: Uuid) -> bool {
        self.queue.lock().has(id)
    }

    /// Takes the publication with this id out, unless it is on its way.
    pub fn forget(&self, id: Uuid) {
        let forgotten = self.queue.lock().forget(id);
        for item in forgotten {
            if let Err(error) = self.spool.remove(&item.waiting.name) {
                error!(%error, "spool not writable");
            }
        }
    }

    /// Puts `publication` on disk, from where it is sent; where the disk does not take it, it waits in memory.
    pub async fn put(self: &Arc<Self>, publication: Publication) {
        let this = Arc::clone(self);
        let stored = spawn_blocking(move || {
            let item = match this.spool.put(&publication) {
                Ok(waiting) => {
                    (this.settled.0)(waiting.id);
                    Item { waiting, unspooled: None }
                }
                Err(error) => {
                    error!(canary = %publication.canary, %error, "spool not writable, publication kept in memory");
                    let name = format!("{:020}-{}", publication.at.as_nanosecond(), publication.id);
                    let waiting = Waiting { name, id: publication.id, canary: publication.canary.clone(), bytes: 0 };
                    Item { waiting, unspooled: Some(publication) }
                }
            };
            this.accept(item);
        });
        if let Err(error) = stored.await {
            error!(%error, "spool not written");
        }
        self.arrived.notify_one();
    }

    fn accept(&self, item: Item) {
        let dropped = self.queue.lock().push(item);
        for item in dropped {
            self.dropped.fetch_add(1, Ordering::Relaxed);
            warn!(publication = %item.waiting.name, canary = %item.waiting.canary, "spool full, oldest publication dropped");
            if let Err(error) = self.spool.remove(&item.waiting.name) {
                error!(%error, "spool not writable");
            }
        }
    }

    /// Delivers what waits until `cancel`; what is under way then is answered first.
    pub async fn run(&self, cancel: CancellationToken) {
        let mut lanes = FuturesUnordered::new();
        let mut wait = self.waits.min;
        let mut is_away = false;
        loop {
            while lanes.len() < LANES && !is_away && !cancel.is_cancelled() {
                let Some(item) = self.queue.lock().take() else { break };
                lanes.push(self.deliver(item));
            }
            if cancel.is_cancelled() && lanes.is_empty() {
                return;
            }
            if is_away && lanes.is_empty() {
                tokio::select! {
                    () = cancel.cancelled() => return,
                    () = tokio::time::sleep(wait) => is_away = false,
                }
                wait = (wait * 2).min(self.waits.max);
                continue;
            }
            tokio::select! {
                Some(sent) = lanes.next() => match sent {
                    Ok(()) => wait = self.waits.min,
                    Err(error) => {
                        if !is_away {
                            warn!(%error, waiting = self.len(), "receiver away, results wait on disk");
                        }
                        is_away = true;
                    }
                },
                () = self.arrived.notified() => {}
                () = cancel.cancelled(), if !cancel.is_cancelled() => {}
            }
        }
    }

    /// Waits until nothing waits any more, or the backend is away, or `within` is over.
    pub async fn flush(&self, within: Duration) {
        let empty = async {
            while !self.is_empty() {
                tokio::time::sleep(Duration::from_millis(10)).await;
            }
        };
        if tokio::time::timeout(within, empty).await.is_err() {
            info!(waiting = self.len(), "results wait on disk for the next start");
        }
    }

    async fn deliver(&self, mut item: Item) -> Result<(), PublishError> {
        let sent = self.send(&mut item).await;
        if sent.is_ok()
            && item.unspooled.is_none()
            && let Err(error) = self.spool.remove(&item.waiting.name)
        {
            error!(%error, "spool not writable: a delivered publication may be sent again at the next start");
        }
        if sent.is_ok() && item.unspooled.is_some() {
            let (settled, id) = (self.settled.clone(), item.waiting.id);
            if let Err(error) = spawn_blocking(move || (settled.0)(id)).await {
                error!(%error, "a delivered publication was not noted");
            }
        }
        self.queue.lock().give_back(&item, sent.is_ok());
        self.arrived.notify_one();
        sent
    }

    /// Sends call by call, and notes each that is answered; a refused call is logged, counted and done with too.
    async fn send(&self, item: &mut Item) -> Result<(), PublishError> {
        let mut publication = match &item.unspooled {
            Some(publication) => publication.clone(),
            None => match self.spool.load(&item.waiting.name) {
                Ok(publication) => publication,
                Err(error) => {
                    error!(publication = %item.waiting.name, %error, "publication not readable, dropped");
                    return Ok(());
                }
            },
        };
        while let Some(call) = publication.calls.first() {
            match self.publisher.send(call).await {
                Ok(()) => {}
                Err(error) if error.is_retryable() => {
                    item.unspooled = item.unspooled.take().map(|_| publication);
                    return Err(error);
                }
                Err(error) => {
                    self.refused.fetch_add(1, Ordering::Relaxed);
                    error!(canary = %publication.canary, %error, "publication refused");
                }
            }
            publication.calls.remove(0);
            if item.unspooled.is_none()
                && let Err(error) = self.spool.answered(&item.waiting.name)
            {
                error!(%error, "spool not writable: an answered call may be sent again after a crash");
            }
        }
        Ok(())
    }
}
