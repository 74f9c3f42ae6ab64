//! What every test needs: a reaper, a browser, a folder, and its turn.

use std::path::Path;
use std::time::Duration;

use siskin_runner::browser::{InstallOptions, Installation, Navigation, Reaper, Session, SessionOptions, Verdict};
use tempfile::TempDir;
use tokio::sync::{OnceCell, Semaphore, SemaphorePermit};
use tokio::time::Instant;
use url::Url;

use crate::site::Site;

/// Chromes at a time in one test process; each wants a core.
static TURNS: Semaphore = Semaphore::const_new(2);
static INSTALLATION: OnceCell<Installation> = OnceCell::const_new();

pub(crate) const REAPER: &str = env!("CARGO_BIN_EXE_siskin-runner");

pub(crate) struct Bench {
    pub(crate) reaper: Reaper,
    pub(crate) options: SessionOptions,
    root: TempDir,
    _turn: SemaphorePermit<'static>,
}

/// Waits until one more Chrome may run.
pub(crate) async fn turn() -> SemaphorePermit<'static> {
    TURNS.acquire().await.unwrap()
}

impl Bench {
    pub(crate) async fn new() -> Self {
        let turn = turn().await;
        let root = tempfile::Builder::new().prefix("sk").tempdir().unwrap();
        let options = options(root.path()).await;
        Self { reaper: Reaper::spawn(Path::new(REAPER)).unwrap(), options, root, _turn: turn }
    }

    pub(crate) async fn session(&self) -> Session {
        Session::launch(&self.reaper, &self.options, soon(30)).await.unwrap()
    }

    /// Ends everything and checks that nothing is left on disk.
    pub(crate) async fn end(self, session: Session) {
        session.close().await.unwrap();
        self.end_without_session().await;
    }

    pub(crate) async fn end_without_session(self) {
        self.reaper.close().await.unwrap();
        let left: Vec<_> = std::fs::read_dir(self.root.path()).unwrap().flatten().map(|entry| entry.path()).collect();
        assert!(left.is_empty(), "{left:?}");
    }
}

pub(crate) async fn options(root: &Path) -> SessionOptions {
    let installation = INSTALLATION
        .get_or_init(|| async { Installation::find(&InstallOptions::default()).await.unwrap() })
        .await
        .clone();
    SessionOptions { work_dir: root.to_owned(), ..SessionOptions::new(installation) }
}

pub(crate) fn soon(seconds: u64) -> Instant {
    Instant::now() + Duration::from_secs(seconds)
}

pub(crate) fn in_ms(milliseconds: u64) -> Instant {
    Instant::now() + Duration::from_millis(milliseconds)
}

/// Opens a page that must load.
pub(crate) async fn open(session: &Session, site: &Site, path: &str) -> Navigation {
    open_url(session, &site.url(path)).await
}

pub(crate) async fn open_url(session: &Session, url: &Url) -> Navigation {
    let navigation = session.goto(url, soon(20)).await.unwrap();
    assert_eq!(navigation.verdict, Verdict::Loaded, "{navigation:?}");
    navigation
}
