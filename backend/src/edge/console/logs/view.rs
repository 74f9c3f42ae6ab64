//! The list of log groups, the events of one, and the events of a trace.

use maud::{Markup, html};
use serde_json::Value;

use crate::base::Timestamp;
use crate::edge::console::addresses::Addresses;
use crate::edge::console::layout::{empty, heading, table_head};
use crate::edge::console::tone::Tone;
use crate::edge::console::{format, link};

/// Characters of a message on its line; the whole unfolds.
const MESSAGE_CHARS_MAX: usize = 400;

/// One log group.
#[derive(Clone, Debug)]
pub(crate) struct GroupLine {
    /// The group's name.
    pub(crate) name: String,
    /// Time of its newest event.
    pub(crate) last: Option<Timestamp>,
    /// When it was made.
    pub(crate) created: Timestamp,
    /// Days that events are kept; `None` for ever.
    pub(crate) retention_days: Option<u32>,
}

/// The page that lists groups.
#[derive(Clone, Debug)]
pub(crate) struct Groups {
    /// By name.
    pub(crate) lines: Vec<GroupLine>,
    /// There are more than are listed.
    pub(crate) more: bool,
    /// Where clients find the backend.
    pub(crate) addresses: Addresses,
    /// When it was read.
    pub(crate) now: Timestamp,
}

impl Groups {
    pub(crate) fn body(&self) -> Markup {
        html! {
            (heading(&[], &html! { "Log groups" }, &html! {}))
            section.panel.flush {
                @if self.lines.is_empty() {
                    (self.none())
                } @else {
                    table.rows {
                        (table_head(&[
                            ("Group", ""),
                            ("Newest event", "num"),
                            ("Kept", "num wide"),
                            ("Made", "num wide"),
                        ]))
                        tbody {
                            @for group in &self.lines {
                                tr data-row {
                                    td.main { a href=(link::log_group(&group.name)) { b { (group.name) } } }
                                    td.num {
                                        @match group.last {
                                            Some(last) => (format::ago(last, self.now)),
                                            None => span.quiet { "none" },
                                        }
                                    }
                                    td.num.wide.quiet {
                                        @match group.retention_days {
                                            Some(days) => (format::plural(u64::from(days), "day")),
                                            None => "for ever",
                                        }
                                    }
                                    td.num.wide.quiet { (format::ago(group.created, self.now)) }
                                }
                            }
                        }
                    }
                    @if self.more { p.note { "More groups exist than are listed here." } }
                }
            }
        }
    }
}

impl Groups {
    fn none(&self) -> Markup {
        let text = format!(
            "Send log events with any CloudWatch Logs client, or as OTLP to http://{}. \
             A canary's log arrives with its first run.",
            self.addresses.otlp
        );
        let command = format!("{} logs create-log-group --log-group-name /shop/orders", self.addresses.aws());
        empty("No log group yet", &text, Some(&command))
    }
}

/// One log event.
#[derive(Clone, Debug)]
pub(crate) struct EventLine {
    /// The group it belongs to.
    pub(crate) group: String,
    /// The stream it belongs to.
    pub(crate) stream: String,
    /// The event's own time.
    pub(crate) at: Timestamp,
    /// What it says.
    pub(crate) message: String,
}

/// The events of one group.
#[derive(Clone, Debug)]
pub(crate) struct GroupPage {
    /// The group's name.
    pub(crate) name: String,
    /// Streams with the newest event first: name and time.
    pub(crate) streams: Vec<(String, Option<Timestamp>)>,
    /// Only events of this stream; empty for all.
    pub(crate) stream: String,
    /// Only events that match these terms; empty for all.
    pub(crate) filter: String,
    /// Events around this time are shown; `None` for the newest.
    pub(crate) at: Option<Timestamp>,
    /// Why the filter cannot be used.
    pub(crate) fault: Option<String>,
    /// Oldest first: the newest stands at the bottom, where the tail goes on.
    pub(crate) events: Vec<EventLine>,
    /// Where the tail comes from; `None` when nothing follows.
    pub(crate) tail: Option<String>,
}

impl GroupPage {
    pub(crate) fn body(&self) -> Markup {
        html! {
            (heading(&[("Logs", "/console/logs")], &html! { (self.name) }, &html! {}))
            form.filters action="/console/log-group" {
                input type="hidden" name="name" value=(self.name);
                label.grow {
                    span { "Filter" }
                    input type="search" name="filter" value=(self.filter) maxlength="1024" data-filter
                        placeholder="terms: error -timeout \"connection reset\"";
                }
                label {
                    span { "Stream" }
                    select name="stream" data-submit {
                        option value="" { "all" }
                        @for (stream, _) in &self.streams {
                            option value=(stream) selected[*stream == self.stream] { (stream) }
                        }
                    }
                }
                button { "Apply" }
            }
            @if let Some(fault) = &self.fault { p.alert role="alert" { (fault) } }
            section.panel.flush.tail aria-label="Log events" {
                div.events data-tail=[self.tail.as_deref()] tabindex="0" {
                    @for event in &self.events { (event_row(event)) }
                }
                @if self.events.is_empty() {
                    div data-tail-empty {
                        (empty("No event matches in the last 24 hours", "New ones show here as they arrive.", None))
                    }
                }
                p.note.tail-state {
                    @match self.at {
                        Some(at) => {
                            "Events around " (format::day_at(at)) " UTC. "
                            a href=(self.newest()) { u { "Go to the newest" } }
                        }
                        None => span data-tail-state { "The newest event is at the bottom" },
                    }
                }
            }
        }
    }
}

impl GroupPage {
    /// This page with the newest events.
    fn newest(&self) -> String {
        let parameters = [("name", &*self.name), ("stream", &*self.stream), ("filter", &*self.filter)];
        link::to("/console/log-group", parameters)
    }
}

/// The events that name a trace, in whatever group.
#[derive(Clone, Debug)]
pub(crate) struct TraceLogs {
    /// In X-Ray's form.
    pub(crate) trace: String,
    /// Oldest first.
    pub(crate) events: Vec<EventLine>,
    /// Groups that were searched.
    pub(crate) groups: usize,
    /// Not every group was searched.
    pub(crate) more: bool,
}

impl TraceLogs {
    pub(crate) fn body(&self) -> Markup {
        let parents = [("Traces", "/console/traces"), ("Trace", &*link::trace(&self.trace))];
        html! {
            (heading(&parents, &html! { "Logs of a trace" }, &html! { code.id { (self.trace) } }))
            section.panel.flush.tail {
                @if self.events.is_empty() {
                    (empty("No log event names this trace", &format!(
                        "Searched {} around the time of the trace. \
                         Write the trace id into your log lines to find them from here.",
                        format::plural(self.groups as u64, "group")
                    ), None))
                } @else {
                    div.events { @for event in &self.events { (event_row(event)) } }
                }
                @if self.more { p.note { "There are more groups than were searched." } }
            }
        }
    }
}

/// One event: its line, and unfolded the whole message with its stream.
pub(crate) fn event_row(event: &EventLine) -> Markup {
    let parsed = serde_json::from_str::<Value>(&event.message).ok().filter(Value::is_object);
    let tone = tone(&event.message);
    html! {
        details class={ "event " (tone.class()) } {
            summary data-row {
                time datetime=(event.at) title=(event.at) { (format::clock_millis(event.at)) }
                (gist(&event.message, parsed.as_ref()))
            }
            div.detail {
                @match &parsed {
                    Some(value) => pre { (serde_json::to_string_pretty(value).unwrap_or_default()) },
                    None => pre { (event.message) },
                }
                p.quiet {
                    a href=(link::log_stream(&event.group, &event.stream)) { (event.group) " / " (event.stream) }
                    @for id in trace_ids(&event.message) { " · " a href=(link::trace(&id)) { "trace " (id) } }
                }
            }
        }
    }
}

/// One line: of a JSON object its message first, then its other fields; of a text its first line.
fn gist(message: &str, parsed: Option<&Value>) -> Markup {
    let said = ["message", "msg"].into_iter().find_map(|key| Some((key, parsed?.get(key)?.as_str()?)));
    let Some((key, said)) = said else {
        let more = message.lines().count().saturating_sub(1);
        let first = message.lines().next().unwrap_or("");
        return html! {
            span.text {
                (format::shorten(first, MESSAGE_CHARS_MAX))
                @if more > 0 { span.quiet { "+ " (format::plural(more as u64, "line")) } }
            }
        };
    };
    let others = parsed.and_then(Value::as_object).into_iter().flatten().filter(|(name, _)| *name != key);
    let fields: Vec<String> = others
        .map(|(name, value)| format!("{name}={}", value.as_str().map_or_else(|| value.to_string(), str::to_owned)))
        .collect();
    html! {
        span.text {
            b { (format::shorten(said, MESSAGE_CHARS_MAX)) }
            span.quiet { (format::shorten(&fields.join(" "), MESSAGE_CHARS_MAX)) }
        }
    }
}

/// A guess from the words that log frameworks write; colour only.
fn tone(message: &str) -> Tone {
    let head = format::shorten(message, MESSAGE_CHARS_MAX).to_ascii_uppercase();
    let has = |words: &[&str]| {
        words.iter().any(|word| head.split(|c: char| !c.is_ascii_alphanumeric()).any(|part| part == *word))
    };
    if has(&["ERROR", "FATAL", "PANIC", "FAILED", "CRITICAL"]) {
        Tone::Fault
    } else if has(&["WARN", "WARNING"]) {
        Tone::Error
    } else {
        Tone::Idle
    }
}

/// Ids in a message are shown once, and a few are enough.
const TRACE_IDS_MAX: usize = 4;

/// The trace ids that a message names: `1-8hex-24hex`, or 32 hexadecimal digits standing alone.
fn trace_ids(message: &str) -> Vec<String> {
    let mut ids: Vec<String> = Vec::new();
    for word in message.split(|c: char| !c.is_ascii_hexdigit() && c != '-') {
        let looks = word.len() == 32 || (word.len() == 35 && word.starts_with("1-"));
        if !looks || ids.len() == TRACE_IDS_MAX {
            continue;
        }
        if let Ok(id) = word.parse::<siskin_sdk::id::TraceId>() {
            let id = id.to_string();
            if !ids.contains(&id) {
                ids.push(id);
            }
        }
    }
    ids
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn finds_trace_ids_in_both_forms() {
        let text =
            "trace_id=64f0c1aa0123456789abcdef01234567 again 1-64f0c1aa-0123456789abcdef01234567, short 64f0c1aa";
        assert_eq!(trace_ids(text), ["1-64f0c1aa-0123456789abcdef01234567"]);
    }

    #[test]
    fn words_give_the_tone_not_parts_of_words() {
        assert_eq!(tone("2026 ERROR boom"), Tone::Fault);
        assert_eq!(tone("{\"level\":\"warn\"}"), Tone::Error);
        assert_eq!(tone("terror is no level"), Tone::Idle);
    }
}
