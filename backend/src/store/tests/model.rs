//! Random work on all tables against a model that simply remembers.

use proptest::prelude::*;

use super::*;
use crate::base::{AccountId, Scope};
use crate::store::{EventRow, EventScan, LogScan, MetricScan, Order, SpanKind, SpanRow};

/// What is done to the store.
#[derive(Clone, Debug)]
enum Step {
    Metrics(Scope, Vec<MetricRow>),
    Logs(Scope, Vec<LogRow>),
    Spans(Scope, Vec<SpanRow>),
    Events(Scope, Vec<EventRow>),
    Flush,
    Reopen,
}

#[derive(Debug, Default)]
struct Model {
    metrics: Vec<(Scope, MetricRow)>,
    logs: Vec<(Scope, LogRow)>,
    spans: Vec<(Scope, SpanRow)>,
    events: Vec<(Scope, EventRow)>,
}

fn scope() -> impl Strategy<Value = Scope> {
    prop::sample::select(vec![Scope::default(), second_scope()])
}

fn second_scope() -> Scope {
    Scope { account: AccountId::parse("210987654321").unwrap(), ..Scope::default() }
}

fn time() -> impl Strategy<Value = Timestamp> {
    // Over days, and to the nanosecond.
    (-200_000i64..200_000, 0i64..1_000_000_000)
        .prop_map(|(second, nanos)| Timestamp::from_nanos(seconds(second).as_nanos() + nanos))
}

fn text() -> impl Strategy<Value = String> {
    prop_oneof![Just(String::new()), Just("é\"\\{}%_".to_owned()), "[a-z]{1,12}", Just("x".repeat(20_000))]
}

fn metric() -> impl Strategy<Value = MetricRow> {
    (prop::sample::select(vec!["Orders", "Errors"]), time(), any::<f64>().prop_filter("finite", |f| f.is_finite()))
        .prop_map(|(name, at, value)| datapoint(name, at, value))
}

fn log() -> impl Strategy<Value = LogRow> {
    (prop::sample::select(vec!["a", "b"]), time(), text(), any::<Option<[u8; 16]>>())
        .prop_map(|(stream, at, message, trace_id)| LogRow { trace_id, ..log_event(stream, at, &message) })
}

fn span() -> impl Strategy<Value = SpanRow> {
    let kinds = vec![SpanKind::Segment, SpanKind::Subsegment, SpanKind::IndependentSubsegment];
    let ids = (0u8..4, any::<[u8; 8]>(), any::<Option<[u8; 8]>>(), any::<[u8; 8]>());
    (ids, prop::sample::select(kinds), text(), time(), proptest::option::of(time()), any::<[bool; 3]>()).prop_map(
        |((trace, span_id, parent_id, segment_id), kind, text, start, end, [error, fault, throttle])| SpanRow {
            id: RowId::default(),
            trace_id: [trace; 16],
            span_id,
            parent_id,
            segment_id,
            kind,
            name: text.as_str().into(),
            start,
            end,
            error,
            fault,
            throttle,
            received_at: START,
            document: format!("{{\"text\":{text:?}}}"),
        },
    )
}

fn event() -> impl Strategy<Value = EventRow> {
    (any::<u64>(), time(), text(), proptest::collection::vec(text(), 0..3)).prop_map(|(id, at, text, resources)| {
        EventRow {
            id: id.to_string().into(),
            at,
            bus: "default".into(),
            source: "aws.cloudwatch".into(),
            detail_type: text.as_str().into(),
            resources,
            detail: "{}".to_owned(),
        }
    })
}

fn step() -> impl Strategy<Value = Step> {
    use proptest::collection::vec;
    prop_oneof![
        3 => (scope(), vec(metric(), 1..20)).prop_map(|(scope, rows)| Step::Metrics(scope, rows)),
        3 => (scope(), vec(log(), 1..20)).prop_map(|(scope, rows)| Step::Logs(scope, rows)),
        3 => (scope(), vec(span(), 1..20)).prop_map(|(scope, rows)| Step::Spans(scope, rows)),
        3 => (scope(), vec(event(), 1..20)).prop_map(|(scope, rows)| Step::Events(scope, rows)),
        2 => Just(Step::Flush),
        1 => Just(Step::Reopen),
    ]
}

fn tagged<R: Clone>(scope: &Scope, rows: &[R]) -> Vec<(Scope, R)> {
    rows.iter().map(|row| (scope.clone(), row.clone())).collect()
}

async fn run(steps: Vec<Step>) {
    let dir = TempDir::new().unwrap();
    let mut store = open(&dir).await;
    let mut model = Model::default();
    for step in steps {
        match step {
            Step::Metrics(scope, rows) => {
                model.metrics.extend(tagged(&scope, &rows));
                store.metrics.append(&scope, rows).await.unwrap();
            }
            Step::Logs(scope, rows) => {
                model.logs.extend(tagged(&scope, &rows));
                store.logs.append(&scope, rows).await.unwrap();
            }
            Step::Spans(scope, rows) => {
                model.spans.extend(tagged(&scope, &rows));
                store.spans.append(&scope, rows).await.unwrap();
            }
            Step::Events(scope, rows) => {
                model.events.extend(tagged(&scope, &rows));
                store.events.append(&scope, rows).await.unwrap();
            }
            Step::Flush => store.flush().await.unwrap(),
            Step::Reopen => {
                drop(store);
                store = open(&dir).await;
            }
        }
    }
    for scope in [Scope::default(), second_scope()] {
        check_metrics(&store, &model, &scope).await;
        check_logs(&store, &model, &scope).await;
        check_spans(&store, &model, &scope).await;
        check_events(&store, &model, &scope).await;
    }
}

fn of_scope<R: Clone>(rows: &[(Scope, R)], scope: &Scope) -> Vec<R> {
    rows.iter().filter(|(owner, _)| owner == scope).map(|(_, row)| row.clone()).collect()
}

fn sorted<R: std::fmt::Debug>(rows: impl IntoIterator<Item = R>) -> Vec<String> {
    let mut rows: Vec<String> = rows.into_iter().map(|row| format!("{row:?}")).collect();
    rows.sort();
    rows
}

async fn check_metrics(store: &Store, model: &Model, scope: &Scope) {
    let (since, until) = (seconds(-100_000), seconds(100_000));
    let (namespace, metric_name) = ("Shop".into(), "Orders".into());
    let scan = MetricScan { namespace, metric_name, dimensions: None, unit: None, since, until };
    let found = store.metrics.scan(scope, scan).await.unwrap();
    assert!(found.is_sorted_by_key(|row| row.at));
    let expected = of_scope(&model.metrics, scope)
        .into_iter()
        .filter(|row| &*row.metric_name == "Orders" && (since..until).contains(&row.at));
    assert_eq!(sorted(found), sorted(expected));
}

async fn check_logs(store: &Store, model: &Model, scope: &Scope) {
    let (since, until) = (seconds(-150_000), seconds(50_000));
    let scan = LogScan {
        group: "/shop".into(),
        streams: Some(vec!["b".into()]),
        since,
        until,
        order: Order::NewestFirst,
        after: None,
        limit: 100_000,
    };
    let found = store.logs.scan(scope, scan).await.unwrap();
    assert!(found.is_sorted_by_key(|row| std::cmp::Reverse((row.at, row.id))));
    let unnumbered = found.into_iter().map(|row| LogRow { id: RowId::default(), ..row });
    let expected =
        of_scope(&model.logs, scope).into_iter().filter(|row| &*row.stream == "b" && (since..until).contains(&row.at));
    assert_eq!(sorted(unnumbered), sorted(expected));
}

async fn check_spans(store: &Store, model: &Model, scope: &Scope) {
    let found = store.spans.by_trace(scope, &[[1; 16], [3; 16]]).await.unwrap();
    assert!(found.is_sorted_by_key(|row| (row.start, row.id)));
    let unnumbered = found.into_iter().map(|row| SpanRow { id: RowId::default(), ..row });
    let expected = of_scope(&model.spans, scope).into_iter().filter(|row| [[1; 16], [3; 16]].contains(&row.trace_id));
    assert_eq!(sorted(unnumbered), sorted(expected));
    let all = store.spans.scan(scope, Timestamp::MIN, Timestamp::MAX, 100_000).await.unwrap();
    assert_eq!(all.len(), of_scope(&model.spans, scope).len());
}

async fn check_events(store: &Store, model: &Model, scope: &Scope) {
    for resource in ["é\"\\{}%_", "a"] {
        let scan = EventScan {
            since: Timestamp::MIN,
            until: Timestamp::MAX,
            source: Some("aws.cloudwatch".into()),
            detail_type: None,
            resource: Some(resource.to_owned()),
            order: Order::OldestFirst,
            limit: 100_000,
        };
        let found = store.events.scan(scope, scan).await.unwrap();
        assert!(found.is_sorted_by_key(|row| row.at));
        let expected =
            of_scope(&model.events, scope).into_iter().filter(|row| row.resources.iter().any(|name| name == resource));
        assert_eq!(sorted(found), sorted(expected));
    }
}

proptest! {
    // Each case opens stores and flushes with real syncs: few, but with much in each.
    #![proptest_config(ProptestConfig { cases: 8, max_shrink_iters: 40, ..ProptestConfig::default() })]

    #[test]
    fn every_table_returns_what_was_appended(steps in proptest::collection::vec(step(), 4..16)) {
        tokio::runtime::Builder::new_multi_thread().worker_threads(2).enable_all().build().unwrap().block_on(run(steps));
    }
}
