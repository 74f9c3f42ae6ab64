//! What a run found out.

use std::borrow::Cow;
use std::collections::BTreeMap;
use std::fmt;
use std::time::Duration;

use jiff::Timestamp;
use url::Url;

use super::books::Books;
use super::crawl::Stopped;
use super::kind::LinkKind;
use super::notice::Notice;
use super::targets::{Answer, LinkId, TargetId, Targets};
use super::verdict::{Judging, Reason, Verdict};
use crate::browser::redact::without_credentials;

/// Everything about a run: all its links, and what limits what is known of them.
#[derive(Debug)]
pub struct LinkReport {
    /// When it began.
    pub started: Timestamp,
    /// How long it took.
    pub duration: Duration,
    /// Why it ended early, if it did.
    pub stopped: Option<Stopped>,
    /// What it was told to begin with.
    pub start: Vec<String>,
    /// What could not be looked at, or not as a whole.
    pub notices: Vec<Notice>,
    /// How much of what there was.
    pub counts: Counts,
    /// Picture files of broken links, by the link's address.
    pub pictures: BTreeMap<String, String>,
    pub(super) targets: Targets,
    pub(super) judging: Judging,
    /// Whether private networks may be entered.
    pub(super) allows_private: bool,
    redirects_max: usize,
}

/// How much of what there was.
#[derive(Clone, Copy, Debug, Default, Eq, PartialEq, serde::Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Counts {
    /// Pages whose links were read.
    pub pages: u64,
    /// Links, each once, fragments counted apart.
    pub links: u64,
    pub ok: u64,
    pub broken: u64,
    pub unverifiable: u64,
    /// Excluded, or not reached.
    pub skipped: u64,
    /// Links that were ok by an earlier run.
    pub from_cache: u64,
    /// Links of other schemes, as `mailto`, at all their places.
    pub other_schemes: u64,
    /// How often links stand in pages.
    pub places: u64,
    /// Requests made, without those for `robots.txt`.
    pub requests: u64,
    /// Bytes of pages, unpacked.
    pub bytes: u64,
}

/// One link of a report.
#[derive(Clone, Copy, Debug)]
pub struct Link<'a> {
    report: &'a LinkReport,
    id: LinkId,
}

/// A line that holds a link.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct Place<'a> {
    /// The page's address.
    pub page: Cow<'a, str>,
    /// Counted from 1; 0 for what is no line: a link that was given.
    pub line: u32,
}

impl fmt::Display for Place<'_> {
    /// `https://example.com/page:12`.
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        if self.line == 0 { out.write_str("given") } else { write!(out, "{}:{}", self.page, self.line) }
    }
}

impl LinkReport {
    pub(super) fn new(books: Books, started: Timestamp, duration: Duration, stopped: Option<Stopped>) -> Self {
        let Books { scope, targets, mut notices, counts, .. } = books;
        let options = scope.options();
        if targets.places_dropped() > 0 {
            notices.general(format!("{} places of links were not kept for want of room", targets.places_dropped()));
        }
        if let Some(stopped) = stopped {
            notices.general(format!("the run is not complete: {}", stopped.text()));
        }
        let notices = notices.into_list(|page| shown(targets.url(TargetId(page))).into_owned());
        let mut report = Self {
            started,
            duration,
            stopped,
            start: options.start.iter().map(|url| shown(url.as_str()).into_owned()).collect(),
            notices,
            counts: Counts {
                pages: counts.pages,
                from_cache: counts.from_cache,
                other_schemes: counts.other_schemes,
                places: targets.place_count,
                requests: counts.requests,
                bytes: counts.bytes,
                ..Counts::default()
            },
            pictures: BTreeMap::new(),
            targets,
            judging: options.judging.clone(),
            allows_private: false,
            redirects_max: options.requests.redirects_max,
        };
        report.count();
        report
    }

    pub(super) fn count(&mut self) {
        let mut by_verdict = [0; 4];
        for link in self.links() {
            if let Some(count) = by_verdict.get_mut(link.verdict() as usize) {
                *count += 1;
            }
        }
        let [ok, broken, unverifiable, skipped] = by_verdict;
        let links = self.targets.link_count() as u64;
        self.counts = Counts { links, ok, broken, unverifiable, skipped, ..self.counts };
    }

    /// Every link, in the order they were found.
    pub fn links(&self) -> impl Iterator<Item = Link<'_>> {
        self.targets.links().map(|id| Link { report: self, id })
    }

    /// Links with this verdict, by address.
    pub fn with(&self, verdict: Verdict) -> Vec<Link<'_>> {
        let mut links: Vec<_> = self.links().filter(|link| link.verdict() == verdict).collect();
        links.sort_by_key(|link| (link.url(), link.fragment()));
        links
    }

    /// Whether nothing is broken and everything was looked at.
    pub fn is_fine(&self) -> bool {
        self.counts.broken == 0 && self.stopped.is_none()
    }
}

impl<'a> Link<'a> {
    /// Its address without fragment.
    pub fn url(self) -> &'a str {
        self.report.targets.url(self.target())
    }

    /// Its fragment, without `#`, as it stands in the link.
    pub fn fragment(self) -> Option<&'a str> {
        self.report.targets.fragment(self.id)
    }

    /// Its address with the fragment, without user name and password.
    pub fn address(self) -> String {
        let url = shown(self.url());
        match self.fragment() {
            Some(fragment) => format!("{url}#{fragment}"),
            None => url.into_owned(),
        }
    }

    /// Its words where it was found first, at most 60 bytes of them; empty when it has none.
    pub fn label(self) -> &'a str {
        self.report.targets.label(self.id)
    }

    /// What held it first.
    pub fn kind(self) -> LinkKind {
        self.report.targets.kind(self.id)
    }

    pub fn verdict(self) -> Verdict {
        let targets = &self.report.targets;
        match targets.failure(self.id) {
            Some(reason) => reason.verdict(&self.report.judging),
            None if targets.is_open(self.id) || targets.target(self.target()).answer == Some(Answer::Skipped) => {
                Verdict::Skipped
            }
            None => Verdict::Ok,
        }
    }

    /// Why it is not ok.
    pub fn reason(self) -> Option<&'a Reason> {
        const NOT_REACHED: &Reason = &Reason::NotReached;
        let targets = &self.report.targets;
        targets.failure(self.id).or_else(|| targets.is_open(self.id).then_some(NOT_REACHED))
    }

    /// Why it is not ok, as one clause; empty when it is.
    pub fn why(self) -> String {
        self.reason().map(Reason::text).unwrap_or_default()
    }

    /// The status of the last answer.
    pub fn status(self) -> Option<u16> {
        let (end, _) = self.report.targets.end_of(self.target(), self.report.redirects_max);
        match (self.reason().and_then(Reason::status), self.report.targets.target(end).answer) {
            (Some(status), _) | (None, Some(Answer::Ok(status))) => Some(status),
            _ => None,
        }
    }

    /// Where redirects led, in order.
    pub fn redirects(self) -> Vec<Cow<'a, str>> {
        let targets = &self.report.targets;
        let (mut at, mut list) = (self.target(), Vec::new());
        while let Some(Answer::Redirect { to, .. }) = targets.target(at).answer
            && list.len() <= self.report.redirects_max
        {
            list.push(shown(targets.url(to)));
            at = to;
        }
        list
    }

    /// Pages and lines that hold it: all of them, in the order they were found, when it is not ok; the first when it is.
    pub fn places(self) -> Vec<Place<'a>> {
        let targets = &self.report.targets;
        let places = targets.places(self.id).into_iter();
        places.map(|place| Place { page: shown(targets.url(TargetId(place.page))), line: place.line }).collect()
    }

    fn target(self) -> TargetId {
        self.report.targets.target_of(self.id)
    }
}

/// An address as it may be told: without user name and password.
fn shown(url: &str) -> Cow<'_, str> {
    let authority = url.split('/').nth(2).unwrap_or_default();
    if !authority.contains('@') {
        return Cow::Borrowed(url);
    }
    let Ok(mut parsed) = Url::parse(url) else { return Cow::Borrowed(url) };
    without_credentials(&mut parsed);
    Cow::Owned(parsed.into())
}
