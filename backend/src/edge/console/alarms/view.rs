//! The list of alarms, and the page of one.

use maud::{Markup, html};

use crate::base::Timestamp;
use crate::edge::console::addresses::Addresses;
use crate::edge::console::chart::{Chart, render};
use crate::edge::console::layout::{badge, empty, heading, sign, table_head, verdict};
use crate::edge::console::tone::Tone;
use crate::edge::console::{format, link};

/// What an alarm on a canary's duration looks like; behind the beginning of every AWS CLI command.
const EXAMPLE: &str = r"cloudwatch put-metric-alarm --alarm-name slow \
  --namespace CloudWatchSynthetics --metric-name Duration --dimensions Name=CanaryName,Value=shop-home \
  --statistic Average --period 60 --evaluation-periods 1 --threshold 2000 \
  --comparison-operator GreaterThanThreshold --alarm-actions http://127.0.0.1:9000/hook";

/// The three states of an alarm.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum AlarmState {
    /// Within its bounds.
    Ok,
    /// Out of its bounds.
    Alarm,
    /// Too few datapoints to tell.
    InsufficientData,
}

/// One alarm in a list.
#[derive(Clone, Debug)]
pub(crate) struct AlarmLine {
    /// The alarm's name.
    pub(crate) name: String,
    /// Where it stands.
    pub(crate) state: AlarmState,
    /// What it watches: `CloudWatchSynthetics SuccessPercent`.
    pub(crate) metric: String,
    /// When it fires: `Average < 90 for 1 of 1 × 1 min`.
    pub(crate) condition: String,
    /// Why it is in its state.
    pub(crate) reason: String,
    /// Since when.
    pub(crate) since: Timestamp,
    /// Actions are switched off.
    pub(crate) muted: bool,
}

impl AlarmLine {
    pub(crate) const fn tone(&self) -> Tone {
        match self.state {
            AlarmState::Ok => Tone::Ok,
            AlarmState::Alarm => Tone::Fault,
            AlarmState::InsufficientData => Tone::Idle,
        }
    }

    /// The name as a link to the alarm's page.
    fn named(&self) -> Markup {
        html! { a href=(link::alarm(&self.name)) { (sign(self.tone())) b { (self.name) } } }
    }

    pub(crate) fn badge(&self) -> Markup {
        let text = match self.state {
            AlarmState::Ok => "OK",
            AlarmState::Alarm => "In alarm",
            AlarmState::InsufficientData => "Insufficient data",
        };
        badge(self.tone(), text)
    }
}

/// The page that lists alarms.
#[derive(Clone, Debug)]
pub(crate) struct AlarmList {
    /// Those in ALARM first.
    pub(crate) alarms: Vec<AlarmLine>,
    /// There are more than are listed.
    pub(crate) more: bool,
    /// Where clients find the backend.
    pub(crate) addresses: Addresses,
    /// When it was read.
    pub(crate) now: Timestamp,
}

impl AlarmList {
    pub(crate) fn body(&self) -> Markup {
        html! {
            (heading(&[], &html! { "Alarms" }, &html! {}))
            section.panel.flush data-part="alarms" { (self.part()) }
        }
    }

    pub(crate) fn part(&self) -> Markup {
        html! {
            @if self.alarms.is_empty() {
                (empty(
                    "No alarm is set",
                    "An alarm watches a metric and calls a webhook when it leaves its bounds. \
                     A canary's alarm is set in canaries.toml; any other with the AWS CLI.",
                    Some(&format!("{} {EXAMPLE}", self.addresses.aws())),
                ))
            } @else {
                table.rows {
                    (table_head(&[
                        ("Alarm", ""),
                        ("State", ""),
                        ("Metric", "wide"),
                        ("Fires when", "wide"),
                        ("Since", "num mid"),
                    ]))
                    tbody {
                        @for alarm in &self.alarms {
                            tr data-row {
                                td.main { (alarm.named()) @if alarm.muted { " " span.quiet { "actions off" } } }
                                td { (alarm.badge()) }
                                td.wide.quiet { (alarm.metric) }
                                td.wide.quiet { (alarm.condition) }
                                td.num.mid { (format::ago(alarm.since, self.now)) }
                            }
                        }
                    }
                }
                @if self.more { p.note { "More alarms exist than are listed here." } }
            }
        }
    }
}

/// Alarms as a short table for the overview.
pub(crate) fn condition_rows(alarms: &[AlarmLine], now: Timestamp) -> Markup {
    html! {
        table.rows {
            (table_head(&[("Alarm", ""), ("State", ""), ("Since", "num mid")]))
            tbody {
                @for alarm in alarms {
                    tr data-row {
                        td.main { (alarm.named()) div.quiet { (alarm.condition) } }
                        td { (alarm.badge()) }
                        td.num.mid { (format::ago(alarm.since, now)) }
                    }
                }
            }
        }
    }
}

/// One entry of an alarm's history.
#[derive(Clone, Debug)]
pub(crate) struct HistoryLine {
    /// When.
    pub(crate) at: Timestamp,
    /// What happened.
    pub(crate) summary: String,
    /// How it ended.
    pub(crate) tone: Tone,
}

/// An alarm with its history.
#[derive(Clone, Debug)]
pub(crate) struct AlarmPage {
    /// The alarm.
    pub(crate) line: AlarmLine,
    /// Its own words.
    pub(crate) description: Option<String>,
    /// Where its actions go, by state.
    pub(crate) actions: Vec<(&'static str, String)>,
    /// The metric with the threshold.
    pub(crate) chart: Option<Chart>,
    /// State and configuration changes, newest first.
    pub(crate) history: Vec<HistoryLine>,
    /// Notifications, newest first.
    pub(crate) deliveries: Vec<HistoryLine>,
    /// When it was read.
    pub(crate) now: Timestamp,
}

impl AlarmPage {
    pub(crate) fn body(&self) -> Markup {
        html! {
            div.stack data-part="state" { (self.state()) }
            section.panel data-part="chart" { (self.chart_panel()) }
            div.columns {
                section.panel.flush aria-labelledby="history" {
                    h2 #history { "History" }
                    div data-part="history" { (entries(&self.history, "No change yet")) }
                }
                section.panel.flush aria-labelledby="deliveries" {
                    h2 #deliveries { "Notifications" }
                    div data-part="deliveries" { (self.notifications()) }
                }
            }
        }
    }

    /// The parts that are renewed while the page is open, by name.
    pub(crate) fn parts(&self) -> Vec<(&'static str, Markup)> {
        vec![
            ("state", self.state()),
            ("chart", self.chart_panel()),
            ("history", entries(&self.history, "No change yet")),
            ("deliveries", self.notifications()),
        ]
    }

    fn state(&self) -> Markup {
        let title = verdict(self.line.tone(), &self.line.name);
        html! {
            (heading(&[("Alarms", "/console/alarms")], &title, &html! {}))
            section class={ "panel reason " (self.line.tone().class()) } {
                p {
                    (self.line.badge()) " since " (format::day_at(self.line.since)) " UTC, "
                    (format::ago(self.line.since, self.now))
                    @if self.line.muted { " · " b { "actions are off" } }
                }
                p.text { (self.line.reason) }
                @if let Some(description) = &self.description { p.quiet { (description) } }
            }
        }
    }

    fn chart_panel(&self) -> Markup {
        html! {
            h2 { (self.line.metric) " " span.quiet { (self.line.condition) } }
            @match &self.chart {
                Some(chart) => (render(chart)),
                None => p.quiet { "This alarm watches no single metric." },
            }
        }
    }

    fn notifications(&self) -> Markup {
        html! {
            @if self.actions.is_empty() { p.note { "This alarm notifies nobody: it has no actions." } }
            @else { dl.fields.inset { @for (state, target) in &self.actions { dt { (state) } dd { (target) } } } }
            (entries(&self.deliveries, "Nothing was delivered yet"))
        }
    }
}

fn entries(lines: &[HistoryLine], nothing: &str) -> Markup {
    html! {
        @if lines.is_empty() { p.note { (nothing) } } @else {
            table.rows {
                tbody {
                    @for line in lines {
                        tr { td.tight.quiet { (format::day_at(line.at)) } td { (sign(line.tone)) (line.summary) } }
                    }
                }
            }
        }
    }
}
