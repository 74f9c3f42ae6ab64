//! CloudWatch Logs, and what speaks its protocol.
//!
//! API: <https://docs.aws.amazon.com/AmazonCloudWatchLogs/latest/APIReference/API_PutLogEvents.html>

use serde::{Deserialize, Serialize};

use super::ids::IdForm;
use super::record::LogItem;
use super::stream::{LogStream, call, error, is_missing};
use crate::ship::{Delivered, Endpoint, LossReason, SendError, Sink};
use crate::signing::error_code;

/// Most events in one request.
pub const BATCH_EVENTS_MAX: usize = 10_000;
/// Most bytes of one request's messages, each counted with 26 bytes more.
pub const BATCH_BYTES_MAX: usize = 1_048_576;
/// The largest message: 1 MiB less what is counted with it. (Until 2025 it was 256 KiB.)
pub const EVENT_BYTES_MAX: usize = BATCH_BYTES_MAX - EVENT_OVERHEAD_BYTES;

const EVENT_OVERHEAD_BYTES: usize = 26;
/// A request's events may lie this far apart.
const BATCH_SPAN_MS: u64 = 24 * 60 * 60 * 1_000;

/// Sends lines to one log stream, which is created when it is missing.
pub(super) struct CloudWatchLogs {
    pub(super) endpoint: Endpoint,
    pub(super) stream: LogStream,
    pub(super) form: IdForm,
}

#[derive(Serialize)]
struct PutLogEvents<'a> {
    #[serde(flatten)]
    stream: &'a LogStream,
    #[serde(rename = "logEvents")]
    events: Vec<LogEvent<'a>>,
}

#[derive(Serialize)]
struct LogEvent<'a> {
    timestamp: u64,
    message: &'a str,
}

#[derive(Deserialize, Default)]
#[serde(rename_all = "camelCase", default)]
struct PutLogEventsOutput {
    rejected_log_events_info: Option<Rejected>,
}

/// Which events were not taken: those before the two ends, and those from the start on.
#[derive(Deserialize, Default)]
#[serde(default)]
struct Rejected {
    #[serde(rename = "tooOldLogEventEndIndex")]
    too_old_end: Option<u64>,
    #[serde(rename = "expiredLogEventEndIndex")]
    expired_end: Option<u64>,
    #[serde(rename = "tooNewLogEventStartIndex")]
    too_new_start: Option<u64>,
}

impl Sink<LogItem> for CloudWatchLogs {
    fn arrange(&mut self, items: &mut Vec<LogItem>) {
        for item in items.iter_mut() {
            if let LogItem::Event(record) = item {
                *item = LogItem::Line(record.to_line(self.form));
            }
        }
        // A request must be in chronological order, and threads overtake each other.
        items.sort_by_key(|item| line(item).0);
    }

    fn batch_len(&self, items: &[LogItem]) -> usize {
        let first_ms = items.first().map_or(0, |item| line(item).0);
        let mut bytes = 0;
        let fits = |item: &&LogItem| {
            let (at_ms, text) = line(item);
            bytes += text.len() + EVENT_OVERHEAD_BYTES;
            bytes <= BATCH_BYTES_MAX && at_ms - first_ms <= BATCH_SPAN_MS
        };
        items.iter().take(BATCH_EVENTS_MAX).take_while(fits).count().max(1)
    }

    fn send(&mut self, batch: &[LogItem]) -> Result<Delivered, SendError> {
        if let [item] = batch
            && line(item).1.len() > EVENT_BYTES_MAX
        {
            return Ok(Delivered::except(1, [(LossReason::TooLarge, 1)]));
        }
        let events = batch.iter().map(line).map(|(timestamp, message)| LogEvent { timestamp, message });
        let input = PutLogEvents { stream: &self.stream, events: events.collect() };
        let mut answer = call(&mut self.endpoint, "PutLogEvents", &input)?;
        if is_missing(&answer) {
            self.stream.create(&mut self.endpoint)?;
            answer = call(&mut self.endpoint, "PutLogEvents", &input)?;
        }
        if !answer.is_success() {
            return match error_code(&answer).as_str() {
                // The receiver has them from an attempt whose answer was lost.
                "DataAlreadyAcceptedException" => Ok(Delivered::all(batch.len())),
                _ => Err(error(&answer)),
            };
        }
        // An answer without a body says that nothing is amiss.
        let output: PutLogEventsOutput = serde_json::from_slice(answer.body()).unwrap_or_default();
        Ok(delivered(batch.len(), &output.rejected_log_events_info.unwrap_or_default()))
    }
}

/// Time and text of an arranged item.
fn line(item: &LogItem) -> (u64, &str) {
    match item {
        LogItem::Line(line) => (line.at_ms, &line.text),
        LogItem::Event(_) => unreachable!("events are arranged into lines before anything else"),
    }
}

fn delivered(count: usize, rejected: &Rejected) -> Delivered {
    let too_old = rejected.too_old_end.unwrap_or_default();
    // Both ends count from the first event, so the expired ones begin where the too old ones end.
    let expired = rejected.expired_end.unwrap_or_default().saturating_sub(too_old);
    let too_new = rejected.too_new_start.map_or(0, |start| (count as u64).saturating_sub(start));
    Delivered::except(
        count,
        [(LossReason::TooOld, too_old), (LossReason::Expired, expired), (LossReason::TooNew, too_new)],
    )
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::logs::record::Line;

    fn sink() -> CloudWatchLogs {
        let endpoint = Endpoint::new("http://localhost:1", Vec::new(), None).unwrap();
        let stream = LogStream::new("g".to_owned(), "s".to_owned()).unwrap();
        CloudWatchLogs { endpoint, stream, form: IdForm::XRay }
    }

    fn lines(lines: impl IntoIterator<Item = (u64, usize)>) -> Vec<LogItem> {
        lines.into_iter().map(|(at_ms, bytes)| LogItem::Line(Line { at_ms, text: "x".repeat(bytes) })).collect()
    }

    #[test]
    fn a_batch_keeps_to_each_limit() {
        let len = |items: Vec<LogItem>| sink().batch_len(&items);
        assert_eq!(len(lines(vec![(5, 1); BATCH_EVENTS_MAX + 1])), BATCH_EVENTS_MAX);
        assert_eq!(len(lines([(0, 1), (BATCH_SPAN_MS, 1), (BATCH_SPAN_MS + 1, 1)])), 2);
        // Two that fit to the byte, and two of which the second is one byte too long.
        let half = BATCH_BYTES_MAX / 2 - EVENT_OVERHEAD_BYTES;
        assert_eq!(len(lines([(0, half), (0, half), (0, 0)])), 2);
        assert_eq!(len(lines([(0, half), (0, half + 1)])), 1);
        assert_eq!(len(lines([(0, EVENT_BYTES_MAX), (0, 1)])), 1);
        assert_eq!(len(lines([(0, EVENT_BYTES_MAX + 1), (0, 1)])), 1);
    }

    #[test]
    fn lines_are_sent_in_the_order_of_their_times() {
        let mut items = lines([(3, 1), (1, 2), (2, 3), (1, 4)]);
        sink().arrange(&mut items);
        let order: Vec<_> = items.iter().map(|item| (line(item).0, line(item).1.len())).collect();
        assert_eq!(order, [(1, 2), (1, 4), (2, 3), (3, 1)]);
    }

    #[test]
    fn a_line_too_large_is_not_even_sent() {
        let sent = sink().send(&lines([(0, EVENT_BYTES_MAX + 1)]));
        assert_eq!(sent, Ok(Delivered { accepted: 0, lost: vec![(LossReason::TooLarge, 1)] }));
    }

    #[test]
    fn rejected_events_are_told_apart() {
        let of = |json: &str| delivered(10, &serde_json::from_str(json).unwrap());
        assert_eq!(of("{}"), Delivered::all(10));
        let mixed = r#"{"tooOldLogEventEndIndex":2,"expiredLogEventEndIndex":5,"tooNewLogEventStartIndex":9}"#;
        let lost = vec![(LossReason::TooOld, 2), (LossReason::Expired, 3), (LossReason::TooNew, 1)];
        assert_eq!(of(mixed), Delivered { accepted: 4, lost });
        assert_eq!(of(r#"{"tooNewLogEventStartIndex":99}"#), Delivered::all(10));
    }
}
