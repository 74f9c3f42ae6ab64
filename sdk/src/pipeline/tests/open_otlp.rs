//! Segments that stay open, over OTLP.

use std::sync::Mutex;
use std::sync::mpsc::{Sender, channel};

use opentelemetry_proto::tonic::collector::trace::v1::ExportTraceServiceRequest;
use opentelemetry_proto::tonic::trace::v1::Span;
use prost::Message;
use tracing::info_span;
use tracing_core::dispatcher::with_default;

use super::open::{FLUSH, HOUR, MINUTE, config, with_exporter};
use crate::export::{ExportError, Exporter, Format};

/// Keeps the messages it is given in OTLP's form.
struct Otlp(Mutex<Sender<Vec<u8>>>);

impl Exporter for Otlp {
    fn format(&self) -> Format {
        Format::Otlp
    }

    fn export(&self, document: &[u8]) -> Result<(), ExportError> {
        self.0.lock().unwrap().send(document.to_vec()).map_err(|_gone| ExportError::Full)
    }
}

#[test]
fn over_otlp_spans_are_sent_as_they_end_and_none_twice() {
    let (sender, received) = channel();
    let (config, hands) = config();
    let (dispatch, guard) = with_exporter(config.exporter(Otlp(Mutex::new(sender))));
    let spans = || -> Vec<(String, u64, bool)> {
        let messages =
            received.try_iter().map(|message| ExportTraceServiceRequest::decode(message.as_slice()).unwrap());
        let spans = messages.flat_map(|message| message.resource_spans[0].scope_spans[0].spans.clone());
        let is_open = |span: &Span| span.attributes.iter().any(|attribute| attribute.key == "siskin.still_open");
        let seconds = |nanos: u64| nanos / 1_000_000_000 - 1_793_000_000;
        spans.map(|span| (span.name.clone(), seconds(span.end_time_unix_nano), is_open(&span))).collect()
    };
    with_default(&dispatch, || {
        let request = info_span!("request");
        drop(info_span!(parent: &request, "work"));
        hands.advance(MINUTE);
        guard.flush(FLUSH);
        assert_eq!(spans(), [("work".to_owned(), 0, false)]);
        hands.advance(HOUR);
        guard.flush(FLUSH);
        assert_eq!(spans(), [("request".to_owned(), 3_660, true)]);
        drop(info_span!(parent: &request, "more"));
        drop(request);
    });
    assert_eq!(guard.close(FLUSH).dropped.total(), 0);
    assert_eq!(spans(), [("more".to_owned(), 3_660, false)]);
}
