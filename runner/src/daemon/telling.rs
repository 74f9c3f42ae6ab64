//! From runs to the backend, over the disk.

use std::io;
use std::sync::Arc;
use std::time::Duration;

use siskin_blueprints::Canary;
use tokio::task::JoinSet;
use tokio::time::timeout;
use tokio_util::sync::CancellationToken;
use tracing::{error, warn};
use uuid::Uuid;

use super::{DaemonError, DaemonOptions};
use crate::publish::{AwsEndpoint, Outbox, Publication, Settled, Spool};
use crate::run::{Journal, Outcome, RunReport};

/// Writing to the disk is waited for this long at the end.
const STORE_WITHIN: Duration = Duration::from_secs(6);
/// What the backend takes within this time need not wait for the next start.
const FLUSH_WITHIN: Duration = Duration::from_secs(2);

/// Puts publications into the outbox, and the journal's entries out when they are there.
#[derive(Debug)]
pub(super) struct Telling {
    journal: Journal,
    outbox: Option<Arc<Outbox>>,
    storing: JoinSet<()>,
    delivering: JoinSet<()>,
    stop: CancellationToken,
}

impl Telling {
    pub(super) fn new(options: &DaemonOptions, journal: Journal) -> Result<Self, DaemonError> {
        let trouble = |source| DaemonError::Directory { path: options.data_dir.clone(), source };
        let outbox = match &options.target {
            None => None,
            Some(target) => {
                let spool = Spool::open(&options.data_dir.join("spool")).map_err(trouble)?;
                let noted = journal.clone();
                let settled = Settled::new(move |id| settle(&noted, id));
                let publisher = Arc::new(AwsEndpoint::new(target.clone())?);
                Some(Arc::new(Outbox::new(publisher, spool, settled).map_err(trouble)?))
            }
        };
        let stop = CancellationToken::new();
        Ok(Self { journal, outbox, storing: JoinSet::new(), delivering: JoinSet::new(), stop })
    }

    /// Runs that an earlier process was killed in, without those whose results are on disk.
    pub(super) fn killed(&self) -> Vec<RunReport> {
        let mut killed = Vec::new();
        for start in self.journal.orphans() {
            if self.outbox.as_ref().is_some_and(|outbox| outbox.has(start.run_id)) {
                settle(&self.journal, start.run_id);
                continue;
            }
            warn!(canary = %start.canary, run = %start.run_id, "run was cut off by the end of its runner");
            let reason = "the runner was killed during this run".to_owned();
            killed.push(RunReport::without_run(start, Outcome::Broken { reason }));
        }
        killed
    }

    /// Begins to deliver.
    pub(super) fn begin(&mut self) {
        if let Some(outbox) = self.outbox.clone() {
            let stop = self.stop.clone();
            self.delivering.spawn(async move { outbox.run(stop).await });
        }
    }

    /// Tells of a run; the journal forgets it when its results cannot be lost any more, or nobody is to be told.
    pub(super) fn tell(&mut self, run_id: Uuid, publication: impl FnOnce() -> Publication) {
        let Some(outbox) = self.outbox.clone() else {
            settle(&self.journal, run_id);
            return;
        };
        let publication = publication();
        self.storing.spawn(async move { outbox.put(publication).await });
    }

    /// Tells of a canary's alarm; one that still waits is replaced.
    pub(super) fn announce(&mut self, canary: &Canary, now: jiff::Timestamp) {
        let (Some(outbox), Some(alarm)) = (self.outbox.clone(), Publication::alarm_of(canary, now)) else { return };
        outbox.forget(alarm.id);
        self.storing.spawn(async move { outbox.put(alarm).await });
    }

    /// Takes out what is stored, so that the set does not grow.
    pub(super) async fn stored(&mut self) -> bool {
        self.storing.join_next().await.is_some()
    }

    pub(super) fn waiting(&self) -> usize {
        self.outbox.as_ref().map_or(0, |outbox| outbox.len())
    }

    /// Everything goes to the disk, and what can to the backend.
    pub(super) async fn end(mut self) {
        let stored = async { while self.storing.join_next().await.is_some() {} };
        if timeout(STORE_WITHIN, stored).await.is_err() {
            warn!("results were not stored in time");
            self.storing.shutdown().await;
        }
        if let Some(outbox) = &self.outbox {
            outbox.flush(FLUSH_WITHIN).await;
        }
        self.stop.cancel();
        while let Some(ended) = self.delivering.join_next().await {
            if let Err(error) = ended {
                error!(%error, "delivery ended badly");
            }
        }
    }
}

fn settle(journal: &Journal, run_id: Uuid) {
    match journal.finish(run_id) {
        Ok(()) => {}
        // An alarm, or a run that was never begun on disk, which was told then.
        Err(error) if error.kind() == io::ErrorKind::NotFound => {}
        Err(error) => warn!(run = %run_id, %error, "journal not written"),
    }
}
