//! A server of gRPC health.

use bytes::Bytes;
use http::{HeaderMap, HeaderValue, Request, Response};
use tokio::io::{AsyncRead, AsyncWrite};
use tokio_rustls::TlsAcceptor;

use super::raw::serve;

fn trailers(code: &'static str, message: &'static str) -> HeaderMap {
    let mut trailers = HeaderMap::from_iter([("grpc-status".parse().unwrap(), HeaderValue::from_static(code))]);
    if !message.is_empty() {
        trailers.insert("grpc-message", HeaderValue::from_static(message));
    }
    trailers
}

/// The message without its prefix: `HealthCheckRequest` with a service of less than 128 bytes.
fn service(message: &[u8]) -> String {
    match message.get(5..) {
        Some([0x0a, length, name @ ..]) if usize::from(*length) == name.len() => {
            String::from_utf8(name.to_vec()).unwrap()
        }
        _ => String::new(),
    }
}

async fn answer(mut request: Request<h2::RecvStream>, mut respond: h2::server::SendResponse<Bytes>) {
    assert_eq!(request.uri().path(), "/grpc.health.v1.Health/Check");
    assert_eq!(request.headers()["content-type"], "application/grpc");
    let mut message = Vec::new();
    while let Some(chunk) = request.body_mut().data().await {
        message.extend_from_slice(&chunk.unwrap());
    }
    let head = || Response::builder().header("content-type", "application/grpc").body(()).unwrap();
    let (status, trailers) = match service(&message).as_str() {
        "" | "tea" => (1, trailers("0", "")),
        "kettle" => (2, trailers("0", "")),
        "metadata" => (if request.headers().contains_key("x-shop") { 1 } else { 2 }, trailers("0", "")),
        "silent" => return std::future::pending().await,
        "locked" => (0, trailers("7", "no%20entry")),
        "early" => {
            // A failure without a body has its status among the headers.
            let mut head = head();
            head.headers_mut().extend(trailers("12", ""));
            drop(respond.send_response(head, true).unwrap());
            return;
        }
        "web" => {
            drop(respond.send_response(Response::builder().status(404).body(()).unwrap(), true).unwrap());
            return;
        }
        _ => (0, trailers("5", "unknown service")),
    };
    let mut stream = respond.send_response(head(), false).unwrap();
    if status > 0 {
        stream.send_data(Bytes::from(vec![0, 0, 0, 0, 2, 8, status]), false).unwrap();
    }
    stream.send_trailers(trailers).unwrap();
}

async fn speak(stream: impl AsyncRead + AsyncWrite + Unpin + Send + 'static) {
    let Ok(mut connection) = h2::server::handshake(stream).await else { return };
    while let Some(Ok((request, respond))) = connection.accept().await {
        tokio::spawn(answer(request, respond));
    }
}

pub(super) async fn start() -> u16 {
    serve(speak).await
}

pub(super) async fn start_secured(acceptor: TlsAcceptor) -> u16 {
    serve(move |stream| {
        let acceptor = acceptor.clone();
        async move {
            let Ok(stream) = acceptor.accept(stream).await else { return };
            speak(stream).await;
        }
    })
    .await
}
