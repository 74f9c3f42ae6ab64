//! A DevTools socket for whoever wants events as they are: of every tab, frame and context.

use std::collections::HashMap;
use std::io;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use futures::{SinkExt, StreamExt};
use serde::Deserialize;
use serde_json::{Value, json};
use tokio::net::TcpStream;
use tokio::sync::{mpsc, oneshot};
use tokio::task::JoinSet;
use tokio::time::{Instant, timeout, timeout_at};
use tokio_tungstenite::WebSocketStream;
use tokio_tungstenite::tungstenite::Message;

use super::actor::CdpError;
use super::connection::connect;
use crate::browser::reaper::Devtools;

const COMMANDS_MAX: usize = 256;
/// Events that are not yet looked at.
const EVENTS_MAX: usize = 4_096;
/// Commands Chrome has not answered; beyond this new ones are refused.
const PENDING_MAX: usize = 4_096;

/// The sending side. Dropping it closes the socket; Chrome lives on.
#[derive(Debug)]
pub(crate) struct Wire {
    commands: mpsc::Sender<Command>,
    lost: Arc<AtomicUsize>,
    _task: JoinSet<()>,
}

/// What Chrome tells unasked.
#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct WireEvent {
    pub(crate) method: String,
    #[serde(default)]
    pub(crate) params: Value,
    pub(crate) session_id: Option<String>,
}

/// Who awaits a command's result.
type Asker = oneshot::Sender<Result<Value, CdpError>>;

#[derive(Debug)]
struct Command {
    session: Option<String>,
    method: &'static str,
    params: Value,
    answer: Option<Asker>,
}

#[derive(Debug, Deserialize)]
struct Answer {
    id: u64,
    #[serde(default)]
    result: Value,
    error: Option<Refusal>,
}

#[derive(Debug, Deserialize)]
struct Refusal {
    message: String,
}

impl Wire {
    /// Connects to the browser's endpoint; of its events only those are told whose method is `wanted`.
    pub(crate) async fn open(
        devtools: &Devtools,
        wanted: &'static [&'static str],
        deadline: Instant,
    ) -> Result<(Self, mpsc::Receiver<WireEvent>), CdpError> {
        let socket = timeout_at(deadline, connect(devtools.port, &devtools.path))
            .await
            .map_err(|_| CdpError::TimedOut { method: "connect" })??;
        let (commands, incoming) = mpsc::channel(COMMANDS_MAX);
        let (events, told) = mpsc::channel(EVENTS_MAX);
        let lost = Arc::<AtomicUsize>::default();
        let mut task = JoinSet::new();
        let actor = Actor { socket, wanted, events, lost: Arc::clone(&lost), pending: HashMap::new(), next_id: 1 };
        task.spawn(actor.run(incoming));
        Ok((Self { commands, lost, _task: task }, told))
    }

    /// Sends a command and awaits its result, for at most `patience`.
    pub(crate) async fn ask(
        &self,
        session: Option<&str>,
        method: &'static str,
        params: Value,
        patience: Duration,
    ) -> Result<Value, CdpError> {
        let (answer, answered) = oneshot::channel();
        let session = session.map(str::to_owned);
        let gone = || CdpError::Gone("Chrome closed it".to_owned());
        let asked = async {
            let command = Command { session, method, params, answer: Some(answer) };
            self.commands.send(command).await.map_err(|_| gone())?;
            answered.await.map_err(|_| gone())?
        };
        timeout(patience, asked).await.map_err(|_| CdpError::TimedOut { method })?
    }

    /// Sends a command whose result nobody awaits. A lost connection shows by the end of the events.
    pub(crate) async fn tell(&self, session: Option<&str>, method: &'static str, params: Value) {
        let command = Command { session: session.map(str::to_owned), method, params, answer: None };
        drop(self.commands.send(command).await);
    }

    /// Events that came faster than they were looked at.
    pub(crate) fn lost(&self) -> usize {
        self.lost.load(Ordering::Relaxed)
    }
}

struct Actor {
    socket: WebSocketStream<TcpStream>,
    wanted: &'static [&'static str],
    events: mpsc::Sender<WireEvent>,
    lost: Arc<AtomicUsize>,
    pending: HashMap<u64, (&'static str, Option<Asker>)>,
    next_id: u64,
}

impl Actor {
    /// Ends with the connection or with its owner; the end of the events tells of it.
    async fn run(mut self, mut commands: mpsc::Receiver<Command>) {
        loop {
            let step = tokio::select! {
                command = commands.recv() => match command {
                    Some(command) => self.send(command).await,
                    None => return,
                },
                message = self.socket.next() => match message {
                    Some(Ok(Message::Text(text))) => self.receive(&text),
                    // Pings are answered by the socket itself, and Chrome sends nothing else.
                    Some(Ok(_)) => Ok(()),
                    Some(Err(_)) | None => return,
                },
            };
            if let Err(error) = step {
                tracing::debug!(%error, "the DevTools connection ends");
                return;
            }
        }
    }

    async fn send(&mut self, command: Command) -> io::Result<()> {
        let Command { session, method, params, answer } = command;
        if self.pending.len() >= PENDING_MAX {
            self.pending.retain(|_, (_, answer)| answer.as_ref().is_some_and(|answer| !answer.is_closed()));
        }
        let id = self.next_id;
        self.next_id += 1;
        let mut message = json!({"id": id, "method": method, "params": params});
        if let (Some(session), Some(fields)) = (session, message.as_object_mut()) {
            fields.insert("sessionId".to_owned(), Value::String(session));
        }
        self.pending.insert(id, (method, answer));
        self.socket.send(Message::text(message.to_string())).await.map_err(io::Error::other)
    }

    fn receive(&mut self, text: &str) -> io::Result<()> {
        if let Ok(Answer { id, result, error }) = serde_json::from_str(text) {
            let Some((method, answer)) = self.pending.remove(&id) else { return Ok(()) };
            let result = match error {
                Some(refusal) => Err(CdpError::Refused { method, message: refusal.message }),
                None => Ok(result),
            };
            match answer {
                // Whoever asked may have given up waiting.
                Some(answer) => drop(answer.send(result)),
                None => {
                    if let Err(error) = result {
                        tracing::debug!(%error, "refused");
                    }
                }
            }
            return Ok(());
        }
        let event: WireEvent = serde_json::from_str(text)?;
        if self.wanted.contains(&event.method.as_str()) && self.events.try_send(event).is_err() {
            self.lost.fetch_add(1, Ordering::Relaxed);
        }
        Ok(())
    }
}
