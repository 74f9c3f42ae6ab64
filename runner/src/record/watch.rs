//! Chrome is watched until its window is closed, or whoever records says stop.

use std::path::PathBuf;
use std::time::Duration;

use futures::future::join_all;
use serde_json::{Value, json};
use siskin_blueprints::recorder::{FrameStep, Place, Recording};
use tokio::sync::mpsc;
use tokio::time::{Instant, sleep, timeout};
use url::Url;

use super::builder::{Arrival, Builder};
use super::message::{Message, Name, paths};
use super::tabs::{Tabs, World};
use crate::browser::{BrowserError, CdpError, Reaper, Viewport, VisibleBrowser, Wire, WireEvent};

const AGENT: [&str; 3] =
    [include_str!("agent/name.js"), include_str!("agent/overlay.js"), include_str!("agent/observe.js")];
/// The agent's world: the page's scripts cannot see it, and the page's policy does not hold for it.
const WORLD: &str = "siskin-recorder";
const BINDING: &str = "siskinTell";
const EVENTS: &[&str] = &[
    "Page.frameAttached",
    "Page.frameNavigated",
    "Page.javascriptDialogClosed",
    "Page.javascriptDialogOpening",
    "Page.navigatedWithinDocument",
    "Runtime.bindingCalled",
    "Runtime.executionContextCreated",
    "Target.attachedToTarget",
    "Target.targetDestroyed",
];
/// A first start of Chrome reads some 300 MB from disk.
const START_PATIENCE: Duration = Duration::from_mins(1);
const LOAD_PATIENCE: Duration = Duration::from_mins(1);
/// Questions to a page that may hang: the recording goes on without an answer.
const ASK_PATIENCE: Duration = Duration::from_secs(10);
/// The same when the recording is to end.
const LAST_ASK_PATIENCE: Duration = Duration::from_secs(5);
/// Pause between two questions.
const LOOK_EVERY: Duration = Duration::from_millis(10);
const FRAMES_DEEP_MAX: usize = 20;

/// What is recorded, and with what.
#[derive(Clone, Debug)]
pub struct RecordOptions {
    /// The page to begin with.
    pub url: Url,
    /// The Chrome to use instead of the one that is found.
    pub browser: Option<PathBuf>,
    /// Size of the page, about: windows have frames.
    pub page: Viewport,
}

/// Why a recording ended.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum End {
    /// Whoever records said so.
    Stopped,
    WindowClosed,
    /// Chrome died.
    BrowserGone,
}

/// A recording, and what should be known of it.
#[derive(Clone, Debug, PartialEq)]
pub struct Recorded {
    pub recording: Recording,
    pub warnings: Vec<String>,
    pub end: End,
}

/// Why nothing was recorded.
#[derive(Clone, Debug, Eq, PartialEq, thiserror::Error)]
pub enum RecordError {
    #[error("{0}")]
    Browser(#[from] BrowserError),
    #[error("{url} did not load: {why}")]
    NotLoaded { url: Url, why: String },
}

/// Opens a visible Chrome and records what is done in it, until its window is closed or `stop` is done.
///
/// # Errors
/// `Browser` when there is no Chrome or it does not start, as without a display; `NotLoaded` when the first page does
/// not load. Nothing of Chrome is left then.
pub async fn record(
    reaper: &Reaper,
    options: &RecordOptions,
    stop: impl Future<Output = ()>,
) -> Result<Recorded, RecordError> {
    let began = Instant::now();
    let deadline = began + START_PATIENCE;
    let binary = options.browser.as_deref();
    let (browser, events) = VisibleBrowser::open(reaper, binary, options.page, EVENTS, deadline).await?;
    let mut watch = Watch {
        wire: &browser.wire,
        tabs: Tabs::default(),
        builder: Builder::default(),
        began,
        is_over: false,
        asked: Some(options.url.to_string()),
    };
    let watched = watch.run(events, options, stop).await;
    let lost = browser.wire.lost();
    let Watch { mut builder, .. } = watch;
    if lost > 0 {
        builder.warn(format!("{lost} events came too fast to be recorded"));
    }
    // Also one that is gone: its folder goes with it.
    let closed = browser.close().await;
    let end = watched?;
    if let Err(error) = closed {
        builder.warn(error.to_string());
    }
    let title = format!("Recorded at {}", options.url.host_str().unwrap_or_default());
    let (recording, warnings) = builder.end(title);
    Ok(Recorded { recording, warnings, end })
}

struct Watch<'a> {
    wire: &'a Wire,
    tabs: Tabs,
    builder: Builder,
    began: Instant,
    /// The bar's stop was pressed.
    is_over: bool,
    /// The first page's address as it was asked for, until the page is there.
    asked: Option<String>,
}

impl Watch<'_> {
    async fn run(
        &mut self,
        mut events: mpsc::Receiver<WireEvent>,
        options: &RecordOptions,
        stop: impl Future<Output = ()>,
    ) -> Result<End, RecordError> {
        self.begin(&mut events).await?;
        self.open(&options.url).await?;
        let mut stop = std::pin::pin!(stop);
        while !self.is_over {
            let event = tokio::select! {
                biased;
                event = events.recv() => event,
                () = &mut stop => break,
            };
            let Some(event) = event else {
                return Ok(if self.tabs.is_empty() { End::WindowClosed } else { End::BrowserGone });
            };
            self.hear(event).await;
            if self.tabs.is_empty() {
                return Ok(End::WindowClosed);
            }
        }
        self.catch_up(&mut events).await;
        Ok(End::Stopped)
    }

    /// Takes in what was done before the stop: when a page answers, all that it told before has come.
    async fn catch_up(&mut self, events: &mut mpsc::Receiver<WireEvent>) {
        let wire = self.wire;
        let answers = self.tabs.all_sessions().map(async |session| {
            // A page that hangs or is gone tells nothing more either.
            drop(wire.ask(Some(session), "Runtime.evaluate", json!({"expression": "0"}), LAST_ASK_PATIENCE).await);
        });
        join_all(answers).await;
        while let Ok(event) = events.try_recv() {
            self.hear(event).await;
        }
    }

    /// Has Chrome tell of its tabs, and waits for the first.
    async fn begin(&mut self, events: &mut mpsc::Receiver<WireEvent>) -> Result<(), RecordError> {
        let deny = json!({"behavior": "deny"});
        self.wire.tell(None, "Browser.setDownloadBehavior", deny).await;
        self.wire.tell(None, "Target.setDiscoverTargets", json!({"discover": true})).await;
        let attach = json!({
            "autoAttach": true, "waitForDebuggerOnStart": true, "flatten": true, "filter": [{"type": "page"}],
        });
        self.wire.ask(None, "Target.setAutoAttach", attach, START_PATIENCE).await.map_err(BrowserError::from)?;
        let first = async {
            while self.tabs.main_session().is_none() {
                match events.recv().await {
                    Some(event) => self.hear(event).await,
                    None => return Err(CdpError::Gone("Chrome ended at its start".to_owned())),
                }
            }
            Ok(())
        };
        let late = CdpError::TimedOut { method: "Target.attachedToTarget" };
        Ok(timeout(START_PATIENCE, first).await.unwrap_or(Err(late)).map_err(BrowserError::from)?)
    }

    async fn open(&self, url: &Url) -> Result<(), RecordError> {
        let session = self.tabs.main_session();
        // Answered in their order: once this one is, the page is observed, which it must be before it goes anywhere.
        let on = self.wire.ask(session, "Runtime.evaluate", json!({"expression": "0"}), START_PATIENCE).await;
        on.map_err(BrowserError::from)?;
        let told = self
            .wire
            .ask(session, "Page.navigate", json!({"url": url.as_str(), "transitionType": "typed"}), LOAD_PATIENCE)
            .await;
        let told = told.map_err(BrowserError::from)?;
        match told.get("errorText").and_then(Value::as_str) {
            None => Ok(()),
            Some(why) => Err(RecordError::NotLoaded { url: url.clone(), why: why.to_owned() }),
        }
    }

    async fn hear(&mut self, event: WireEvent) {
        let WireEvent { method, params, session_id } = event;
        let text = |pointer: &str| params.pointer(pointer).and_then(Value::as_str).unwrap_or_default();
        let session = session_id.unwrap_or_default();
        match method.as_str() {
            "Target.attachedToTarget" => self.attached(&params, &session).await,
            "Target.targetDestroyed" => {
                if let Some(tab) = self.tabs.remove(text("/targetId"))
                    && !self.tabs.is_empty()
                {
                    self.builder.closed(tab, self.began.elapsed());
                    self.show().await;
                }
            }
            "Page.frameAttached" => self.tabs.add_child(text("/frameId"), text("/parentFrameId")),
            "Page.frameNavigated" => {
                self.tabs.forget_ways();
                self.navigated(&session, text("/frame/id"), text("/frame/url")).await;
            }
            "Page.navigatedWithinDocument" => self.navigated(&session, text("/frameId"), text("/url")).await,
            "Page.javascriptDialogClosed" => self.answered(&session, &params),
            "Runtime.executionContextCreated" if text("/context/name") == WORLD => {
                let context = params.pointer("/context/id").and_then(Value::as_u64).unwrap_or_default();
                self.tabs.add_world(World { session, context }, text("/context/auxData/frameId"));
            }
            "Runtime.bindingCalled" if text("/name") == BINDING => {
                let context = params.get("executionContextId").and_then(Value::as_u64).unwrap_or_default();
                self.told(World { session, context }, text("/payload")).await;
            }
            _ => {}
        }
    }

    /// Has a page or frame observed from its beginning: it waits until it is told to go on.
    async fn attached(&mut self, params: &Value, parent: &str) {
        let text = |pointer: &str| params.pointer(pointer).and_then(Value::as_str).unwrap_or_default();
        let session = text("/sessionId");
        match text("/targetInfo/type") {
            "page" => {
                let by_page = !text("/targetInfo/openerId").is_empty();
                self.tabs.add_page(text("/targetInfo/targetId"), session, by_page);
            }
            _ => self.tabs.add_frame(session, parent),
        }
        let source = format!(
            "(() => {{ if (globalThis.siskinRecorder || /^(chrome|devtools)/.test(location.protocol)) return;\n{}\n}})();",
            AGENT.join("\n")
        );
        let frames = json!({
            "autoAttach": true, "waitForDebuggerOnStart": true, "flatten": true, "filter": [{"type": "iframe"}],
        });
        let setup = [
            ("Page.enable", json!({})),
            ("Runtime.enable", json!({})),
            ("Runtime.addBinding", json!({"name": BINDING, "executionContextName": WORLD})),
            (
                "Page.addScriptToEvaluateOnNewDocument",
                json!({"source": source, "worldName": WORLD, "runImmediately": true}),
            ),
            ("Target.setAutoAttach", frames),
            ("Runtime.runIfWaitingForDebugger", json!({})),
        ];
        for (method, params) in setup {
            self.wire.tell(Some(session), method, params).await;
        }
    }

    async fn navigated(&mut self, session: &str, frame: &str, url: &str) {
        // Of frames only what is done in them is recorded, and of pages not those that Chrome shows itself.
        if !self.tabs.is_top(session, frame) || !url.starts_with("http") {
            return;
        }
        let told = self.history(session).await;
        let (how, asked) = match told {
            Ok(told) => self.tabs.arrival(session, url, &told),
            Err(_) => (Arrival::Led, None),
        };
        let asked = self.asked.take().or(asked);
        if let Some(tab) = self.tabs.tab(session) {
            self.builder.arrived(tab, url, asked.as_deref(), how, self.began.elapsed());
            self.show().await;
        }
    }

    /// The history of a tab, which for a moment has none when its page is about to be another process's.
    async fn history(&self, session: &str) -> Result<Value, CdpError> {
        let asked = async {
            loop {
                match self.wire.ask(Some(session), "Page.getNavigationHistory", json!({}), ASK_PATIENCE).await {
                    Err(CdpError::Refused { .. }) => sleep(LOOK_EVERY).await,
                    told => return told,
                }
            }
        };
        let late = CdpError::TimedOut { method: "Page.getNavigationHistory" };
        timeout(ASK_PATIENCE, asked).await.unwrap_or(Err(late))
    }

    fn answered(&mut self, session: &str, params: &Value) {
        let accept = params.get("result").and_then(Value::as_bool).unwrap_or_default();
        let text = params.get("userInput").and_then(Value::as_str).filter(|text| !text.is_empty());
        if let Some(tab) = self.tabs.tab(session) {
            self.builder.answered(tab, accept, text.map(str::to_owned), self.began.elapsed());
        }
    }

    async fn told(&mut self, world: World, payload: &str) {
        let message: Message = match serde_json::from_str(payload) {
            Ok(message) => message,
            Err(error) => return self.builder.warn(format!("the agent told something odd: {error}")),
        };
        // That a page is there is no use of its tab yet.
        let tab = match message {
            Message::Hello { .. } | Message::Page { .. } => self.tabs.used(&world.session),
            _ => self.tabs.tab(&world.session),
        };
        let Some(frame) = self.tabs.frame(&world).map(str::to_owned) else { return };
        let Some(tab) = tab else { return self.show().await };
        match message {
            Message::Stop => self.is_over = true,
            Message::Mode { mode, since } => {
                self.tell_worlds(Some(&world.session), &json!({"mode": mode, "since": since})).await;
            }
            message => {
                let frames = self.way_to(&frame).await;
                self.builder.hear(message, Place { tab, frames }, self.began.elapsed());
                self.show().await;
            }
        }
    }

    /// How scripts get to a frame, from its tab's page inwards.
    async fn way_to(&mut self, frame: &str) -> Vec<FrameStep> {
        if let Some(known) = self.tabs.known_way(frame) {
            return known.clone();
        }
        let mut way = Vec::new();
        let mut inner = frame.to_owned();
        while let Some(outer) = self.tabs.parent(&inner).map(str::to_owned) {
            if way.len() >= FRAMES_DEEP_MAX {
                break;
            }
            let step = self.name_frame(&inner, &outer).await;
            way.push(step.unwrap_or_else(|| {
                self.builder.warn("a frame could not be named: its order among the frames may be another".to_owned());
                FrameStep::Numbered(0)
            }));
            inner = outer;
        }
        way.reverse();
        self.tabs.keep_way(frame, way.clone());
        way
    }

    async fn name_frame(&self, frame: &str, outer: &str) -> Option<FrameStep> {
        let World { session, context } = self.tabs.world(outer)?;
        let ask = |method, params| self.wire.ask(Some(session), method, params, ASK_PATIENCE);
        let owner = ask("DOM.getFrameOwner", json!({"frameId": frame})).await.ok()?;
        let node = owner.get("backendNodeId")?;
        let params = json!({"backendNodeId": node, "executionContextId": context});
        let resolved = ask("DOM.resolveNode", params).await.ok()?;
        let params = json!({
            "objectId": resolved.pointer("/object/objectId")?,
            "functionDeclaration": "function() { return siskinRecorder.nameOf(this); }",
            "returnByValue": true,
        });
        let named = ask("Runtime.callFunctionOn", params).await.ok()?;
        let names: Vec<Name> = serde_json::from_value(named.pointer("/result/value")?.clone()).ok()?;
        (!names.is_empty()).then(|| FrameStep::Named(paths(names)))
    }

    /// Has the bar show how far the recording is.
    async fn show(&self) {
        let state = json!({"steps": self.builder.len(), "paused": self.builder.is_paused()});
        self.tell_worlds(None, &state).await;
    }

    async fn tell_worlds(&self, session: Option<&str>, state: &Value) {
        for World { session, context } in self.tabs.all_worlds(session) {
            let expression = format!("globalThis.siskinRecorder && siskinRecorder.show({state})");
            let params = json!({"expression": expression, "contextId": context});
            self.wire.tell(Some(&session), "Runtime.evaluate", params).await;
        }
    }
}
