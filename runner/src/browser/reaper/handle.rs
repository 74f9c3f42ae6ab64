//! The runner's side of the reaper: a handle that asks, and whose end is the reaper's end.

use std::collections::HashMap;
use std::io;
use std::path::Path;
use std::process::Stdio;
use std::sync::Arc;
use std::time::Duration;

use tokio::io::{AsyncBufReadExt, AsyncReadExt, AsyncWriteExt, BufReader};
use tokio::process::{Child, ChildStdin, ChildStdout, Command};
use tokio::sync::{mpsc, oneshot};
use tokio::task::JoinSet;

use super::ARGUMENT;
use super::protocol::{Action, BrowserId, Devtools, LINE_BYTES_MAX, Outcome, Reply, Request};
use crate::browser::error::BrowserError;

/// Requests on their way to the reaper.
const REQUESTS_MAX: usize = 64;
/// Killing takes some 100 ms; the reaper itself gives up on a process after 5 s.
const END_PATIENCE: Duration = Duration::from_secs(10);

/// The helper process that owns this runner's browsers. Clones share one process.
///
/// When the last clone is gone, or this process dies in any way, the reaper kills every browser it
/// started and removes their working folders.
#[derive(Debug, Clone)]
pub struct Reaper {
    requests: mpsc::Sender<Asked>,
    conversation: Arc<JoinSet<()>>,
}

/// How a Chrome is started.
#[derive(Debug)]
pub(crate) struct StartBrowser<'a> {
    pub(crate) browser: &'a Path,
    pub(crate) arguments: Vec<String>,
    /// JSON.
    pub(crate) preferences: String,
    pub(crate) root: &'a Path,
}

/// A Chrome that runs under the reaper.
#[derive(Debug)]
pub(crate) struct StartedBrowser {
    pub(crate) id: BrowserId,
    pub(crate) devtools: Devtools,
}

#[derive(Debug)]
struct Asked {
    action: Action,
    answer: oneshot::Sender<Outcome>,
}

impl Reaper {
    /// Starts `exe` as the reaper; its `main` must begin with [`super::run_if_requested`].
    ///
    /// # Errors
    /// `Config` when the binary cannot be started. Must be called inside a Tokio runtime.
    pub fn spawn(exe: &Path) -> Result<Self, BrowserError> {
        let cannot =
            |error: io::Error| BrowserError::Config(format!("reaper {} cannot be started: {error}", exe.display()));
        let mut command = Command::new(exe);
        command.arg(ARGUMENT).stdin(Stdio::piped()).stdout(Stdio::piped());
        // Nothing of this process's own: whoever reads its output to the end would wait for the reaper, too.
        let mut child = command.stderr(Stdio::null()).spawn().map_err(cannot)?;
        let (Some(input), Some(output)) = (child.stdin.take(), child.stdout.take()) else {
            return Err(cannot(io::Error::other("it has no pipes")));
        };
        let (requests, asked) = mpsc::channel(REQUESTS_MAX);
        let mut conversation = JoinSet::new();
        conversation.spawn(converse(child, input, output, asked));
        Ok(Self { requests, conversation: Arc::new(conversation) })
    }

    /// Starts this very binary as the reaper.
    ///
    /// # Errors
    /// As [`Reaper::spawn`].
    pub fn spawn_self() -> Result<Self, BrowserError> {
        // Not the program's path: after an update on disk that is another program, or none.
        Self::spawn(Path::new("/proc/self/exe"))
    }

    /// Starts Chrome in a folder of its own below `root`, and waits until its DevTools listen.
    pub(crate) async fn start_browser(&self, start: StartBrowser<'_>) -> Result<StartedBrowser, BrowserError> {
        let StartBrowser { browser, arguments, preferences, root } = start;
        let (browser, root) = (browser.to_owned(), root.to_owned());
        match self.ask(Action::Start { browser, arguments, preferences, root }).await? {
            Outcome::Started { browser, devtools } => Ok(StartedBrowser { id: browser, devtools }),
            other => Err(refusal(other)),
        }
    }

    /// Starts ChromeDriver beside a browser, unless it runs already, and gives the port on which it answers.
    pub(crate) async fn start_driver(&self, browser: BrowserId, driver: &Path) -> Result<u16, BrowserError> {
        match self.ask(Action::StartDriver { browser, driver: driver.to_owned() }).await? {
            Outcome::DriverStarted { port } => Ok(port),
            other => Err(refusal(other)),
        }
    }

    /// Kills the browser with its driver and removes their working folder.
    pub(crate) async fn stop_browser(&self, browser: BrowserId) -> Result<(), BrowserError> {
        match self.ask(Action::Stop { browser }).await? {
            Outcome::Stopped { survivors: 0 } => Ok(()),
            Outcome::Stopped { survivors } => {
                Err(BrowserError::Infrastructure(format!("{survivors} browser process(es) cannot be killed")))
            }
            Outcome::Misconfigured(why) => Err(BrowserError::Infrastructure(why)),
            other => Err(refusal(other)),
        }
    }

    /// Asks for the stop without awaiting it, for a session that is dropped.
    ///
    /// With a full queue the browser lives until the reaper ends.
    pub(crate) fn stop_browser_later(&self, browser: BrowserId) {
        let (answer, _nobody) = oneshot::channel();
        let asked = Asked { action: Action::Stop { browser }, answer };
        if let Err(error) = self.requests.try_send(asked) {
            tracing::warn!(%error, "dropped browser lives on until the reaper ends");
        }
    }

    /// Ends the reaper with all its browsers, and waits for it.
    ///
    /// # Errors
    /// `Infrastructure` when it has not ended after 10 s.
    pub async fn close(self) -> Result<(), BrowserError> {
        let Self { requests, conversation } = self;
        drop(requests);
        let Some(conversation) = Arc::into_inner(conversation) else {
            // Other clones still use it; the last one ends it.
            return Ok(());
        };
        tokio::time::timeout(END_PATIENCE, conversation.join_all())
            .await
            .map(|_| ())
            .map_err(|_| BrowserError::Infrastructure("the reaper does not end".to_owned()))
    }

    async fn ask(&self, action: Action) -> Result<Outcome, BrowserError> {
        let (answer, answered) = oneshot::channel();
        self.requests.send(Asked { action, answer }).await.map_err(|_| reaper_gone())?;
        answered.await.map_err(|_| reaper_gone())
    }
}

/// Carries requests and replies until either side is gone; then ends the reaper by its closed pipe.
async fn converse(mut child: Child, mut input: ChildStdin, output: ChildStdout, mut asked: mpsc::Receiver<Asked>) {
    let mut waiting: HashMap<u64, oneshot::Sender<Outcome>> = HashMap::new();
    let mut next_id = 1;
    let (replies, mut replied) = mpsc::channel(REQUESTS_MAX);
    let mut reading = JoinSet::new();
    reading.spawn(read_replies(output, replies));
    loop {
        tokio::select! {
            ask = asked.recv() => {
                let Some(Asked { action, answer }) = ask else { break };
                if write_request(&mut input, Request { id: next_id, action }).await.is_err() {
                    break;
                }
                waiting.insert(next_id, answer);
                next_id += 1;
            }
            reply = replied.recv() => {
                let Some(Reply { id, outcome }) = reply else { break };
                let unheard = match waiting.remove(&id) {
                    Some(answer) => answer.send(outcome).err(),
                    None => None,
                };
                match unheard {
                    // Whoever asked for a browser has given up waiting: nobody else would stop it.
                    Some(Outcome::Started { browser, devtools: _ }) => {
                        let stop = Request { id: next_id, action: Action::Stop { browser } };
                        next_id += 1;
                        if write_request(&mut input, stop).await.is_err() {
                            break;
                        }
                    }
                    Some(Outcome::Stopped { survivors }) if survivors > 0 => {
                        tracing::warn!(survivors, "browser processes cannot be killed");
                    }
                    Some(Outcome::Failed(why)) => tracing::warn!(%why, "a browser that was left did not end well"),
                    Some(Outcome::Stopped { .. } | Outcome::DriverStarted { .. } | Outcome::Misconfigured(_)) | None => {}
                }
            }
        }
    }
    drop(input);
    if let Err(error) = child.wait().await {
        tracing::warn!(%error, "reaper could not be waited for");
    }
}

async fn write_request(input: &mut ChildStdin, request: Request) -> io::Result<()> {
    let mut line = serde_json::to_vec(&request)?;
    line.push(b'\n');
    input.write_all(&line).await?;
    input.flush().await
}

async fn read_replies(output: ChildStdout, replies: mpsc::Sender<Reply>) {
    let mut output = BufReader::new(output);
    loop {
        let mut line = String::new();
        let read = (&mut output).take(LINE_BYTES_MAX).read_line(&mut line).await;
        let reply = match read {
            Ok(count) if count > 0 => serde_json::from_str(&line).ok(),
            Ok(_) | Err(_) => None,
        };
        let Some(reply) = reply else { return };
        if replies.send(reply).await.is_err() {
            return;
        }
    }
}

fn reaper_gone() -> BrowserError {
    BrowserError::Infrastructure("the reaper that owns the browsers is gone".to_owned())
}

/// Why there is not the answer that was asked for.
fn refusal(outcome: Outcome) -> BrowserError {
    match outcome {
        Outcome::Misconfigured(why) => BrowserError::Config(why),
        Outcome::Failed(why) => BrowserError::Infrastructure(why),
        Outcome::Started { .. } | Outcome::DriverStarted { .. } | Outcome::Stopped { .. } => {
            BrowserError::Infrastructure("the reaper gave an answer to another question".to_owned())
        }
    }
}
