//! The board as lines for a terminal.

use std::fmt::Write;

use jiff::{SignedDuration, Timestamp};

use super::board::{Row, State};
use crate::run::Outcome;

/// The board as at most `height` lines of at most `width` characters: failing canaries first, then running ones, then
/// those that are due next. What has no room is counted in the last line.
pub fn table(state: &State, width: usize, height: usize, now: Timestamp) -> Vec<String> {
    let mut rows: Vec<_> = state.canaries.iter().collect();
    let rank = |row: &Row| match row.outcomes.back() {
        Some(Outcome::Failed { .. } | Outcome::Broken { .. }) => 0,
        Some(Outcome::Passed | Outcome::Stopped { .. }) | None if row.runs > 0 => 1,
        Some(Outcome::Passed | Outcome::Stopped { .. }) | None => 2,
    };
    rows.sort_by_key(|(name, row)| (rank(row), row.next.unwrap_or(Timestamp::MAX), *name));
    let name_width = rows.iter().map(|(name, _)| name.chars().count()).max().unwrap_or(0).clamp(6, 32);
    let mut lines = vec![summary(state), heading(name_width)];
    let room = height.saturating_sub(lines.len() + 1).max(1);
    lines.extend(rows.iter().take(room).map(|(name, row)| self::row(name, row, name_width, now)));
    if rows.len() > room {
        lines.push(format!("... and {} more", rows.len() - room));
    }
    lines.truncate(height.max(1));
    lines.into_iter().map(|line| line.trim_end().chars().take(width).collect()).collect()
}

fn summary(state: &State) -> String {
    let under_way: usize = state.canaries.values().map(|row| row.runs).sum();
    let is_failing = |row: &&Row| matches!(row.outcomes.back(), Some(Outcome::Failed { .. } | Outcome::Broken { .. }));
    let failing = state.canaries.values().filter(is_failing).count();
    let mut line = format!("{} canaries, {failing} failing, {under_way} running", state.canaries.len());
    if state.waiting > 0 {
        write!(line, ", {} results wait for the backend", state.waiting).expect("a text takes all");
    }
    if state.closing {
        line.push_str(", ending");
    }
    if let Some(notice) = &state.notice {
        write!(line, "; {}", notice.lines().next().unwrap_or_default()).expect("a text takes all");
    }
    line
}

fn heading(name_width: usize) -> String {
    format!("{:name_width$}  {:8}  {:>9}  {:10}  {:9}  {}", "CANARY", "LAST", "TIME", "RECENT", "NEXT", "SCHEDULE")
}

fn row(name: &str, row: &Row, name_width: usize, now: Timestamp) -> String {
    let name: String = name.chars().take(name_width).collect();
    let last = row.outcomes.back().map_or("-", Outcome::word);
    let time = row.duration.map_or_else(String::new, |duration| format!("{} ms", duration.as_millis()));
    let recent = row.outcomes.iter().rev().take(10).collect::<Vec<_>>();
    let recent: String = recent.iter().rev().map(|outcome| mark(outcome)).collect();
    let next = match (row.runs, row.began) {
        (0, _) => row.next.map_or_else(|| "-".to_owned(), |next| short(next.duration_since(now))),
        (_, Some(_)) if row.tried_again.is_some() => {
            row.tried_again.map_or_else(String::new, |at| format!("again {}", short(at.duration_since(now))))
        }
        (_, Some(began)) => format!("run {}", short(now.duration_since(began))),
        (_, None) => "waits".to_owned(),
    };
    let mut line = format!("{name:name_width$}  {last:8}  {time:>9}  {recent:10}  {next:9}  {}", row.schedule);
    if !row.groups.is_empty() {
        write!(line, "  [{}]", row.groups.join(" ")).expect("a text takes all");
    }
    if let Some(reason) = row.outcomes.back().and_then(Outcome::reason) {
        write!(line, "  {}", reason.lines().next().unwrap_or_default()).expect("a text takes all");
    }
    line
}

fn mark(outcome: &Outcome) -> char {
    match outcome {
        Outcome::Passed => '+',
        Outcome::Failed { .. } => 'x',
        Outcome::Broken { .. } => '!',
        Outcome::Stopped { .. } => '.',
    }
}

fn short(span: SignedDuration) -> String {
    match span.as_secs().max(0) {
        seconds @ 0..=99 => format!("{seconds}s"),
        seconds @ 100..=5_999 => format!("{}m", seconds / 60),
        seconds @ 6_000..=359_999 => format!("{}h", seconds / 3_600),
        seconds => format!("{}d", seconds / 86_400),
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::*;

    #[test]
    fn failing_canaries_come_first_and_what_has_no_room_is_counted() {
        let now: Timestamp = "2026-11-23T08:00:00Z".parse().unwrap();
        let mut state = State { waiting: 3, ..State::default() };
        let seconds = |seconds| Some(now + SignedDuration::from_secs(seconds));
        let row = |next| Row { schedule: "rate(5 minutes)".to_owned(), next, ..Row::default() };
        let (mut failing, mut running, mut fine) = (row(seconds(200)), row(seconds(40)), row(seconds(9_000)));
        let reason = "status 500\nand more".to_owned();
        failing.ended(&Outcome::Passed, Duration::from_millis(812));
        failing.ended(&Outcome::Failed { reason }, Duration::from_millis(34));
        failing.groups = vec!["checkout".to_owned()];
        (running.runs, running.began) = (1, seconds(-7));
        fine.ended(&Outcome::Passed, Duration::from_millis(100));
        state.canaries.insert("a-fine".to_owned(), fine);
        state.canaries.insert("b-running".to_owned(), running);
        state.canaries.insert("c-failing".to_owned(), failing);
        state.canaries.insert("d-new".to_owned(), row(None));
        insta::assert_snapshot!(table(&state, 100, 6, now).join("\n"), @r"
        4 canaries, 1 failing, 1 running, 3 results wait for the backend
        CANARY     LAST           TIME  RECENT      NEXT       SCHEDULE
        c-failing  FAILED        34 ms  +x          3m         rate(5 minutes)  [checkout]  status 500
        b-running  -                                run 7s     rate(5 minutes)
        a-fine     PASSED       100 ms  +           2h         rate(5 minutes)
        ... and 1 more
        ");
        assert!(table(&state, 20, 3, now).iter().all(|line| line.chars().count() <= 20));
    }
}
