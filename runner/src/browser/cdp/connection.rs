//! The socket, and the task that owns it.

use std::collections::{HashMap, HashSet};
use std::io;
use std::sync::Arc;
use std::time::Duration;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD as BASE64;
use futures::{SinkExt, StreamExt};
use parking_lot::Mutex;
use serde::Deserialize;
use serde_json::{Value, json};
use tokio::net::TcpStream;
use tokio::sync::{mpsc, oneshot, watch};
use tokio::task::JoinSet;
use tokio::time::{Instant, sleep_until, timeout, timeout_at};
use tokio_tungstenite::WebSocketStream;
use tokio_tungstenite::tungstenite::{Message, protocol::WebSocketConfig};

use super::event::{Attached, Event, RequestPaused};
use super::recording::{BODY_BYTES_MAX, Body, PictureState, Recording};
use super::{attach, recording};
use crate::browser::error::BrowserError;
use crate::browser::session::DialogAnswer;
use crate::browser::text::truncated;
use crate::browser::trace::Tracer;

/// Commands on their way to the socket.
const COMMANDS_MAX: usize = 64;
/// Commands Chrome has not answered; a hung page leaves some, beyond this new ones are refused.
const PENDING_MAX: usize = 1_000;
/// Frames and workers observed in one session; later ones run unobserved.
const CHILDREN_MAX: usize = 200;
/// A picture of a very long page, in base64.
const MESSAGE_BYTES_MAX: usize = 256 * 1024 * 1024;
/// Chrome reads its socket even when a page hangs; if not, it is as good as gone.
const WRITE_PATIENCE: Duration = Duration::from_secs(5);
const ERROR_BYTES_MAX: usize = 500;
/// A picture of the viewport takes a tenth of a second.
const PICTURE_PATIENCE: Duration = Duration::from_secs(3);

/// Why a DevTools command has no result.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub(crate) enum CdpError {
    #[error("the DevTools connection is gone: {0}")]
    Gone(String),
    #[error("{method}: {message}")]
    Refused { method: &'static str, message: String },
    #[error("{method} was not answered in time")]
    TimedOut { method: &'static str },
}

impl From<CdpError> for BrowserError {
    fn from(error: CdpError) -> Self {
        Self::Infrastructure(error.to_string())
    }
}

#[derive(Debug)]
pub(crate) struct ConnectOptions<'a> {
    pub(crate) port: u16,
    /// Path of the browser's endpoint, with its leading `/`.
    pub(crate) path: &'a str,
    /// WebDriver's window handle, which is the DevTools target's id and the top frame's.
    pub(crate) target: &'a str,
    pub(crate) tracer: Option<Tracer>,
}

/// A connection attached to one page. Dropping it closes the socket; Chrome lives on.
#[derive(Debug)]
pub(crate) struct Connection {
    commands: mpsc::Sender<Command>,
    shared: Arc<Shared>,
    changed: watch::Receiver<()>,
    page: Mutex<String>,
    target: Mutex<String>,
    _task: JoinSet<()>,
}

#[derive(Debug)]
struct Shared {
    recording: Mutex<Recording>,
    changed: watch::Sender<()>,
}

#[derive(Debug)]
struct Command {
    session: Option<String>,
    method: &'static str,
    params: Value,
    purpose: Purpose,
}

/// Who wants a command's answer.
#[derive(Debug)]
enum Purpose {
    Caller(oneshot::Sender<Result<Value, CdpError>>),
    Body { request: String },
    Picture { at: Instant },
    Nobody,
}

impl Connection {
    /// Connects, attaches to the page, and switches everything on before returning.
    pub(crate) async fn open(options: ConnectOptions<'_>, deadline: Instant) -> Result<Self, BrowserError> {
        let socket = timeout_at(deadline, connect(options.port, options.path))
            .await
            .map_err(|_| CdpError::TimedOut { method: "connect" })??;
        let (changed, watched) = watch::channel(());
        let shared =
            Arc::new(Shared { recording: Mutex::new(Recording::new(options.target, options.tracer)), changed });
        let (commands, incoming) = mpsc::channel(COMMANDS_MAX);
        let mut task = JoinSet::new();
        task.spawn(Actor::new(socket, Arc::clone(&shared)).run(incoming));
        let connection =
            Self { commands, shared, changed: watched, page: Mutex::default(), target: Mutex::default(), _task: task };
        connection.attach_to(options.target, deadline).await?;
        Ok(connection)
    }

    /// Observes a page from now on, and sends the page's commands to it.
    pub(crate) async fn attach_to(&self, target: &str, deadline: Instant) -> Result<(), CdpError> {
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
        let all = setup.into_iter().map(|(method, params)| self.call(method, params, deadline));
        futures::future::try_join_all(all).await?;
        Ok(())
    }

    /// Sends a command to the page and awaits its result.
    pub(crate) async fn call(&self, method: &'static str, params: Value, deadline: Instant) -> Result<Value, CdpError> {
        let session = Some(self.page.lock().clone());
        self.ask(session, method, params, deadline).await
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
        loop {
            changed.mark_unchanged();
            let (reached, closed) = self.with(|recording| (wanted(recording), recording.closed.is_some()));
            if reached || closed {
                return reached;
            }
            if timeout_at(deadline, changed.changed()).await.is_err() {
                return false;
            }
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

async fn connect(port: u16, path: &str) -> Result<WebSocketStream<TcpStream>, CdpError> {
    let gone = |error: &dyn std::fmt::Display| CdpError::Gone(error.to_string());
    let stream = TcpStream::connect(("127.0.0.1", port)).await.map_err(|error| gone(&error))?;
    stream.set_nodelay(true).map_err(|error| gone(&error))?;
    let config =
        WebSocketConfig::default().max_message_size(Some(MESSAGE_BYTES_MAX)).max_frame_size(Some(MESSAGE_BYTES_MAX));
    let url = format!("ws://127.0.0.1:{port}{path}");
    let (socket, _) =
        tokio_tungstenite::client_async_with_config(url, stream, Some(config)).await.map_err(|error| gone(&error))?;
    Ok(socket)
}

/// What Chrome sends: an answer when it has an id, else an event.
#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
struct Incoming {
    id: Option<u64>,
    result: Option<Value>,
    error: Option<Refusal>,
    method: Option<String>,
    #[serde(default)]
    params: Value,
    session_id: Option<String>,
}

#[derive(Debug, Deserialize)]
struct Refusal {
    message: String,
}

#[derive(Debug)]
struct Actor {
    socket: WebSocketStream<TcpStream>,
    shared: Arc<Shared>,
    pending: HashMap<u64, (&'static str, Purpose)>,
    next_id: u64,
    children: HashSet<String>,
    /// Requests whose body is wanted once it is there.
    bodies_wanted: HashSet<String>,
    /// A picture to be asked for, and when.
    picture: Option<(Instant, Command)>,
}

impl Actor {
    fn new(socket: WebSocketStream<TcpStream>, shared: Arc<Shared>) -> Self {
        Self {
            socket,
            shared,
            pending: HashMap::new(),
            next_id: 1,
            children: HashSet::new(),
            bodies_wanted: HashSet::new(),
            picture: None,
        }
    }

    async fn run(mut self, mut commands: mpsc::Receiver<Command>) {
        let why = loop {
            let picture_at = self.picture.as_ref().map(|(at, _)| *at);
            let step = tokio::select! {
                command = commands.recv() => match command {
                    Some(command) => match command.purpose {
                        Purpose::Picture { at } => {
                            self.picture = Some((at, command));
                            Ok(())
                        }
                        _ => self.send(command).await,
                    },
                    None => break "the session ended".to_owned(),
                },
                () = sleep_until(picture_at.unwrap_or_else(Instant::now)), if picture_at.is_some() => {
                    self.take_picture().await
                }
                message = self.socket.next() => match message {
                    Some(Ok(message)) => self.receive(&message).await,
                    Some(Err(error)) => break error.to_string(),
                    None => break "Chrome closed it".to_owned(),
                },
            };
            if let Err(error) = step {
                break error.to_string();
            }
        };
        self.shared.recording.lock().closed = Some(why.clone());
        for (_, (_, purpose)) in self.pending.drain() {
            answer(purpose, Err(CdpError::Gone(why.clone())));
        }
        self.shared.changed.send_replace(());
    }

    /// Asks for the picture that is due, unless it was given up.
    async fn take_picture(&mut self) -> io::Result<()> {
        let Some((_, command)) = self.picture.take() else { return Ok(()) };
        let wanted = {
            let mut recording = self.shared.recording.lock();
            let wanted = recording.picture_state == PictureState::Due;
            if wanted {
                recording.picture_state = PictureState::UnderWay;
            }
            wanted
        };
        if wanted { self.send(command).await } else { Ok(()) }
    }

    async fn send(&mut self, command: Command) -> io::Result<()> {
        let Command { session, method, params, purpose } = command;
        if self.pending.len() >= PENDING_MAX {
            // Those nobody waits for any more are only in the way.
            self.pending.retain(|_, (_, purpose)| match purpose {
                Purpose::Caller(caller) => !caller.is_closed(),
                Purpose::Body { .. } | Purpose::Picture { .. } | Purpose::Nobody => false,
            });
        }
        if self.pending.len() >= PENDING_MAX {
            let message = format!("{PENDING_MAX} commands wait for an answer already");
            answer(purpose, Err(CdpError::Refused { method, message }));
            return Ok(());
        }
        let id = self.next_id;
        self.next_id += 1;
        let mut message = json!({"id": id, "method": method, "params": params});
        if let (Some(session), Some(fields)) = (session, message.as_object_mut()) {
            fields.insert("sessionId".to_owned(), Value::String(session));
        }
        self.pending.insert(id, (method, purpose));
        let sending = self.socket.send(Message::text(message.to_string()));
        timeout(WRITE_PATIENCE, sending)
            .await
            .map_err(|_| io::Error::other("Chrome does not read its socket"))?
            .map_err(io::Error::other)
    }

    async fn post(&mut self, session: Option<String>, method: &'static str, params: Value) -> io::Result<()> {
        self.send(Command { session, method, params, purpose: Purpose::Nobody }).await
    }

    async fn receive(&mut self, message: &Message) -> io::Result<()> {
        let Message::Text(text) = message else {
            // Pings are answered by the socket itself, and Chrome sends nothing else.
            return Ok(());
        };
        let incoming: Incoming = serde_json::from_str(text)?;
        if let Some(id) = incoming.id {
            self.receive_answer(id, incoming);
        } else if let Some(method) = &incoming.method {
            match Event::parse(method, incoming.params) {
                Ok(Some(event)) => {
                    self.receive_event(event, incoming.session_id, text.len()).await?;
                }
                Ok(None) => return Ok(()),
                Err(_) => self.shared.recording.lock().events_unread += 1,
            }
        }
        self.shared.changed.send_replace(());
        Ok(())
    }

    fn receive_answer(&mut self, id: u64, incoming: Incoming) {
        let Some((method, purpose)) = self.pending.remove(&id) else {
            return;
        };
        let result = match incoming.error {
            Some(refusal) => Err(CdpError::Refused { method, message: truncated(&refusal.message, ERROR_BYTES_MAX) }),
            None => Ok(incoming.result.unwrap_or_default()),
        };
        match purpose {
            Purpose::Caller(_) => answer(purpose, result),
            Purpose::Body { request } => {
                if let Some(body) = result.ok().and_then(|result| Body::read(&result)) {
                    self.shared.recording.lock().keep_body(request, body);
                }
            }
            Purpose::Picture { .. } => {
                self.shared.recording.lock().picture_state = PictureState::None;
                if let Some(picture) = result.ok().and_then(|result| read_picture(&result)) {
                    self.shared.recording.lock().keep_picture(picture.into());
                }
            }
            // Switching something on in a target that is gone already.
            Purpose::Nobody => {}
        }
    }

    async fn receive_event(&mut self, event: Event, session: Option<String>, bytes: usize) -> io::Result<()> {
        match &event {
            Event::DialogOpened(_) => self.answer_dialog(session).await?,
            Event::Paused(paused) => return self.continue_request(paused, session).await,
            Event::Attached(attached) => return self.attach_child(attached).await,
            Event::Detached(detached) => {
                self.children.remove(&detached.session_id);
            }
            Event::Response(received) => {
                let kind = received.kind.as_deref();
                let wanted = matches!(kind, Some("Document" | "XHR" | "Fetch"))
                    && recording::is_text(&received.response.mime_type)
                    && self.bodies_wanted.len() < PENDING_MAX;
                if wanted {
                    self.bodies_wanted.insert(received.request_id.clone());
                }
            }
            Event::Finished(finished) => {
                let request = finished.request_id.clone();
                self.shared.recording.lock().record(event, bytes);
                return self.fetch_body(request, session).await;
            }
            Event::Failed(failed) => {
                self.bodies_wanted.remove(&failed.request_id);
            }
            _ => {}
        }
        self.shared.recording.lock().record(event, bytes);
        Ok(())
    }

    /// Asks for the body at once: Chrome forgets it with the next navigation.
    async fn fetch_body(&mut self, request: String, session: Option<String>) -> io::Result<()> {
        let received = self.shared.recording.lock().received.get(&request).copied().unwrap_or_default();
        if !self.bodies_wanted.remove(&request) || received > BODY_BYTES_MAX as u64 {
            return Ok(());
        }
        self.send(Command {
            session,
            method: "Network.getResponseBody",
            params: json!({"requestId": request}),
            purpose: Purpose::Body { request },
        })
        .await
    }

    async fn answer_dialog(&mut self, session: Option<String>) -> io::Result<()> {
        let answer = self.shared.recording.lock().dialog_answer.as_ref().map(DialogAnswer::params);
        let Some(params) = answer else { return Ok(()) };
        self.post(session, "Page.handleJavaScriptDialog", params).await
    }

    async fn continue_request(&mut self, paused: &RequestPaused, session: Option<String>) -> io::Result<()> {
        let params = match &mut self.shared.recording.lock().tracer {
            Some(tracer) => tracer.continue_request(paused),
            None => json!({"requestId": paused.request_id}),
        };
        self.post(session, "Fetch.continueRequest", params).await
    }

    async fn attach_child(&mut self, attached: &Attached) -> io::Result<()> {
        let setup = if self.children.len() < CHILDREN_MAX {
            self.children.insert(attached.session_id.clone());
            let recording = self.shared.recording.lock();
            attach::child(&attached.target_info.kind, recording.tracer.as_ref())
        } else {
            attach::child("unobserved", None)
        };
        for (method, params) in setup {
            let session = Some(attached.session_id.clone());
            self.post(session, method, params).await?;
        }
        Ok(())
    }
}

fn answer(purpose: Purpose, result: Result<Value, CdpError>) {
    if let Purpose::Caller(caller) = purpose {
        // Whoever asked may have given up waiting.
        drop(caller.send(result));
    }
}

/// The picture in the answer of `Page.captureScreenshot`.
pub(crate) fn read_picture(result: &Value) -> Option<Vec<u8>> {
    BASE64.decode(result.get("data")?.as_str()?).ok()
}
