//! TCP servers.

use std::future::pending;

use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};

pub(crate) async fn serve<F>(each: impl Fn(TcpStream) -> F + Send + 'static) -> u16
where
    F: Future<Output = ()> + Send + 'static,
{
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let port = listener.local_addr().unwrap().port();
    tokio::spawn(async move {
        while let Ok((stream, _)) = listener.accept().await {
            tokio::spawn(each(stream));
        }
    });
    port
}

pub(super) async fn echo() -> u16 {
    serve(|mut stream| async move {
        let (mut reader, mut writer) = stream.split();
        drop(tokio::io::copy(&mut reader, &mut writer).await);
    })
    .await
}

/// Greets, then waits.
pub(super) async fn banner() -> u16 {
    serve(|mut stream| async move {
        stream.write_all(b"220 mail.shop.test ready\r\n").await.unwrap();
        pending::<()>().await;
        drop(stream);
    })
    .await
}

pub(super) async fn says_and_leaves() -> u16 {
    serve(|mut stream| async move {
        stream.write_all(b"one\ntwo\n").await.unwrap();
        drop(stream.shutdown().await);
    })
    .await
}

/// Sends more than anybody reads.
pub(super) async fn flood() -> u16 {
    serve(|mut stream| async move {
        let some = vec![b'x'; 64 * 1024];
        while stream.write_all(&some).await.is_ok() {}
    })
    .await
}

/// Accepts and never answers.
pub(super) async fn silent() -> u16 {
    serve(|mut stream| async move {
        let mut sink = Vec::new();
        drop(stream.read_to_end(&mut sink).await);
        pending::<()>().await;
    })
    .await
}

/// A port on which nobody listens.
pub(super) async fn closed() -> u16 {
    TcpListener::bind("127.0.0.1:0").await.unwrap().local_addr().unwrap().port()
}
