//! Connections to services.

use std::io;
use std::net::{IpAddr, SocketAddr, ToSocketAddrs as _};
use std::time::Duration;

use tokio::net::TcpStream;
use tokio::runtime::Handle;
use tokio::time::{Instant, timeout_at};

/// The addresses of a name, as the machine's resolver knows them, which is asked on `threads`: those of a script's own
/// runtime would stay for a while after each run.
pub(super) async fn look_up(threads: &Handle, host: &str, port: u16) -> io::Result<Vec<SocketAddr>> {
    if let Ok(address) = host.parse::<IpAddr>() {
        return Ok(vec![SocketAddr::new(address, port)]);
    }
    let host = host.to_owned();
    threads.spawn_blocking(move || Ok((host.as_str(), port).to_socket_addrs()?.collect())).await?
}

/// Connects to the first address of `host` that takes it.
///
/// # Errors
/// Why there is no connection, for people.
pub(super) async fn connect(threads: &Handle, host: &str, port: u16, within: Duration) -> Result<TcpStream, String> {
    let by = Instant::now() + within;
    let late = |_| format!("no connection within {} ms", within.as_millis());
    let found = timeout_at(by, look_up(threads, host, port)).await.map_err(late)?;
    let mut reason = "the name has no address".to_owned();
    for address in found.map_err(|error| format!("the name {host} is not known: {error}"))? {
        match timeout_at(by, TcpStream::connect(address)).await.map_err(late)? {
            Ok(stream) => return Ok(stream),
            Err(error) => reason = told(&error),
        }
    }
    Err(reason)
}

/// The cause without the number of the system's error.
pub(super) fn told(error: &io::Error) -> String {
    let text = error.to_string();
    text.split(" (os error").next().unwrap_or_default().to_owned()
}
