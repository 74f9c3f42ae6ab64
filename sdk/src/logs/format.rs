//! Trace ids in the lines of `tracing_subscriber::fmt`.

use std::fmt;

use tracing_core::{Event, Subscriber};
use tracing_subscriber::fmt::format::Writer;
use tracing_subscriber::fmt::{FmtContext, FormatEvent, FormatFields};
use tracing_subscriber::registry::LookupSpan;

use super::ids::{self, IdForm, SpanIds};

/// Adds `trace_id` and `span_id` of the span an event is in to what another formatter writes.
///
/// Lines outside of every traced span stay as they are. An unsampled trace has ids too: its lines can
/// still be found across services.
#[derive(Debug, Clone, Copy)]
pub struct TraceIds<F> {
    inner: F,
    shape: Shape,
    form: IdForm,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Shape {
    Text,
    Json,
}

impl<F> TraceIds<F> {
    /// Writes `trace_id=... span_id=... ` in front of each line.
    pub const fn text(inner: F) -> Self {
        Self { inner, shape: Shape::Text, form: IdForm::XRay }
    }

    /// Makes `"trace_id"` and `"span_id"` the first members of each line, which has to be a JSON
    /// object, as those of [`Format::json`](tracing_subscriber::fmt::format::Format) are.
    pub const fn json(inner: F) -> Self {
        Self { inner, shape: Shape::Json, form: IdForm::XRay }
    }

    /// How the trace id is written; X-Ray's form unless said otherwise.
    #[must_use]
    pub fn form(self, form: IdForm) -> Self {
        Self { form, ..self }
    }
}

impl<S, N, F> FormatEvent<S, N> for TraceIds<F>
where
    S: Subscriber + for<'lookup> LookupSpan<'lookup>,
    N: for<'writer> FormatFields<'writer> + 'static,
    F: FormatEvent<S, N>,
{
    fn format_event(&self, context: &FmtContext<'_, S, N>, mut writer: Writer<'_>, event: &Event<'_>) -> fmt::Result {
        let scope = || context.event_scope().into_iter().flatten().map(|span| span.id());
        let Some(found) = ids::of_scope(context.event_scope()).or_else(|| ids::in_event(scope)) else {
            return self.inner.format_event(context, writer, event);
        };
        let SpanIds { span_id, .. } = found;
        let trace_id = found.trace_id(self.form);
        match self.shape {
            Shape::Text => {
                write!(writer, "trace_id={trace_id} span_id={span_id} ")?;
                self.inner.format_event(context, writer, event)
            }
            Shape::Json => {
                let mut line = String::new();
                self.inner.format_event(context, Writer::new(&mut line), event)?;
                let Some(members) = line.strip_prefix('{') else {
                    // Not an object after all: better a line without ids than a broken one.
                    return writer.write_str(&line);
                };
                let comma = if members.trim_start().starts_with('}') { "" } else { "," };
                write!(writer, r#"{{"trace_id":"{trace_id}","span_id":"{span_id}"{comma}{members}"#)
            }
        }
    }
}

#[cfg(feature = "logs")]
#[cfg(test)]
mod tests {
    use std::io::Write;
    use std::sync::{Arc, Mutex};

    use tracing::dispatcher::with_default;
    use tracing::{Dispatch, Subscriber, info, info_span};
    use tracing_subscriber::fmt::MakeWriter;
    use tracing_subscriber::fmt::format::{DefaultFields, Format, Full};
    use tracing_subscriber::layer::SubscriberExt;
    use tracing_subscriber::{fmt, registry};

    use super::*;
    use crate::Config;
    use crate::export::MemoryExporter;
    use crate::id::{SpanId, TraceId};

    #[derive(Clone, Default)]
    struct Lines(Arc<Mutex<Vec<u8>>>);

    impl Write for Lines {
        fn write(&mut self, bytes: &[u8]) -> std::io::Result<usize> {
            self.0.lock().unwrap().write(bytes)
        }

        fn flush(&mut self) -> std::io::Result<()> {
            Ok(())
        }
    }

    impl<'a> MakeWriter<'a> for Lines {
        type Writer = Self;

        fn make_writer(&'a self) -> Self {
            self.clone()
        }
    }

    impl Lines {
        fn take(&self) -> String {
            String::from_utf8(std::mem::take(&mut *self.0.lock().unwrap())).unwrap()
        }
    }

    type Plain<S> = fmt::Layer<S, DefaultFields, Format<Full, ()>, Lines>;

    fn plain<S>(lines: &Lines) -> Plain<S> {
        fmt::layer().with_writer(lines.clone()).without_time().with_ansi(false)
    }

    /// Stands for the layer that notes ids; see [`ids::note`].
    struct Noting;

    impl<S: Subscriber + for<'lookup> LookupSpan<'lookup>> tracing_subscriber::Layer<S> for Noting {
        fn on_enter(&self, id: &tracing::span::Id, context: tracing_subscriber::layer::Context<'_, S>) {
            ids::note(&context.span(id).unwrap());
        }
    }

    #[test]
    fn lines_bear_the_ids_of_their_span() {
        let lines = Lines::default();
        let (layer, _guard) = crate::layer(Config::new("shop").exporter(MemoryExporter::default())).unwrap();
        let subscriber = registry()
            .with(layer)
            .with(Noting)
            .with(plain(&lines).map_event_format(TraceIds::text))
            .with(plain(&lines).map_event_format(|format| TraceIds::text(format).form(IdForm::W3c)))
            .with(plain(&lines).json().map_event_format(TraceIds::json))
            .with(plain(&lines).json().map_event_format(|_| TraceIds::json(Odd)));
        tracing::subscriber::with_default(subscriber, || {
            let (outer, inner) = (info_span!("outer"), info_span!("inner"));
            let ids = outer.in_scope(|| crate::current_context().unwrap());
            let (trace_id, span_id): (TraceId, SpanId) = (ids.root.unwrap(), ids.parent.unwrap());
            let w3c = trace_id.w3c();
            inner.in_scope(|| info!(parent: &outer, n = 1, "hello"));
            let written = lines.take();
            let mut written = written.lines();
            let target = "siskin_sdk::logs::format::tests";
            let text = format!("span_id={span_id}  INFO outer: {target}: hello n=1");
            assert_eq!(written.next().unwrap(), format!("trace_id={trace_id} {text}"));
            assert_eq!(written.next().unwrap(), format!("trace_id={w3c} {text}"));
            let json: serde_json::Value = serde_json::from_str(written.next().unwrap()).unwrap();
            assert_eq!(json["trace_id"], trace_id.to_string());
            assert_eq!(json["span_id"], span_id.to_string());
            assert_eq!(json["fields"]["message"], "hello");
            assert_eq!(written.next().unwrap(), "odd");
            info!(parent: None, "outside");
            assert_eq!(lines.take().lines().next().unwrap(), format!(" INFO {target}: outside"));
        });
    }

    #[test]
    fn a_formatter_alone_finds_the_ids_under_a_scoped_subscriber() {
        let lines = Lines::default();
        let scoped = || {
            let (layer, guard) = crate::layer(Config::new("shop").exporter(MemoryExporter::default())).unwrap();
            let formatter = plain(&lines).map_event_format(TraceIds::text);
            (Dispatch::new(registry().with(layer).with(formatter)), guard)
        };
        let written = || lines.take().split_once("  INFO").map(|(ids, _)| ids.to_owned());
        let known = || {
            let ids = crate::current_context().unwrap();
            Some(format!("trace_id={} span_id={}", ids.root.unwrap(), ids.parent.unwrap()))
        };
        let ((outer, _guard), (inner, _other_guard)) = (scoped(), scoped());
        with_default(&outer, || {
            info_span!("outer").in_scope(|| {
                info!("hello");
                assert_eq!(written(), known());
                info_span!("nested").in_scope(|| info!("hello"));
                assert!(written().is_some_and(|ids| Some(ids) != known()));
                with_default(&inner, || {
                    info!("in no span of this subscriber");
                    assert_eq!(written(), None);
                    info_span!("inner").in_scope(|| {
                        info!("hello");
                        assert_eq!(written(), known());
                    });
                });
                info!("hello again");
                assert_eq!(written(), known());
            });
            info!("outside");
            assert_eq!(written(), None);
        });
    }

    /// Promises JSON and does not write it.
    struct Odd;

    impl<S, N> FormatEvent<S, N> for Odd
    where
        S: Subscriber + for<'lookup> LookupSpan<'lookup>,
        N: for<'writer> FormatFields<'writer> + 'static,
    {
        fn format_event(&self, _: &FmtContext<'_, S, N>, mut writer: Writer<'_>, _: &Event<'_>) -> std::fmt::Result {
            writeln!(writer, "odd")
        }
    }
}
