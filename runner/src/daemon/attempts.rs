//! One scheduled run with all its attempts.

use std::sync::Arc;

use jiff::Timestamp;
use tokio_util::sync::CancellationToken;
use tracing::warn;

use super::board::{Board, Row};
use super::courier::Courier;
use super::slots::Slots;
use crate::config::Entry;
use crate::run::{Journal, Launch, Outcome, RunReport, RunStart, Setting, launch};

/// All that a scheduled run needs.
pub(super) struct Scheduled {
    pub(super) entry: Arc<Entry>,
    pub(super) first: Launch,
    pub(super) with_browser: bool,
    pub(super) setting: Arc<Setting>,
    pub(super) courier: Option<Courier>,
    pub(super) slots: Slots,
    pub(super) journal: Journal,
    /// From then on no run begins.
    pub(super) closing: CancellationToken,
    /// Then a run under way ends.
    pub(super) stop: CancellationToken,
    pub(super) board: Board,
    pub(super) on_attempt: Arc<dyn Fn(&RunReport) + Send + Sync>,
}

impl Scheduled {
    /// Runs until an attempt passes or there are no more; empty when it could not begin before the end of the runner.
    pub(super) async fn run(self) -> Vec<RunReport> {
        let due = self.first.start.due;
        // Waiting for a place is no part of the run: it begins when it has one.
        let slot = tokio::select! {
            biased;
            () = self.closing.cancelled() => return Vec::new(),
            () = self.stop.cancelled() => return Vec::new(),
            slot = self.slots.take(self.with_browser) => slot,
        };
        let started = self.setting.clock.now();
        let first = Launch { start: RunStart { started, ..self.first.start.clone() }, ..self.first.clone() };
        if let Err(error) = self.journal.begin(&first.start) {
            warn!(canary = %first.start.canary, %error, "journal not written: a killed run would not be told of");
        }
        self.show(|row| row.began = Some(started));
        let mut reports = vec![self.attempt(first).await];
        // A place is for work, not for waits between attempts.
        drop(slot);
        while let Some(next) = self.next_attempt(&reports, due).await {
            reports.push(next);
        }
        reports
    }

    async fn attempt(&self, attempt: Launch) -> RunReport {
        let attempt = attempt.with_secrets(self.entry.secrets.clone());
        let mut report = launch(attempt, &self.setting, self.stop.clone()).await;
        if let Some(courier) = &self.courier {
            courier.take(&mut report).await;
        }
        (self.on_attempt)(&report);
        report
    }

    fn show(&self, change: impl FnOnce(&mut Row)) {
        self.board.row(self.entry.canary.name.as_str(), change);
    }

    async fn next_attempt(&self, reports: &[RunReport], due: Timestamp) -> Option<RunReport> {
        let last = reports.last()?;
        if !matches!(last.outcome, Outcome::Failed { .. } | Outcome::Broken { .. }) {
            return None;
        }
        let wait = self.entry.plan.retries.wait_before(reports.len() as u32 + 1)?;
        let at = self.setting.clock.now().checked_add(wait).ok()?;
        self.show(|row| row.tried_again = Some(at));
        let begins = async {
            self.setting.clock.sleep_until(at).await;
            self.slots.take(self.with_browser).await
        };
        let _slot = tokio::select! {
            biased;
            () = self.closing.cancelled() => return None,
            () = self.stop.cancelled() => return None,
            slot = begins => slot,
        };
        let now = self.setting.clock.now();
        self.show(|row| row.tried_again = None);
        Some(self.attempt(Launch::new(Arc::clone(&self.entry.canary), due, now)).await)
    }
}
