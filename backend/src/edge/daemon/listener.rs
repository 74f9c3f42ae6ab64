//! The sockets, the queue and the way into the store.

use std::fmt;
use std::io;
use std::sync::Arc;
use std::time::Duration;

use axum::Router;
use tokio::net::{TcpListener, UdpSocket};
use tokio::sync::mpsc;
use tokio_util::sync::CancellationToken;

use super::datagram::{self, DATAGRAM_BYTES_MAX};
use super::{DaemonCounts, DropReason};
use crate::base::{Clock, RequestId, Scope};
use crate::edge::aws::Caller;
use crate::service::Context;
use crate::service::xray::record_documents;
use crate::store::StoreError;

/// Documents that wait for the store; at their largest, 128 MB.
const QUEUE_MAX: usize = 2_048;
/// Documents that are stored together.
const BATCH_MAX: usize = 256;
/// How often a batch is tried while the store refuses. Meanwhile the queue fills up.
const ATTEMPTS_MAX: u32 = 10;
/// How long to wait before the next attempt, unless the store says.
const RETRY_AFTER: Duration = Duration::from_secs(1);
/// How often dropped segments are reported in the log.
const REPORT_EVERY: Duration = Duration::from_secs(10);
/// How long requests in flight may take after the order to stop.
const STOP_TIME_MAX: Duration = Duration::from_secs(5);

/// Where tracers send to.
#[derive(Debug)]
pub struct DaemonSockets {
    /// For segments.
    pub udp: UdpSocket,
    /// For the two sampling calls, and whatever else the router answers.
    pub tcp: TcpListener,
}

type MakeContext = dyn Fn(Caller) -> Context + Send + Sync;

/// What the daemon's listener works with.
#[derive(Clone)]
pub struct DaemonEdge {
    clock: Clock,
    scope: Scope,
    make_context: Arc<MakeContext>,
    counts: Arc<DaemonCounts>,
}

impl DaemonEdge {
    /// All that comes belongs to `scope`: datagrams are not signed. `make_context` adds to a caller the parts of the
    /// system that operations use.
    pub fn new(clock: Clock, scope: Scope, make_context: impl Fn(Caller) -> Context + Send + Sync + 'static) -> Self {
        Self { clock, scope, make_context: Arc::new(make_context), counts: Arc::default() }
    }

    /// What came, what was kept and what was dropped.
    pub fn counts(&self) -> Arc<DaemonCounts> {
        Arc::clone(&self.counts)
    }

    fn context(&self) -> Context {
        let caller = Caller { scope: self.scope.clone(), request_id: RequestId::random(), now: self.clock.now() };
        (self.make_context)(caller)
    }
}

impl fmt::Debug for DaemonEdge {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("DaemonEdge").field("scope", &self.scope).field("counts", &self.counts).finish_non_exhaustive()
    }
}

/// Serves both sockets until `cancel`, or until one of them fails; what has been received by then is stored before it returns.
///
/// # Errors
/// A socket that fails for good.
pub async fn run(
    sockets: DaemonSockets,
    edge: DaemonEdge,
    router: Router,
    cancel: CancellationToken,
) -> io::Result<()> {
    let (queue, waiting) = mpsc::channel(QUEUE_MAX);
    let stop = cancel.child_token();
    let receiving = async {
        let _stop_all = stop.clone().drop_guard();
        receive(sockets.udp, &edge, queue, stop.clone()).await
    };
    let serving = async {
        let _stop_all = stop.clone().drop_guard();
        serve(sockets.tcp, router, stop.clone()).await
    };
    let storing = store(&edge, waiting, &stop);
    let (received, (), served) = tokio::join!(receiving, storing, serving);
    edge.counts.report();
    received.and(served)
}

/// Datagrams into the queue; the queue closes when it returns.
async fn receive(
    socket: UdpSocket,
    edge: &DaemonEdge,
    queue: mpsc::Sender<String>,
    cancel: CancellationToken,
) -> io::Result<()> {
    let mut buffer = vec![0; DATAGRAM_BYTES_MAX];
    let mut report = tokio::time::interval(REPORT_EVERY);
    loop {
        let received = tokio::select! {
            biased;
            () = cancel.cancelled() => return Ok(()),
            _ = report.tick() => {
                edge.counts.report();
                continue;
            }
            received = socket.recv(&mut buffer) => received,
        };
        match received {
            Ok(bytes) => enqueue(edge, &queue, buffer.get(..bytes).unwrap_or_default()),
            // An answer that no datagram of ours asked for: nothing to do with the next one.
            Err(error) if error.kind() == io::ErrorKind::ConnectionReset => {}
            Err(error) => return Err(error),
        }
    }
}

fn enqueue(edge: &DaemonEdge, queue: &mpsc::Sender<String>, datagram: &[u8]) {
    edge.counts.add_received();
    match datagram::document(datagram) {
        Ok(document) => {
            if queue.try_send(document.to_owned()).is_err() {
                edge.counts.add_dropped(DropReason::QueueFull, id_in(document), "the store does not keep up");
            }
        }
        Err(reason) => edge.counts.add_dropped(reason, None, "a datagram is a header line and a JSON document"),
    }
}

/// The id that a document seems to have, for the log.
fn id_in(document: &str) -> Option<&str> {
    let (_, rest) = document.split_once("\"id\"")?;
    let (_, rest) = rest.split_once('"')?;
    rest.split_once('"').map(|(id, _)| id).filter(|id| id.len() == 16)
}

/// The queue into the store, as much at a time as has come.
async fn store(edge: &DaemonEdge, mut waiting: mpsc::Receiver<String>, stop: &CancellationToken) {
    let mut batch = Vec::with_capacity(BATCH_MAX);
    while waiting.recv_many(&mut batch, BATCH_MAX).await > 0 {
        store_batch(edge, &batch, stop).await;
        batch.clear();
    }
}

/// Tries until the store takes the batch, not so long after the order to stop.
async fn store_batch(edge: &DaemonEdge, batch: &[String], stop: &CancellationToken) {
    let mut reason = "the store's memory is full".to_owned();
    for _ in 0..ATTEMPTS_MAX {
        let retry_after = match record_documents(&edge.context(), batch).await {
            Ok(refused) => {
                edge.counts.add_stored(batch.len() - refused.len());
                for one in refused {
                    edge.counts.add_dropped(DropReason::BadDocument, one.id.as_deref(), &one.message);
                }
                return;
            }
            Err(error @ (StoreError::TooLarge { .. } | StoreError::TooManyRows { .. } | StoreError::Internal(_))) => {
                tracing::error!(%error, "segments could not be stored");
                reason = error.to_string();
                break;
            }
            Err(StoreError::Overloaded { retry_after }) => retry_after,
            Err(StoreError::Unavailable(cause)) => {
                reason = cause;
                RETRY_AFTER
            }
        };
        if stop.is_cancelled() {
            break;
        }
        // An order to stop ends the waiting: then there is one more attempt.
        tokio::select! {
            () = tokio::time::sleep(retry_after) => {}
            () = stop.cancelled() => {}
        }
    }
    for document in batch {
        edge.counts.add_dropped(DropReason::StoreUnavailable, id_in(document), &reason);
    }
}

async fn serve(listener: TcpListener, router: Router, cancel: CancellationToken) -> io::Result<()> {
    let stopping = cancel.clone();
    let server = axum::serve(listener, router).with_graceful_shutdown(async move { stopping.cancelled().await });
    let overtime = async {
        cancel.cancelled().await;
        tokio::time::sleep(STOP_TIME_MAX).await;
    };
    tokio::select! {
        served = async { server.await } => served,
        () = overtime => Ok(()),
    }
}
