use std::convert::Infallible;
use std::io::{BufRead, BufReader, Write};
use std::net::TcpListener;
use std::thread;

use http::{Request, Response};
use http_body_util::{BodyExt, Full, StreamBody};
use tower::{ServiceBuilder, ServiceExt, service_fn};
use tracing::info_span;

use super::reqwest::{RequestBuilderExt, send};
use super::tower::TraceLayer;
use crate::Config;
use crate::sampling::Sampler;
use crate::segment::Segment;
use crate::testing::{Receiver, tree};

type Body = Full<&'static [u8]>;

/// Runs a future on this thread, under the receiver's subscriber.
fn run<R>(receiver: &Receiver, future: impl Future<Output = R>) -> R {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
    receiver.trace(|| runtime.block_on(future))
}

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
        let forwarded = get("/broken").header("x-forwarded-for", "10.0.0.2, 10.0.0.3");
        let forwarded = forwarded.header("x-forwarded-proto", "https").body(Body::default()).unwrap();
        ask(TraceLayer::for_service("stock").client_address(from("10.0.0.1")), forwarded).await;
    });
    insta::assert_snapshot!(receiver.tree(), @"
shop [segment] {span.name=http request} http:{request:{method:GET,url:http://shop.example/cart?item=1,user_agent:test,client_ip:10.0.0.1},response:{status:200,content_length:5}}
  work
stock [segment] FAULT {span.name=http request} http:{request:{method:GET,url:https://shop.example/broken,user_agent:test,client_ip:10.0.0.2,x_forwarded_for:true},response:{status:500,content_length:5}}
  work
");
}

#[test]
fn the_callers_trace_goes_on_and_the_decision_is_answered() {
    const ROOT: &str = "Root=1-64f0c1aa-0123456789abcdef01234567";
    let receiver = Receiver::with_config(Config::new("shop").sampler(Sampler::never()));
    let answers = run(&receiver, async {
        let mut answers = Vec::new();
        for header in [
            format!("{ROOT};Parent=00f067aa0ba902b7;Sampled=1"),
            format!("{ROOT};Parent=00f067aa0ba902b7;Sampled=0"),
            format!("{ROOT};Sampled=?"),
        ] {
            let request = get("/").header("x-amzn-trace-id", header).body(Body::default()).unwrap();
            answers.push(ask(TraceLayer::new(), request).await);
        }
        let traceparent = "00-64f0c1aa0123456789abcdef01234567-00f067aa0ba902b8-01";
        let request = get("/").header("traceparent", traceparent).body(Body::default()).unwrap();
        answers.push(ask(TraceLayer::new(), request).await);
        answers
    });
    let sampled = [1, 0, 0, 1].map(|flag| format!("{ROOT};Sampled={flag}"));
    assert_eq!(answers, sampled);
    let parents: Vec<_> = receiver.documents().iter().map(|it| it.parent_id.unwrap().to_string()).collect();
    assert_eq!(parents, ["00f067aa0ba902b7", "00f067aa0ba902b8"]);
}

#[test]
fn a_segment_lasts_until_the_body_ends() {
    let receiver = Receiver::start("shop");
    run(&receiver, async {
        let server = ServiceBuilder::new().layer(TraceLayer::new()).service(service_fn(async |_: Request<Body>| {
            let pieces = ["ab", "cde"].map(|piece| Ok::<_, Infallible>(http_body::Frame::data(piece.as_bytes())));
            let body = StreamBody::new(futures::stream::iter(pieces));
            Ok::<_, Infallible>(Response::new(body))
        }));
        let mut body = server.oneshot(get("/").body(Body::default()).unwrap()).await.unwrap().into_body();
        assert!(body.frame().await.is_some());
        assert_eq!(receiver.documents(), []);
        assert!(body.frame().await.is_some() && body.frame().await.is_none());
        let documents = receiver.documents();
        let response = documents[0].http.as_ref().unwrap().response.clone().unwrap();
        assert_eq!((response.status, response.content_length), (Some(200), Some(5)));
    });
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
    assert!(receiver.documents()[0].fault);
}

/// Answers each connection once, and hands out what it was asked.
fn origin() -> (String, thread::JoinHandle<Vec<String>>) {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let address = format!("http://{}", listener.local_addr().unwrap());
    let serve = move || {
        let mut stream = listener.accept().unwrap().0;
        let lines = BufReader::new(&stream).lines().map(Result::unwrap).take_while(|line| !line.is_empty()).collect();
        stream.write_all(b"HTTP/1.1 404 Not Found\r\ncontent-length: 2\r\nconnection: close\r\n\r\nno").unwrap();
        lines
    };
    (address, thread::spawn(serve))
}

/// The callee's view of the call that `document` holds as its only subsegment.
fn expected_headers(document: &Segment) -> [String; 2] {
    let (root, call) = (document.trace_id.unwrap(), document.subsegments[0].id);
    [
        format!("x-amzn-trace-id: Root={root};Parent={call};Sampled=1"),
        format!("traceparent: 00-{}-{call}-01", root.w3c()),
    ]
}

#[test]
fn a_call_is_a_remote_subsegment_whose_id_the_callee_gets() {
    let receiver = Receiver::start("shop");
    let (address, origin) = origin();
    run(&receiver, async {
        let _request = info_span!("request").entered();
        let response = ::reqwest::Client::new().get(format!("{address}/item?sig=secret")).send_traced().await.unwrap();
        assert_eq!(response.text().await.unwrap(), "no");
    });
    let documents = receiver.documents();
    let asked = origin.join().unwrap();
    for header in expected_headers(&documents[0]) {
        assert!(asked.contains(&header), "{header} is not in {asked:?}");
    }
    let port = address.rsplit(':').next().unwrap();
    insta::assert_snapshot!(tree(&documents).replace(port, "PORT"), @"
shop [segment] {span.name=request}
  127.0.0.1:PORT [remote] ERROR {span.name=http call} http:{request:{method:GET,url:http://127.0.0.1:PORT/item?sig=REDACTED,traced:true},response:{status:404,content_length:2}}
");
}

#[test]
fn a_call_that_fails_says_why_without_its_url() {
    let receiver = Receiver::start("shop");
    run(&receiver, async {
        let _request = info_span!("request").entered();
        let closed = TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap();
        let client = ::reqwest::Client::new();
        let request = client.get(format!("http://me:secret@{closed}/")).build().unwrap();
        let error = send(&client, request).await.unwrap_err();
        assert!(error.is_connect() && error.url().is_some());
    });
    let documents = receiver.documents();
    let call = &documents[0].subsegments[0];
    assert!(call.fault && call.cause.is_some());
    assert!(!documents[0].to_json().contains("secret"));
}

#[test]
fn an_unsampled_call_tells_the_callee_so() {
    let receiver = Receiver::with_config(Config::new("shop").sampler(Sampler::never()));
    let (address, origin) = origin();
    run(&receiver, async {
        let _request = info_span!("request").entered();
        drop(::reqwest::Client::new().get(address).send_traced().await.unwrap());
    });
    let asked = origin.join().unwrap();
    assert!(asked.iter().any(|line| line.starts_with("x-amzn-trace-id: Root=1-") && line.ends_with(";Sampled=0")));
    assert!(asked.iter().any(|line| line.starts_with("traceparent: 00-") && line.ends_with("-00")));
    assert_eq!(receiver.tree(), "");
}
