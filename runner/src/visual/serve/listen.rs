//! Connections, and what is at which path.

use std::convert::Infallible;
use std::io;
use std::net::IpAddr;
use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use http::{Method, Request, StatusCode};
use hyper::body::Incoming;
use hyper::server::conn::http1;
use hyper::service::service_fn;
use hyper_util::rt::{TokioIo, TokioTimer};
use hyper_util::server::graceful::GracefulShutdown;
use percent_encoding::percent_decode_str;
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::{Mutex, Semaphore};
use tokio::task::{JoinSet, spawn_blocking};
use tokio_util::sync::CancellationToken;
use tracing::{debug, warn};

use super::answer::{self, Answer};
use super::approve::{self, Approve};
use super::guard;
use super::report::{Approved, load, picture};
use crate::report::{Approving, visual_html};

/// Connections at a time; more wait to be accepted.
const CONNECTIONS_MAX: usize = 64;
const HEAD_TIMEOUT: Duration = Duration::from_secs(30);
/// After a connection that could not be accepted, as when there are too many open files.
const ACCEPT_PAUSE: Duration = Duration::from_millis(100);

/// What all connections share.
pub(super) struct Desk {
    pub(super) folder: PathBuf,
    pub(super) token: String,
    pub(super) approve: Approve,
    pub(super) approved: Mutex<Approved>,
}

/// Serves the report in `folder`: the page at `/`, the pictures that it names, and `POST /approve`, until `stop` is cancelled
/// and the requests under way are answered. The report is read anew for each answer.
///
/// # Errors
/// The listener has no address, or the operating system has no randomness for the token.
pub async fn serve(
    listener: TcpListener,
    folder: PathBuf,
    approve: Approve,
    stop: CancellationToken,
) -> io::Result<()> {
    let desk = Arc::new(Desk { folder, token: token()?, approve, approved: Mutex::default() });
    let turns = Arc::new(Semaphore::new(CONNECTIONS_MAX));
    let (graceful, mut connections) = (GracefulShutdown::new(), JoinSet::new());
    let mut server = http1::Builder::new();
    server.timer(TokioTimer::new()).header_read_timeout(HEAD_TIMEOUT);
    loop {
        let turn = tokio::select! {
            () = stop.cancelled() => break,
            turn = Arc::clone(&turns).acquire_owned() => turn.map_err(io::Error::other)?,
        };
        let accepted = tokio::select! {
            () = stop.cancelled() => break,
            accepted = accept(&listener) => accepted,
        };
        while connections.try_join_next().is_some() {}
        let (stream, local) = match accepted {
            Ok(accepted) => accepted,
            Err(error) => {
                warn!(%error, "a connection was not accepted");
                tokio::time::sleep(ACCEPT_PAUSE).await;
                continue;
            }
        };
        let desk = Arc::clone(&desk);
        let service = service_fn(move |request| {
            let desk = Arc::clone(&desk);
            async move { Ok::<_, Infallible>(route(&desk, request, local).await) }
        });
        let connection = graceful.watch(server.serve_connection(TokioIo::new(stream), service));
        connections.spawn(async move {
            if let Err(error) = connection.await {
                debug!(%error, "a connection broke off");
            }
            drop(turn);
        });
    }
    drop(listener);
    graceful.shutdown().await;
    while connections.join_next().await.is_some() {}
    Ok(())
}

async fn accept(listener: &TcpListener) -> io::Result<(TcpStream, IpAddr)> {
    let (stream, _) = listener.accept().await?;
    let local = stream.local_addr()?.ip();
    Ok((stream, local))
}

/// 256 random bits.
fn token() -> io::Result<String> {
    let mut bytes = [0_u8; 32];
    aws_lc_rs::rand::fill(&mut bytes).map_err(|_| io::Error::other("the operating system has no random numbers"))?;
    Ok(URL_SAFE_NO_PAD.encode(bytes))
}

async fn route(desk: &Arc<Desk>, request: Request<Incoming>, local: IpAddr) -> Answer {
    if let Err(why) = guard::check(request.headers(), local) {
        return answer::text(StatusCode::FORBIDDEN, why);
    }
    let path = request.uri().path();
    match (request.method(), path) {
        (&Method::POST, "/approve") => {
            let (head, body) = request.into_parts();
            approve::answer(desk, &head.headers, body).await
        }
        (_, "/approve") => answer::not_allowed("POST"),
        (&Method::GET | &Method::HEAD, "/") => page(desk).await,
        (&Method::GET | &Method::HEAD, path) => still(desk, path).await,
        _ => answer::not_allowed("GET, HEAD"),
    }
}

async fn page(desk: &Arc<Desk>) -> Answer {
    let (folder, token, approved) = (desk.folder.clone(), desk.token.clone(), desk.approved.lock().await.clone());
    // The pictures are asked for when they are looked at.
    let render = move || {
        let report = load(&folder, &approved)?;
        Ok::<_, io::Error>(visual_html(&report, &|_| None, Approving::Server { token: &token }))
    };
    match spawn_blocking(render).await {
        Ok(Ok(page)) => answer::answer(StatusCode::OK, "text/html; charset=utf-8", page),
        Ok(Err(error)) => answer::text(StatusCode::INTERNAL_SERVER_ERROR, &error.to_string()),
        Err(_) => answer::text(StatusCode::INTERNAL_SERVER_ERROR, "reading the report broke off"),
    }
}

async fn still(desk: &Arc<Desk>, path: &str) -> Answer {
    let name = path.strip_prefix('/').map(|name| percent_decode_str(name).decode_utf8());
    let Some(Ok(name)) = name else { return answer::text(StatusCode::NOT_FOUND, "there is nothing here") };
    let (folder, name) = (desk.folder.clone(), name.into_owned());
    match spawn_blocking(move || picture(&folder, &name)).await {
        Ok(Ok(Some(bytes))) => answer::answer(StatusCode::OK, "image/png", bytes),
        Ok(Ok(None)) => answer::text(StatusCode::NOT_FOUND, "there is nothing here"),
        Ok(Err(error)) => answer::text(StatusCode::INTERNAL_SERVER_ERROR, &error.to_string()),
        Err(_) => answer::text(StatusCode::INTERNAL_SERVER_ERROR, "reading the picture broke off"),
    }
}
