//! From answers of targets to what became of links.

use percent_encoding::percent_decode_str;

use super::answer::{Answer, LinkId, TargetId};
use super::intern::{Ids, NONE, Settled, Targets, hash_of};
use super::places::{List, Place};
use crate::check::link::kind::LinkKind;
use crate::check::link::verdict::Reason;

/// Before the ids of what people wrote, GitHub and others put this, and a script follows fragments without it.
const USER_CONTENT: &str = "user-content-";

impl Targets {
    /// Keeps a reason.
    pub(in crate::check::link) fn reason(&mut self, reason: Reason) -> u32 {
        self.reasons.push(reason);
        self.reasons.len() as u32 - 1
    }

    /// Takes the answer of a target and settles what waits for it; gives pages whose names are needed for that.
    pub(in crate::check::link) fn answer(
        &mut self,
        id: TargetId,
        answer: Answer,
        redirects_max: usize,
    ) -> Vec<TargetId> {
        let answer = match answer {
            Answer::Redirect { to, .. } if self.leads_back(to, id, redirects_max) => {
                Answer::Failed(self.reason(Reason::RedirectLoop))
            }
            other => other,
        };
        self.target_mut(id).answer = Some(answer);
        let mut open: Vec<u32> = self.waiters.remove(&id.0).unwrap_or_default();
        let mut link = self.target(id).first_link;
        while link != NONE {
            open.push(link);
            link = self.links.get(link as usize).map_or(NONE, |link| link.next);
        }
        let mut needed = Vec::new();
        for link in open {
            needed.extend(self.settle(LinkId(link), redirects_max));
        }
        needed
    }

    /// Settles a link if it can be; gives the page whose names are needed first.
    pub(in crate::check::link) fn settle(&mut self, id: LinkId, redirects_max: usize) -> Option<TargetId> {
        let link = self.links.get(id.0 as usize)?;
        if link.settled != Settled::Open {
            return None;
        }
        let (is_mixed, fragment) = (link.is_mixed, link.fragment);
        let (end, hops) = self.end_of(TargetId(link.target), redirects_max);
        let failed = match self.target(end).answer {
            None => {
                if end.0 != link.target {
                    self.waiters.entry(end.0).or_default().push(id.0);
                }
                return None;
            }
            Some(Answer::Redirect { .. }) => Some(Reason::TooManyRedirects(redirects_max)),
            Some(Answer::Failed(reason)) => {
                self.set(id, Settled::Failed(reason));
                return None;
            }
            Some(Answer::Ok(_)) if is_mixed => Some(Reason::MixedContent),
            Some(Answer::Ok(_)) if hops > redirects_max => Some(Reason::TooManyRedirects(redirects_max)),
            Some(Answer::Ok(_)) => match (fragment, &self.target(end).ids) {
                (Some(_), Ids::Unknown) => {
                    // Also when it is its own target: that is answered, and will be once more.
                    self.waiters.entry(end.0).or_default().push(id.0);
                    return Some(end);
                }
                (Some(fragment), Ids::Known(ids)) if !has_fragment(ids, self.str(fragment)) => Some(Reason::NoFragment),
                (None | Some(_), Ids::Unknown | Ids::None | Ids::Known(_)) => None,
            },
            Some(Answer::Skipped) => None,
        };
        let settled = match failed {
            Some(reason) => Settled::Failed(self.reason(reason)),
            None => Settled::Ok,
        };
        self.set(id, settled);
        None
    }

    /// Settles a link by what is known from elsewhere: an earlier run, or a browser.
    pub(in crate::check::link) fn settle_ok(&mut self, id: LinkId) {
        self.set(id, Settled::Ok);
    }

    /// Settles a link as not ok.
    pub(in crate::check::link) fn settle_failed(&mut self, id: LinkId, reason: Reason) {
        let reason = self.reason(reason);
        self.set(id, Settled::Failed(reason));
    }

    fn set(&mut self, id: LinkId, settled: Settled) {
        let Some(link) = self.links.get_mut(id.0 as usize) else { return };
        link.settled = settled;
        if settled == Settled::Ok {
            self.places.clear(&mut link.more);
        }
    }

    /// Where redirects from `id` end as far as they are known, and how many there are.
    pub(in crate::check::link) fn end_of(&self, id: TargetId, redirects_max: usize) -> (TargetId, usize) {
        let (mut at, mut hops) = (id, 0);
        while let Some(Answer::Redirect { to, .. }) = self.target(at).answer
            && hops <= redirects_max
        {
            (at, hops) = (to, hops + 1);
        }
        (at, hops)
    }

    fn leads_back(&self, from: TargetId, to: TargetId, redirects_max: usize) -> bool {
        let (mut at, mut hops) = (from, 0);
        loop {
            if at == to {
                return true;
            }
            match self.target(at).answer {
                Some(Answer::Redirect { to, .. }) if hops <= redirects_max => (at, hops) = (to, hops + 1),
                _ => return false,
            }
        }
    }

    /// Every link, in the order they were found.
    pub(in crate::check::link) fn links(&self) -> impl Iterator<Item = LinkId> + use<> {
        (0..self.links.len() as u32).map(LinkId)
    }

    pub(in crate::check::link) fn is_open(&self, id: LinkId) -> bool {
        self.links.get(id.0 as usize).is_some_and(|link| link.settled == Settled::Open)
    }

    /// Why a link is not ok.
    pub(in crate::check::link) fn failure(&self, id: LinkId) -> Option<&Reason> {
        match self.links.get(id.0 as usize)?.settled {
            Settled::Failed(reason) => self.reasons.get(reason as usize),
            Settled::Open | Settled::Ok => None,
        }
    }

    pub(in crate::check::link) fn target_of(&self, id: LinkId) -> TargetId {
        TargetId(self.links.get(id.0 as usize).expect("ids are given out by note()").target)
    }

    pub(in crate::check::link) fn kind(&self, id: LinkId) -> LinkKind {
        self.links.get(id.0 as usize).expect("ids are given out by note()").kind
    }

    pub(in crate::check::link) fn fragment(&self, id: LinkId) -> Option<&str> {
        self.links.get(id.0 as usize).and_then(|link| link.fragment).map(|text| self.str(text))
    }

    /// The words of a link at its first place.
    pub(in crate::check::link) fn label(&self, id: LinkId) -> &str {
        self.links.get(id.0 as usize).map_or("", |link| self.str(link.label))
    }

    /// Where a link stands, in the order it was found there; one that is ok only keeps the first place.
    pub(in crate::check::link) fn places(&self, id: LinkId) -> Vec<Place> {
        let (first, more) =
            self.links.get(id.0 as usize).map_or((None, List::EMPTY), |link| (Some(link.first), link.more));
        let mut places: Vec<_> = self.places.iter(more).collect();
        places.extend(first);
        places.reverse();
        places
    }
}

/// Whether a page with these names has what `fragment` names (<https://html.spec.whatwg.org/#the-indicated-part-of-the-document>).
fn has_fragment(ids: &[u64], fragment: &str) -> bool {
    // What is behind `:~:` is an instruction to the browser, <https://wicg.github.io/scroll-to-text-fragment/>.
    let name = fragment.split(":~:").next().unwrap_or_default();
    // Scripts take `#/place` and `#!place` for a place in their program.
    if name.is_empty() || name.starts_with(['/', '!']) {
        return true;
    }
    let has = |name: &str| ids.binary_search(&hash_of(name)).is_ok();
    let decoded = percent_decode_str(name).decode_utf8_lossy();
    has(name) || has(&decoded) || decoded.eq_ignore_ascii_case("top") || has(&format!("{USER_CONTENT}{decoded}"))
}
