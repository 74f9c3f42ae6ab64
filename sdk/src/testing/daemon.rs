//! A receiver on a socket.

use std::io;
use std::net::{Ipv4Addr, SocketAddr, UdpSocket};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread::{Builder, JoinHandle};

use super::inbox::Inbox;
use crate::id::TraceId;
use crate::segment::Segment;

/// The largest datagram there is.
const DATAGRAM_BYTES_MAX: usize = 65_535;

/// Listens where the X-Ray daemon would, on a UDP port of its own on 127.0.0.1, and keeps the last
/// 10,000 documents: for tests of whole programs, with [`Config::daemon_address`](crate::Config::daemon_address)
/// or the variable `AWS_XRAY_DAEMON_ADDRESS` set to [`Daemon::address`].
///
/// ```
/// use siskin_sdk::testing::{Daemon, Find};
///
/// let daemon = Daemon::start()?;
/// let config = siskin_sdk::Config::new("shop")
///     .daemon_address(daemon.address())
///     .sampler(siskin_sdk::sampling::Sampler::always());
/// let (layer, guard) = siskin_sdk::layer(config)?;
/// # use tracing_subscriber::layer::SubscriberExt;
/// let subscriber = tracing_subscriber::registry().with(layer);
/// tracing::subscriber::with_default(subscriber, || tracing::info_span!("request").in_scope(|| {}));
/// drop(guard);
///
/// daemon.wait_for_documents(1).span("shop");
/// # Ok::<_, std::io::Error>(())
/// ```
#[derive(Debug)]
pub struct Daemon {
    inbox: Inbox,
    address: SocketAddr,
    stopping: Arc<AtomicBool>,
    thread: Option<JoinHandle<()>>,
}

impl Daemon {
    /// Begins to listen.
    ///
    /// # Errors
    /// When the system gives no socket or thread.
    pub fn start() -> io::Result<Self> {
        let socket = UdpSocket::bind((Ipv4Addr::LOCALHOST, 0))?;
        let address = socket.local_addr()?;
        let (inbox, stopping) = (Inbox::default(), Arc::new(AtomicBool::new(false)));
        let receive = {
            let (inbox, stopping) = (inbox.clone(), Arc::clone(&stopping));
            move || receive(&socket, &inbox, &stopping)
        };
        let thread = Builder::new().name("siskin-test-daemon".to_owned()).spawn(receive)?;
        Ok(Self { inbox, address, stopping, thread: Some(thread) })
    }

    /// Where it listens, as `host:port`.
    pub fn address(&self) -> String {
        self.address.to_string()
    }

    /// Waits until as many documents have arrived, and takes out all there are, oldest first.
    ///
    /// # Panics
    /// When they do not arrive within 30 seconds, or something arrives that is no valid document.
    pub fn wait_for_documents(&self, count: usize) -> Vec<Segment> {
        self.inbox.wait_for_documents(count)
    }

    /// Waits until as many `segments` of the trace have ended, and takes out its documents.
    ///
    /// # Panics
    /// As [`Daemon::wait_for_documents`].
    pub fn wait_for(&self, trace_id: TraceId, segments: usize) -> Vec<Segment> {
        self.inbox.wait_for_trace(trace_id, segments);
        self.inbox.take_trace(trace_id)
    }
}

fn receive(socket: &UdpSocket, inbox: &Inbox, stopping: &AtomicBool) {
    let mut buffer = vec![0; DATAGRAM_BYTES_MAX];
    loop {
        let received = socket.recv(&mut buffer);
        if stopping.load(Ordering::Acquire) {
            return;
        }
        match received {
            Ok(bytes) => match document(buffer.get(..bytes).unwrap_or_default()) {
                Ok(document) => inbox.add(document),
                Err(invalid) => inbox.put(Err(invalid)),
            },
            Err(error) => {
                inbox.put(Err(format!("the socket failed: {error}")));
                return;
            }
        }
    }
}

/// The document in a datagram, behind its header:
/// <https://docs.aws.amazon.com/xray/latest/devguide/xray-api-sendingdata.html#xray-api-daemon>.
fn document(datagram: &[u8]) -> Result<&[u8], String> {
    let text = || String::from_utf8_lossy(datagram);
    let line = datagram.iter().position(|byte| *byte == b'\n').ok_or_else(|| format!("no header: {}", text()))?;
    let (header, document) = datagram.split_at(line);
    let header: serde_json::Value =
        serde_json::from_slice(header).map_err(|error| format!("the header is no JSON, {error}: {}", text()))?;
    let is_json = header["format"].as_str().is_some_and(|format| format.eq_ignore_ascii_case("json"));
    if !is_json || header["version"].as_u64() != Some(1) {
        return Err(format!("the header is not that of format json, version 1: {header}"));
    }
    Ok(document.trim_ascii_start())
}

impl Drop for Daemon {
    fn drop(&mut self) {
        self.stopping.store(true, Ordering::Release);
        // Wakes the thread; if that fails it stays, and ends with the process.
        let woken = UdpSocket::bind((Ipv4Addr::LOCALHOST, 0)).and_then(|socket| socket.send_to(&[], self.address));
        if let (Ok(_), Some(thread)) = (woken, self.thread.take()) {
            let _panicked = thread.join();
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn datagrams_without_the_right_header_are_refused() {
        assert_eq!(document(b"{\"format\": \"JSON\", \"version\": 1}\n{}"), Ok(&b"{}"[..]));
        for (datagram, invalid) in [
            (&b"{}"[..], "no header: {}"),
            (b"{\"format\":\"json\",\"version\":2}\n{}", "the header is not that of format json, version 1"),
            (b"{\"version\":1}\n{}", "the header is not that of format json, version 1"),
            (b"x\n{}", "the header is no JSON"),
        ] {
            assert!(document(datagram).unwrap_err().starts_with(invalid));
        }
    }
}
