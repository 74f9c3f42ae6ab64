//! The task that owns the socket: sends commands, matches answers, takes events in.

use std::collections::{HashMap, HashSet};
use std::io;
use std::sync::Arc;
use std::time::Duration;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD as BASE64;
use futures::{FutureExt, SinkExt, StreamExt};
use parking_lot::Mutex;
use serde_json::{Value, json};
use tokio::net::TcpStream;
use tokio::sync::{mpsc, oneshot, watch};
use tokio::time::{Instant, sleep_until, timeout};
use tokio_tungstenite::WebSocketStream;
use tokio_tungstenite::tungstenite::{self, Message};

use super::event::{Attached, Event, RequestPaused};
use super::message::{Incoming, Outgoing};
use super::recording::{BEFORE_UNLOAD, BODY_BYTES_MAX, PictureState, Recording};
use super::{attach, recording};
use crate::browser::error::BrowserError;
use crate::browser::session::DialogAnswer;
use crate::browser::text::truncated;

/// Commands Chrome has not answered; a hung page leaves some, beyond this new ones are refused.
const PENDING_MAX: usize = 1_000;
/// Frames and workers observed in one session; later ones run unobserved.
const CHILDREN_MAX: usize = 200;
/// Messages and commands that are taken in at once.
const BATCH_MAX: usize = 64;
const WRITE_PATIENCE: Duration = Duration::from_secs(5);
const ERROR_BYTES_MAX: usize = 500;

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
pub(super) struct Shared {
    pub(super) recording: Mutex<Recording>,
    pub(super) changed: watch::Sender<()>,
}

#[derive(Debug)]
pub(super) struct Command {
    pub(super) session: Option<String>,
    pub(super) method: &'static str,
    pub(super) params: Value,
    pub(super) purpose: Purpose,
}

/// Who wants a command's answer.
#[derive(Debug)]
pub(super) enum Purpose {
    Caller(oneshot::Sender<Result<Value, CdpError>>),
    Body { request: String },
    Picture { at: Instant },
    Nobody,
}

#[derive(Debug)]
pub(super) struct Actor {
    socket: WebSocketStream<TcpStream>,
    shared: Arc<Shared>,
    pending: HashMap<u64, (&'static str, Purpose)>,
    next_id: u64,
    children: HashSet<String>,
    /// Requests whose body is wanted once it is there.
    bodies_wanted: HashSet<String>,
    /// A picture to be asked for, and when.
    picture: Option<(Instant, Command)>,
    /// Commands wait in the socket's buffer.
    is_unsent: bool,
    /// The recording is not as those who wait have seen it.
    is_untold: bool,
}

impl Actor {
    pub(super) fn new(socket: WebSocketStream<TcpStream>, shared: Arc<Shared>) -> Self {
        Self {
            socket,
            shared,
            pending: HashMap::new(),
            next_id: 1,
            children: HashSet::new(),
            bodies_wanted: HashSet::new(),
            picture: None,
            is_unsent: false,
            is_untold: false,
        }
    }

    pub(super) async fn run(mut self, mut commands: mpsc::Receiver<Command>) {
        let why = loop {
            if let Err(error) = self.step(&mut commands).await {
                break error.to_string();
            }
        };
        self.shared.recording.lock().closed = Some(why.clone());
        for (_, (_, purpose)) in self.pending.drain() {
            answer(purpose, Err(CdpError::Gone(why.clone())));
        }
        self.shared.changed.send_replace(());
    }

    /// Waits for what comes next and takes in what came with it, so that all of it is sent in one writing and told once.
    async fn step(&mut self, commands: &mut mpsc::Receiver<Command>) -> io::Result<()> {
        let picture_at = self.picture.as_ref().map(|(at, _)| *at);
        tokio::select! {
            command = commands.recv() => {
                let command = command.ok_or_else(|| io::Error::other("the session ended"))?;
                self.obey(command).await?;
            }
            () = sleep_until(picture_at.unwrap_or_else(Instant::now)), if picture_at.is_some() => {
                self.take_picture().await?;
            }
            message = self.socket.next() => self.hear(message).await?,
        }
        for _ in 0..BATCH_MAX {
            if let Ok(command) = commands.try_recv() {
                self.obey(command).await?;
            } else if let Some(message) = self.socket.next().now_or_never() {
                self.hear(message).await?;
            } else {
                break;
            }
        }
        if std::mem::take(&mut self.is_unsent) {
            in_time(self.socket.flush()).await?;
        }
        if std::mem::take(&mut self.is_untold) {
            self.shared.changed.send_replace(());
        }
        Ok(())
    }

    async fn obey(&mut self, command: Command) -> io::Result<()> {
        if let Purpose::Picture { at } = command.purpose {
            self.picture = Some((at, command));
            return Ok(());
        }
        self.send(command).await
    }

    async fn hear(&mut self, message: Option<Result<Message, tungstenite::Error>>) -> io::Result<()> {
        let message = message.ok_or_else(|| io::Error::other("Chrome closed it"))?;
        self.receive(&message.map_err(io::Error::other)?).await
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

    /// Puts a command into the socket's buffer.
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
        let message = Outgoing { id, method, params: &params, session_id: session.as_deref() };
        let message = Message::text(serde_json::to_string(&message)?);
        self.pending.insert(id, (method, purpose));
        self.is_unsent = true;
        in_time(self.socket.feed(message)).await
    }

    async fn post(&mut self, session: Option<String>, method: &'static str, params: Value) -> io::Result<()> {
        self.send(Command { session, method, params, purpose: Purpose::Nobody }).await
    }

    async fn receive(&mut self, message: &Message) -> io::Result<()> {
        let Message::Text(text) = message else {
            // Pings are answered by the socket itself, and Chrome sends nothing else.
            return Ok(());
        };
        let incoming: Incoming<'_> = serde_json::from_str(text)?;
        if let Some(id) = incoming.id {
            self.receive_answer(id, incoming);
            return Ok(());
        }
        match Event::parse(&incoming.method, incoming.params()) {
            Ok(Some(event)) => self.receive_event(event, incoming.session_id, text.len()).await?,
            Ok(None) => {}
            Err(_) => self.shared.recording.lock().events_unread += 1,
        }
        Ok(())
    }

    fn receive_answer(&mut self, id: u64, incoming: Incoming<'_>) {
        let Some((method, purpose)) = self.pending.remove(&id) else {
            return;
        };
        let refused = |message: &str| CdpError::Refused { method, message: truncated(message, ERROR_BYTES_MAX) };
        let result = incoming.result().get();
        let result = incoming.error.map_or(Ok(result), |refusal| Err(refused(&refusal.message)));
        match purpose {
            Purpose::Caller(_) => {
                let read = |result| serde_json::from_str(result).map_err(|error| refused(&error.to_string()));
                answer(purpose, result.and_then(read));
            }
            Purpose::Body { request } => {
                let mut recording = self.shared.recording.lock();
                recording.bodies_open = recording.bodies_open.saturating_sub(1);
                if let Some(body) = result.ok().and_then(|result| serde_json::from_str(result).ok()) {
                    recording.keep_body(request, body);
                }
                self.is_untold = true;
            }
            Purpose::Picture { .. } => {
                let read = |result| read_picture(&serde_json::from_str(result).ok()?);
                let picture = result.ok().and_then(read);
                let mut recording = self.shared.recording.lock();
                recording.picture_state = PictureState::None;
                if let Some(picture) = picture {
                    recording.keep_picture(picture.into());
                }
                self.is_untold = true;
            }
            // Switching something on in a target that is gone already.
            Purpose::Nobody => {}
        }
    }

    async fn receive_event(&mut self, event: Event, session: Option<String>, bytes: usize) -> io::Result<()> {
        match &event {
            Event::DialogOpened(dialog) => self.answer_dialog(&dialog.kind, session).await?,
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
                self.is_untold |= self.shared.recording.lock().record(event, bytes);
                return self.fetch_body(request, session).await;
            }
            Event::Failed(failed) => {
                self.bodies_wanted.remove(&failed.request_id);
            }
            _ => {}
        }
        self.is_untold |= self.shared.recording.lock().record(event, bytes);
        Ok(())
    }

    /// Asks for the body at once: Chrome forgets it with the next navigation.
    async fn fetch_body(&mut self, request: String, session: Option<String>) -> io::Result<()> {
        let received = self.shared.recording.lock().received.get(&request).copied().unwrap_or_default();
        if !self.bodies_wanted.remove(&request) || received > BODY_BYTES_MAX as u64 {
            return Ok(());
        }
        self.shared.recording.lock().bodies_open += 1;
        self.send(Command {
            session,
            method: "Network.getResponseBody",
            params: json!({"requestId": request}),
            purpose: Purpose::Body { request },
        })
        .await
    }

    async fn answer_dialog(&mut self, kind: &str, session: Option<String>) -> io::Result<()> {
        let answer = if kind == BEFORE_UNLOAD {
            Some(DialogAnswer::Accept(String::new()).params())
        } else {
            self.shared.recording.lock().dialog_answer.as_ref().map(DialogAnswer::params)
        };
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

/// Chrome reads its socket even when a page hangs; if not, it is as good as gone.
async fn in_time(writing: impl Future<Output = Result<(), tungstenite::Error>>) -> io::Result<()> {
    timeout(WRITE_PATIENCE, writing)
        .await
        .map_err(|_| io::Error::other("Chrome does not read its socket"))?
        .map_err(io::Error::other)
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
