//! What is checked, and how.

use std::path::PathBuf;
use std::time::Duration;

use regex::Regex;
use reqwest::header::{HeaderName, HeaderValue};
use siskin_blueprints::Invalid;
use url::Url;

use super::verdict::Judging;

/// Most links of a run, a page and a fragment of it counted apart. A million take some 300 MiB.
pub const LINKS_MAX: usize = 1_000_000;
/// Most requests under way at a time.
pub const CONCURRENCY_MAX: usize = 1_024;

/// What to check, and how. [`LinkOptions::new`] is a polite check of a whole site.
#[derive(Clone, Debug)]
pub struct LinkOptions {
    /// Pages to begin with; sitemaps too.
    pub start: Vec<Url>,
    /// Only pages below one of these are searched for links; without any, those of the start's hosts.
    pub scope: Vec<Url>,
    /// How many links away from the start pages are searched; 0 is the start alone, `None` is all of the scope.
    pub depth: Option<u32>,
    /// Links that match one are followed even if they match one of `exclude`.
    pub include: Vec<Regex>,
    /// Links that match one are not followed.
    pub exclude: Vec<Regex>,
    /// Whether links that leave the scope are followed.
    pub external: bool,
    /// How answers are judged.
    pub judging: Judging,
    /// Whether `#names` must be there.
    pub fragments: bool,
    /// Whether `http` files of `https` pages are broken links.
    pub mixed_content: bool,
    /// Whether `robots.txt` is obeyed.
    pub robots: bool,
    /// Whether sitemaps of the start's hosts are read: those that `robots.txt` names, or `/sitemap.xml`.
    pub sitemaps: bool,
    /// Whether links into private networks are followed; without a word, when a start page is in one.
    pub private: Option<bool>,
    /// How requests are made.
    pub requests: RequestOptions,
    /// How hosts are treated.
    pub hosts: HostOptions,
    /// Most pages that are searched for links.
    pub pages_max: usize,
    /// Most links, at most [`LINKS_MAX`].
    pub links_max: usize,
    /// Longest time of the whole run; what was found until then is reported.
    pub time_max: Option<Duration>,
    /// What earlier runs found out.
    pub cache: Option<CacheOptions>,
}

/// How requests are made.
#[derive(Clone, Debug)]
pub struct RequestOptions {
    /// Longest wait for an answer, and after that for each piece of its body; three times that for all of it.
    pub timeout: Duration,
    /// Most redirects of one link.
    pub redirects_max: usize,
    /// How often a failure that may pass is looked at again; 0 also takes away the second look at walls.
    pub retries: u32,
    /// Wait before a second look; the next waits twice as long.
    pub retry_wait: Duration,
    /// Sent to the start's hosts only, since they may hold secrets.
    pub headers: Vec<(HeaderName, HeaderValue)>,
    /// User and password for the start's hosts.
    pub basic_auth: Option<(String, String)>,
    /// Who we say we are.
    pub user_agent: String,
    /// Whether files are asked for with `HEAD` first.
    pub head_first: bool,
    /// Whether certificates are not looked at.
    pub insecure: bool,
}

/// How hosts are treated.
#[derive(Clone, Debug)]
pub struct HostOptions {
    /// Most requests under way at a time, to all hosts.
    pub at_a_time: usize,
    /// For the start's hosts.
    pub own: HostLimit,
    /// For every other host.
    pub other: HostLimit,
    /// Whether hosts that ask for it (429, 503, `Retry-After`) are asked less.
    pub adaptive: bool,
    /// Longest pause that a host may ask for; links of one that asks for more are unverifiable.
    pub wait_max: Duration,
}

/// How much is asked of one host.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub struct HostLimit {
    /// Most requests under way at a time.
    pub at_a_time: usize,
    /// Shortest time between the beginnings of two requests.
    pub interval: Duration,
}

/// Where answers are kept across runs.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct CacheOptions {
    /// The file.
    pub file: PathBuf,
    /// How long an answer holds.
    pub age: Duration,
}

impl LinkOptions {
    /// The usual check: everything of the start's hosts, and whatever their pages lead to.
    pub fn new(start: Vec<Url>) -> Self {
        Self {
            start,
            scope: Vec::new(),
            depth: None,
            include: Vec::new(),
            exclude: Vec::new(),
            external: true,
            judging: Judging::default(),
            fragments: true,
            mixed_content: true,
            robots: true,
            sitemaps: false,
            private: None,
            requests: RequestOptions::default(),
            hosts: HostOptions::default(),
            pages_max: 100_000,
            links_max: LINKS_MAX,
            time_max: None,
            cache: None,
        }
    }

    /// Checks what types cannot.
    ///
    /// # Errors
    /// The first field outside its limits.
    pub fn check(&self) -> Result<(), Invalid> {
        if self.start.is_empty() {
            return Err(Invalid::new("start", "(none)", "at least one URL to begin with"));
        }
        for (field, urls) in [("start", &self.start), ("scope", &self.scope)] {
            let has_secret = |url: &&Url| !url.username().is_empty() || url.password().is_some();
            if let Some(url) = urls.iter().find(has_secret) {
                let host = url.host_str().unwrap_or_default();
                return Err(Invalid::new(field, host, "a URL without user and password, which are told apart"));
            }
            if let Some(url) = urls.iter().find(|url| !matches!(url.scheme(), "http" | "https") || !url.has_host()) {
                return Err(Invalid::new(field, url, "an absolute URL that begins with http:// or https://"));
            }
        }
        for (field, count, max) in [
            ("hosts.at_a_time", self.hosts.at_a_time, CONCURRENCY_MAX),
            ("hosts.own.at_a_time", self.hosts.own.at_a_time, CONCURRENCY_MAX),
            ("hosts.other.at_a_time", self.hosts.other.at_a_time, CONCURRENCY_MAX),
            ("links_max", self.links_max, LINKS_MAX),
            ("pages_max", self.pages_max, LINKS_MAX),
        ] {
            if count == 0 || count > max {
                return Err(Invalid::new(field, count, format!("1 to {max}")));
            }
        }
        if self.requests.timeout.is_zero() {
            return Err(Invalid::new("requests.timeout", "0", "longer than nothing"));
        }
        Ok(())
    }
}

impl Default for RequestOptions {
    fn default() -> Self {
        Self {
            timeout: Duration::from_secs(20),
            redirects_max: 10,
            retries: 1,
            retry_wait: Duration::from_secs(1),
            headers: Vec::new(),
            basic_auth: None,
            user_agent: concat!("siskin/", env!("CARGO_PKG_VERSION"), " (link checker)").to_owned(),
            head_first: true,
            insecure: false,
        }
    }
}

impl Default for HostOptions {
    fn default() -> Self {
        Self {
            at_a_time: 128,
            own: HostLimit { at_a_time: 16, interval: Duration::ZERO },
            other: HostLimit { at_a_time: 4, interval: Duration::from_millis(50) },
            adaptive: true,
            wait_max: Duration::from_mins(1),
        }
    }
}

impl HostOptions {
    /// No limit but that of all requests: for a host of one's own that can take it.
    pub fn unlimited(at_a_time: usize) -> Self {
        let limit = HostLimit { at_a_time, interval: Duration::ZERO };
        Self { at_a_time, own: limit, other: limit, adaptive: false, ..Self::default() }
    }
}
