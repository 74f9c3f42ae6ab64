use std::convert::Infallible;

use axum::Router;
use axum::extract::MatchedPath;
use axum::routing::get as route;
use http::{Request, Response, StatusCode};
use http_body_util::{BodyExt, Full, StreamBody};
use tower::{ServiceBuilder, ServiceExt, service_fn};
use tracing::info_span;

use super::run;
use crate::Config;
use crate::http::tower::TraceLayer;
use crate::sampling::Sampler;
use crate::testing::Receiver;

type Body = Full<&'static [u8]>;

const ROOT: &str = "Root=1-64f0c1aa-0123456789abcdef01234567";

fn get(path: &str) -> http::request::Builder {
    Request::get(path).header("host", "shop.example").header("user-agent", "test")
}

async fn answer(request: Request<Body>) -> Result<Response<Body>, Infallible> {
    info_span!("work").in_scope(|| {});
    let status = if request.uri().path() == "/broken" { 500 } else { 200 };
    Ok(Response::builder().status(status).body(Full::new(&b"hello"[..])).unwrap())
}

/// Asks a traced server, reads the whole answer, and returns its `X-Amzn-Trace-Id`.
async fn ask(layer: TraceLayer, request: Request<Body>) -> String {
    let server = ServiceBuilder::new().layer(layer).service_fn(answer);
    let response = server.oneshot(request).await.unwrap();
    let trace = response.headers()["x-amzn-trace-id"].to_str().unwrap().to_owned();
    assert_eq!(response.into_body().collect().await.unwrap().to_bytes().as_ref(), b"hello");
    trace
}

#[test]
fn a_request_is_a_segment_with_its_http_block() {
    let receiver = Receiver::start("shop");
    run(&receiver, async {
        let from = |address: &'static str| move |_: &http::Extensions| address.parse().ok();
        let plain = get("/cart?item=1").body(Body::default()).unwrap();
        ask(TraceLayer::new().client_address(from("10.0.0.1")), plain).await;
        let forwarded = get("/broken").header("x-forwarded-for", "10.0.0.2, 10.0.0.3").header("content-length", 7);
        let forwarded = forwarded.header("x-forwarded-proto", "https").body(Body::default()).unwrap();
        ask(TraceLayer::for_service("stock").client_address(from("10.0.0.1")), forwarded).await;
    });
    insta::assert_snapshot!(receiver.tree(), @"
shop [segment] {span.name=GET} http:{request:{method:GET,url:http://shop.example/cart?item=1,user_agent:test,client_ip:10.0.0.1},response:{status:200,content_length:5}}
  work
stock [segment] FAULT {http.request.body.size=7 span.name=GET} http:{request:{method:GET,url:https://shop.example/broken,user_agent:test,client_ip:10.0.0.2,x_forwarded_for:true},response:{status:500,content_length:5}}
  work
");
}

#[test]
fn a_decision_is_answered_where_it_was_asked_for() {
    let receiver = Receiver::with_config(Config::new("shop").sampler(Sampler::never()));
    let answers = run(&receiver, async {
        let mut answers = Vec::new();
        for (name, header) in [
            ("x-amzn-trace-id", format!("{ROOT};Parent=00f067aa0ba902b7;Sampled=1")),
            ("x-amzn-trace-id", format!("{ROOT};Parent=00f067aa0ba902b7;Sampled=0")),
            ("x-amzn-trace-id", format!("{ROOT};Sampled=?")),
            ("traceparent", "00-64f0c1aa0123456789abcdef01234567-00f067aa0ba902b8-01".to_owned()),
        ] {
            let request = get("/").header(name, header).body(Body::default()).unwrap();
            answers.push(ask(TraceLayer::new(), request).await);
        }
        answers
    });
    assert_eq!(answers, [ROOT.to_owned(), ROOT.to_owned(), format!("{ROOT};Sampled=0"), ROOT.to_owned()]);
    let parents: Vec<_> = receiver.documents().iter().map(|it| it.parent_id.unwrap().to_string()).collect();
    assert_eq!(parents, ["00f067aa0ba902b7", "00f067aa0ba902b8"]);
}

#[test]
fn a_route_names_the_span_and_health_checks_are_no_traces() {
    let receiver = Receiver::start("shop");
    let app = || {
        let layer = TraceLayer::new()
            .route(|request| request.get::<MatchedPath>().map(MatchedPath::as_str))
            .untraced(["/health", "/internal/*"]);
        let work = || async { info_span!("work").in_scope(|| "done") };
        let health = || async {
            let context = info_span!("check").in_scope(crate::current_context).unwrap();
            format!("{:?}", context.sampling)
        };
        Router::new()
            .route("/orders/{id}", route(work).delete(work))
            .route("/health", route(health))
            .route("/internal/{*rest}", route(health))
            .layer(layer)
    };
    run(&receiver, async {
        for request in [
            Request::get("/orders/7"),
            Request::delete("/orders/8"),
            Request::builder().method("BREW").uri("/orders/9"),
            Request::get("/nowhere"),
        ] {
            let response = app().oneshot(request.body(axum::body::Body::empty()).unwrap()).await.unwrap();
            response.into_body().collect().await.unwrap();
        }
        for path in ["/health", "/internal/a/b"] {
            let request = Request::get(path).header("x-amzn-trace-id", format!("{ROOT};Sampled=1"));
            let response = app().oneshot(request.body(axum::body::Body::empty()).unwrap()).await.unwrap();
            assert_eq!(response.into_body().collect().await.unwrap().to_bytes(), "NotSampled");
        }
    });
    insta::assert_snapshot!(receiver.tree(), @"
shop [segment] {http.route=/orders/{id} span.name=GET /orders/{id}} http:{request:{method:GET,url:/orders/7},response:{status:200,content_length:4}}
  work
shop [segment] {http.route=/orders/{id} span.name=DELETE /orders/{id}} http:{request:{method:DELETE,url:/orders/8},response:{status:200,content_length:4}}
  work
shop [segment] ERROR {http.route=/orders/{id} span.name=HTTP /orders/{id}} http:{request:{method:BREW,url:/orders/9},response:{status:405,content_length:0}}
shop [segment] ERROR {span.name=GET} http:{request:{method:GET,url:/nowhere},response:{status:404,content_length:0}}
");
}

#[test]
fn a_segment_lasts_until_the_body_ends() {
    let receiver = Receiver::start("shop");
    run(&receiver, async {
        let mut body = stream().await;
        assert!(body.frame().await.is_some());
        assert_eq!(receiver.documents(), []);
        assert!(body.frame().await.is_some() && body.frame().await.is_none());
        let documents = receiver.documents();
        let response = documents[0].http.as_ref().unwrap().response.clone().unwrap();
        assert_eq!((response.status, response.content_length), (Some(200), Some(5)));
    });
}

/// The body of a traced answer in two pieces.
async fn stream() -> impl http_body::Body<Data = &'static [u8], Error = Infallible> + Unpin {
    let server = ServiceBuilder::new().layer(TraceLayer::new()).service(service_fn(async |_: Request<Body>| {
        let pieces = ["ab", "cde"].map(|piece| Ok::<_, Infallible>(http_body::Frame::data(piece.as_bytes())));
        Ok::<_, Infallible>(Response::new(StreamBody::new(futures::stream::iter(pieces))))
    }));
    server.oneshot(get("/").body(Body::default()).unwrap()).await.unwrap().into_body()
}

#[test]
fn a_client_that_hangs_up_leaves_a_mark() {
    let receiver = Receiver::start("shop");
    run(&receiver, async {
        let server = ServiceBuilder::new()
            .layer(TraceLayer::new())
            .service_fn(|_: Request<Body>| std::future::pending::<Result<Response<Body>, Infallible>>());
        let mut call = std::pin::pin!(server.oneshot(get("/").body(Body::default()).unwrap()));
        assert!(futures::poll!(&mut call).is_pending());
    });
    run(&receiver, async {
        let mut body = stream().await;
        assert!(body.frame().await.is_some());
    });
    insta::assert_snapshot!(receiver.tree(), @"
shop [segment] {http.cancelled=before the response span.name=GET} http:{request:{method:GET,url:http://shop.example/,user_agent:test}}
shop [segment] {http.cancelled=within the body span.name=GET} http:{request:{method:GET,url:http://shop.example/,user_agent:test},response:{status:200,content_length:2}}
");
}

#[test]
fn a_body_that_a_server_need_not_read_to_its_end_is_whole() {
    let receiver = Receiver::start("shop");
    run(&receiver, async {
        for (method, status, read) in
            [("GET", 200, true), ("HEAD", 200, false), ("GET", 304, false), ("GET", 204, false)]
        {
            let server = ServiceBuilder::new().layer(TraceLayer::new()).service_fn(move |_: Request<Body>| {
                let response = Response::builder().status(status).body(Full::new(&b"hello"[..])).unwrap();
                std::future::ready(Ok::<_, Infallible>(response))
            });
            let request = get("/").method(method).body(Body::default()).unwrap();
            let mut body = server.oneshot(request).await.unwrap().into_body();
            if read {
                assert!(body.frame().await.is_some());
            }
        }
    });
    assert!(!receiver.tree().contains("cancelled"));
}

#[test]
fn a_failing_service_is_a_fault() {
    let receiver = Receiver::start("shop");
    run(&receiver, async {
        let server = ServiceBuilder::new()
            .layer(TraceLayer::new())
            .service_fn(async |_: Request<Body>| Err::<Response<Body>, _>("no answer"));
        assert_eq!(server.oneshot(get("/").body(Body::default()).unwrap()).await.unwrap_err(), "no answer");
    });
    let documents = receiver.documents();
    assert!(documents[0].fault && documents[0].to_json().contains("no answer"));
}

#[test]
fn a_service_that_panics_is_a_fault_and_not_cancelled() {
    crate::panic::install();
    let receiver = Receiver::start("shop");
    let served = std::panic::catch_unwind(std::panic::AssertUnwindSafe(|| {
        run(&receiver, async {
            let server = ServiceBuilder::new().layer(TraceLayer::new()).service_fn(async |request: Request<Body>| {
                assert_eq!(request.uri().path(), "/elsewhere");
                Ok::<_, Infallible>(Response::new(Body::default()))
            });
            server.oneshot(get("/").body(Body::default()).unwrap()).await.map(|response| response.status())
        })
    }));
    assert!(served.is_err());
    let documents = receiver.documents();
    assert!(documents[0].fault);
    let json = documents[0].to_json();
    assert!(json.contains("left == right") && !json.contains("http.cancelled"), "{json}");
}

#[test]
fn a_body_that_fails_is_an_exception() {
    let receiver = Receiver::start("shop");
    run(&receiver, async {
        let server = ServiceBuilder::new().layer(TraceLayer::new()).service(service_fn(async |_: Request<Body>| {
            let pieces = [Ok(http_body::Frame::data(&b"ab"[..])), Err("disk gone")];
            let mut response = Response::new(StreamBody::new(futures::stream::iter(pieces)));
            *response.status_mut() = StatusCode::ACCEPTED;
            Ok::<_, Infallible>(response)
        }));
        let mut body = server.oneshot(get("/").body(Body::default()).unwrap()).await.unwrap().into_body();
        assert!(body.frame().await.unwrap().is_ok());
        assert_eq!(body.frame().await.unwrap().unwrap_err(), "disk gone");
    });
    insta::assert_snapshot!(receiver.tree(), @"shop [segment] {span.name=GET} http:{request:{method:GET,url:http://shop.example/,user_agent:test},response:{status:202,content_length:2}} cause: disk gone");
}
