//! What the functions of a script share.

use std::borrow::Cow;
use std::collections::{BTreeMap, HashSet};
use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use jiff::Timestamp;
use parking_lot::Mutex;
use rhai::EvalAltResult;
use siskin_blueprints::HostPattern;
use siskin_sdk::id::TraceId;
use tokio::runtime::Handle;
use tokio::time::Instant;
use tokio_util::sync::CancellationToken;
use url::Url;

use super::bridge::Bridge;
use super::failure::HostError;
use super::http::Caller;
use super::redactor::Redactor;
use crate::browser::{Area, BrowserError, Session};
use crate::clock::Clock;
use crate::run::browser::BrowserSlot;
use crate::run::{ArtifactKind, LogLevel, Record, RunDirectory};
use crate::visual::VisualSetting;

/// Files of one run; the browser tells of no more.
const DOWNLOADS_MAX: usize = 101;
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
    pub(crate) secrets: BTreeMap<String, String>,
    /// Told of every secret, for what is written after the script.
    pub(crate) redactor: Arc<Redactor>,
    pub(crate) trace_id: TraceId,
    pub(crate) user_agent: String,
    pub(crate) visual: VisualSetting,
    pub(crate) clock: Clock,
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
    secrets: BTreeMap<String, String>,
    redactor: Arc<Redactor>,
    user_agent: String,
    visual: VisualSetting,
    clock: Clock,
    state: Mutex<State>,
}

/// What a script has set so far.
#[derive(Debug, Default)]
struct State {
    switches: StepSwitches,
    deferred: Option<Box<EvalAltResult>>,
    look: LookOf,
    traffic_mark: usize,
    tabs_known: HashSet<String>,
    downloads_taken: HashSet<String>,
}

/// How steps behave.
#[derive(Clone, Copy, Debug)]
pub(super) struct StepSwitches {
    pub(super) picture_at_start: bool,
    pub(super) picture_of_success: bool,
    pub(super) picture_of_failure: bool,
    /// After a failed check.
    pub(super) goes_on: bool,
}

impl Default for StepSwitches {
    fn default() -> Self {
        Self { picture_at_start: false, picture_of_success: true, picture_of_failure: true, goes_on: false }
    }
}

/// What the browser pretends to be.
#[derive(Default)]
pub(super) struct LookOf {
    /// The browser's own user agent, once it was asked for.
    pub(super) own_agent: Option<String>,
    pub(super) user_agent: Option<String>,
    pub(super) language: Option<String>,
    /// User and password by origin.
    pub(super) credentials: BTreeMap<String, (String, String)>,
}

impl std::fmt::Debug for LookOf {
    fn fmt(&self, out: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        out.debug_struct("LookOf").field("user_agent", &self.user_agent).finish_non_exhaustive()
    }
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
    pub(crate) fn new(setting: HostSetting) -> Self {
        let caller = Caller::new(
            setting.runtime.clone(),
            setting.hosts.clone(),
            setting.trace_id,
            &setting.user_agent,
            Arc::clone(&setting.record),
        );
        for secret in setting.secrets.values() {
            setting.redactor.add(secret);
        }
        Self(Arc::new(Inner {
            bridge: Bridge::new(setting.runtime, setting.deadline, setting.timeout, setting.stop),
            record: setting.record,
            directory: setting.directory,
            browser: setting.browser,
            caller,
            hosts: setting.hosts,
            variables: setting.variables,
            secrets: setting.secrets,
            redactor: setting.redactor,
            user_agent: setting.user_agent,
            visual: setting.visual,
            clock: setting.clock,
            state: Mutex::default(),
        }))
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

    pub(super) fn variables(&self) -> &BTreeMap<String, String> {
        &self.0.variables
    }

    pub(super) fn secret(&self, name: &str) -> Option<&str> {
        self.0.secrets.get(name).map(String::as_str)
    }

    /// Keeps a text out of everything that is written from now on.
    pub(super) fn add_secret(&self, secret: &str) {
        self.0.redactor.add(secret);
    }

    /// A text without secrets.
    pub(super) fn clean(&self, text: &str) -> String {
        self.0.redactor.clean(text).into_owned()
    }

    /// Writes a line of the run's log.
    pub(super) fn log(&self, level: LogLevel, text: &str) {
        match self.0.redactor.clean(text) {
            Cow::Borrowed(text) => self.0.record.log(level, text),
            Cow::Owned(text) => self.0.record.log(level, text),
        }
    }

    /// What tells a service that a canary calls.
    pub(super) fn user_agent(&self) -> &str {
        &self.0.user_agent
    }

    /// Where pictures are compared.
    pub(super) fn visual(&self) -> &VisualSetting {
        &self.0.visual
    }

    pub(super) fn now(&self) -> Timestamp {
        self.0.clock.now()
    }

    pub(super) fn step_switches(&self) -> StepSwitches {
        self.0.state.lock().switches
    }

    pub(super) fn set_step_switches(&self, switches: StepSwitches) {
        self.0.state.lock().switches = switches;
    }

    /// Keeps the first failed check of a step after which the script went on.
    pub(super) fn defer(&self, error: Box<EvalAltResult>) {
        self.0.state.lock().deferred.get_or_insert(error);
    }

    pub(super) fn take_deferred(&self) -> Option<Box<EvalAltResult>> {
        self.0.state.lock().deferred.take()
    }

    /// Looks at what the browser pretends to be, or changes it.
    pub(super) fn look<T>(&self, look: impl FnOnce(&mut LookOf) -> T) -> T {
        look(&mut self.0.state.lock().look)
    }

    /// The address with user and password, if the script gave some for its host.
    pub(super) fn with_credentials(&self, url: &Url) -> Option<Url> {
        let pair = self.look(|look| look.credentials.get(&url.origin().ascii_serialization()).cloned());
        let (user, password) = pair?;
        let mut url = url.clone();
        url.set_username(&user).and_then(|()| url.set_password(Some(&password))).ok()?;
        Some(url)
    }

    pub(super) fn traffic_mark(&self) -> usize {
        self.0.state.lock().traffic_mark
    }

    pub(super) fn set_traffic_mark(&self, mark: usize) {
        self.0.state.lock().traffic_mark = mark;
    }

    pub(super) fn knows_tab(&self, handle: &str) -> bool {
        self.0.state.lock().tabs_known.contains(handle)
    }

    pub(super) fn know_tab(&self, handle: &str) {
        self.0.state.lock().tabs_known.insert(handle.to_owned());
    }

    /// Whether a download is new to the script; it is not any more.
    pub(super) fn take_download(&self, id: &str) -> bool {
        self.0.state.lock().downloads_taken.insert(id.to_owned())
    }

    pub(super) fn download_folder(&self) -> PathBuf {
        self.0.directory.path().join("downloads")
    }

    /// A name in the folder that no file has yet.
    pub(super) fn name_download(&self, wanted: &str) -> String {
        let wanted = self.clean(wanted);
        let taken = |name: &str| self.download_folder().join(name).symlink_metadata().is_ok();
        let numbered = |number: usize| if number == 0 { wanted.clone() } else { format!("{number}-{wanted}") };
        (0..DOWNLOADS_MAX).map(numbered).find(|name| !taken(name)).unwrap_or_else(|| wanted.clone())
    }

    /// Reads an address that the script may go to.
    pub(super) fn allowed_url(&self, text: &str) -> Result<Url, HostError> {
        allowed_url(text, &self.0.hosts)
    }

    /// Whether the script may go to the host and port of an address of any scheme.
    pub(super) fn allow(&self, url: &Url) -> Result<(), HostError> {
        if self.0.hosts.iter().any(|host| host.matches(url)) {
            return Ok(());
        }
        Err(not_allowed(url))
    }

    /// Works with the page; the browser is started when it was not yet.
    pub(super) fn page<T>(&self, work: impl AsyncFnOnce(&Session) -> Result<T, BrowserError>) -> Result<T, HostError> {
        let inner = &self.0;
        inner.bridge.wait(async {
            let session = inner.browser.open(inner.bridge.deadline()).await?;
            inner.record.set_launch(inner.browser.launch_duration());
            if inner.state.lock().tabs_known.is_empty() {
                self.know_tab(&session.tab());
            }
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
        self.write_picture(suffix, &png);
    }

    /// Writes a picture that was taken; its file's name, if it was written.
    pub(super) fn write_picture(&self, suffix: &str, png: &[u8]) -> Option<String> {
        let suffix = self.clean(suffix);
        let Some(name) = self.0.record.name_screenshot(&suffix) else {
            self.0.record.log(LogLevel::Warn, format!("no picture {suffix}: the run has too many"));
            return None;
        };
        self.write_file(&name, ArtifactKind::Screenshot, png)
    }

    /// Writes a file; its name, if it was written.
    pub(super) fn write_file(&self, name: &str, kind: ArtifactKind, bytes: &[u8]) -> Option<String> {
        match self.0.directory.write(name, kind, bytes) {
            Ok(artifact) => {
                self.0.record.add_artifact(artifact);
                Some(name.to_owned())
            }
            Err(error) => {
                self.0.record.lose_artifact(name, &error);
                None
            }
        }
    }

    /// Writes a text that a function of the script made, without secrets.
    pub(super) fn write_text(&self, name: &str, kind: ArtifactKind, text: &str) {
        self.write_file(name, kind, self.clean(text).as_bytes());
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
    Err(not_allowed(&url))
}

fn not_allowed(url: &Url) -> HostError {
    let host = HostPattern::of(url).map_or_else(|| url.to_string(), |host| host.to_string());
    HostError::script(format!("host {host} is not allowed to this canary: list it in `hosts`"))
}
