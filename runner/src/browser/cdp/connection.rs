//! The handle on one page's socket, beside the task that owns it.

use std::sync::Arc;
use std::time::Duration;

use parking_lot::Mutex;
use serde_json::{Value, json};
use tokio::net::TcpStream;
use tokio::sync::{mpsc, oneshot, watch};
use tokio::task::JoinSet;
use tokio::time::{Instant, sleep, timeout_at};
use tokio_tungstenite::WebSocketStream;
use tokio_tungstenite::tungstenite::protocol::WebSocketConfig;

use super::actor::{Actor, CdpError, Command, Purpose, Shared};
use super::attach;
use super::recording::{PictureState, Recording};
use crate::browser::error::BrowserError;
use crate::browser::reaper::Devtools;
use crate::browser::trace::Tracer;

/// Commands on their way to the socket.
const COMMANDS_MAX: usize = 64;
/// A picture of a very long page, in base64.
const MESSAGE_BYTES_MAX: usize = 256 * 1024 * 1024;
/// Most messages have less than 1 KiB, and each reading begins by filling all of this with zeros.
const READ_BYTES: usize = 16 * 1024;
/// A picture of the viewport takes a tenth of a second.
const PICTURE_PATIENCE: Duration = Duration::from_secs(3);

/// Chrome's first page is there as soon as Chrome answers, or in a moment; a new document likewise.
const LOOK_EVERY: Duration = Duration::from_millis(5);
/// Chrome's word while the page's new document is not yet the one that is shown.
const SWAPPING: &str = "Not attached to an active page";
/// How long a document may take to be shown; it takes some milliseconds.
const SWAP_PATIENCE: Duration = Duration::from_secs(2);

/// A connection to the browser, mostly attached to one page. Dropping it closes the socket; Chrome lives on.
#[derive(Debug)]
pub(crate) struct Connection {
    commands: mpsc::Sender<Command>,
    shared: Arc<Shared>,
    changed: watch::Receiver<()>,
    page: Mutex<String>,
    target: Mutex<String>,
    _task: JoinSet<()>,
}

impl Connection {
    /// Connects to the browser's own endpoint; nothing is observed yet.
    pub(crate) async fn open(
        devtools: &Devtools,
        tracer: Option<Tracer>,
        deadline: Instant,
    ) -> Result<Self, BrowserError> {
        let socket = timeout_at(deadline, connect(devtools.port, &devtools.path))
            .await
            .map_err(|_| CdpError::TimedOut { method: "connect" })??;
        let (changed, watched) = watch::channel(());
        let shared = Arc::new(Shared { recording: Mutex::new(Recording::new(tracer)), changed });
        let (commands, incoming) = mpsc::channel(COMMANDS_MAX);
        let mut task = JoinSet::new();
        task.spawn(Actor::new(socket, Arc::clone(&shared)).run(incoming));
        Ok(Self { commands, shared, changed: watched, page: Mutex::default(), target: Mutex::default(), _task: task })
    }

    /// The target of the page that a Chrome just started shows.
    pub(crate) async fn first_page(&self, deadline: Instant) -> Result<String, CdpError> {
        loop {
            let told = self.ask(None, "Target.getTargets", json!({}), deadline).await?;
            let all = told.get("targetInfos").and_then(Value::as_array);
            let is_page = |one: &&Value| one.get("type").and_then(Value::as_str) == Some("page");
            let page = all.into_iter().flatten().find(is_page).and_then(|page| page.get("targetId")?.as_str());
            if let Some(page) = page {
                return Ok(page.to_owned());
            }
            sleep(LOOK_EVERY).await;
        }
    }

    /// Observes a page from now on, and sends the page's commands to it.
    pub(crate) async fn attach_to(&self, target: &str, deadline: Instant) -> Result<(), CdpError> {
        self.attach_with(target, Vec::new(), deadline).await
    }

    /// As [`Connection::attach_to`], with more commands to the page that need not be awaited one by one.
    pub(crate) async fn attach_with(
        &self,
        target: &str,
        more: Vec<(&'static str, Value)>,
        deadline: Instant,
    ) -> Result<(), CdpError> {
        const METHOD: &str = "Target.attachToTarget";
        if *self.target.lock() == target {
            return Ok(());
        }
        let params = json!({"targetId": target, "flatten": true});
        let attached = self.ask(None, METHOD, params, deadline).await?;
        let page = attached.get("sessionId").and_then(Value::as_str);
        page.ok_or(CdpError::Refused { method: METHOD, message: "it gave no session".to_owned() })?
            .clone_into(&mut self.page.lock());
        target.clone_into(&mut self.target.lock());
        self.with(|recording| recording.turn_to(target));
        let setup = self.with(|recording| attach::page(recording.tracer.as_ref()));
        let all = setup.into_iter().chain(more).map(|(method, params)| self.call(method, params, deadline));
        tokio::select! {
            biased;
            // A page without a process answers nothing.
            true = self.wait_until(deadline, |recording| recording.crashed) => {
                Err(CdpError::Refused { method: METHOD, message: "the page has crashed".to_owned() })
            }
            all = futures::future::try_join_all(all) => all.map(drop),
        }
    }

    /// Sends a command to the page and awaits its result.
    ///
    /// Chrome refuses some commands while one document takes the place of another in a new process; it has done
    /// nothing of them then, and they are sent again.
    pub(crate) async fn call(&self, method: &'static str, params: Value, deadline: Instant) -> Result<Value, CdpError> {
        let patience = deadline.min(Instant::now() + SWAP_PATIENCE);
        loop {
            let session = Some(self.page.lock().clone());
            match self.ask(session, method, params.clone(), deadline).await {
                Err(CdpError::Refused { message, .. }) if message == SWAPPING && Instant::now() < patience => {
                    sleep(LOOK_EVERY).await;
                }
                answered => return answered,
            }
        }
    }

    /// Closes the page from the browser's side, for a page that no longer answers itself.
    pub(crate) async fn close_target(&self, deadline: Instant) -> Result<(), CdpError> {
        let params = json!({"targetId": self.target()});
        self.ask(None, "Target.closeTarget", params, deadline).await.map(|_| ())
    }

    /// The observed page's target, which is WebDriver's window handle.
    pub(crate) fn target(&self) -> String {
        self.target.lock().clone()
    }

    /// Browser-wide facts, such as the user agent.
    pub(crate) async fn browser_version(&self, deadline: Instant) -> Result<Value, CdpError> {
        self.ask(None, "Browser.getVersion", json!({}), deadline).await
    }

    /// Sends a command to the browser itself and awaits its result.
    pub(crate) async fn ask_browser(
        &self,
        method: &'static str,
        params: Value,
        deadline: Instant,
    ) -> Result<Value, CdpError> {
        self.ask(None, method, params, deadline).await
    }

    /// Sends a command to the browser itself whose result nobody awaits. `false` when it cannot be sent.
    pub(crate) fn tell_browser(&self, method: &'static str, params: Value) -> bool {
        self.commands.try_send(Command { session: None, method, params, purpose: Purpose::Nobody }).is_ok()
    }

    /// Has files that pages want to save thrown away, which else go to the user's own folder.
    pub(crate) async fn refuse_downloads(&self, context: Option<&str>, deadline: Instant) -> Result<(), CdpError> {
        let mut params = json!({"behavior": "deny"});
        if let (Some(context), Some(fields)) = (context, params.as_object_mut()) {
            fields.insert("browserContextId".to_owned(), Value::from(context));
        }
        self.ask(None, "Browser.setDownloadBehavior", params, deadline).await.map(|_| ())
    }

    /// Asks for a picture of the viewport after a `delay`; it is kept when it comes, and nobody waits for it.
    ///
    /// Does nothing while another one is under way.
    pub(crate) async fn take_picture_meanwhile(&self, delay: Duration) {
        let taken = self.with(|recording| match recording.picture_state {
            PictureState::None => {
                recording.picture_state = PictureState::Due;
                false
            }
            PictureState::Due | PictureState::UnderWay => true,
        });
        if taken {
            return;
        }
        let command = Command {
            session: Some(self.page.lock().clone()),
            method: "Page.captureScreenshot",
            params: json!({"format": "png", "optimizeForSpeed": true}),
            purpose: Purpose::Picture { at: Instant::now() + delay },
        };
        // A lost connection shows with the next command that is awaited.
        drop(self.commands.send(command).await);
    }

    /// Waits for a picture that is under way, and gives up one that is only due.
    ///
    /// Chrome puts the page's size back to what it was before the picture, and so undoes what was
    /// set meanwhile. Of a page that was left at that moment it never tells: then it is given up.
    pub(crate) async fn await_picture(&self, deadline: Instant) -> Result<(), CdpError> {
        let patience = Instant::now() + PICTURE_PATIENCE;
        self.with(|recording| {
            if recording.picture_state == PictureState::Due {
                recording.picture_state = PictureState::None;
            }
        });
        let here = |recording: &Recording| recording.picture_state == PictureState::None;
        if self.wait_until(deadline.min(patience), here).await {
            Ok(())
        } else if self.with(|recording| recording.closed.is_some()) {
            Err(self.gone())
        } else if patience < deadline {
            self.with(|recording| recording.picture_state = PictureState::None);
            Ok(())
        } else {
            Err(CdpError::TimedOut { method: "Page.captureScreenshot" })
        }
    }

    /// Looks at what was recorded so far, or changes it.
    pub(crate) fn with<T>(&self, look: impl FnOnce(&mut Recording) -> T) -> T {
        look(&mut self.shared.recording.lock())
    }

    /// Waits until the recording is as wanted. `false` when it was not by the deadline.
    pub(crate) async fn wait_until(&self, deadline: Instant, mut wanted: impl FnMut(&Recording) -> bool) -> bool {
        let mut changed = self.changed.clone();
        let reached = async {
            loop {
                changed.mark_unchanged();
                let (reached, closed) = self.with(|recording| (wanted(recording), recording.closed.is_some()));
                if reached || closed || changed.changed().await.is_err() {
                    return reached;
                }
            }
        };
        timeout_at(deadline, reached).await.unwrap_or(false)
    }

    /// As [`Connection::wait_until`], with an error for what did not come.
    pub(crate) async fn reach(
        &self,
        deadline: Instant,
        wanted: impl FnMut(&Recording) -> bool,
    ) -> Result<(), CdpError> {
        if self.wait_until(deadline, wanted).await {
            Ok(())
        } else if self.with(|recording| recording.closed.is_some()) {
            Err(self.gone())
        } else {
            Err(CdpError::TimedOut { method: "Page.navigate" })
        }
    }

    async fn ask(
        &self,
        session: Option<String>,
        method: &'static str,
        params: Value,
        deadline: Instant,
    ) -> Result<Value, CdpError> {
        let (answer, answered) = oneshot::channel();
        let command = Command { session, method, params, purpose: Purpose::Caller(answer) };
        let asked = async {
            self.commands.send(command).await.map_err(|_| self.gone())?;
            answered.await.map_err(|_| self.gone())?
        };
        timeout_at(deadline, asked).await.map_err(|_| CdpError::TimedOut { method })?
    }

    fn gone(&self) -> CdpError {
        let why = self.with(|recording| recording.closed.clone());
        CdpError::Gone(why.unwrap_or_else(|| "closed".to_owned()))
    }
}

pub(super) async fn connect(port: u16, path: &str) -> Result<WebSocketStream<TcpStream>, CdpError> {
    let gone = |error: &dyn std::fmt::Display| CdpError::Gone(error.to_string());
    let stream = TcpStream::connect(("127.0.0.1", port)).await.map_err(|error| gone(&error))?;
    stream.set_nodelay(true).map_err(|error| gone(&error))?;
    let config = WebSocketConfig::default()
        .read_buffer_size(READ_BYTES)
        .max_message_size(Some(MESSAGE_BYTES_MAX))
        .max_frame_size(Some(MESSAGE_BYTES_MAX));
    let url = format!("ws://127.0.0.1:{port}{path}");
    let (socket, _) =
        tokio_tungstenite::client_async_with_config(url, stream, Some(config)).await.map_err(|error| gone(&error))?;
    Ok(socket)
}
