//! The list of recent traces.

use std::time::Duration;

use maud::{Markup, html};

use crate::base::Timestamp;
use crate::edge::console::addresses::Addresses;
use crate::edge::console::layout::{Choice, choice, empty, heading, sign, table_head};
use crate::edge::console::tone::Tone;
use crate::edge::console::window::Window;
use crate::edge::console::{format, link};

/// One trace in a list.
#[derive(Clone, Debug)]
pub(crate) struct TraceLine {
    /// In X-Ray's form.
    pub(crate) id: String,
    /// The service that was entered first.
    pub(crate) service: String,
    /// `GET http://shop/cart`, if the root served a request.
    pub(crate) request: Option<String>,
    /// The root's answer.
    pub(crate) status: Option<u16>,
    /// How the root ended.
    pub(crate) tone: Tone,
    /// When the first segment began.
    pub(crate) started: Timestamp,
    /// From the first start to the last end.
    pub(crate) length: Duration,
    /// Names of the services that took part.
    pub(crate) services: Vec<String>,
    /// Some work had not ended when it was read.
    pub(crate) partial: bool,
}

/// Which traces a list shows.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) enum Filter {
    /// Every trace.
    #[default]
    All,
    /// Those whose root failed.
    Faults,
    /// Those whose root answered with a client error.
    Errors,
    /// Those that were turned away somewhere.
    Throttles,
}

impl Filter {
    const ALL: [Self; 4] = [Self::All, Self::Faults, Self::Errors, Self::Throttles];

    /// What the address bar says; anything unknown is everything.
    pub(crate) fn parse(text: &str) -> Self {
        Self::ALL.into_iter().find(|filter| filter.text() == text).unwrap_or_default()
    }

    const fn text(self) -> &'static str {
        match self {
            Self::All => "all",
            Self::Faults => "faults",
            Self::Errors => "errors",
            Self::Throttles => "throttles",
        }
    }

    const fn name(self) -> &'static str {
        match self {
            Self::All => "All",
            Self::Faults => "Faults",
            Self::Errors => "Errors",
            Self::Throttles => "Throttles",
        }
    }

    /// Whether a trace that ended in `tone` belongs to the list.
    pub(crate) fn admits(self, tone: Tone) -> bool {
        match self {
            Self::All => true,
            Self::Faults => tone == Tone::Fault,
            Self::Errors => tone == Tone::Error,
            Self::Throttles => tone == Tone::Throttle,
        }
    }
}

/// The page that lists traces.
#[derive(Clone, Debug)]
pub(crate) struct TraceList {
    /// The window looked at.
    pub(crate) window: Window,
    /// Which of its traces are shown.
    pub(crate) filter: Filter,
    /// Only traces in which this service took part; empty for all.
    pub(crate) service: String,
    /// Only traces at least this long.
    pub(crate) at_least_ms: Option<u64>,
    /// Newest first.
    pub(crate) traces: Vec<TraceLine>,
    /// There are more traces in the window than were read.
    pub(crate) more: bool,
    /// Where clients find the backend.
    pub(crate) addresses: Addresses,
    /// When the list was read.
    pub(crate) now: Timestamp,
}

impl TraceList {
    pub(crate) fn body(&self) -> Markup {
        let aside = Window::picker(self.window, |window| self.address(window, self.filter));
        html! {
            (heading(&[], &html! { "Traces" }, &aside))
            form.filters action="/console/traces" {
                (choice("Outcome", &self.filters()))
                input type="hidden" name="window" value=(self.window.text());
                input type="hidden" name="show" value=(self.filter.text());
                label {
                    span { "Service" }
                    input type="search" name="service" value=(self.service) placeholder="any" data-filter;
                }
                label {
                    span { "At least" }
                    input.short type="number" name="ms" min="0" max="3600000" value=[self.at_least_ms] placeholder="0";
                    span.unit { "ms" }
                }
                button { "Apply" }
            }
            section.panel.flush data-part="traces" { (self.part()) }
        }
    }

    /// The part that is renewed while the page is open.
    pub(crate) fn part(&self) -> Markup {
        html! {
            @if self.traces.is_empty() {
                @if self.filter == Filter::All && self.service.is_empty() && self.at_least_ms.is_none() {
                    (empty("No traces in this window", &format!(
                        "Send one from a Rust service with the Siskin SDK, or from any X-Ray or OpenTelemetry SDK: \
                         UDP to {}, OTLP to http://{}.",
                        self.addresses.xray, self.addresses.otlp
                    ), Some(&self.addresses.traced())))
                } @else {
                    (empty("No trace matches", "Widen the window, or clear the filter.", None))
                }
            } @else {
                (rows(&self.traces, self.now))
                @if self.more {
                    p.note { "Only the newest traces of this window are listed; narrow it to see others." }
                }
            }
        }
    }

    fn filters(&self) -> Vec<Choice> {
        let option = |filter: Filter| Choice {
            text: filter.name().to_owned(),
            href: self.address(self.window, filter),
            chosen: filter == self.filter,
        };
        Filter::ALL.map(option).to_vec()
    }

    fn address(&self, window: Window, filter: Filter) -> String {
        let ms = self.at_least_ms.map(|ms| ms.to_string());
        let mut parameters = vec![("window", window.text()), ("show", filter.text())];
        if !self.service.is_empty() {
            parameters.push(("service", &self.service));
        }
        if let Some(ms) = &ms {
            parameters.push(("ms", ms));
        }
        link::to("/console/traces", parameters)
    }
}

/// Traces as a narrow table for the overview.
pub(crate) fn short_rows(traces: &[TraceLine], now: Timestamp) -> Markup {
    html! {
        table.rows {
            (table_head(&[("Request", ""), ("Status", "num"), ("Duration", "num"), ("Started", "num")]))
            tbody {
                @for trace in traces {
                    tr data-row {
                        (request_cell(trace))
                        (status_cell(trace))
                        td.num { (format::duration(trace.length)) }
                        td.num { (format::ago(trace.started, now)) }
                    }
                }
            }
        }
    }
}

fn request_cell(trace: &TraceLine) -> Markup {
    html! {
        td.main {
            a href=(link::trace(&trace.id)) title=[trace.request.as_deref()] {
                (sign(trace.tone)) b { (trace.service) }
                @if let Some(request) = &trace.request { " " span.quiet { (without_host(request)) } }
            }
        }
    }
}

fn status_cell(trace: &TraceLine) -> Markup {
    html! {
        td.num {
            @match trace.status {
                Some(status) => span class={ "status " (Tone::of_status(status).class()) } { (status) },
                None => "–",
            }
        }
    }
}

/// `GET http://shop:8080/cart` as `GET /cart`: the service is named beside it.
fn without_host(request: &str) -> String {
    let Some((before, address)) = request.split_once("://") else { return request.to_owned() };
    let method = before.rsplit_once(' ').map_or("", |(method, _)| method);
    let path = address.find('/').map_or("/", |start| address.split_at(start).1);
    format!("{method} {path}").trim_start().to_owned()
}

/// Traces as a table over the whole width.
fn rows(traces: &[TraceLine], now: Timestamp) -> Markup {
    let longest = traces.iter().map(|trace| trace.length).max().unwrap_or_default().as_secs_f64().max(1e-9);
    html! {
        table.rows {
            (table_head(&[
                ("Request", ""),
                ("Status", "num"),
                ("Duration", "num"),
                ("", "wide"),
                ("Services", "wide"),
                ("Started", "num"),
            ]))
            tbody {
                @for trace in traces {
                    tr data-row {
                        (request_cell(trace))
                        (status_cell(trace))
                        td.num { (format::duration(trace.length)) @if trace.partial { " +" } }
                        td.wide.gauge { (gauge(trace.length.as_secs_f64() / longest, trace.tone)) }
                        td.wide.quiet { (trace.services.join(", ")) }
                        td.num { (format::ago(trace.started, now)) }
                    }
                }
            }
        }
    }
}

/// A thin bar that fills a share of its cell.
fn gauge(share: f64, tone: Tone) -> Markup {
    let width = (share.clamp(0.0, 1.0) * 1e4).round() / 100.0;
    html! {
        svg width="100%" height="6" aria-hidden="true" {
            rect.back width="100%" height="6" rx="3" {}
            rect class=(tone.class()) width={ (width) "%" } height="6" rx="3" {}
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_request_is_shown_without_its_host() {
        assert_eq!(without_host("GET http://shop:8080/cart?id=1"), "GET /cart?id=1");
        assert_eq!(without_host("https://shop"), "/");
        assert_eq!(without_host("publish"), "publish");
    }
}
