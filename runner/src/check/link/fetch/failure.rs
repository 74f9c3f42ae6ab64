//! Why a request failed, in the words of reports.

use std::error::Error;
use std::io;
use std::time::Duration;

use super::client::CONNECT_TIMEOUT_MAX;
use crate::check::link::private::REFUSED;
use crate::check::link::verdict::Reason;

/// What an error of the client says about the link; `limit` is how long was waited at most.
pub(super) fn reason_of(error: &reqwest::Error, limit: Duration) -> Reason {
    if error.is_timeout() {
        // Only connections have a limit of their own.
        return Reason::Timeout(limit.min(CONNECT_TIMEOUT_MAX));
    }
    let mut innermost = None;
    let mut source = Error::source(error);
    let mut is_name = false;
    while let Some(inner) = source {
        if let Some(tls) = tls_of(inner) {
            return Reason::Tls(tls.to_string());
        }
        let text = inner.to_string();
        is_name |= text.starts_with("dns error");
        innermost = Some(text);
        source = inner.source();
    }
    // The client's own words may hold the address, and with it secrets.
    let why = innermost.unwrap_or_else(|| "the request could not be made".to_owned());
    let why = why.split(" (os error").next().unwrap_or_default().to_owned();
    if why.contains(REFUSED) {
        Reason::PrivateAddress(why)
    } else if is_name {
        Reason::UnknownHost(why.strip_prefix("failed to lookup address information: ").unwrap_or(&why).to_owned())
    } else if error.is_connect() || error.is_request() {
        Reason::Connection(why)
    } else {
        Reason::Protocol(why)
    }
}

/// The error of TLS that `error` is or wraps: an I/O error does not name what it wraps as its source.
fn tls_of<'a>(error: &'a (dyn Error + 'static)) -> Option<&'a rustls::Error> {
    let wrapped = || error.downcast_ref::<io::Error>().and_then(io::Error::get_ref);
    error.downcast_ref().or_else(|| tls_of(wrapped()?))
}
