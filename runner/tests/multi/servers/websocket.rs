//! A WebSocket server: `/echo` says what it hears, `/greets` speaks first, `/silent` says nothing, `/large` too much.

use std::future::pending;

use futures::{SinkExt, StreamExt};
use tokio::io::{AsyncRead, AsyncWrite};
use tokio_rustls::TlsAcceptor;
use tokio_tungstenite::accept_hdr_async;
use tokio_tungstenite::tungstenite::Message;
use tokio_tungstenite::tungstenite::handshake::server::{ErrorResponse, Request, Response};

use super::raw::serve;

const LARGE_BYTES: usize = 1024 * 1024 + 1;

async fn speak(stream: impl AsyncRead + AsyncWrite + Unpin) {
    let mut path = String::new();
    #[expect(clippy::result_large_err, reason = "the library's own type")]
    let look = |request: &Request, mut response: Response| -> Result<Response, ErrorResponse> {
        request.uri().path().clone_into(&mut path);
        if let Some(protocol) = request.headers().get("sec-websocket-protocol") {
            response.headers_mut().insert("sec-websocket-protocol", protocol.clone());
        }
        if path == "/closed" || (path == "/agent" && request.headers()["user-agent"] != "Tea/1.0") {
            let mut refused = ErrorResponse::new(None);
            *refused.status_mut() = http::StatusCode::FORBIDDEN;
            return Err(refused);
        }
        Ok(response)
    };
    let Ok(mut socket) = accept_hdr_async(stream, look).await else { return };
    match path.as_str() {
        "/greets" => {
            socket.send(Message::text("hello")).await.unwrap();
            socket.send(Message::text("{\"tea\":3}")).await.unwrap();
        }
        "/large" => drop(socket.send(Message::text("x".repeat(LARGE_BYTES))).await),
        "/silent" => return pending().await,
        _ => {}
    }
    while let Some(Ok(message)) = socket.next().await {
        if message.is_text() || message.is_binary() {
            drop(socket.send(message).await);
        }
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
            Box::pin(speak(stream)).await;
        }
    })
    .await
}
