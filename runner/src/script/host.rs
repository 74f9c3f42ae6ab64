//! What the functions of a script share.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Duration;

use siskin_blueprints::HostPattern;
use siskin_sdk::id::TraceId;
use tokio::runtime::Handle;
use tokio::time::Instant;
use tokio_util::sync::CancellationToken;
use url::Url;

use super::bridge::Bridge;
use super::caller::Caller;
use super::failure::{Blame, HostError};
use crate::browser::{Area, BrowserError, Session};
use crate::run::browser::BrowserSlot;
use crate::run::{ArtifactKind, LogLevel, Record, RunDirectory};

/// How long a picture of a failure may take.
const FAILURE_PICTURE_WITHIN: Duration = Duration::from_secs(3);

/// What a host is made of.
#[derive(Debug)]
pub(crate) struct HostSetting {
    pub(crate) runtime: Handle,
    pub(crate) deadline: Instant,
    pub(crate) timeout: Duration,
    pub(crate) stop: CancellationToken,
    pub(crate) record: Arc<Record>,
    pub(crate) directory: RunDirectory,
    pub(crate) browser: Arc<BrowserSlot>,
    pub(crate) hosts: Vec<HostPattern>,
    pub(crate) variables: BTreeMap<String, String>,
    pub(crate) trace_id: TraceId,
    pub(crate) user_agent: String,
}

/// What the functions of a script share; clones are the same host.
#[derive(Clone, Debug)]
pub(crate) struct Host(Arc<Inner>);

#[derive(Debug)]
struct Inner {
    bridge: Bridge,
    record: Arc<Record>,
    directory: RunDirectory,
    browser: Arc<BrowserSlot>,
    caller: Caller,
    hosts: Vec<HostPattern>,
    variables: BTreeMap<String, String>,
}

/// Which picture is wanted.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(super) enum Picture {
    /// One of now.
    Fresh(Area),
    /// One of now if the page still answers quickly, else the last there is.
    Best,
    /// The last there is: the page does not answer any more.
    Last,
}

impl Host {
    pub(crate) fn new(setting: HostSetting) -> Result<Self, HostError> {
        let caller =
            Caller::new(setting.hosts.clone(), setting.trace_id, &setting.user_agent, Arc::clone(&setting.record))?;
        Ok(Self(Arc::new(Inner {
            bridge: Bridge::new(setting.runtime, setting.deadline, setting.timeout, setting.stop),
            record: setting.record,
            directory: setting.directory,
            browser: setting.browser,
            caller,
            hosts: setting.hosts,
            variables: setting.variables,
        })))
    }

    pub(super) fn bridge(&self) -> &Bridge {
        &self.0.bridge
    }

    pub(super) fn record(&self) -> &Record {
        &self.0.record
    }

    pub(super) fn caller(&self) -> &Caller {
        &self.0.caller
    }

    pub(super) fn variable(&self, name: &str) -> Option<&str> {
        self.0.variables.get(name).map(String::as_str)
    }

    /// Reads an address that the script may go to.
    pub(super) fn allowed_url(&self, text: &str) -> Result<Url, HostError> {
        allowed_url(text, &self.0.hosts)
    }

    /// Works with the page; the browser is started when it was not yet.
    pub(super) fn page<T>(&self, work: impl AsyncFnOnce(&Session) -> Result<T, BrowserError>) -> Result<T, HostError> {
        let inner = &self.0;
        inner.bridge.wait(async {
            let session = inner.browser.open(inner.bridge.deadline()).await?;
            inner.record.set_launch(inner.browser.launch_duration());
            let result = work(&session).await;
            if let Err(error) = &result {
                inner.browser.note(error);
            }
            Ok(result?)
        })
    }

    /// Works with the page if one is open; `None` else, and when it does not work.
    fn open_page<T>(&self, work: impl AsyncFnOnce(&Session) -> Result<T, BrowserError>) -> Option<T> {
        let session = self.0.browser.usable()?;
        let worked = self.0.bridge.finish(async {
            let result = work(&session).await;
            if let Err(error) = &result {
                self.0.browser.note(error);
            }
            Ok(result?)
        });
        worked.ok()
    }

    /// Where the page is, if one is open.
    pub(super) fn page_url(&self) -> Option<String> {
        let soon = Instant::now() + Duration::from_secs(1);
        self.open_page(async |session| session.url(soon).await).map(String::from)
    }

    /// Saves a picture of the page, if one is open; troubles are logged, since a picture decides nothing.
    pub(super) fn save_picture(&self, suffix: &str, picture: Picture) {
        let Some(session) = self.0.browser.current() else { return };
        let fresh = |area, by| self.open_page(async |session| session.screenshot(area, by).await).map(|shot| shot.png);
        let png = match picture {
            Picture::Fresh(area) => fresh(area, self.0.bridge.deadline()),
            Picture::Best => {
                let soon = Instant::now() + FAILURE_PICTURE_WITHIN;
                fresh(Area::Viewport, soon).or_else(|| session.last_screenshot())
            }
            Picture::Last => session.last_screenshot(),
        };
        let Some(png) = png else {
            self.0.record.log(LogLevel::Warn, format!("no picture {suffix}: the page gave none"));
            return;
        };
        let Some(name) = self.0.record.name_screenshot(suffix) else {
            self.0.record.log(LogLevel::Warn, format!("no picture {suffix}: the run has too many"));
            return;
        };
        match self.0.directory.write(&name, ArtifactKind::Screenshot, &png) {
            Ok(artifact) => self.0.record.add_artifact(artifact),
            Err(error) => self.0.record.lose_artifact(&name, &error),
        }
    }
}

pub(super) fn allowed_url(text: &str, hosts: &[HostPattern]) -> Result<Url, HostError> {
    let url = Url::parse(text).map_err(|error| HostError::script(format!("\"{text}\" is no URL: {error}")))?;
    if !matches!(url.scheme(), "http" | "https") {
        return Err(HostError::script(format!("{url}: only http and https")));
    }
    if !url.username().is_empty() || url.password().is_some() {
        // It would stand in step names, metrics and reports.
        return Err(HostError::script("a URL with a user or password: send them in a header"));
    }
    if hosts.iter().any(|host| host.matches(&url)) {
        return Ok(url);
    }
    let host = HostPattern::of(&url).map_or_else(|| text.to_owned(), |host| host.to_string());
    Err(HostError::new(Blame::Script, format!("host {host} is not allowed to this canary: list it in `hosts`")))
}
