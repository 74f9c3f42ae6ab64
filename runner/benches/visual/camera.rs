//! Opens pages of the shop and takes their pictures.

use std::time::Duration;

use base64::Engine;
use siskin_runner::browser::{
    Area, Condition, InstallOptions, Installation, Pool, Reaper, Session, SessionOptions, StillOptions, StillPicture,
    Verdict,
};
use siskin_runner::check::pixel::{Comparison, Options, Picture, compare};
use tempfile::TempDir;
use tokio::time::Instant;
use url::Url;

use crate::Failure;

const PATIENCE: Duration = Duration::from_mins(1);
/// What shows the time.
const IGNORED: &str = ".clock";

/// Where a page is opened.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(crate) enum Place {
    /// A context of its own in a Chrome that stays.
    Context,
    /// A Chrome of its own.
    Browser,
}

/// Browsers, and the shop's address.
pub(crate) struct Camera {
    shop: String,
    reaper: Reaper,
    pool: Pool,
    options: SessionOptions,
    _folder: TempDir,
}

impl Camera {
    pub(crate) async fn new(shop: String) -> Result<Self, Failure> {
        let installation = Installation::find(&InstallOptions::default()).await?;
        println!("{} {}", installation.programs.browser.display(), installation.browser_version);
        let folder = tempfile::Builder::new().prefix("sk").tempdir()?;
        let work_dir = folder.path().to_owned();
        let options = SessionOptions { work_dir: work_dir.clone(), ..SessionOptions::new(installation.clone()) };
        let program = std::env::current_exe()?;
        let pool = Pool::new(Reaper::spawn(&program)?, installation, work_dir);
        Ok(Self { shop, reaper: Reaper::spawn(&program)?, pool, options, _folder: folder })
    }

    /// A page that is open.
    pub(crate) async fn open(&self, target: &str, place: Place) -> Result<Session, Failure> {
        let session = match place {
            Place::Context => Session::lease(&self.pool, &self.options, soon()).await?,
            Place::Browser => Session::launch(&self.reaper, &self.options, soon()).await?,
        };
        let navigation = session.goto(&Url::parse(&format!("{}/{target}", self.shop))?, soon()).await?;
        if navigation.verdict != Verdict::Loaded {
            return Err(format!("{target}: {navigation:?}").into());
        }
        Ok(session)
    }

    /// A picture of a page that is opened for it alone.
    pub(crate) async fn picture(&self, target: &str, area: Area, place: Place) -> Result<StillPicture, Failure> {
        let session = self.open(target, place).await?;
        let options = StillOptions { area, ignore: vec![IGNORED.to_owned()], ..StillOptions::default() };
        let picture = session.still_picture(&options, soon()).await;
        session.close().await?;
        Ok(picture?)
    }

    /// A film for the shop.
    pub(crate) async fn film(&self) -> Result<Vec<u8>, Failure> {
        let session = self.open("studio", Place::Context).await?;
        session.wait_for(&Condition::Script("return !!window.film".to_owned()), soon()).await?;
        let film = session.execute("return window.film", Vec::new(), soon()).await?;
        session.close().await?;
        Ok(base64::engine::general_purpose::STANDARD.decode(film.as_str().unwrap_or_default())?)
    }

    pub(crate) async fn close(self) -> Result<(), Failure> {
        self.pool.close().await?;
        self.reaper.close().await?;
        Ok(())
    }
}

/// With the options that a canary has unless it asks for others; what either picture ignores is ignored.
pub(crate) fn beside(baseline: &StillPicture, picture: &StillPicture) -> Result<Comparison, Failure> {
    let ignored_areas = [baseline.ignored.as_slice(), &picture.ignored].concat();
    let (before, after) =
        (Picture { name: "baseline", bytes: &baseline.png }, Picture { name: "picture", bytes: &picture.png });
    Ok(compare(before, after, &Options { ignored_areas, ..Options::default() })?)
}

fn soon() -> Instant {
    Instant::now() + PATIENCE
}
