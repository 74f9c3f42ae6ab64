//! The books of a run: what is found becomes what is asked next, what is answered settles links.
//!
//! Nothing here waits or asks anyone; `crawl` does.

use std::collections::{BTreeMap, HashMap};

use jiff::Timestamp;
use tokio::time::Instant;
use url::{Position, Url};

use super::cache::{Cache, Entry};
use super::fetch::{Batch, Content, Fetched, Job, Look};
use super::frontier::{Frontier, HostId, RobotsState, Took};
use super::kind::{LinkKind, Purpose};
use super::notice::Notices;
use super::scope::{Place as ScopePlace, Scope};
use super::targets::{Answer, Ids, LinkId, Needs, Occurrence, Place, TargetId, Targets};
use super::verdict::{Reason, Verdict};

/// Looks at a target that a host put off, besides those that failures get.
const PUT_OFF_LOOKS: u32 = 3;

/// Everything that is known in the course of a run.
#[derive(Debug)]
pub(super) struct Books {
    pub(super) scope: Scope,
    pub(super) targets: Targets,
    pub(super) frontier: Frontier,
    pub(super) notices: Notices,
    pub(super) cache: Cache,
    pub(super) counts: Counted,
    /// Origins of hosts by their place in the frontier, for `robots.txt` and pauses.
    pub(super) origins: BTreeMap<HostId, Origin>,
    /// Hosts whose rules have to be asked for.
    pub(super) unasked: Vec<HostId>,
    /// Hosts whose name nobody knows: no link to them can be any better.
    unknown: HashMap<HostId, Reason>,
    /// What walls said to us before they were looked at as a person.
    walls: HashMap<TargetId, Reason>,
}

#[derive(Clone, Debug)]
pub(super) struct Origin {
    pub(super) text: String,
    pub(super) is_own: bool,
}

#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Counted {
    pub(super) pages: u64,
    pub(super) requests: u64,
    pub(super) bytes: u64,
    pub(super) other_schemes: u64,
    pub(super) excluded: u64,
    pub(super) from_cache: u64,
}

impl Books {
    pub(super) fn new(scope: Scope, cache: Cache) -> Self {
        let frontier = Frontier::new(scope.options().hosts.clone());
        Self {
            scope,
            targets: Targets::default(),
            frontier,
            notices: Notices::default(),
            cache,
            counts: Counted::default(),
            origins: BTreeMap::new(),
            unasked: Vec::new(),
            unknown: HashMap::new(),
            walls: HashMap::new(),
        }
    }

    /// Takes a page to begin with.
    pub(super) fn start(&mut self, url: &Url, times: Times) {
        let fragment = url.fragment().filter(|_| self.scope.options().fragments).map(str::to_owned);
        let mut bare = url.clone();
        bare.set_fragment(None);
        // A start page is its own place.
        let (target, _) = self.targets.target_for(bare.as_str());
        let place = Place { page: target.0, line: 0 };
        let found = Occurrence {
            url: bare.as_str(),
            fragment: fragment.as_deref(),
            kind: LinkKind::Start,
            is_mixed: false,
            label: "",
            place,
        };
        self.found(found, 0, times);
    }

    /// Takes links that stand on `page`.
    pub(super) fn batch(&mut self, page: TargetId, batch: &Batch, times: Times) {
        self.counts.other_schemes += batch.other_schemes;
        let depth = self.targets.target(page).depth.saturating_add(1);
        let has_fragments = self.scope.options().fragments;
        let is_secure = self.scope.options().mixed_content && self.targets.url(page).starts_with("https:");
        for one in batch.iter() {
            let place = Place { page: page.0, line: one.line };
            let is_mixed = is_secure && one.kind.is_loaded_with_page() && one.url.starts_with("http:");
            let found = Occurrence {
                url: one.url,
                fragment: one.fragment.filter(|_| has_fragments),
                kind: one.kind,
                is_mixed,
                label: one.label,
                place,
            };
            let is_full = self.targets.link_count() >= self.scope.options().links_max || !self.targets.has_room();
            if is_full && !self.targets.knows(&found) {
                self.notices.link_over_limit(page.0);
                continue;
            }
            if one.is_malformed {
                let noted = self.targets.note(found);
                if noted.is_new_link {
                    self.targets.settle_failed(noted.link, Reason::Malformed);
                }
                continue;
            }
            self.found(found, depth, times);
        }
    }

    fn found(&mut self, found: Occurrence<'_>, depth: u32, times: Times) {
        let noted = self.targets.note(found);
        let (id, depth_before) = (noted.target, self.targets.target(noted.target).depth);
        if !noted.is_new_link && depth >= depth_before {
            return;
        }
        self.targets.target_mut(id).depth = depth.min(depth_before);
        let place = self.scope.place(found.url, found.kind);
        if place == ScopePlace::Excluded {
            if self.targets.target(id).answer.is_some() || self.targets.target(id).is_queued {
                self.targets.settle(noted.link, self.redirects_max());
            } else {
                self.counts.excluded += 1;
                self.answer(id, Answer::Skipped, times);
            }
            return;
        }
        if noted.is_new_link && place == ScopePlace::Outside && self.known_from_before(noted.link, id, found) {
            return;
        }
        let mut needs = self.needs(found.url, found.kind.purpose(), place, depth);
        needs.ids |= self.scope.options().fragments && found.fragment.is_some();
        self.want(id, needs, times);
        if noted.is_new_link
            && let Some(page) = self.targets.settle(noted.link, self.redirects_max())
        {
            self.want(page, Needs { ids: true, ..Needs::default() }, times);
        }
    }

    /// As the scope says, as long as pages are not too many.
    fn needs(&mut self, url: &str, purpose: Purpose, place: ScopePlace, depth: u32) -> Needs {
        let mut needs = self.scope.needs(url, purpose, place, depth);
        if needs.links && self.counts.pages >= self.scope.options().pages_max as u64 {
            self.notices.page_over_limit();
            needs.links = false;
        }
        needs
    }

    /// Settles a link by what an earlier run found.
    fn known_from_before(&mut self, link: LinkId, target: TargetId, found: Occurrence<'_>) -> bool {
        let whole = match found.fragment {
            Some(fragment) if self.scope.options().fragments => format!("{}#{fragment}", found.url),
            Some(_) | None => found.url.to_owned(),
        };
        let Some(entry) = self.cache.get(&whole) else { return false };
        self.counts.from_cache += 1;
        if !entry.is_ok {
            self.targets.settle_failed(link, Reason::Status(entry.status));
        } else if found.is_mixed {
            self.targets.settle_failed(link, Reason::MixedContent);
        } else {
            self.targets.settle_ok(link);
        }
        let target = self.targets.target_mut(target);
        if entry.is_ok && target.answer.is_none() && !target.is_queued {
            target.answer = Some(Answer::Ok(entry.status));
        }
        true
    }

    /// Has a target asked for what is not known of it yet.
    fn want(&mut self, id: TargetId, needs: Needs, times: Times) {
        let target = self.targets.target_mut(id);
        target.needs = target.needs.and(needs);
        let is_known = target.answer.is_some() && target.learned.covers(target.needs);
        // What failed or leads elsewhere would do so again.
        let is_settled = matches!(target.answer, Some(Answer::Failed(_) | Answer::Redirect { .. } | Answer::Skipped));
        if target.is_queued || is_known || is_settled {
            if let Some(Answer::Redirect { to, .. }) = target.answer {
                self.want_behind_redirect(to, needs, times);
            }
            return;
        }
        target.is_queued = true;
        let host = match target.host {
            Some(host) => host,
            None => self.host_of(id, times),
        };
        self.frontier.push(host, id.0, times.instant);
    }

    fn want_behind_redirect(&mut self, to: TargetId, needs: Needs, times: Times) {
        let (end, _) = self.targets.end_of(to, self.redirects_max());
        if !matches!(self.targets.target(end).answer, Some(Answer::Redirect { .. })) {
            self.want(end, Needs { ids: needs.ids, ..Needs::default() }, times);
        }
    }

    fn host_of(&mut self, id: TargetId, times: Times) -> HostId {
        let url = self.targets.url(id);
        let end = url.match_indices('/').nth(2).map_or(url.len(), |(at, _)| at);
        let origin = url.get(..end).unwrap_or_default();
        let origin = match origin.rsplit_once('@') {
            // User and password make no other host.
            Some((_, host)) => format!("{}//{host}", origin.split("//").next().unwrap_or_default()),
            None => origin.to_owned(),
        };
        let is_own = self.scope.is_own(&origin);
        let host = self.frontier.host(&origin, is_own, self.scope.options().robots, times.instant);
        if let std::collections::btree_map::Entry::Vacant(place) = self.origins.entry(host) {
            place.insert(Origin { text: origin, is_own });
            if matches!(self.frontier.robots(host), RobotsState::Unknown) {
                self.unasked.push(host);
            }
        }
        self.targets.target_mut(id).host = Some(host);
        host
    }

    /// The next request, if there is one to make now.
    pub(super) fn next(&mut self, times: Times) -> Option<(TargetId, HostId, Job)> {
        loop {
            let (host, target) = self.frontier.next(times.instant)?;
            let id = TargetId(target);
            let url = Url::parse(self.targets.url(id)).expect("an address was one when it was found");
            if let Some(reason) = self.not_asked(host, &url, times) {
                self.frontier.dropped(host, times.instant);
                self.targets.target_mut(id).is_queued = false;
                self.fail(id, reason, times);
                continue;
            }
            let is_own = self.origins.get(&host).is_some_and(|origin| origin.is_own);
            let target = self.targets.target_mut(id);
            let look = if target.looked_as_person { Look::Person } else { Look::Plain };
            // A page that is read for its links is read for its names as well.
            target.learned = target.needs;
            return Some((id, host, Job { url, needs: target.needs, look, is_own }));
        }
    }

    /// Why a target is not to be asked for.
    fn not_asked(&self, host: HostId, url: &Url, times: Times) -> Option<Reason> {
        let pause = || self.origins.get(&host).and_then(|origin| self.cache.pause(&origin.text, times.wall));
        if let Some(wait) = self.frontier.closed(host).or_else(pause) {
            return Some(Reason::AskedToWait(wait));
        }
        if let Some(reason) = self.unknown.get(&host) {
            return Some(reason.clone());
        }
        match self.frontier.robots(host) {
            RobotsState::Known(robots) => {
                let path = &url[Position::BeforePath..Position::AfterQuery];
                (!robots.allows(path)).then_some(Reason::Robots)
            }
            RobotsState::Unknown | RobotsState::Asked => None,
        }
    }

    /// Takes what came of a request.
    pub(super) fn fetched(&mut self, id: TargetId, host: HostId, fetched: &Fetched, began: Instant, times: Times) {
        self.counts.requests += u64::from(fetched.requests);
        self.counts.bytes += fetched.bytes;
        let took = match (&fetched.result, fetched.retry_after) {
            (Ok(429), wait) => Took::TooMuch(wait),
            (Ok(503), Some(wait)) => Took::TooMuch(Some(wait)),
            _ => Took::Well,
        };
        self.frontier.done(host, took, began, times.instant);
        if let Some(notice) = &fetched.notice {
            self.notices.page(id.0, notice.clone());
        }
        if fetched.batch.len() > 0 || fetched.batch.other_schemes > 0 {
            self.batch(id, &fetched.batch, times);
        }
        // Only now: a page may hold links to itself.
        self.targets.target_mut(id).is_queued = false;
        if let Some((url, status)) = &fetched.redirect {
            self.redirected(id, url, *status, times);
            return;
        }
        let failed = match fetched.result.clone() {
            Err(reason) => Some(reason),
            Ok(status) if self.scope.options().judging.judge(status) == Verdict::Ok => None,
            Ok(status) => Some(Reason::Status(status)),
        };
        match failed {
            None => self.came(id, fetched, times),
            Some(reason) if self.look_again(id, host, &reason, took, times) => {}
            Some(reason) => {
                if matches!(reason, Reason::UnknownHost(_)) {
                    self.unknown.insert(host, reason.clone());
                }
                self.fail(id, reason, times);
            }
        }
        if let (Some(wait), Some(origin)) = (self.frontier.closed(host), self.origins.get(&host)) {
            self.cache.keep_pause(&origin.text, times.wall.saturating_add(wait).unwrap_or(times.wall));
        }
    }

    fn came(&mut self, id: TargetId, fetched: &Fetched, times: Times) {
        let status = fetched.result.as_ref().copied().unwrap_or_default();
        let target = self.targets.target_mut(id);
        if target.learned.links && fetched.content == Content::Html {
            self.counts.pages += 1;
        }
        target.has_script |= fetched.has_script;
        match (&fetched.ids, fetched.content) {
            (Some(ids), Content::Html) => target.ids = Ids::Known(ids.clone()),
            (Some(_), _) => target.ids = Ids::None,
            // It was asked for, and nothing of it could have names.
            (None, _) if target.learned.ids => target.ids = Ids::None,
            (None, _) => {}
        }
        self.answer(id, Answer::Ok(status), times);
        // More may have become needed while it was under way.
        self.want(id, Needs::default(), times);
    }

    fn redirected(&mut self, id: TargetId, url: &Url, status: u16, times: Times) {
        let from = self.targets.target(id);
        let (depth, needs, hops) = (from.depth, from.needs, usize::from(from.hops) + 1);
        if url.as_str() == self.targets.url(id) {
            let host = from.host;
            let reason = Reason::RedirectLoop;
            // Often a host that wants its cookie back.
            if !host.is_some_and(|host| self.look_again(id, host, &reason, Took::Well, times)) {
                self.fail(id, reason, times);
            }
            return;
        }
        if hops > self.redirects_max() {
            self.fail(id, Reason::TooManyRedirects(self.redirects_max()), times);
            return;
        }
        let (to, is_new) = self.targets.target_for(url.as_str());
        if is_new {
            self.targets.target_mut(to).hops = hops.min(255) as u8;
        }
        let purpose = if needs.style {
            Purpose::StyleSheet
        } else if needs.links {
            Purpose::Page
        } else {
            Purpose::File
        };
        let target = self.targets.target_mut(to);
        target.depth = target.depth.min(depth);
        let place = self.scope.place(url.as_str(), LinkKind::Redirect);
        if place == ScopePlace::Excluded && self.targets.target(to).answer.is_none() {
            // The link itself was not excluded, and it does lead somewhere.
            self.answer(to, Answer::Skipped, times);
        } else {
            let mut further = self.needs(url.as_str(), purpose, place, depth);
            further.ids |= needs.ids;
            self.want(to, further, times);
        }
        self.answer(id, Answer::Redirect { to, status }, times);
    }

    /// Arranges a second look, if the failure deserves one.
    fn look_again(&mut self, id: TargetId, host: HostId, reason: &Reason, took: Took, times: Times) -> bool {
        let options = self.scope.options();
        let (retries, wait) = (options.requests.retries, options.requests.retry_wait);
        let adapts = options.hosts.adaptive;
        let target = self.targets.target_mut(id);
        if retries == 0 || target.looked_as_person {
            return false;
        }
        let looks = u32::from(target.looks);
        let looks_max = if took == Took::Well || !adapts { retries } else { retries.max(PUT_OFF_LOOKS) };
        let is_again = reason.may_pass() && looks < looks_max && self.frontier.closed(host).is_none();
        if is_again {
            target.looks = target.looks.saturating_add(1);
        } else if reason.may_be_wall() {
            target.looked_as_person = true;
            self.walls.insert(id, reason.clone());
        } else {
            return false;
        }
        target.is_queued = true;
        let pause = if is_again { wait.saturating_mul(1 << looks.min(6)) } else { std::time::Duration::ZERO };
        self.frontier.push_later(host, id.0, times.instant + pause);
        true
    }

    /// Notes that a target failed for good.
    fn fail(&mut self, id: TargetId, reason: Reason, times: Times) {
        let judging = &self.scope.options().judging;
        let reason = match self.walls.remove(&id) {
            // Only a plain "not there" says more than the wall did.
            Some(wall) if reason.status().is_none_or(|status| judging.judge(status) != Verdict::Broken) => wall,
            Some(_) | None => reason,
        };
        let reason = self.targets.reason(reason);
        self.answer(id, Answer::Failed(reason), times);
    }

    fn answer(&mut self, id: TargetId, answer: Answer, times: Times) {
        for page in self.targets.answer(id, answer, self.redirects_max()) {
            self.want(page, Needs { ids: true, ..Needs::default() }, times);
        }
    }

    fn redirects_max(&self) -> usize {
        self.scope.options().requests.redirects_max
    }

    /// Takes the rules of a host, and its sitemaps when they are wanted.
    pub(super) fn robots_came(&mut self, host: HostId, robots: super::robots::Robots, times: Times) {
        let sitemaps = robots.sitemaps.clone();
        self.frontier.robots_known(host, robots, times.instant);
        self.sitemaps(host, &sitemaps, times);
    }

    /// Takes the sitemaps that a host names, or the usual one.
    pub(super) fn sitemaps(&mut self, host: HostId, named: &[String], times: Times) {
        let Some(origin) = self.origins.get(&host).filter(|origin| origin.is_own).cloned() else { return };
        if !self.scope.options().sitemaps {
            return;
        }
        let Ok(base) = Url::parse(&origin.text) else { return };
        let usual = ["/sitemap.xml".to_owned()];
        let named = if named.is_empty() { &usual[..] } else { named };
        for address in named {
            match base.join(address) {
                Ok(url) if matches!(url.scheme(), "http" | "https") => self.start(&url, times),
                Ok(_) | Err(_) => self
                    .notices
                    .host(&origin.text, format!("robots.txt names a sitemap \"{address}\", which is no URL")),
            }
        }
    }

    /// What links that leave the scope came to, for the next run.
    pub(super) fn remember(&mut self, now: Timestamp) {
        for link in self.targets.links() {
            let target = self.targets.target_of(link);
            let url = self.targets.url(target);
            if self.scope.place(url, self.targets.kind(link)) != ScopePlace::Outside {
                continue;
            }
            let whole = match self.targets.fragment(link) {
                Some(fragment) if self.scope.options().fragments => format!("{url}#{fragment}"),
                Some(_) | None => url.to_owned(),
            };
            let (end, _) = self.targets.end_of(target, self.redirects_max());
            let status = match (self.targets.failure(link), self.targets.target(end).answer) {
                (None | Some(Reason::MixedContent), Some(Answer::Ok(status))) => Some((status, true)),
                (Some(Reason::Status(status)), _)
                    if self.scope.options().judging.judge(*status) == Verdict::Unverifiable =>
                {
                    Some((*status, false))
                }
                _ => None,
            };
            match status {
                None => self.cache.forget(&whole),
                // What was taken from before keeps its date.
                Some((status, is_ok)) if self.cache.get(&whole).is_none_or(|entry| entry.is_ok != is_ok) => {
                    self.cache.keep(whole, Entry { status, is_ok, checked: now });
                }
                Some(_) => {}
            }
        }
    }
}

/// The time, by both clocks.
#[derive(Clone, Copy, Debug)]
pub(super) struct Times {
    pub(super) instant: Instant,
    pub(super) wall: Timestamp,
}
