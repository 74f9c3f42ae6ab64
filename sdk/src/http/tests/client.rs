use std::convert::Infallible;
use std::io::{BufRead, BufReader, Write};
use std::net::TcpListener;
use std::thread;

use http::{Request, Response};
use http_body_util::{BodyExt, Empty};
use hyper_util::client::legacy::Client;
use hyper_util::rt::TokioExecutor;
use tower::{ServiceBuilder, ServiceExt};
use tracing::info_span;

use super::run;
use crate::Config;
use crate::http::reqwest::{RequestBuilderExt, send};
use crate::http::tower::ClientLayer;
use crate::sampling::Sampler;
use crate::segment::Segment;
use crate::testing::{Receiver, tree};

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
  127.0.0.1:PORT [remote] ERROR {span.name=GET} http:{request:{method:GET,url:http://127.0.0.1:PORT/item?sig=REDACTED,traced:true},response:{status:404,content_length:2}}
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

/// hyper's client under the layer.
fn client() -> impl tower::Service<
    Request<Empty<bytes::Bytes>>,
    Response = Response<hyper::body::Incoming>,
    Error = hyper_util::client::legacy::Error,
> {
    ServiceBuilder::new().layer(ClientLayer::new()).service(Client::builder(TokioExecutor::new()).build_http())
}

#[test]
fn a_call_through_tower_is_a_remote_subsegment_whose_id_the_callee_gets() {
    let receiver = Receiver::start("shop");
    let (address, origin) = origin();
    run(&receiver, async {
        let _request = info_span!("request").entered();
        let request = Request::get(format!("{address}/item?sig=secret")).body(Empty::new()).unwrap();
        let response = client().oneshot(request).await.unwrap();
        assert_eq!(response.into_body().collect().await.unwrap().to_bytes(), "no");
    });
    let documents = receiver.documents();
    let asked = origin.join().unwrap();
    for header in expected_headers(&documents[0]) {
        assert!(asked.contains(&header), "{header} is not in {asked:?}");
    }
    let port = address.rsplit(':').next().unwrap();
    insta::assert_snapshot!(tree(&documents).replace(port, "PORT"), @"
shop [segment] {span.name=request}
  127.0.0.1:PORT [remote] ERROR {span.name=GET} http:{request:{method:GET,url:http://127.0.0.1:PORT/item?sig=REDACTED,traced:true},response:{status:404,content_length:2}}
");
}

#[test]
fn a_call_through_tower_that_fails_says_why() {
    let receiver = Receiver::start("shop");
    run(&receiver, async {
        let _request = info_span!("request").entered();
        let closed = TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap();
        let request = Request::get(format!("http://{closed}/")).body(Empty::new()).unwrap();
        client().oneshot(request).await.unwrap_err();
    });
    let json = receiver.documents()[0].subsegments[0].to_json();
    assert!(json.contains("refused") && json.contains("\"fault\":true"), "{json}");
}

#[test]
fn a_call_that_is_given_up_leaves_a_mark() {
    let receiver = Receiver::start("shop");
    run(&receiver, async {
        let _request = info_span!("request").entered();
        let silent = TcpListener::bind("127.0.0.1:0").unwrap();
        let address = format!("http://{}/", silent.local_addr().unwrap());
        let mut call = std::pin::pin!(::reqwest::Client::new().get(&address).send_traced());
        assert!(futures::poll!(&mut call).is_pending());
        let slow = ServiceBuilder::new()
            .layer(ClientLayer::new())
            .service_fn(|_: Request<()>| std::future::pending::<Result<Response<()>, Infallible>>());
        let mut call = std::pin::pin!(slow.oneshot(Request::get(&address).body(()).unwrap()));
        assert!(futures::poll!(&mut call).is_pending());
    });
    let documents = receiver.documents();
    let calls = &documents[0].subsegments;
    assert!(calls.len() == 2 && calls.iter().all(|call| call.to_json().contains("before the response")));
}

#[test]
fn a_redirect_says_where_it_led() {
    let receiver = Receiver::start("shop");
    run(&receiver, async {
        let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = format!("http://{}", listener.local_addr().unwrap());
        let app = axum::Router::new()
            .route("/old", axum::routing::get(|| async { axum::response::Redirect::to("/new?token=secret") }))
            .route("/new", axum::routing::get(|| async { "here" }));
        let server = tokio::spawn(async { axum::serve(listener, app).await });
        let _request = info_span!("request").entered();
        let client = ::reqwest::Client::new();
        for path in ["/old", "/new#part"] {
            client.get(format!("{address}{path}")).send_traced().await.unwrap();
        }
        server.abort();
    });
    let documents = receiver.documents();
    let [old, new] = documents[0].subsegments.as_slice() else { panic!("{}", tree(&documents)) };
    assert!(old.metadata["default"]["http.redirected_to"].as_str().unwrap().ends_with("/new?token=REDACTED"));
    assert!(!new.to_json().contains("redirected_to"));
}
