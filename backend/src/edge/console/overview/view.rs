//! The overview page.

use maud::{Markup, html};

use crate::base::Timestamp;
use crate::edge::console::addresses::Addresses;
use crate::edge::console::alarms::{AlarmLine, condition_rows};
use crate::edge::console::canary::RunLine;
use crate::edge::console::chart::{Tick, strip};
use crate::edge::console::layout::{empty, heading, sign, table_head, tile, verdict};
use crate::edge::console::tone::Tone;
use crate::edge::console::trace::{TraceLine, short_rows};
use crate::edge::console::{format, link};

/// Runs in a canary's strip.
pub(crate) const STRIP_RUNS_MAX: usize = 60;

/// Everything the overview shows.
#[derive(Clone, Debug)]
pub(crate) struct Overview {
    /// By name.
    pub(crate) canaries: Vec<CanaryLine>,
    /// How many alarms are in ALARM, shown or not.
    pub(crate) ringing: usize,
    /// Those in ALARM first.
    pub(crate) alarms: Vec<AlarmLine>,
    /// The newest traces with faults.
    pub(crate) faults: Vec<TraceLine>,
    /// What came in over the last minutes.
    pub(crate) ingest: Vec<Ingest>,
    /// How the store is.
    pub(crate) store: StoreLine,
    /// Where clients find the backend.
    pub(crate) addresses: Addresses,
    /// Present while the demo shop runs.
    pub(crate) demo: Option<DemoCard>,
    /// When it was read.
    pub(crate) now: Timestamp,
}

/// A canary with its latest runs.
#[derive(Clone, Debug)]
pub(crate) struct CanaryLine {
    /// The canary's name.
    pub(crate) name: String,
    /// Newest first, at most [`STRIP_RUNS_MAX`]; never empty.
    pub(crate) runs: Vec<RunLine>,
    /// Share of runs that passed in the last 24 hours, of 100.
    pub(crate) success: Option<f64>,
    /// Its alarm, if it has one.
    pub(crate) alarm: Option<AlarmLine>,
}

impl CanaryLine {
    pub(crate) fn tone(&self) -> Tone {
        self.runs.first().map_or(Tone::Idle, RunLine::tone)
    }
}

/// How much of one signal came in.
#[derive(Clone, Debug)]
pub(crate) struct Ingest {
    /// Name of the signal: `Log events`.
    pub(crate) name: &'static str,
    /// Rows of the last minute; `None` until it has been watched for some seconds.
    pub(crate) per_minute: Option<u64>,
    /// Rows that are stored.
    pub(crate) total: u64,
}

/// The store in a few figures.
#[derive(Clone, Debug)]
pub(crate) struct StoreLine {
    /// Bytes in the write-ahead log.
    pub(crate) wal_bytes: u64,
    /// Rows not yet in files.
    pub(crate) memtable_rows: u64,
    /// Parquet files.
    pub(crate) files: u64,
    /// Records set aside as unreadable.
    pub(crate) quarantined: u64,
    /// When the log is synced: `before every answer` or `every 100 ms`.
    pub(crate) sync: String,
}

/// The demo shop and what can be done to it.
#[derive(Clone, Debug)]
pub(crate) struct DemoCard {
    /// Where the shop is.
    pub(crate) url: String,
    /// It was broken on purpose.
    pub(crate) broken: bool,
}

impl Overview {
    pub(crate) fn body(&self) -> Markup {
        html! {
            div data-part="headline" { (self.headline()) }
            @if let Some(demo) = &self.demo { div data-part="demo" { (demo.card()) } }
            section.panel.flush aria-labelledby="canaries" {
                h2 #canaries { "Canaries" }
                div data-part="canaries" { (self.canary_table()) }
            }
            div.columns {
                section.panel.flush aria-labelledby="alarms" {
                    h2 #alarms { a href="/console/alarms" { "Alarms" } }
                    div data-part="alarms" { (self.alarm_table()) }
                }
                section.panel.flush aria-labelledby="faults" {
                    h2 #faults { a href="/console/traces?show=faults" { "Failing traces" } }
                    div data-part="faults" { (self.fault_table()) }
                }
            }
            section.panel aria-labelledby="store" {
                h2 #store { "What comes in, and where it is kept" }
                div data-part="store" { (self.figures()) }
            }
        }
    }

    /// The parts that are renewed while the page is open, by name.
    pub(crate) fn parts(&self) -> Vec<(&'static str, Markup)> {
        let mut parts = vec![
            ("headline", self.headline()),
            ("canaries", self.canary_table()),
            ("alarms", self.alarm_table()),
            ("faults", self.fault_table()),
            ("store", self.figures()),
        ];
        if let Some(demo) = &self.demo {
            parts.push(("demo", demo.card()));
        }
        parts
    }

    /// One sentence: is all well?
    fn headline(&self) -> Markup {
        let failing: Vec<&str> =
            self.canaries.iter().filter(|canary| canary.tone() == Tone::Fault).map(|canary| &*canary.name).collect();
        let (tone, sentence) = match (self.canaries.len(), failing.as_slice(), self.ringing) {
            (0, _, 0) if self.alarms.is_empty() => (Tone::Idle, "Nothing is watched yet".to_owned()),
            (0, _, 0) => (Tone::Ok, "No alarm".to_owned()),
            (1, [], 0) => (Tone::Ok, "The canary passes, no alarm".to_owned()),
            (all, [], 0) => (Tone::Ok, format!("All {all} canaries pass, no alarm")),
            (0, _, alarms) => (Tone::Fault, format::plural(alarms as u64, "alarm")),
            (_, [], alarms) => {
                (Tone::Fault, format!("{}, but every canary passes", format::plural(alarms as u64, "alarm")))
            }
            (_, [one], 0) => (Tone::Fault, format!("{one} fails")),
            (_, [one], alarms) => (Tone::Fault, format!("{one} fails, {}", format::plural(alarms as u64, "alarm"))),
            (all, many, alarms) => (
                Tone::Fault,
                format!("{} of {all} canaries fail, {}", many.len(), format::plural(alarms as u64, "alarm")),
            ),
        };
        heading(&[], &verdict(tone, &sentence), &html! {})
    }

    fn canary_table(&self) -> Markup {
        if self.canaries.is_empty() {
            return empty(
                "No canary has run yet",
                "A canary visits a page or an API on a schedule, as a user would. Its first result shows here.",
                Some(&format!(
                    "siskin run heartbeat --url https://example.com --endpoint-url http://{}",
                    self.addresses.api
                )),
            );
        }
        html! {
            table.rows {
                (table_head(&[
                    ("Canary", ""),
                    ("Last run", ""),
                    ("Duration", "num mid"),
                    ("Success 24 h", "num mid"),
                    ("Last runs", ""),
                    ("Alarm", "wide"),
                ]))
                tbody { @for canary in &self.canaries { (self.canary_row(canary)) } }
            }
        }
    }

    fn canary_row(&self, canary: &CanaryLine) -> Markup {
        html! {
            tr data-row {
                td.main { a href=(link::canary(&canary.name)) { (sign(canary.tone())) b { (canary.name) } } }
                td.tight {
                    @match canary.runs.first() {
                        Some(run) => { (run.word()) " " span.quiet { (format::ago(run.started, self.now)) } }
                        None => "–",
                    }
                }
                td.num.mid { @match canary.runs.first() { Some(run) => (format::duration(run.length)), None => "–" } }
                td.num.mid { @match canary.success { Some(success) => (format::percent(success)), None => "–" } }
                td.strip { (strip(&format!("Last runs of {}", canary.name), &ticks(canary), STRIP_RUNS_MAX)) }
                td.wide {
                    @match &canary.alarm {
                        Some(alarm) => a href=(link::alarm(&alarm.name)) { (alarm.badge()) },
                        None => span.quiet { "none" },
                    }
                }
            }
        }
    }

    fn alarm_table(&self) -> Markup {
        if self.alarms.is_empty() {
            return empty(
                "No alarm is set",
                "An alarm watches a metric and calls a webhook when it leaves its bounds.",
                Some(&format!("{} cloudwatch put-metric-alarm help", self.addresses.aws())),
            );
        }
        condition_rows(&self.alarms, self.now)
    }

    fn fault_table(&self) -> Markup {
        if self.faults.is_empty() {
            return empty(
                "No failing trace in the last hour",
                "Requests that end with a fault show here, newest first.",
                None,
            );
        }
        short_rows(&self.faults, self.now)
    }

    fn figures(&self) -> Markup {
        let store = &self.store;
        html! {
            div.tiles {
                @for signal in &self.ingest {
                    @let rate = html! {
                        @match signal.per_minute { Some(rate) => { (format::count(rate)) small { " /min" } } None => "–" }
                    };
                    (tile(signal.name, &rate, &html! { (format::count(signal.total)) " stored" }))
                }
                (tile("Write-ahead log", &html! { (format::bytes(store.wal_bytes)) }, &html! {
                    "synced " (store.sync)
                }))
                (tile("In memory", &html! { (format::count(store.memtable_rows)) small { " rows" } }, &html! {
                    "on disk in the log, not yet in files"
                }))
                (tile("Files", &html! { (format::count(store.files)) }, &html! {
                    @if store.quarantined == 0 { "Parquet, no damaged record" }
                    @else { span.fault { (format::plural(store.quarantined, "damaged record")) " set aside" } }
                }))
            }
        }
    }
}

fn ticks(canary: &CanaryLine) -> Vec<Tick> {
    let tick = |run: &RunLine| Tick {
        tone: run.tone(),
        weight: run.length.as_secs_f64(),
        title: format!("{} {} {}", format::day_clock(run.started), run.word(), format::duration(run.length)),
        href: link::run(&canary.name, &run.id),
    };
    canary.runs.iter().rev().map(tick).collect()
}

impl DemoCard {
    fn card(&self) -> Markup {
        let (action, text, class) = if self.broken {
            ("/console/demo/mend", "Mend the shop", "button good")
        } else {
            ("/console/demo/break", "Break the shop", "button bad")
        };
        html! {
            section.panel.demo aria-label="Demo" {
                div {
                    h2 {
                        "The demo shop " @if self.broken { "is broken" } @else { "is open" } " "
                        a.quiet href=(self.url) rel="noreferrer" target="_blank" { (self.url) }
                    }
                    @if self.broken {
                        ol {
                            li { "Within a minute the canaries fail: the strip below turns red, and the run keeps its screenshot." }
                            li { "Their alarms go to ALARM in the same minute, and the notification is delivered." }
                            li { "Open the failed run: its trace shows which service broke, and why." }
                        }
                    } @else {
                        ol {
                            li { "Two canaries visit the shop every minute, and every request they make is traced." }
                            li { "Break it, and watch a canary fail, its alarm fire and the notification arrive." }
                            li { "Then open the failed run and follow its trace to the cause. Mend it when you have seen enough." }
                        }
                    }
                }
                form method="post" action=(action) { button class=(class) { (text) } }
            }
        }
    }
}
