//! Getting a command back that does not come back by itself.
//!
//! A page that hangs answers nothing, and ChromeDriver, which works on one command at a time, does not either: a command
//! that is merely given up blocks every later one. So what blocks it is removed, by ever harder means:
//! the page's script and loading are stopped; the page is closed; Chrome is killed.

use std::pin::pin;
use std::time::Duration;

use fantoccini::Client;
use fantoccini::error::CmdError;
use serde_json::json;
use tokio::time::{Instant, sleep, timeout, timeout_at};

use super::launch::Session;
use super::picture::AwaitPicture;
use crate::browser::cdp::CdpError;
use crate::browser::error::{BrowserError, PageError, Rescue};

/// How long each means may take to show its effect once Chrome has taken it up.
const EFFECT_PATIENCE: Duration = Duration::from_millis(500);
/// How long Chrome may take to take it up: milliseconds, but for a machine that is out of breath.
const TAKE_UP_PATIENCE: Duration = Duration::from_millis(1500);
/// Times a page is stopped within [`EFFECT_PATIENCE`].
const STOPS_MAX: u32 = 5;
/// Killing takes some 100 ms.
const KILL_PATIENCE: Duration = Duration::from_secs(5);

impl Session {
    /// Runs one WebDriver command, and gets it back at the deadline. ChromeDriver is attached first if it is not yet.
    pub(super) async fn guard<T>(
        &self,
        command: &'static str,
        deadline: Instant,
        work: impl AsyncFnOnce(Client) -> Result<T, CmdError>,
    ) -> Result<T, BrowserError> {
        self.usable()?;
        self.no_dialog()?;
        let began = Instant::now();
        let tab = self.connection.target();
        let mut work = pin!(async {
            let client = self.webdriver.client(self.home.process(), &self.browser, &tab).await?;
            work(client).await.map_err(|error| BrowserError::from_command(command, began.elapsed(), &error))
        });
        let rescue = match timeout_at(deadline, &mut work).await {
            Ok(Ok(done)) => return Ok(done),
            Ok(Err(error)) => return Err(self.note_end(error)),
            Err(_) => {
                // Boxed: rescues are rare, and every command's future would grow by this one.
                Box::pin(self.rescue(async {
                    // The answer is late whatever it says: the command's time was up.
                    drop(work.await);
                }))
                .await
            }
        };
        Err(self.give_up(command, began, rescue).await)
    }

    /// Runs DevTools commands that need the page's answer, and frees the page at the deadline.
    ///
    /// `work` gets the deadline for its calls.
    pub(super) async fn guard_call<T>(
        &self,
        command: &'static str,
        deadline: Instant,
        work: impl AsyncFnOnce(Instant) -> Result<T, CdpError>,
    ) -> Result<T, BrowserError> {
        self.usable()?;
        // The page stands still until the dialog is answered.
        self.no_dialog()?;
        let began = Instant::now();
        match self.unless_stopped(deadline, work(deadline)).await {
            Ok(Some(done)) => Ok(done),
            Ok(None) => Err(self.stopped()),
            Err(CdpError::TimedOut { .. }) => {
                let rescue = Box::pin(self.rescue(self.page_answers())).await;
                Err(self.give_up(command, began, rescue).await)
            }
            Err(CdpError::Refused { .. }) if self.connection.with(|recording| recording.crashed) => Err(self.stopped()),
            Err(CdpError::Refused { method, message }) => {
                Err(BrowserError::Page(PageError::Refused(format!("{method}: {message}"))))
            }
            Err(gone @ CdpError::Gone(_)) => Err(self.note_end(gone.into())),
        }
    }

    /// Awaits `work`; `None` when the page crashes or a dialog stops it meanwhile.
    pub(super) async fn unless_stopped<T>(
        &self,
        by: Instant,
        work: impl Future<Output = Result<T, CdpError>>,
    ) -> Result<Option<T>, CdpError> {
        let stopped = self.connection.wait_until(by, |recording| recording.crashed || recording.dialog.is_some());
        tokio::select! {
            biased;
            worked = work => worked.map(Some),
            true = stopped => Ok(None),
        }
    }

    /// Why the page does not go on.
    pub(super) fn stopped(&self) -> BrowserError {
        match self.no_dialog() {
            Err(dialog) => dialog,
            Ok(()) => self.note_end(BrowserError::infrastructure("the page crashed")),
        }
    }

    pub(super) fn no_dialog(&self) -> Result<(), BrowserError> {
        match self.connection.with(|recording| recording.dialog.clone()) {
            Some(text) => Err(BrowserError::Page(PageError::DialogOpen(text))),
            None => Ok(()),
        }
    }

    /// Frees whatever holds `work` up. Harder means end the session.
    pub(super) async fn rescue(&self, work: impl Future<Output = ()>) -> Rescue {
        let mut work = pin!(work);
        if frees(Box::pin(self.keep_stopping()), &mut work).await {
            return Rescue::PageStopped;
        }
        let closing = async {
            // Whether it did close shows in whether the command comes back.
            drop(self.connection.close_target(take_up_deadline()).await);
            sleep(EFFECT_PATIENCE).await;
        };
        if frees(closing, &mut work).await {
            return Rescue::TargetClosed;
        }
        match timeout(KILL_PATIENCE, self.home.kill()).await {
            Ok(Ok(())) => {}
            Ok(Err(error)) => tracing::warn!(%error, "hung browser could not be killed"),
            Err(_) => tracing::warn!("killing the hung browser took too long"),
        }
        Rescue::BrowserKilled
    }

    /// Stops the page again and again: one script may follow another, or begin only now.
    async fn keep_stopping(&self) {
        let stopping = async {
            for _ in 0..STOPS_MAX {
                self.stop_page().await;
                sleep(EFFECT_PATIENCE / STOPS_MAX).await;
            }
        };
        // Used up either way; a page that hangs so that it cannot be stopped ends it early.
        drop(timeout(TAKE_UP_PATIENCE + EFFECT_PATIENCE, stopping).await);
    }

    /// Stops what the page loads and runs. Loading is stopped by the browser and scripts by the
    /// page's engine: neither waits for the page, and both together cover a silent server as well
    /// as an endless loop.
    pub(super) async fn stop_page(&self) {
        let by = take_up_deadline();
        let (loading, running) = tokio::join!(
            self.connection.call("Page.stopLoading", json!({}), by),
            self.connection.call("Runtime.terminateExecution", json!({}), by),
        );
        for error in [loading.err(), running.err()].into_iter().flatten() {
            tracing::debug!(%error, "page was not stopped");
        }
    }

    async fn give_up(&self, command: &'static str, began: Instant, rescue: Rescue) -> BrowserError {
        let waited = began.elapsed();
        if rescue == Rescue::PageStopped {
            // What a page shows that had to be stopped is what its report needs.
            Box::pin(self.keep_picture(AwaitPicture::Yes)).await;
        }
        self.note_end(BrowserError::Deadline { command, waited, rescue })
    }

    /// Remembers an error after which no command can work, so that the next one fails at once.
    pub(super) fn note_end(&self, error: BrowserError) -> BrowserError {
        if !error.session_survives() {
            let why = BrowserError::Infrastructure(format!("the session is over: {error}"));
            // The first reason is the true one.
            drop(self.over.set(why));
        }
        error
    }

    pub(super) fn usable(&self) -> Result<(), BrowserError> {
        match self.over.get() {
            Some(error) => Err(error.clone()),
            None => Ok(()),
        }
    }

    /// Ends once the page's engine answers again, be it that it was stopped.
    pub(super) async fn page_answers(&self) {
        let params = json!({"expression": "1"});
        // Longer than any rescue, which ends this one with itself.
        let by = Instant::now() + KILL_PATIENCE;
        match self.connection.call("Runtime.evaluate", params, by).await {
            Ok(_) | Err(CdpError::Refused { .. }) => {}
            Err(CdpError::TimedOut { .. } | CdpError::Gone(_)) => std::future::pending().await,
        }
    }
}

fn take_up_deadline() -> Instant {
    Instant::now() + TAKE_UP_PATIENCE
}

/// Says whether `work` came back before `means` and their time to show an effect were used up.
async fn frees(means: impl Future<Output = ()>, work: impl Future<Output = ()>) -> bool {
    tokio::select! {
        () = work => true,
        () = means => false,
    }
}
