use std::time::Duration;

use axum::Router;
use axum::extract::Request;
use axum::routing::get;
use http::{HeaderValue, Response, StatusCode};
use hyper_util::rt::TokioIo;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};

use super::run;
use crate::http::tower::TraceLayer;
use crate::testing::Receiver;

/// Says back what comes in on the upgraded connection.
async fn echo(mut request: Request) -> Response<axum::body::Body> {
    let upgrade = hyper::upgrade::on(&mut request);
    tokio::spawn(async move {
        let mut connection = TokioIo::new(upgrade.await.unwrap());
        let mut word = [0; 4];
        connection.read_exact(&mut word).await.unwrap();
        connection.write_all(&word).await.unwrap();
    });
    let mut response = Response::new(axum::body::Body::empty());
    *response.status_mut() = StatusCode::SWITCHING_PROTOCOLS;
    response.headers_mut().insert("connection", HeaderValue::from_static("upgrade"));
    response.headers_mut().insert("upgrade", HeaderValue::from_static("echo"));
    response
}

#[test]
fn an_upgrade_works_and_ends_its_span() {
    let receiver = Receiver::start("shop");
    run(&receiver, async {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = listener.local_addr().unwrap();
        let app = Router::new().route("/socket", get(echo)).layer(TraceLayer::new());
        let server = tokio::spawn(async { axum::serve(listener, app).await });
        let exchange = async {
            let mut stream = TcpStream::connect(address).await.unwrap();
            let request = b"GET /socket HTTP/1.1\r\nhost: h\r\nconnection: upgrade\r\nupgrade: echo\r\n\r\n";
            stream.write_all(request).await.unwrap();
            let mut head = Vec::new();
            while !head.ends_with(b"\r\n\r\n") {
                head.push(stream.read_u8().await.unwrap());
            }
            assert!(head.starts_with(b"HTTP/1.1 101 "));
            stream.write_all(b"ping").await.unwrap();
            let mut word = [0; 4];
            stream.read_exact(&mut word).await.unwrap();
            assert_eq!(&word, b"ping");
        };
        tokio::time::timeout(Duration::from_secs(20), exchange).await.unwrap();
        server.abort();
    });
    insta::assert_snapshot!(receiver.tree(), @"shop [segment] {span.name=GET} http:{request:{method:GET,url:http://h/socket},response:{status:101,content_length:0}}");
}
