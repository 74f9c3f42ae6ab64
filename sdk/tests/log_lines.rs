//! Log lines of a whole program: its one subscriber is the global one, as in a service. So this test is
//! alone in its process.

use std::io::Write;
use std::sync::{Arc, Mutex};

use siskin_sdk::export::MemoryExporter;
use siskin_sdk::logs::TraceIds;
use tracing::{info, info_span};
use tracing_subscriber::layer::SubscriberExt;
use tracing_subscriber::util::SubscriberInitExt;

#[derive(Clone, Default)]
struct Lines(Arc<Mutex<Vec<u8>>>);

impl Write for Lines {
    fn write(&mut self, bytes: &[u8]) -> std::io::Result<usize> {
        self.0.lock().expect("no thread panicked").write(bytes)
    }

    fn flush(&mut self) -> std::io::Result<()> {
        Ok(())
    }
}

#[test]
fn a_formatter_alone_finds_the_ids() {
    let lines = Lines::default();
    let config = siskin_sdk::Config::new("shop").exporter(MemoryExporter::default());
    let (layer, _guard) = siskin_sdk::layer(config).unwrap();
    let writer = lines.clone();
    let format = tracing_subscriber::fmt::layer()
        .with_writer(move || writer.clone())
        .without_time()
        .with_ansi(false)
        .map_event_format(TraceIds::text);
    tracing_subscriber::registry().with(layer).with(format).init();
    let ids = info_span!("request").in_scope(|| {
        info!(n = 1, "hello");
        siskin_sdk::current_context().unwrap()
    });
    info!("outside");
    info_span!("request").in_scope(|| info!(parent: None, "outside by wish"));
    let named = info_span!("named");
    info!(parent: &named, "named");
    let named_ids = siskin_sdk::SpanExt::trace_context(&named).unwrap();
    let written = String::from_utf8(lines.0.lock().unwrap().clone()).unwrap();
    let (trace_id, span_id) = (ids.root.unwrap(), ids.parent.unwrap());
    assert_eq!(
        written,
        format!(
            "trace_id={trace_id} span_id={span_id}  INFO request: log_lines: hello n=1\n \
             INFO log_lines: outside\n INFO log_lines: outside by wish\n\
             trace_id={} span_id={}  INFO named: log_lines: named\n",
            named_ids.root.unwrap(),
            named_ids.parent.unwrap(),
        )
    );
}
