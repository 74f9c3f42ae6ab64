//! Delivery with a few tries, and a spool for what they could not deliver.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use futures::future::BoxFuture;
use tokio_util::sync::CancellationToken;
use tracing::{debug, error, info, warn};

use super::{Call, Publication, PublishError, Spool};

/// How long an outbox waits before it tries again.
#[derive(Clone, Copy, Debug)]
pub(super) struct Waits {
    /// Between the tries before a publication goes to the spool.
    pub(super) retries: [Duration; 2],
    /// Between looks at the spool, as long as all goes well.
    pub(super) drain_min: Duration,
    /// Between looks at the spool, when nobody has answered for long.
    pub(super) drain_max: Duration,
}

const WAITS: Waits = Waits {
    retries: [Duration::from_millis(250), Duration::from_secs(1)],
    drain_min: Duration::from_secs(2),
    drain_max: Duration::from_mins(1),
};

/// Sends calls to a backend.
pub trait Publisher: Send + Sync + std::fmt::Debug {
    /// Sends one call and waits for its answer.
    ///
    /// # Errors
    /// See [`PublishError`].
    fn send<'a>(&'a self, call: &'a Call) -> BoxFuture<'a, Result<(), PublishError>>;
}

/// What became of a publication.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum Delivery {
    /// The backend has all of it.
    Delivered,
    /// What is missing waits on disk.
    Spooled,
    /// There is no spool, or it is not writable: what is missing is lost.
    Lost,
}

/// Delivers publications, now or later.
#[derive(Debug)]
pub struct Outbox {
    publisher: Arc<dyn Publisher>,
    spool: Option<Spool>,
    refused: AtomicU64,
    waits: Waits,
}

impl Outbox {
    /// An outbox that keeps undelivered publications in `spool`, if there is one.
    pub fn new(publisher: Arc<dyn Publisher>, spool: Option<Spool>) -> Self {
        Self::with_waits(publisher, spool, WAITS)
    }

    pub(super) fn with_waits(publisher: Arc<dyn Publisher>, spool: Option<Spool>, waits: Waits) -> Self {
        Self { publisher, spool, refused: AtomicU64::new(0), waits }
    }

    /// How many calls the backend refused for good; each was logged.
    pub fn refused(&self) -> u64 {
        self.refused.load(Ordering::Relaxed)
    }

    /// Sends `publication`, trying three times; what is then missing goes to the spool.
    pub async fn deliver(&self, mut publication: Publication) -> Delivery {
        let mut waits = self.waits.retries.into_iter();
        loop {
            let Err(error) = self.send(&mut publication).await else { return Delivery::Delivered };
            let Some(wait) = waits.next() else {
                warn!(canary = %publication.canary, %error, "backend unavailable");
                return self.keep(&publication);
            };
            tokio::time::sleep(wait).await;
        }
    }

    /// Puts `publication` on disk without a try.
    pub fn keep(&self, publication: &Publication) -> Delivery {
        let Some(spool) = &self.spool else { return Delivery::Lost };
        match spool.put(publication) {
            Ok(()) => Delivery::Spooled,
            Err(error) => {
                error!(canary = %publication.canary, %error, "spool not writable, publication lost");
                Delivery::Lost
            }
        }
    }

    /// Delivers what the spool holds, oldest first, until `cancel`.
    pub async fn drain(&self, cancel: CancellationToken) {
        let Some(spool) = &self.spool else { return };
        let mut wait = self.waits.drain_min;
        loop {
            tokio::select! {
                () = cancel.cancelled() => return,
                () = tokio::time::sleep(wait) => {}
            }
            wait = match self.drain_once(spool, &cancel).await {
                Ok(()) => self.waits.drain_min,
                Err(()) => (wait * 2).min(self.waits.drain_max),
            };
        }
    }

    async fn drain_once(&self, spool: &Spool, cancel: &CancellationToken) -> Result<(), ()> {
        let mut delivered = 0;
        while !cancel.is_cancelled() {
            let oldest = spool.oldest().map_err(|error| error!(%error, "spool not readable"))?;
            let Some((name, mut publication)) = oldest else { break };
            let sent = self.send(&mut publication).await;
            if let Err(error) = sent {
                debug!(%error, "backend still unavailable");
                // What was delivered of it must not be sent again.
                spool.replace(&name, &publication).map_err(|error| error!(%error, "spool not writable"))?;
                return Err(());
            }
            spool.remove(&name).map_err(|error| error!(%error, "spool not writable"))?;
            delivered += 1;
        }
        if delivered > 0 {
            info!(delivered, "spooled publications delivered");
        }
        Ok(())
    }

    /// Sends call by call and takes out what is done; a refused call is logged, counted and taken out too.
    async fn send(&self, publication: &mut Publication) -> Result<(), PublishError> {
        while let Some(call) = publication.calls.first() {
            match self.publisher.send(call).await {
                Ok(()) => {}
                Err(error) if error.is_retryable() => return Err(error),
                Err(error) => {
                    self.refused.fetch_add(1, Ordering::Relaxed);
                    error!(canary = %publication.canary, %error, "publication refused");
                }
            }
            publication.calls.remove(0);
        }
        Ok(())
    }
}
