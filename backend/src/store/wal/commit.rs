//! Group commit: one thread numbers, writes and syncs what arrived while the last sync ran.

use std::fmt;
use std::io;
use std::path::PathBuf;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::mpsc::{Receiver, RecvTimeoutError, SyncSender, sync_channel};
use std::thread::JoinHandle;
use std::time::Instant;

use parking_lot::Mutex;
use tokio::sync::{OwnedSemaphorePermit, Semaphore, oneshot};

use super::segment::{ClosedSegment, ClosedSegments, Entry, Segment, TableMarks};
use crate::base::Scope;
use crate::store::disk::Disk;
use crate::store::limits::{APPEND_QUEUE_MAX, GROUP_BYTES_MAX, SEGMENT_BYTES_MAX, UNSYNCED_BYTES_MAX};
use crate::store::schema::TableId;
use crate::store::{StoreError, SyncMode};

/// What a log starts with.
#[derive(Debug)]
pub(crate) struct WalOptions {
    pub(crate) disk: Arc<dyn Disk>,
    pub(crate) dir: PathBuf,
    pub(crate) sync: SyncMode,
    pub(crate) disk_reserve_bytes: u64,
    pub(crate) next_sequence: u64,
    pub(crate) next_segment: u64,
    /// Segments of earlier runs.
    pub(crate) closed: Vec<ClosedSegment>,
}

/// The log, for those who append.
#[derive(Debug)]
pub(crate) struct Wal {
    queue: Mutex<Option<SyncSender<Command>>>,
    places: Arc<Semaphore>,
    closed: Arc<ClosedSegments>,
    open_bytes: Arc<AtomicU64>,
    thread: Mutex<Option<JoinHandle<()>>>,
}

impl Wal {
    /// Starts the committer thread; [`Wal::stop`] ends it, dropping the log too.
    pub(crate) fn start(options: WalOptions) -> io::Result<Self> {
        // The channel has room for every permit of the semaphore, so sending never blocks.
        let (queue, receiver) = sync_channel(APPEND_QUEUE_MAX);
        let closed = Arc::new(ClosedSegments::new(Arc::clone(&options.disk), options.dir.clone(), options.closed));
        let open_bytes = Arc::new(AtomicU64::new(0));
        let committer = Committer {
            disk: options.disk,
            dir: options.dir,
            sync: options.sync,
            disk_reserve_bytes: options.disk_reserve_bytes,
            next_sequence: options.next_sequence,
            next_segment: options.next_segment,
            segment: None,
            unsynced: Vec::new(),
            unsynced_bytes: 0,
            synced_at: Instant::now(),
            closed: Arc::clone(&closed),
            open_bytes: Arc::clone(&open_bytes),
        };
        let thread =
            std::thread::Builder::new().name("siskin-wal".to_owned()).spawn(move || committer.run(&receiver))?;
        Ok(Self {
            queue: Mutex::new(Some(queue)),
            places: Arc::new(Semaphore::new(APPEND_QUEUE_MAX)),
            closed,
            open_bytes,
            thread: Mutex::new(Some(thread)),
        })
    }

    /// Writes one record and returns when it is durable (see [`SyncMode`]) and `apply` has made its rows visible.
    ///
    /// `apply` runs on the committer thread, in the order of the sequences it is given.
    ///
    /// # Errors
    /// [`StoreError::Unavailable`] when the disk refuses; then `apply` was not called.
    pub(crate) async fn append(
        &self,
        table: TableId,
        scope: &Scope,
        body: Vec<u8>,
        apply: impl FnOnce(u64) + Send + 'static,
    ) -> Result<(), StoreError> {
        let place = Arc::clone(&self.places).acquire_owned().await.map_err(|_| closed())?;
        let (done, outcome) = oneshot::channel();
        let append = Append { table, scope: scope.to_string(), body, apply: Box::new(apply), done, place };
        self.send(Command::Append(append))?;
        outcome.await.map_err(|_| closed())?
    }

    /// Closes the segment being written, so that it can go once its rows are flushed. A stopped log has none.
    pub(crate) async fn roll(&self) -> Result<(), StoreError> {
        if self.places.is_closed() {
            return Ok(());
        }
        let place = Arc::clone(&self.places).acquire_owned().await.map_err(|_| closed())?;
        let (done, outcome) = oneshot::channel();
        self.send(Command::Roll(done, place))?;
        outcome.await.map_err(|_| closed())?
    }

    /// Removes the segments whose rows are all in files up to `flushed`.
    pub(crate) fn remove_covered(&self, flushed: &TableMarks) -> io::Result<()> {
        self.closed.remove_covered(flushed)
    }

    /// Bytes of the log on disk.
    pub(crate) fn bytes(&self) -> u64 {
        self.closed.bytes() + self.open_bytes.load(Ordering::Relaxed)
    }

    /// Segments that wait for a flush.
    pub(crate) fn closed_segments(&self) -> usize {
        self.closed.count()
    }

    /// Refuses further appends and waits until those already queued are answered.
    pub(crate) fn stop(&self) {
        self.places.close();
        drop(self.queue.lock().take());
        let thread = self.thread.lock().take();
        if let Some(thread) = thread
            && thread.join().is_err()
        {
            tracing::error!("the log's committer thread panicked");
        }
    }

    fn send(&self, command: Command) -> Result<(), StoreError> {
        let queue = self.queue.lock();
        queue.as_ref().ok_or_else(closed)?.try_send(command).map_err(|_| closed())
    }
}

impl Drop for Wal {
    fn drop(&mut self) {
        self.stop();
    }
}

fn closed() -> StoreError {
    StoreError::Unavailable("the store is closed".to_owned())
}

#[derive(Debug)]
enum Command {
    Append(Append),
    Roll(oneshot::Sender<Result<(), StoreError>>, OwnedSemaphorePermit),
}

struct Append {
    table: TableId,
    scope: String,
    body: Vec<u8>,
    apply: Box<dyn FnOnce(u64) + Send>,
    done: oneshot::Sender<Result<(), StoreError>>,
    place: OwnedSemaphorePermit,
}

impl fmt::Debug for Append {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Append").field("table", &self.table).field("bytes", &self.body.len()).finish_non_exhaustive()
    }
}

/// Who waits for an entry that was handed to the disk.
struct Waiting {
    sequence: u64,
    apply: Box<dyn FnOnce(u64) + Send>,
    done: oneshot::Sender<Result<(), StoreError>>,
    place: OwnedSemaphorePermit,
}

struct Committer {
    disk: Arc<dyn Disk>,
    dir: PathBuf,
    sync: SyncMode,
    disk_reserve_bytes: u64,
    next_sequence: u64,
    next_segment: u64,
    segment: Option<Segment>,
    /// Acknowledged but unsynced entries ([`SyncMode::Interval`] only): when their sync fails they are written again.
    unsynced: Vec<Entry>,
    unsynced_bytes: usize,
    synced_at: Instant,
    closed: Arc<ClosedSegments>,
    open_bytes: Arc<AtomicU64>,
}

impl Committer {
    fn run(mut self, queue: &Receiver<Command>) {
        while let Some(first) = self.wait(queue) {
            let mut group = Vec::new();
            let mut roll = None;
            let mut bytes = 0;
            let mut next = Some(first);
            while let Some(command) = next.take() {
                match command {
                    Command::Append(append) => {
                        bytes += append.body.len();
                        group.push(append);
                    }
                    Command::Roll(done, place) => roll = Some((done, place)),
                }
                if bytes < GROUP_BYTES_MAX && roll.is_none() {
                    next = queue.try_recv().ok();
                }
            }
            self.commit(group);
            if let Some((done, place)) = roll {
                answer(done, self.roll());
                drop(place);
            }
        }
        if let Err(error) = self.roll() {
            tracing::error!(%error, "the last rows of the log could not be synced");
        }
    }

    /// The next command; syncs in between when the interval is over. `None` when the log is stopped.
    fn wait(&mut self, queue: &Receiver<Command>) -> Option<Command> {
        loop {
            let SyncMode::Interval(interval) = self.sync else { return queue.recv().ok() };
            if self.unsynced.is_empty() {
                return queue.recv().ok();
            }
            match queue.recv_timeout(interval.saturating_sub(self.synced_at.elapsed())) {
                Ok(command) => return Some(command),
                Err(RecvTimeoutError::Disconnected) => return None,
                Err(RecvTimeoutError::Timeout) => {
                    if let Err(error) = self.write(Vec::new(), Durability::Synced) {
                        tracing::error!(%error, "acknowledged rows are not synced, trying again");
                        // Not at once: a disk that fails now fails in a microsecond too.
                        self.synced_at = Instant::now();
                    }
                }
            }
        }
    }

    fn commit(&mut self, group: Vec<Append>) {
        if group.is_empty() {
            return;
        }
        let mut entries = Vec::with_capacity(group.len());
        let mut waiting = Vec::with_capacity(group.len());
        for Append { table, scope, body, apply, done, place } in group {
            // A number is used once, even when its record is refused: a refused one may still be on disk.
            let sequence = self.next_sequence;
            self.next_sequence += 1;
            entries.push(Entry { sequence, table, scope, body });
            waiting.push(Waiting { sequence, apply, done, place });
        }
        let durability = self.durability(&entries);
        let written = self.check_space().and_then(|()| self.write(entries, durability));
        for Waiting { sequence, apply, done, place } in waiting {
            if written.is_ok() {
                apply(sequence);
            }
            answer(done, written.clone());
            drop(place);
        }
    }

    /// What an append of these entries waits for.
    fn durability(&self, entries: &[Entry]) -> Durability {
        match self.sync {
            SyncMode::Sync => Durability::Synced,
            SyncMode::Interval(interval) => {
                let bytes: usize = entries.iter().map(|entry| entry.body.len()).sum();
                if self.synced_at.elapsed() >= interval || self.unsynced_bytes + bytes > UNSYNCED_BYTES_MAX {
                    Durability::Synced
                } else {
                    Durability::Written
                }
            }
        }
    }

    fn check_space(&self) -> Result<(), StoreError> {
        match self.disk.free_bytes(&self.dir) {
            Ok(free) if free < self.disk_reserve_bytes => Err(StoreError::Unavailable(format!(
                "the disk is nearly full: {free} bytes are free, {} are kept for flushes",
                self.disk_reserve_bytes
            ))),
            Ok(_) => Ok(()),
            Err(error) => Err(StoreError::Unavailable(format!("cannot see how much of the disk is free: {error}"))),
        }
    }

    /// Writes `entries` and everything unsynced before them, on a second segment when the first fails.
    fn write(&mut self, entries: Vec<Entry>, durability: Durability) -> Result<(), StoreError> {
        if let Err(error) = self.try_write(&entries, durability) {
            tracing::error!(%error, "the log could not be written, trying a new segment");
            // After a failed sync the kernel may report the same pages as clean: this file is not trusted again.
            // <https://wiki.postgresql.org/wiki/Fsync_Errors>
            let poisoned = self.segment.take();
            let second = self.try_write(&entries, Durability::Synced);
            let refused = second.is_err();
            if refused && let Some(junk) = self.segment.take() {
                self.abandon(junk);
            }
            if let Some(mut poisoned) = poisoned {
                // With unsynced entries that could not be rewritten, this file is still their best copy.
                if !refused || self.unsynced.is_empty() {
                    poisoned.cut_unsynced();
                }
                self.closed.push(poisoned.close());
            }
            second.map_err(|error| StoreError::Unavailable(format!("the log cannot be written: {error}")))?;
            self.synced();
        } else if durability == Durability::Synced {
            self.synced();
        } else {
            self.unsynced_bytes += entries.iter().map(|entry| entry.body.len()).sum::<usize>();
            self.unsynced.extend(entries);
        }
        self.close_full_segment();
        Ok(())
    }

    fn try_write(&mut self, entries: &[Entry], durability: Durability) -> io::Result<()> {
        if self.segment.is_none() {
            let number = self.next_segment;
            self.next_segment += 1;
            let mut segment = Segment::create(self.disk.as_ref(), &self.dir, number)?;
            // Empty in a healthy log: only a poisoned segment leaves unsynced entries behind.
            let rewritten = segment.append(&self.unsynced);
            self.segment = Some(segment);
            rewritten?;
        }
        let segment = self.segment.as_mut().expect("opened above");
        segment.append(entries)?;
        self.open_bytes.store(segment.len(), Ordering::Relaxed);
        match durability {
            Durability::Synced => segment.sync(),
            Durability::Written => Ok(()),
        }
    }

    fn synced(&mut self) {
        self.unsynced.clear();
        self.unsynced_bytes = 0;
        self.synced_at = Instant::now();
    }

    /// Removes a segment of which nothing was acknowledged.
    fn abandon(&self, junk: Segment) {
        let path = junk.path().to_owned();
        drop(junk);
        self.open_bytes.store(0, Ordering::Relaxed);
        if let Err(error) = self.disk.remove(&path) {
            tracing::warn!(path = %path.display(), %error, "could not remove a refused segment");
        }
    }

    fn close_full_segment(&mut self) {
        if self.segment.as_ref().is_some_and(|segment| segment.len() >= SEGMENT_BYTES_MAX)
            && let Err(error) = self.roll()
        {
            tracing::error!(%error, "a full segment of the log could not be closed, it grows on");
        }
    }

    fn roll(&mut self) -> Result<(), StoreError> {
        if !self.unsynced.is_empty() {
            self.write(Vec::new(), Durability::Synced)?;
        }
        if let Some(segment) = self.segment.take_if(|segment| segment.has_records()) {
            self.closed.push(segment.close());
            self.open_bytes.store(0, Ordering::Relaxed);
        }
        Ok(())
    }
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Durability {
    /// In the kernel's cache: survives the process.
    Written,
    /// On disk: survives the machine.
    Synced,
}

/// A caller that went away (a dropped connection) needs no answer; its rows stay.
fn answer(done: oneshot::Sender<Result<(), StoreError>>, outcome: Result<(), StoreError>) {
    drop(done.send(outcome));
}
