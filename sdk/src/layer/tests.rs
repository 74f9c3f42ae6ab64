//! What traced code becomes, drawn as trees.

use std::error::Error;
use std::fmt;
use std::thread;
use std::time::Duration;

use tracing::{Instrument, Level, Span, debug_span, error, field, info_span};
use tracing_core::dispatcher;
use tracing_subscriber::Layer;
use tracing_subscriber::filter::LevelFilter;
use tracing_subscriber::layer::SubscriberExt;

use crate::export::MemoryExporter;
use crate::propagation::{Sampling, xray};
use crate::sampling::Sampler;
use crate::testing::{Receiver, tree};
use crate::{Clock, Config, DropReason, SpanExt, annotate, current_context, with_remote_parent};

const CALLER: &str = "Root=1-64f0c1aa-0123456789abcdef01234567;Parent=00f067aa0ba902b7;Sampled=1";

/// Two workers whose default subscriber is the receiver's for as long as they live, as a global
/// default would be: the registry closes a span through the default of the thread that leaves it.
fn runtime(receiver: &Receiver) -> tokio::runtime::Runtime {
    let dispatch = receiver.dispatch().clone();
    tokio::runtime::Builder::new_multi_thread()
        .worker_threads(2)
        .on_thread_start(move || std::mem::forget(dispatcher::set_default(&dispatch)))
        .build()
        .unwrap()
}

#[test]
fn the_outermost_span_is_a_segment_and_the_rest_subsegments() {
    let receiver = Receiver::start("shop");
    receiver.trace(|| {
        info_span!("checkout", items = 3).in_scope(|| {
            info_span!("reserve").in_scope(|| info_span!("query").in_scope(|| {}));
            info_span!("pay").in_scope(|| {});
        });
    });
    insta::assert_snapshot!(receiver.tree(), @"
shop [segment] {items=3 span.name=checkout}
  reserve
    query
  pay
");
}

#[test]
fn fields_go_where_their_names_say() {
    let receiver = Receiver::start("shop");
    receiver.trace(|| {
        let _request = info_span!(
            "GET /cart",
            otel.kind = "server",
            http.request.method = "GET",
            url.full = "http://me:secret@shop/cart?token=1",
            http.response.status_code = 200,
            client.address = "10.0.0.1",
            annotation.tenant = "blue",
            annotation.attempt = 2,
            annotation.ok = true,
            metadata.cart = 7_u64,
            ratio = 0.5,
            enduser.id = "ann",
        )
        .entered();
        info_span!(
            "query",
            db.system = "postgresql",
            db.namespace = "shop",
            server.address = "db1",
            db.query.text = "SELECT ?"
        )
        .in_scope(|| {});
        info_span!(
            "call",
            otel.kind = "client",
            url.full = "http://stock:80/items",
            http.request.method = "GET",
            http.response.status_code = 404
        )
        .in_scope(|| {});
        info_span!(
            "GetItem",
            otel.kind = "client",
            rpc.system = "aws-api",
            rpc.service = "DynamoDB",
            rpc.method = "GetItem",
            aws.table_name = "carts"
        )
        .in_scope(|| {});
        info_span!("named", otel.name = "render cart").in_scope(|| {});
    });
    insta::assert_snapshot!(receiver.tree(), @"
shop [segment] attempt=2 ok=true tenant=blue {cart=7 ratio=0.5 span.name=GET /cart} user=ann http:{request:{method:GET,url:http://shop/cart?token=REDACTED,client_ip:10.0.0.1},response:{status:200}}
  shop@db1 [remote] {span.name=query} sql:{sanitized_query:SELECT ?,database_type:postgresql}
  stock:80 [remote] ERROR {span.name=call} http:{request:{method:GET,url:http://stock:80/items},response:{status:404}}
  DynamoDB [aws] {span.name=GetItem} aws:{operation:GetItem,table_name:carts}
  render cart
");
}

#[test]
fn late_fields_arrive_and_the_last_value_counts() {
    let receiver = Receiver::start("shop");
    receiver.trace(|| {
        let request = info_span!("request", annotation.user = field::Empty, http.response.status_code = field::Empty);
        info_span!(parent: &request, "work").in_scope(|| {
            request.record("annotation.user", "ann");
            request.record("annotation.user", "bob");
        });
        request.record("http.response.status_code", 503);
    });
    insta::assert_snapshot!(receiver.tree(), @"
shop [segment] FAULT user=bob {span.name=request} http:{response:{status:503}}
  work
");
}

#[test]
fn annotations_need_no_declaration() {
    let receiver = Receiver::start("shop");
    receiver.trace(|| {
        let request = info_span!("request");
        request.in_scope(|| {
            annotate("tenant-name", "blue");
            info_span!("work").in_scope(|| annotate("rows", 7));
        });
        request.annotate("late", true);
    });
    insta::assert_snapshot!(receiver.tree(), @"
shop [segment] late=true tenant_name=blue {span.name=request}
  work rows=7
");
}

#[derive(Debug)]
struct Declined(std::io::Error);

impl fmt::Display for Declined {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("card declined")
    }
}

impl Error for Declined {
    fn source(&self) -> Option<&(dyn Error + 'static)> {
        Some(&self.0)
    }
}

#[test]
fn errors_become_exceptions_with_their_causes() {
    let receiver = Receiver::start("shop");
    let declined = Declined(std::io::Error::other("bank is closed"));
    receiver.trace(|| {
        let _request = info_span!("request").entered();
        info_span!("pay").in_scope(|| error!(error = &declined as &dyn Error, order = 7, "payment failed"));
        info_span!("display", error = %declined).in_scope(|| {});
        info_span!("flag", error = true).in_scope(|| {});
        info_span!("fine", error = field::Empty).in_scope(|| {});
        info_span!("otel", otel.status_code = "ERROR", otel.status_description = "no stock").in_scope(|| {});
        tracing::warn!("not an error");
    });
    let documents = receiver.documents();
    insta::assert_snapshot!(tree(&documents), @"
shop [segment] {span.name=request}
  pay FAULT {error.order=7} cause: payment failed <- card declined <- bank is closed
  display FAULT cause: card declined
  flag FAULT
  fine
  otel FAULT cause: no stock
");
    let crate::segment::Cause::Detail(detail) = documents[0].subsegments[0].cause.as_deref().unwrap() else {
        panic!("exceptions are given in full")
    };
    assert_eq!(detail.exceptions[0].cause, detail.exceptions[1].id);
    assert_eq!(detail.exceptions[1].cause, detail.exceptions[2].id);
    assert!(detail.exceptions[0].stack[0].path.as_deref().unwrap().ends_with("tests.rs"));
}

#[test]
fn frames_and_lists_come_as_text_and_leave_as_what_they_are() {
    let receiver = Receiver::start("shop");
    receiver.trace(|| {
        let _request = info_span!("request").entered();
        let stack = "shop::pay\tsrc/pay.rs\t7\n?\tsrc/main.rs\n... 3 more\n";
        info_span!("pay").in_scope(|| error!(exception.stacktrace = stack, "declined"));
        info_span!("BatchGetItem", aws.table_names = r#"["carts","orders"]"#, xray.throttle = true).in_scope(|| {});
        info_span!("odd", aws.table_names = "[carts").in_scope(|| {});
    });
    let documents = receiver.documents();
    let [pay, batch, odd] = &documents[0].subsegments[..] else { panic!("three subsegments") };
    let Some(crate::segment::Cause::Detail(detail)) = pay.cause.as_deref() else { panic!("exceptions are in full") };
    insta::assert_snapshot!(
        serde_json::to_string(&detail.exceptions[0].stack).unwrap(),
        @r#"[{"path":"src/pay.rs","line":7,"label":"shop::pay"},{"path":"src/main.rs"}]"#
    );
    assert_eq!(detail.exceptions[0].truncated, Some(3));
    assert_eq!(batch.aws.as_ref().unwrap().more["table_names"], serde_json::json!(["carts", "orders"]));
    assert!(batch.throttle && batch.error && !batch.fault);
    assert_eq!(odd.aws.as_ref().unwrap().more["table_names"], "[carts");
}

#[test]
fn the_http_status_decides_how_a_span_failed() {
    let receiver = Receiver::start("shop");
    receiver.trace(|| {
        let _root = info_span!("root").entered();
        for status in [200, 404, 429, 500] {
            info_span!("call", status, http.response.status_code = status).in_scope(|| error!("logged"));
        }
    });
    insta::assert_snapshot!(receiver.tree(), @"
shop [segment] {span.name=root}
  call {status=200} http:{response:{status:200}} cause: logged
  call ERROR {status=404} http:{response:{status:404}} cause: logged
  call ERROR THROTTLE {status=429} http:{response:{status:429}} cause: logged
  call FAULT {status=500} http:{response:{status:500}} cause: logged
");
}

#[test]
fn tasks_keep_their_place_across_await_spawn_and_threads() {
    let receiver = Receiver::start("shop");
    let leaf = |name: &'static str| async move {
        tokio::task::yield_now().await;
        info_span!("leaf", name).in_scope(|| annotate("leaf", name));
    };
    let request = async move || {
        leaf("a").instrument(info_span!("awaited")).await;
        tokio::spawn(leaf("b").instrument(info_span!("spawned"))).await.unwrap();
        let (span, dispatch) = (info_span!("thread"), dispatcher::get_default(Clone::clone));
        let on_thread = move || dispatcher::with_default(&dispatch, move || span.in_scope(|| annotate("on", "thread")));
        thread::spawn(on_thread).join().unwrap();
    };
    runtime(&receiver).block_on(receiver.trace(|| async {
        let tasks: Vec<_> = (0..20)
            .map(|number| async move { request().instrument(info_span!("request", number)).await })
            .map(tokio::spawn)
            .collect();
        for task in tasks {
            task.await.unwrap();
        }
    }));
    let documents = receiver.documents();
    assert_eq!(documents.len(), 20);
    for document in documents {
        let number = &document.metadata["default"]["number"];
        assert_eq!(
            tree(std::slice::from_ref(&document)),
            format!(
                "shop [segment] {{number={number} span.name=request}}\n  awaited\n    leaf leaf=a {{name=a}}\n  spawned\n    leaf leaf=b {{name=b}}\n  thread on=thread\n"
            )
        );
    }
}

#[test]
fn a_remote_parent_begins_a_segment_of_its_trace() {
    let receiver = Receiver::start("shop");
    receiver.trace(|| {
        let _outer = info_span!("outer").entered();
        let caller = xray::parse(&format!("{CALLER};Lineage=a87bd80c:0|68fd508a:5"));
        let span = with_remote_parent(caller, || info_span!("request"));
        let context = span.trace_context().unwrap();
        assert_eq!(context.extras.as_ref(), "Lineage=a87bd80c:0|68fd508a:5");
        assert_eq!(context.root, xray::parse(CALLER).unwrap().root);
        assert_eq!(context.sampling, Sampling::Sampled);
        info_span!("inner").in_scope(|| {});
        span.in_scope(|| info_span!("work").in_scope(|| {}));
    });
    let mut documents = receiver.documents();
    documents.sort_by_key(|document| document.subsegments[0].name.clone());
    insta::assert_snapshot!(tree(&documents), @"
shop [segment] {span.name=outer}
  inner
shop [segment] {span.name=request}
  work
");
    let request = &documents[1];
    assert_eq!(request.parent_id, xray::parse(CALLER).unwrap().parent);
    assert_ne!(request.trace_id, documents[0].trace_id);
}

#[test]
fn a_server_span_inside_a_span_is_a_segment_below_it() {
    let receiver = Receiver::start("shop");
    receiver.trace(|| {
        let _request = info_span!("request").entered();
        let _call = info_span!("call", otel.kind = "client", peer.service = "stock").entered();
        info_span!("serve", otel.kind = "server", service.name = "stock")
            .in_scope(|| info_span!("query").in_scope(|| {}));
    });
    insta::assert_snapshot!(receiver.tree(), @"
shop [segment] {span.name=request}
  stock [remote] {span.name=call}
    stock [segment] {span.name=serve}
      query
");
}

#[test]
fn an_unsampled_trace_costs_no_document_but_keeps_its_name() {
    let receiver = Receiver::with_config(Config::new("shop").sampler(Sampler::never()));
    receiver.trace(|| {
        let _request = info_span!("request").entered();
        let outer = current_context().unwrap();
        let _work = info_span!("work").entered();
        annotate("a", 1);
        error!("nothing");
        let inner = current_context().unwrap();
        assert_eq!((inner.root, inner.sampling), (outer.root, Sampling::NotSampled));
        let moved = info_span!("moved");
        let dispatch = receiver.dispatch().clone();
        let root = thread::spawn(move || {
            dispatcher::with_default(&dispatch, || moved.in_scope(|| current_context().unwrap().root))
        });
        assert_eq!(root.join().unwrap(), outer.root);
        // The caller's word goes before the sampler's.
        with_remote_parent(xray::parse(CALLER), || info_span!("sampled")).in_scope(|| {});
    });
    insta::assert_snapshot!(receiver.tree(), @"shop [segment] {span.name=sampled}");
    let none = Receiver::start("shop");
    none.trace(|| {
        with_remote_parent(xray::parse("Sampled=0"), || info_span!("request")).in_scope(|| info_span!("work"))
    });
    assert_eq!(none.tree(), "");
}

#[test]
fn an_unsampled_trace_that_fails_is_kept_if_anomalies_are() {
    let sampler = Sampler::never().capture_anomalies(crate::sampling::AnomalyConditions::default());
    let (clock, _hands) = Clock::manual(Duration::from_secs(1_793_000_000));
    let receiver = Receiver::with_config(Config::new("shop").sampler(sampler).clock(clock));
    receiver.trace(|| {
        for (name, status) in [("fine", 200), ("broken", 500), ("one a second", 500)] {
            let request = info_span!("request", otel.name = name, http.response.status_code = status);
            assert_eq!(request.trace_context().unwrap().sampling, Sampling::NotSampled);
            info_span!(parent: &request, "work").in_scope(|| {});
        }
    });
    insta::assert_snapshot!(receiver.tree(), @"
shop [segment] FAULT {span.name=broken} http:{response:{status:500}}
  work
");
    assert_eq!(receiver.flush().dropped.total(), 0);
}

#[test]
fn spans_of_other_layers_are_passed_over() {
    let exporter = MemoryExporter::default();
    let config = Config::new("shop").sampler(Sampler::always()).exporter(exporter.clone());
    let (layer, guard) = crate::layer(config).unwrap();
    let filtered = layer.with_filter(LevelFilter::INFO);
    // Someone else wants the hidden span, or it would not exist at all.
    let everything = tracing_subscriber::fmt::layer().with_writer(std::io::sink);
    let subscriber = tracing_subscriber::registry().with(filtered).with(everything);
    tracing::subscriber::with_default(subscriber, || {
        let request = info_span!("request");
        let hidden = debug_span!(parent: &request, "hidden");
        info_span!(parent: &hidden, "explicit").in_scope(|| {});
        let _entered = (request.entered(), hidden.entered());
        info_span!("contextual").in_scope(|| {});
    });
    assert_eq!(guard.flush(Duration::from_secs(30)).sent, 1);
    let documents: Vec<_> = exporter.take().iter().map(|text| crate::segment::Segment::parse(text).unwrap()).collect();
    insta::assert_snapshot!(tree(&documents), @"
shop [segment] {span.name=request}
  explicit
  contextual
");
}

#[test]
fn verbose_spans_are_passed_over_unless_asked_for() {
    for (level, lines) in [(Level::INFO, 2), (Level::DEBUG, 3)] {
        let receiver = Receiver::with_config(Config::new("shop").sampler(Sampler::always()).span_level(level));
        receiver.trace(|| {
            let _request = info_span!("request").entered();
            let debug = debug_span!("debug");
            info_span!(parent: &debug, "work").in_scope(|| {});
        });
        assert_eq!(receiver.tree().lines().count(), lines);
    }
}

/// Opens spans and logs errors while it is itself being recorded.
struct Chatty;

impl fmt::Debug for Chatty {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        info_span!("chat").in_scope(|| error!("chatting"));
        annotate("chatted", true);
        f.write_str("chatty")
    }
}

#[test]
fn a_debug_impl_may_trace_itself() {
    let receiver = Receiver::start("shop");
    receiver.trace(|| {
        let _request = info_span!("request", field = field::Empty).entered();
        Span::current().record("field", field::debug(Chatty));
        info_span!("work", field = ?Chatty).in_scope(|| {});
    });
    insta::assert_snapshot!(receiver.tree(), @"
shop [segment] chatted=true {field=chatty span.name=request}
  chat FAULT cause: chatting
  work {field=chatty}
");
}

#[test]
fn times_are_those_of_the_clock() {
    let (clock, hands) = Clock::manual(Duration::from_secs(1_793_000_000));
    let receiver = Receiver::with_config(Config::new("shop").sampler(Sampler::always()).clock(clock));
    receiver.trace(|| {
        let request = info_span!("request");
        hands.advance(Duration::from_millis(5));
        info_span!(parent: &request, "work").in_scope(|| hands.advance(Duration::from_millis(10)));
    });
    let documents = receiver.documents();
    let times = |it: &crate::segment::Segment| (it.start_time.as_secs_f64(), it.end_time.unwrap().as_secs_f64());
    assert_eq!(times(&documents[0]), (1_793_000_000.0, 1_793_000_000.015));
    assert_eq!(times(&documents[0].subsegments[0]), (1_793_000_000.005, 1_793_000_000.015));
    assert_eq!(documents[0].trace_id.unwrap().epoch_seconds(), 1_793_000_000);
}

#[test]
fn large_traces_are_split_and_nothing_is_lost() {
    let receiver = Receiver::start("shop");
    receiver.trace(|| {
        let _request = info_span!("request").entered();
        for number in 0..2_000 {
            info_span!("item", number, text = "x".repeat(100)).in_scope(|| {});
        }
        let mut deep = Vec::new();
        for level in 0..100 {
            deep.push(info_span!("level", level).entered());
        }
        while deep.pop().is_some() {}
    });
    let documents = receiver.documents();
    assert!(documents.len() > 3);
    assert_eq!(tree(&documents).lines().count(), 2_101);
    assert_eq!(receiver.flush().dropped.total(), 0);
}

#[test]
fn what_does_not_fit_is_counted_by_reason() {
    let full = |config: Config| Receiver::with_config(config.sampler(Sampler::always()));

    let receiver = full(Config::new("shop").open_segments_max(2));
    receiver.trace(|| {
        let open: Vec<_> = (0..5).map(|number| info_span!(parent: None, "request", number)).collect();
        info_span!(parent: &open[4], "child of a lost span").in_scope(|| assert!(current_context().is_none()));
    });
    assert_eq!(receiver.documents().len(), 2);
    assert_eq!(receiver.flush().dropped.count(DropReason::SegmentsOpen), 3);

    let receiver = full(Config::new("shop").memory_bytes_max(32 * 1024));
    receiver.trace(|| {
        let _request = info_span!("request").entered();
        for _ in 0..2_000 {
            info_span!("work").in_scope(|| assert!(current_context().is_some()));
        }
    });
    let kept = tree(&receiver.documents()).lines().count() as u64;
    assert_eq!(receiver.flush().dropped.count(DropReason::MemoryFull), 2_001 - kept);
    assert!((100..1_000).contains(&kept), "{kept}");

    let receiver = full(Config::new("shop"));
    receiver.trace(|| {
        let _request = info_span!("request").entered();
        for number in 0..60 {
            annotate(&format!("key{number}"), number);
        }
    });
    assert_eq!(receiver.documents()[0].annotations.len(), 50);
    assert_eq!(receiver.flush().dropped.count(DropReason::AnnotationLimit), 10);
}

#[test]
fn a_span_that_repeats_itself_keeps_the_latest_and_bounded_memory() {
    const EVENTS: u64 = 50_000;
    let receiver = Receiver::start("shop");
    receiver.trace(|| {
        let _request = info_span!("request", attempt = field::Empty).entered();
        for attempt in 1..=EVENTS {
            Span::current().record("attempt", attempt);
            error!(attempt, "again");
        }
    });
    let document = receiver.documents().pop().unwrap();
    assert_eq!(document.metadata["default"]["attempt"], EVENTS);
    assert_eq!(document.metadata["default"]["error.attempt"], EVENTS);
    let dropped = receiver.flush().dropped;
    assert_eq!(dropped.count(DropReason::EventLimit), EVENTS - crate::layer::EVENTS_PER_SPAN_MAX as u64);
    assert_eq!(dropped.total(), dropped.count(DropReason::EventLimit), "nothing was lost for want of memory");
}

#[test]
fn memory_is_given_back() {
    let receiver = Receiver::with_config(
        Config::new("shop").sampler(Sampler::always()).memory_bytes_max(256 * 1024).open_segments_max(4),
    );
    receiver.trace(|| {
        let kept = || {
            let request = info_span!("request");
            for _ in 0..300 {
                info_span!(parent: &request, "work", text = "x".repeat(1_000)).in_scope(|| {});
            }
            drop(request);
            tree(&receiver.documents()).lines().count()
        };
        let first = kept();
        assert!((100..290).contains(&first), "{first}");
        for _ in 0..5 {
            assert_eq!(kept(), first);
        }
    });
}

#[test]
fn a_switched_off_sdk_does_nothing() {
    let receiver = Receiver::with_config(Config::new("shop").enabled(false));
    receiver.trace(|| {
        info_span!("request").in_scope(|| {
            annotate("a", 1);
            assert_eq!(current_context(), None);
        });
    });
    assert_eq!(receiver.flush(), crate::FlushReport::default());
}

#[test]
fn a_missing_span_is_treated_as_configured() {
    let panics = Config::new("shop").context_missing(crate::ContextMissing::Panic);
    let receiver = Receiver::with_config(panics);
    let outcome = std::panic::catch_unwind(std::panic::AssertUnwindSafe(|| receiver.trace(|| annotate("a", 1))));
    assert!(outcome.is_err());
    let ignores = Receiver::with_config(Config::new("shop").context_missing(crate::ContextMissing::Ignore));
    ignores.trace(|| annotate("a", 1));
}
