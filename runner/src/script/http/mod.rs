//! Module `http`: requests without a browser.
//!
//! `functions` are what scripts call, `request` reads what they ask for, `body` writes bodies, `auth`, `oauth2` and
//! `sigv4` prove who calls, `caller` sends and records, `answer` is what comes back; `certificate` looks at who answers.

pub(super) mod answer;
mod auth;
mod body;
mod caller;
mod certificate;
mod functions;
mod helpers;
mod marks;
mod names;
mod oauth2;
mod request;
mod sigv4;

use super::table::Table;

pub(super) use auth::Auth;
pub(super) use caller::{Caller, Outgoing, Received};
pub(super) use oauth2::Grant;
pub(super) use request::{exchange, get};
pub(super) use sigv4::Key;

/// The functions, and what they have in common.
pub(super) static TABLE: Table = Table {
    name: "http",
    about: "Requests without a browser, to allowed hosts only, traced, and recorded in the HAR. `options` of a request: \
`headers` and `query` (maps), one of `body` (a text), `json` (any value), `form` (a map) and `multipart` (a list of maps \
of `name`, `text` or `base64`, `file_name`, `type`), `auth` (what `basic`, `bearer`, `oauth2` or `sigv4` give), \
`client_certificate` (what `client_certificate` gives), `follow_redirects` (true unless told otherwise, at most 10), \
`timeout_ms` (30,000 unless told otherwise), `status` and `expect` (checks as `assert::status` and `assert::answer` do \
them; `expect` is a list), `name` (for people).\n\n\
An `answer` is a map: `status`, `url` (after redirects), `headers` (names in lower case, several values joined by \
commas), `body` (text), `is_whole`, `duration_ms`, and of that `timings`: `dns_ms`, `connect_ms` (with TLS), `ssl_ms`, `wait_ms`, `receive_ms`, \
0 for what an open connection spared. Of a body 1 MiB is read and the rest left, so that no answer fills \
the memory: `is_whole` is false then, the log and the HAR say so, and the run goes on. Checks of such a body hold for what \
was found in the first MiB (`contains`, `exists`); all others of `text` and `json` fail, and name the limit. Cookies are kept for the run.",
    functions: &[functions::FUNCTIONS, helpers::FUNCTIONS, certificate::FUNCTIONS],
};
