//! The page of one canary.

use std::time::Duration;

use maud::{Markup, html};

use crate::base::Timestamp;
use crate::edge::console::alarms::AlarmLine;
use crate::edge::console::chart::{Chart, render};
use crate::edge::console::layout::{badge, heading, sign, table_head, tile, verdict};
use crate::edge::console::tone::Tone;
use crate::edge::console::{format, link};

/// Characters of a reason in a list; the run that is looked at has all.
const REASON_CHARS_MAX: usize = 160;

/// One run in a list.
#[derive(Clone, Debug)]
pub(crate) struct RunLine {
    /// The run's id.
    pub(crate) id: String,
    /// Whether every check held.
    pub(crate) passed: bool,
    /// When it was launched.
    pub(crate) started: Timestamp,
    /// From launch to verdict.
    pub(crate) length: Duration,
    /// In the order they were taken.
    pub(crate) steps: Vec<StepLine>,
    /// In X-Ray's form.
    pub(crate) trace: Option<String>,
    /// Why it failed.
    pub(crate) reason: Option<String>,
}

impl RunLine {
    pub(crate) const fn tone(&self) -> Tone {
        if self.passed { Tone::Ok } else { Tone::Fault }
    }

    pub(crate) const fn word(&self) -> &'static str {
        if self.passed { "Passed" } else { "Failed" }
    }
}

/// One step of a run.
#[derive(Clone, Debug)]
pub(crate) struct StepLine {
    /// As the script names it.
    pub(crate) name: String,
    /// Whether its checks held.
    pub(crate) passed: bool,
    /// How long it took.
    pub(crate) length: Duration,
    /// Why it failed.
    pub(crate) reason: Option<String>,
}

/// One run with everything it left behind. Addresses are those of the console.
#[derive(Clone, Debug)]
pub(crate) struct RunDetail {
    /// The run.
    pub(crate) line: RunLine,
    /// Pictures in the order they were taken: title and address.
    pub(crate) screenshots: Vec<(String, String)>,
    /// Other files: title and address.
    pub(crate) files: Vec<(String, String)>,
    /// Log events of the run.
    pub(crate) logs: Option<String>,
}

/// A canary and its latest runs.
#[derive(Clone, Debug)]
pub(crate) struct CanaryPage {
    /// The canary's name.
    pub(crate) name: String,
    /// What it was made from: `heartbeat`.
    pub(crate) blueprint: Option<String>,
    /// Newest first.
    pub(crate) runs: Vec<RunLine>,
    /// The run looked at: the newest, unless another was asked for.
    pub(crate) chosen: Option<RunDetail>,
    /// Whether the newest is shown because it is the newest.
    pub(crate) follows_newest: bool,
    /// Share of runs that passed in the last 24 hours, of 100.
    pub(crate) success: Option<f64>,
    /// Its alarms.
    pub(crate) alarms: Vec<AlarmLine>,
    /// Success and duration over the last hours.
    pub(crate) charts: Vec<Chart>,
    /// When it was read.
    pub(crate) now: Timestamp,
}

impl CanaryPage {
    pub(crate) fn body(&self) -> Markup {
        html! {
            div.stack data-part="head" { (self.head()) }
            div data-part="run" { (self.run()) }
            div.columns data-part="charts" { (self.chart_panels()) }
            section.panel.flush aria-labelledby="runs" {
                h2 #runs { "Runs" }
                div data-part="runs" { (self.run_table()) }
            }
        }
    }

    /// The parts that are renewed while the page is open, by name.
    pub(crate) fn parts(&self) -> Vec<(&'static str, Markup)> {
        vec![("head", self.head()), ("run", self.run()), ("charts", self.chart_panels()), ("runs", self.run_table())]
    }

    fn head(&self) -> Markup {
        let newest = self.runs.first();
        let tone = newest.map_or(Tone::Idle, RunLine::tone);
        let title = html! {
            (verdict(tone, &self.name))
            @if let Some(blueprint) = &self.blueprint { " " span.quiet { (blueprint) } }
        };
        let length = newest.map(|run| html! { (format::duration(run.length)) });
        let success = self.success.map(|share| html! { (format::percent(share)) });
        let dash = || html! { "–" };
        html! {
            (heading(&[("Overview", "/console")], &title, &html! {}))
            div.tiles.panel {
                (tile("Last run",
                    &newest.map_or_else(dash, |run| html! { span class=(run.tone().class()) { (run.word()) } }),
                    &newest.map_or_else(|| html! {}, |run| format::ago(run.started, self.now))))
                (tile("Success", &success.unwrap_or_else(dash), &html! { "last 24 hours" }))
                (tile("Last duration", &length.unwrap_or_else(dash), &html! {
                    "median " (format::duration(median(&self.runs)))
                }))
                @for alarm in &self.alarms {
                    (tile("Alarm", &html! { a href=(link::alarm(&alarm.name)) { (alarm.badge()) } }, &html! {
                        (alarm.condition)
                    }))
                }
                @if self.alarms.is_empty() { (tile("Alarm", &dash(), &html! { "none set on this canary" })) }
            }
        }
    }

    fn run(&self) -> Markup {
        let Some(run) = &self.chosen else { return html! {} };
        let title = if self.follows_newest { "Newest run" } else { "Run" };
        html! {
            section class={ "panel run " (run.line.tone().class()) } aria-label=(title) {
                div.about {
                    h2 { (title) " " span.quiet { (format::day_at(run.line.started)) " UTC" } }
                    p { (badge(run.line.tone(), run.line.word())) " " (format::duration(run.line.length)) }
                    @if let Some(reason) = &run.line.reason { div.exception { pre { (reason) } } }
                    (steps(&run.line.steps))
                    ul.links {
                        @if let Some(trace) = &run.line.trace { li { a.button href=(link::trace(trace)) { "Trace" } } }
                        @if let Some(logs) = &run.logs { li { a.button href=(logs) { "Logs" } } }
                        @for (title, address) in &run.files {
                            li { a.button href=(address) target="_blank" { (title) } }
                        }
                    }
                }
                (pictures(&run.screenshots))
            }
        }
    }

    fn chart_panels(&self) -> Markup {
        html! {
            @for chart in &self.charts { section.panel { h2 { (chart.title) } (render(chart)) } }
        }
    }

    fn run_table(&self) -> Markup {
        let chosen = self.chosen.as_ref().map(|run| run.line.id.as_str());
        html! {
            table.rows {
                (table_head(&[("Started", ""), ("Steps", ""), ("Duration", "num"), ("Reason", "wide"), ("Trace", "")]))
                tbody {
                    @for run in &self.runs {
                        tr data-row aria-current=[(chosen == Some(run.id.as_str())).then_some("true")] {
                            td.main.tight {
                                a href=(link::run(&self.name, &run.id)) { (sign(run.tone())) (format::day_at(run.started)) }
                            }
                            td.dots {
                                @for step in &run.steps {
                                    span title={ (step.name) " " (format::duration(step.length)) } { (sign(step_tone(step))) }
                                }
                            }
                            td.num { (format::duration(run.length)) }
                            td.wide.quiet { (format::shorten(run.reason.as_deref().unwrap_or(""), REASON_CHARS_MAX)) }
                            td {
                                @match &run.trace { Some(trace) => a href=(link::trace(trace)) { "trace" }, None => "–" }
                            }
                        }
                    }
                }
            }
        }
    }
}

fn steps(steps: &[StepLine]) -> Markup {
    html! {
        @if !steps.is_empty() {
            table.steps {
                tbody {
                    @for step in steps {
                        tr {
                            td {
                                (sign(step_tone(step))) (step.name)
                                @if let Some(reason) = &step.reason {
                                    div.quiet { (format::shorten(reason, REASON_CHARS_MAX)) }
                                }
                            }
                            td.num { (format::duration(step.length)) }
                        }
                    }
                }
            }
        }
    }
}

const fn step_tone(step: &StepLine) -> Tone {
    if step.passed { Tone::Ok } else { Tone::Fault }
}

/// The last picture large, those before it small.
fn pictures(screenshots: &[(String, String)]) -> Markup {
    html! {
        div.pictures {
            @match screenshots.split_last() {
                Some(((title, address), earlier)) => {
                    a.large href=(address) target="_blank" { img src=(address) alt=(title) width="1280" height="720"; }
                    @if !earlier.is_empty() {
                        div.small {
                            @for (title, address) in earlier {
                                a href=(address) target="_blank" title=(title) {
                                    img src=(address) alt=(title) width="160" height="90" loading="lazy";
                                }
                            }
                        }
                    }
                }
                None => div.none { "This run took no picture" },
            }
        }
    }
}

fn median(runs: &[RunLine]) -> Duration {
    let mut lengths: Vec<Duration> = runs.iter().map(|run| run.length).collect();
    lengths.sort_unstable();
    lengths.get(lengths.len() / 2).copied().unwrap_or_default()
}
