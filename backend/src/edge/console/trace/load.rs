//! Reads what the pages of traces show.

use std::time::Duration;

use maud::Markup;
use siskin_sdk::segment::Segment;

use super::{Filter, TraceLine, TraceList, TracePage, unfold};
use crate::base::Timestamp;
use crate::edge::console::fault::PageError;
use crate::edge::console::layout::Area;
use crate::edge::console::live::Parts;
use crate::edge::console::page::{Parameters, View};
use crate::edge::console::router::Console;
use crate::edge::console::tone::Tone;
use crate::edge::console::window::Window;
use crate::service::Context;
use crate::service::xray::batch_get_traces::{BatchGetTracesInput, batch_get_traces};
use crate::service::xray::trace::TraceSummary;
use crate::service::xray::trace_summaries::{GetTraceSummariesInput, TimeRangeType, get_trace_summaries};

/// Traces in a list.
const TRACES_MAX: usize = 100;

/// Pages of summaries that one list reads, 500 traces each.
const PAGES_MAX: usize = 6;

/// The newest part of a window is read first; each further part is this much longer.
const FIRST_PART: Duration = Duration::from_mins(5);
const PART_GROWTH: u32 = 3;

impl TraceList {
    /// The newest traces of `window` that are `wanted`, at most `count_max`; and whether others were left unread.
    ///
    /// Summaries come oldest first, so the window is read backwards in parts until there are enough.
    pub(crate) async fn read(
        cx: &Context,
        window: Window,
        count_max: usize,
        wanted: impl Fn(&TraceLine) -> bool + Send + Sync,
    ) -> Result<(Vec<TraceLine>, bool), PageError> {
        let (begin, mut until) = window.before(cx.now);
        let (mut found, mut length, mut pages) = (Vec::new(), FIRST_PART, 0);
        while until > begin {
            let since = until.minus(length).max(begin);
            let mut part = Vec::new();
            let mut next_token = None;
            loop {
                if pages == PAGES_MAX {
                    break;
                }
                pages += 1;
                let page = get_trace_summaries(cx, question(since, until, next_token)).await.map_err(PageError::of)?;
                part.extend(page.trace_summaries.into_iter().map(line).filter(&wanted));
                next_token = page.next_token;
                if next_token.is_none() {
                    break;
                }
            }
            part.sort_by_key(|trace: &TraceLine| std::cmp::Reverse(trace.started));
            found.extend(part);
            if found.len() >= count_max || pages == PAGES_MAX {
                let more = found.len() > count_max || since > begin || next_token.is_some();
                found.truncate(count_max);
                return Ok((found, more));
            }
            until = since;
            length *= PART_GROWTH;
        }
        Ok((found, false))
    }
}

fn question(since: Timestamp, until: Timestamp, next_token: Option<String>) -> GetTraceSummariesInput {
    GetTraceSummariesInput {
        start_time: since,
        end_time: until,
        time_range_type: TimeRangeType::TraceId,
        sampling: None,
        sampling_strategy: None,
        filter_expression: None,
        next_token,
    }
}

fn line(summary: TraceSummary) -> TraceLine {
    let tone = if summary.has_fault {
        Tone::Fault
    } else if summary.has_throttle {
        Tone::Throttle
    } else if summary.has_error {
        Tone::Error
    } else {
        Tone::Ok
    };
    let parts: Vec<String> = [summary.http.method, summary.http.url].into_iter().flatten().collect();
    let mut services: Vec<String> = summary.service_ids.into_iter().map(|service| service.name).collect();
    services.sort();
    services.dedup();
    let entry = summary.entry_point.map(|service| service.name);
    TraceLine {
        id: summary.id,
        service: entry.or_else(|| services.first().cloned()).unwrap_or_else(|| "unknown".to_owned()),
        request: (!parts.is_empty()).then(|| parts.join(" ")),
        status: summary.http.status.and_then(|status| u16::try_from(status).ok()),
        tone,
        started: summary.start_time,
        length: Duration::try_from_secs_f64(summary.duration).unwrap_or_default(),
        services,
        partial: summary.is_partial,
    }
}

impl View for TraceList {
    const AREA: Area = Area::Traces;
    const LIVE: Option<&'static str> = Some("traces");

    async fn load(console: &Console, parameters: &Parameters) -> Result<Self, PageError> {
        let cx = console.state.context();
        let window = Window::parse_short(parameters.first("window")).unwrap_or_default();
        let filter = Filter::parse(parameters.first("show"));
        let service = parameters.first("service").trim().to_owned();
        let at_least_ms: Option<u64> = parameters.first("ms").parse().ok().filter(|ms| *ms > 0);
        let at_least = Duration::from_millis(at_least_ms.unwrap_or(0));
        let wanted = |trace: &TraceLine| {
            filter.admits(trace.tone)
                && trace.length >= at_least
                && (service.is_empty() || trace.services.iter().any(|name| name.contains(&*service)))
        };
        let (traces, more) = Self::read(&cx, window, TRACES_MAX, wanted).await?;
        Ok(Self { window, filter, service, at_least_ms, traces, more, addresses: console.state.addresses, now: cx.now })
    }

    fn title(&self) -> String {
        "Traces".to_owned()
    }

    fn body(&self) -> Markup {
        self.body()
    }

    fn parts(&self) -> Parts {
        vec![("traces", self.part())]
    }
}

impl View for TracePage {
    const AREA: Area = Area::Traces;

    async fn load(console: &Console, parameters: &Parameters) -> Result<Self, PageError> {
        let cx = console.state.context();
        let id = parameters.required("id")?;
        let input = BatchGetTracesInput { trace_ids: vec![id.to_owned()], next_token: None };
        let found = batch_get_traces(&cx, input).await.map_err(PageError::of)?.traces.into_iter().next();
        let missing =
            || PageError::NotFound(format!("No trace {id} is stored. It may be on its way, or it was not sampled."));
        let trace = found.ok_or_else(missing)?;
        let sent = trace.segments.len();
        let read = |document: &str| serde_json::from_str::<Segment>(document).ok();
        let segments: Vec<Segment> = trace.segments.iter().filter_map(|segment| read(&segment.document)).collect();
        let unreadable = sent - segments.len();
        Ok(Self { id: trace.id, waterfall: unfold(segments), unreadable, cut_off: trace.limit_exceeded })
    }

    fn title(&self) -> String {
        self.waterfall.rows.first().map_or_else(|| "Trace".to_owned(), |row| format!("Trace of {}", row.segment.name))
    }

    fn body(&self) -> Markup {
        self.body()
    }
}
