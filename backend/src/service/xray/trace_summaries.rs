//! `GetTraceSummaries`.

use std::time::Duration;

use serde::{Deserialize, Serialize};
use siskin_sdk::id::TraceId;

use super::XRayError;
use super::trace::{Entity, Trace, TraceSummary, summarize};
use super::window::{Position, REACH, Traces, Window};
use crate::base::{PageToken, Timestamp};
use crate::service::Context;

/// Summaries of one page.
const PAGE_TRACES: usize = 500;

/// How far the second in a trace id may be from the start of its first span to be taken for the time of the trace. Ids
/// from elsewhere (W3C) have random bits there.
const ID_TIME_SLACK: Duration = Duration::from_mins(5);

/// Which traces.
#[derive(Debug, Deserialize)]
#[serde(rename_all = "PascalCase")]
pub struct GetTraceSummariesInput {
    /// Start of the range, inclusive.
    pub start_time: Timestamp,
    /// End of the range, exclusive.
    pub end_time: Timestamp,
    /// What of a trace lies in the range.
    #[serde(default)]
    pub time_range_type: TimeRangeType,
    /// Whether a part of the traces is enough.
    pub sampling: Option<bool>,
    /// Which part.
    pub sampling_strategy: Option<SamplingStrategy>,
    /// Not supported yet: must be empty.
    pub filter_expression: Option<String>,
    /// From the page before.
    pub next_token: Option<String>,
}

/// What of a trace lies in the range.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize)]
pub enum TimeRangeType {
    /// When the trace began: the second in its id, or the start of its first span for ids that hold no time.
    #[default]
    TraceId,
    /// Some time of a segment.
    Event,
    /// The end of a segment.
    Service,
}

/// Which part of the traces is enough.
#[derive(Clone, Copy, Debug, PartialEq, Deserialize)]
#[serde(rename_all = "PascalCase")]
pub struct SamplingStrategy {
    /// How.
    pub name: Option<SamplingStrategyName>,
    /// The share, 0 to 1; everything unless said.
    pub value: Option<f64>,
}

/// How a part of the traces is chosen.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
pub enum SamplingStrategyName {
    /// The beginning of the time range: the rest is not read.
    PartialScan,
    /// By chance, each trace the same way each time.
    FixedRate,
}

/// One page.
#[derive(Debug, Serialize)]
#[serde(rename_all = "PascalCase")]
pub struct GetTraceSummariesOutput {
    /// The traces, by their first span in the range.
    pub trace_summaries: Vec<TraceSummary>,
    /// Start of this page.
    pub approximate_time: Timestamp,
    /// How many traces were looked at for this page.
    pub traces_processed_count: i64,
    /// For the next page.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub next_token: Option<String>,
}

#[derive(Debug, Serialize, Deserialize)]
struct NextPage {
    at: Timestamp,
    trace: Option<TraceId>,
}

/// Sums up the traces of a time range.
///
/// Source: <https://docs.aws.amazon.com/xray/latest/api/API_GetTraceSummaries.html>
///
/// # Errors
/// `InvalidRequestException` for a wrong range or token, and for a filter expression.
pub async fn get_trace_summaries(
    cx: &Context,
    input: GetTraceSummariesInput,
) -> Result<GetTraceSummariesOutput, XRayError> {
    let mut window = Window::parse(input.start_time, input.end_time)?;
    if input.filter_expression.as_deref().is_some_and(|text| !text.trim().is_empty()) {
        let message = "FilterExpression is not supported; leave it out to get all traces of the time range";
        return Err(XRayError::InvalidRequest(message.to_owned()));
    }
    let share = match input.sampling_strategy.filter(|_| input.sampling == Some(true)) {
        Some(strategy) => strategy.apply(&mut window)?,
        None => 1.0,
    };
    let from = input.next_token.as_deref().map(read_token).transpose()?;
    let filter = Filter { window, kind: input.time_range_type, share };
    let page = read_page(cx, &filter, from).await?;
    let next_token = page.next.map(|(at, trace)| PageToken::encode(&NextPage { at, trace }));
    Ok(GetTraceSummariesOutput {
        trace_summaries: page.summaries,
        approximate_time: from.map_or(window.since, |(at, _)| at.max(window.since)),
        traces_processed_count: page.processed,
        next_token,
    })
}

fn read_token(token: &str) -> Result<Position, XRayError> {
    let page: NextPage =
        PageToken::decode(token).map_err(|_| XRayError::InvalidRequest("Invalid NextToken".to_owned()))?;
    Ok((page.at, page.trace))
}

impl SamplingStrategy {
    /// Shortens the window for a partial scan; returns the share of the traces in it.
    fn apply(self, window: &mut Window) -> Result<f64, XRayError> {
        let share = self.value.unwrap_or(1.0);
        if !(0.0..=1.0).contains(&share) {
            return Err(XRayError::InvalidRequest("SamplingStrategy.Value must be between 0 and 1".to_owned()));
        }
        match self.name {
            Some(SamplingStrategyName::PartialScan) => {
                window.until = window.since.plus(window.until.since(window.since).mul_f64(share));
                Ok(1.0)
            }
            Some(SamplingStrategyName::FixedRate) | None => Ok(share),
        }
    }
}

struct Filter {
    window: Window,
    kind: TimeRangeType,
    share: f64,
}

impl Filter {
    /// Spans that begin in this range belong to traces that may match.
    fn reach(&self) -> Window {
        let before = match self.kind {
            TimeRangeType::TraceId => ID_TIME_SLACK,
            TimeRangeType::Event | TimeRangeType::Service => REACH,
        };
        Window { since: self.window.since.minus(before), until: self.window.until.plus(ID_TIME_SLACK) }
    }

    /// When the trace was in the range; `None` when it was not or is not among the share.
    fn matched_at(&self, trace: &Trace) -> Option<Timestamp> {
        if !self.is_sampled(trace.id) {
            return None;
        }
        match self.kind {
            TimeRangeType::TraceId => Some(time_of(trace)).filter(|at| self.window.holds(*at)),
            TimeRangeType::Event => {
                let active =
                    |entity: &&Entity| self.window.overlaps(entity.start(), entity.end().unwrap_or(entity.start()));
                trace.documents.iter().filter(active).map(|entity| entity.start().max(self.window.since)).min()
            }
            TimeRangeType::Service => {
                trace.segments().filter_map(Entity::end).filter(|end| self.window.holds(*end)).min()
            }
        }
    }

    fn is_sampled(&self, id: TraceId) -> bool {
        // The low bits are random in every kind of id.
        self.share >= 1.0 || f64::from(id.bits() as u32) < self.share * f64::from(u32::MAX)
    }
}

/// When a trace began, as far as its id tells.
fn time_of(trace: &Trace) -> Timestamp {
    let start = trace.start();
    let told = Timestamp::from_secs(i64::from(trace.id.epoch_seconds()));
    let apart = start.since(told).max(told.since(start));
    if apart <= ID_TIME_SLACK { told } else { start }
}

struct Page {
    summaries: Vec<TraceSummary>,
    processed: i64,
    next: Option<Position>,
}

async fn read_page(cx: &Context, filter: &Filter, from: Option<Position>) -> Result<Page, XRayError> {
    let mut page = Page { summaries: Vec::new(), processed: 0, next: None };
    let mut traces = Traces::new(filter.reach(), from);
    while let Some(slice) = traces.next(cx).await? {
        for (position, trace) in slice {
            if page.summaries.len() == PAGE_TRACES {
                return Ok(page);
            }
            page.processed += 1;
            let Some(at) = filter.matched_at(&trace) else { continue };
            let mut summary = summarize(&trace);
            summary.matched_event_time = (filter.kind == TimeRangeType::Event).then_some(at);
            page.summaries.push(summary);
            page.next = Some(position).filter(|_| page.summaries.len() == PAGE_TRACES);
        }
    }
    page.next = None;
    Ok(page)
}
