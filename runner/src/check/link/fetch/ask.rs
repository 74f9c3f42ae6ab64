//! A request for a target, and what came of it.

use std::time::Duration;

use jiff::Timestamp;
use reqwest::header::{CONTENT_TYPE, LOCATION, RETRY_AFTER};
use reqwest::{Method, Response, StatusCode};
use tokio::time::{Instant, timeout};
use url::Url;

use super::body::{Batch, BodyReader, Content};
use super::client::Clients;
use super::event::Handover;
use super::failure::reason_of;
use super::person;
use crate::check::link::private::{PrivateAddresses, REFUSED, has_private_host};
use crate::check::link::robots::{self, Robots};
use crate::check::link::targets::Needs;
use crate::check::link::verdict::{Judging, Reason};

/// Bytes of a page that are read.
const PAGE_BYTES_MAX: u64 = 128 << 20;
/// Found links that are handed over together.
const BATCH_LINKS: usize = 1_024;
/// Timeouts that a body may take as a whole.
const BODY_LIMITS: u32 = 3;
/// What is left of a body that nobody wants is read up to here, so that its connection can be used again.
const REST_BYTES_MAX: u64 = 64 << 10;

/// How a target is looked at.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(in crate::check::link) enum Look {
    /// As what we are.
    Plain,
    /// As a browser would ask, with cookies.
    Person,
}

/// What is to be asked.
#[derive(Clone, Debug)]
pub(in crate::check::link) struct Job {
    pub(in crate::check::link) url: Url,
    pub(in crate::check::link) needs: Needs,
    pub(in crate::check::link) look: Look,
    /// Whether it is one of the start's hosts, which get headers and passwords.
    pub(in crate::check::link) is_own: bool,
}

/// What came.
#[derive(Debug)]
pub(in crate::check::link) struct Fetched {
    /// The status of an answer that is no redirect, or why there is none.
    pub(in crate::check::link) result: Result<u16, Reason>,
    pub(in crate::check::link) redirect: Option<(Url, u16)>,
    pub(in crate::check::link) retry_after: Option<Duration>,
    pub(in crate::check::link) content: Content,
    /// Hashes of the page's names, sorted; `None` when nothing was read for them.
    pub(in crate::check::link) ids: Option<Box<[u64]>>,
    pub(in crate::check::link) has_script: bool,
    /// The last links; those before were handed over.
    pub(in crate::check::link) batch: Batch,
    pub(in crate::check::link) notice: Option<String>,
    pub(in crate::check::link) bytes: u64,
    pub(in crate::check::link) requests: u32,
}

impl Fetched {
    pub(super) fn failed(reason: Reason) -> Self {
        Self {
            result: Err(reason),
            redirect: None,
            retry_after: None,
            content: Content::Other,
            ids: None,
            has_script: false,
            batch: Batch::default(),
            notice: None,
            bytes: 0,
            requests: 1,
        }
    }
}

/// Asks for a target; links that are found meanwhile go to `found`, a batch at a time.
pub(in crate::check::link) async fn fetch(
    clients: &Clients,
    job: Job,
    judging: &Judging,
    now: Timestamp,
    found: &Handover,
) -> Fetched {
    if clients.private == PrivateAddresses::Refused && has_private_host(&job.url) {
        let why = format!("{} is a {REFUSED}", job.url.host_str().unwrap_or_default());
        return Fetched::failed(Reason::PrivateAddress(why));
    }
    if job.look == Look::Person {
        return person::look(clients, &job).await;
    }
    let mut requests = 1;
    let mut method = if job.needs.any() || !clients.options.head_first { Method::GET } else { Method::HEAD };
    let mut answer = send(clients, &job, method.clone()).await;
    let is_good = |status: StatusCode| status.is_redirection() || judging.accept.contains(status.as_u16());
    let head_said_no = method == Method::HEAD
        && match &answer {
            // A host that keeps us waiting or turns us away does so whatever we ask for.
            Ok(response) => !is_good(response.status()) && response.status() != StatusCode::TOO_MANY_REQUESTS,
            Err(reason) => matches!(reason, Reason::Protocol(_) | Reason::Connection(_)),
        };
    if head_said_no {
        // Many hosts know nothing of HEAD.
        method = Method::GET;
        requests += 1;
        answer = send(clients, &job, method).await;
    }
    let mut fetched = match answer {
        Ok(response) => read(clients, &job, response, now, found).await,
        Err(reason) => Fetched::failed(reason),
    };
    fetched.requests = requests;
    fetched
}

async fn send(clients: &Clients, job: &Job, method: Method) -> Result<Response, Reason> {
    let options = &clients.options;
    let mut request = clients.plain.request(method, job.url.clone());
    if job.is_own {
        for (name, value) in &options.headers {
            request = request.header(name, value);
        }
        if let Some((user, password)) = &options.basic_auth {
            request = request.basic_auth(user, Some(password));
        }
    }
    match timeout(options.timeout, request.send()).await {
        Ok(answered) => answered.map_err(|error| reason_of(&error, options.timeout)),
        Err(_) => Err(Reason::Timeout(options.timeout)),
    }
}

async fn read(clients: &Clients, job: &Job, mut response: Response, now: Timestamp, found: &Handover) -> Fetched {
    let status = response.status();
    let headers = response.headers();
    let text = |name| headers.get(name).and_then(|value| value.to_str().ok());
    let mut fetched = Fetched::failed(Reason::Status(status.as_u16()));
    fetched.result = Ok(status.as_u16());
    fetched.retry_after = text(RETRY_AFTER).and_then(|value| wait(value, now));
    if is_redirect(status) {
        let location = headers.get(LOCATION).map(|value| String::from_utf8_lossy(value.as_bytes()).into_owned());
        let location = location.unwrap_or_default();
        match redirect_target(&job.url, &location) {
            Some(url) => fetched.redirect = Some((url, status.as_u16())),
            None => fetched.result = Err(Reason::BadRedirect(location)),
        }
    } else {
        fetched.content = Content::of(text(CONTENT_TYPE), job.url.path());
    }
    let is_wanted = status.is_success() && job.needs.any();
    let reader = is_wanted.then(|| BodyReader::new(fetched.content, job.needs, job.url.clone())).flatten();
    match reader {
        Some(mut reader) => {
            let limit = clients.options.timeout;
            if let Err(reason) = read_body(&mut response, &mut reader, &mut fetched, found, limit).await {
                fetched.result = Err(reason);
            }
            let mut read = reader.end();
            read.ids.sort_unstable();
            read.ids.dedup();
            fetched.ids = job.needs.ids.then(|| read.ids.into_boxed_slice());
            fetched.has_script = read.has_script;
            fetched.batch = read.batch;
            fetched.notice = fetched.notice.or(read.notice);
        }
        None => leave(&mut response, clients.options.timeout).await,
    }
    fetched
}

/// Reads a body of which no piece may be longer in coming than `limit`, and all together no longer than three times that;
/// time in which links wait for the books does not count.
async fn read_body(
    response: &mut Response,
    reader: &mut BodyReader,
    fetched: &mut Fetched,
    found: &Handover,
    limit: Duration,
) -> Result<(), Reason> {
    let mut left = limit * BODY_LIMITS;
    loop {
        let began = Instant::now();
        let piece = timeout(left.min(limit), response.chunk()).await.map_err(|_| Reason::Timeout(limit))?;
        let Some(piece) = piece.map_err(|error| reason_of(&error, limit))? else { return Ok(()) };
        left = left.saturating_sub(began.elapsed());
        fetched.bytes += piece.len() as u64;
        if !reader.feed(&piece) {
            return Ok(());
        }
        if reader.ready() >= BATCH_LINKS {
            found.links(reader.take_batch()).await;
        }
        if fetched.bytes > PAGE_BYTES_MAX {
            let max = PAGE_BYTES_MAX >> 20;
            fetched.notice = Some(format!("the page is larger than {max} MiB: what is behind was not read"));
            return Ok(());
        }
    }
}

/// Reads what is left of a short body; a long one costs its connection.
async fn leave(response: &mut Response, limit: Duration) {
    if response.content_length().is_none_or(|length| length > REST_BYTES_MAX) {
        return;
    }
    let rest = async { while let Ok(Some(_)) = response.chunk().await {} };
    // The status is known; a body that does not come changes nothing.
    drop(timeout(limit, rest).await);
}

pub(super) fn is_redirect(status: StatusCode) -> bool {
    matches!(status.as_u16(), 301 | 302 | 303 | 307 | 308)
}

/// Where a redirect leads; a fragment of its own is dropped, as that of the link decides.
pub(super) fn redirect_target(from: &Url, location: &str) -> Option<Url> {
    if location.is_empty() {
        return None;
    }
    let mut url = from.join(location).ok().filter(|url| matches!(url.scheme(), "http" | "https"))?;
    url.set_fragment(None);
    Some(url)
}

/// How long `Retry-After` asks to wait: seconds, or until a date (RFC 9110, 10.2.3).
fn wait(value: &str, now: Timestamp) -> Option<Duration> {
    if let Ok(seconds) = value.trim().parse::<u64>() {
        return Some(Duration::from_secs(seconds));
    }
    let until = jiff::fmt::rfc2822::parse(value.trim()).ok()?.timestamp();
    Some(Duration::try_from(until.duration_since(now)).unwrap_or_default())
}

/// Asks for the rules of a host.
pub(in crate::check::link) async fn fetch_robots(clients: &Clients, origin: &str, is_own: bool) -> Robots {
    let Ok(mut url) = Url::parse(&format!("{origin}/robots.txt")) else { return Robots::allow_all() };
    for _ in 0..=clients.options.redirects_max {
        if clients.private == PrivateAddresses::Refused && has_private_host(&url) {
            return Robots::allow_all();
        }
        let job = Job { url: url.clone(), needs: Needs::default(), look: Look::Plain, is_own };
        let Ok(mut response) = send(clients, &job, Method::GET).await else {
            // No host, no rules; what the links of it come to is told where they are followed.
            return Robots::allow_all();
        };
        let status = response.status();
        if is_redirect(status) {
            let location = response.headers().get(LOCATION).and_then(|value| value.to_str().ok()).unwrap_or_default();
            match redirect_target(&url, location) {
                Some(next) => url = next,
                None => return Robots::allow_all(),
            }
            continue;
        }
        if status.is_server_error() {
            return Robots::disallow_all();
        }
        if !status.is_success() {
            leave(&mut response, clients.options.timeout).await;
            return Robots::allow_all();
        }
        let mut text = Vec::new();
        let body = async {
            while let Ok(Some(chunk)) = response.chunk().await {
                text.extend_from_slice(&chunk);
                if text.len() >= robots::BYTES_MAX {
                    break;
                }
            }
        };
        // Rules that came in time hold.
        drop(timeout(clients.options.timeout, body).await);
        text.truncate(robots::BYTES_MAX);
        return Robots::parse(&String::from_utf8_lossy(&text));
    }
    Robots::allow_all()
}
