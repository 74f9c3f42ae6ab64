//! Connections to services.

use std::io;
use std::time::Duration;

use tokio::net::{TcpStream, lookup_host};
use tokio::time::{Instant, timeout_at};

/// Connects to the first address of `host` that takes it.
///
/// # Errors
/// Why there is no connection, for people.
pub(super) async fn connect(host: &str, port: u16, within: Duration) -> Result<TcpStream, String> {
    let by = Instant::now() + within;
    let late = |_| format!("no connection within {} ms", within.as_millis());
    let found = timeout_at(by, lookup_host((host, port))).await.map_err(late)?;
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
