//! Addresses and links, each kept once.

use std::collections::HashMap;
use std::hash::{BuildHasherDefault, DefaultHasher, Hash, Hasher};

use super::answer::{Answer, LinkId, TargetId};
use super::places::{List, Place, Places};
use crate::check::link::frontier::HostId;
use crate::check::link::kind::LinkKind;
use crate::check::link::verdict::Reason;

pub(super) const NONE: u32 = u32::MAX;
/// Bytes of all addresses and fragments together; no new ones are taken beyond.
const TEXT_BYTES_MAX: usize = 512 << 20;

/// Bytes of the text of all addresses.
#[derive(Clone, Copy, Debug)]
pub(super) struct Text {
    start: u32,
    length: u32,
}

/// A key that is a hash already.
#[derive(Debug, Default)]
pub(super) struct Identity(u64);

impl Hasher for Identity {
    fn finish(&self) -> u64 {
        self.0
    }

    fn write(&mut self, bytes: &[u8]) {
        for byte in bytes {
            self.0 = (self.0 << 8) | u64::from(*byte);
        }
    }

    fn write_u64(&mut self, hash: u64) {
        self.0 = hash;
    }
}

type Index = HashMap<u64, u32, BuildHasherDefault<Identity>>;

/// What has to be learned of a target; one with none of these is only asked whether it is there.
#[derive(Clone, Copy, Debug, Default, Eq, PartialEq)]
pub(in crate::check::link) struct Needs {
    /// Its names, for fragments.
    pub(in crate::check::link) ids: bool,
    /// Its links, as a page or a sitemap.
    pub(in crate::check::link) links: bool,
    /// Its links, as a style sheet.
    pub(in crate::check::link) style: bool,
}

impl Needs {
    pub(in crate::check::link) const fn covers(self, other: Self) -> bool {
        (self.ids || !other.ids) && (self.links || !other.links) && (self.style || !other.style)
    }

    pub(in crate::check::link) const fn and(self, other: Self) -> Self {
        Self { ids: self.ids || other.ids, links: self.links || other.links, style: self.style || other.style }
    }

    pub(in crate::check::link) const fn any(self) -> bool {
        self.ids || self.links || self.style
    }
}

/// Names that a page has.
#[derive(Debug, Default)]
pub(in crate::check::link) enum Ids {
    #[default]
    Unknown,
    /// What came is no page with names: a fragment means something else there, such as a page number.
    None,
    /// Their hashes, sorted.
    Known(Box<[u64]>),
}

#[derive(Debug)]
pub(in crate::check::link) struct Target {
    pub(super) url: Text,
    pub(in crate::check::link) host: Option<HostId>,
    pub(in crate::check::link) answer: Option<Answer>,
    pub(in crate::check::link) ids: Ids,
    pub(super) first_link: u32,
    /// Its link without fragment, which most links are.
    plain_link: u32,
    /// Links away from a start page.
    pub(in crate::check::link) depth: u32,
    pub(in crate::check::link) needs: Needs,
    /// What the last fetch looked for.
    pub(in crate::check::link) learned: Needs,
    pub(in crate::check::link) is_queued: bool,
    pub(in crate::check::link) has_script: bool,
    /// Redirects between a link and it.
    pub(in crate::check::link) hops: u8,
    pub(in crate::check::link) looks: u8,
    pub(in crate::check::link) looked_as_person: bool,
}

#[derive(Debug)]
pub(super) struct Link {
    pub(super) target: u32,
    /// The next link of the same target.
    pub(super) next: u32,
    pub(super) fragment: Option<Text>,
    pub(super) label: Text,
    pub(super) first: Place,
    pub(super) more: List,
    pub(super) settled: Settled,
    pub(super) kind: LinkKind,
    pub(super) is_mixed: bool,
}

/// What became of a link so far.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(super) enum Settled {
    Open,
    Ok,
    /// Why not, as a place in [`Targets::reasons`].
    Failed(u32),
}

/// All targets and links of a run.
#[derive(Debug, Default)]
pub(in crate::check::link) struct Targets {
    text: String,
    by_url: Index,
    by_link: Index,
    pub(super) all: Vec<Target>,
    pub(super) links: Vec<Link>,
    pub(super) places: Places,
    pub(super) reasons: Vec<Reason>,
    /// Links that wait for a target other than their own: the end of their redirects.
    pub(super) waiters: HashMap<u32, Vec<u32>>,
    /// How often links stand anywhere.
    pub(in crate::check::link) place_count: u64,
}

/// What noting a link brought.
#[derive(Clone, Copy, Debug)]
pub(in crate::check::link) struct Noted {
    pub(in crate::check::link) link: LinkId,
    pub(in crate::check::link) target: TargetId,
    pub(in crate::check::link) is_new_link: bool,
}

/// A link as it is found.
#[derive(Clone, Copy, Debug)]
pub(in crate::check::link) struct Occurrence<'a> {
    pub(in crate::check::link) url: &'a str,
    pub(in crate::check::link) fragment: Option<&'a str>,
    pub(in crate::check::link) kind: LinkKind,
    pub(in crate::check::link) is_mixed: bool,
    /// Its words; only those of the first place are kept.
    pub(in crate::check::link) label: &'a str,
    pub(in crate::check::link) place: Place,
}

impl Occurrence<'_> {
    const fn is_plain(&self) -> bool {
        self.fragment.is_none() && !self.is_mixed
    }
}

impl Targets {
    pub(in crate::check::link) fn link_count(&self) -> usize {
        self.links.len()
    }

    /// Places that were not kept for want of room.
    pub(in crate::check::link) fn places_dropped(&self) -> u64 {
        self.places.dropped
    }

    pub(super) fn str(&self, text: Text) -> &str {
        let start = text.start as usize;
        self.text.get(start..start + text.length as usize).unwrap_or_default()
    }

    /// The address of a target.
    pub(in crate::check::link) fn url(&self, id: TargetId) -> &str {
        self.str(self.target(id).url)
    }

    pub(in crate::check::link) fn target(&self, id: TargetId) -> &Target {
        self.all.get(id.0 as usize).expect("ids are given out by target_for()")
    }

    pub(in crate::check::link) fn target_mut(&mut self, id: TargetId) -> &mut Target {
        self.all.get_mut(id.0 as usize).expect("ids are given out by target_for()")
    }

    /// Whether there is room for more addresses.
    pub(in crate::check::link) fn has_room(&self) -> bool {
        self.text.len() < TEXT_BYTES_MAX
    }

    /// Whether a link was noted before.
    pub(in crate::check::link) fn knows(&self, found: &Occurrence<'_>) -> bool {
        let target = self.find(found.url);
        target.is_some_and(|target| self.find_link(target, found).is_ok())
    }

    fn find(&self, url: &str) -> Option<TargetId> {
        let mut hash = hash_of(url);
        loop {
            let known = *self.by_url.get(&hash)?;
            if self.url(TargetId(known)) == url {
                return Some(TargetId(known));
            }
            hash = hash.wrapping_add(1);
        }
    }

    /// The link, or the free key for it in the index.
    fn find_link(&self, target: TargetId, found: &Occurrence<'_>) -> Result<u32, u64> {
        if found.is_plain() {
            let known = self.target(target).plain_link;
            return if known == NONE { Err(0) } else { Ok(known) };
        }
        let mut hash = hash_of((target.0, found.fragment, found.is_mixed));
        while let Some(known) = self.by_link.get(&hash).copied() {
            if self.is_link(known, target, found) {
                return Ok(known);
            }
            hash = hash.wrapping_add(1);
        }
        Err(hash)
    }

    /// The target of `url`, and whether it is new.
    pub(in crate::check::link) fn target_for(&mut self, url: &str) -> (TargetId, bool) {
        let mut hash = hash_of(url);
        while let Some(known) = self.by_url.get(&hash).copied() {
            if self.url(TargetId(known)) == url {
                return (TargetId(known), false);
            }
            hash = hash.wrapping_add(1);
        }
        let id = self.all.len() as u32;
        let url = self.keep(url);
        self.all.push(Target {
            url,
            host: None,
            answer: None,
            ids: Ids::Unknown,
            first_link: NONE,
            plain_link: NONE,
            depth: u32::MAX,
            needs: Needs::default(),
            learned: Needs::default(),
            is_queued: false,
            has_script: false,
            hops: 0,
            looks: 0,
            looked_as_person: false,
        });
        self.by_url.insert(hash, id);
        (TargetId(id), true)
    }

    /// Notes a link at its place. A link that is settled already takes the place only if it is not ok.
    pub(in crate::check::link) fn note(&mut self, found: Occurrence<'_>) -> Noted {
        let (target, _) = self.target_for(found.url);
        self.place_count += 1;
        let hash = match self.find_link(target, &found) {
            Ok(known) => {
                self.add_place(known, found.place);
                return Noted { link: LinkId(known), target, is_new_link: false };
            }
            Err(free) => free,
        };
        let id = self.links.len() as u32;
        let fragment = found.fragment.map(|fragment| self.keep(fragment));
        let label = self.keep(found.label);
        let next = std::mem::replace(&mut self.target_mut(target).first_link, id);
        self.links.push(Link {
            target: target.0,
            next,
            fragment,
            label,
            first: found.place,
            more: List::EMPTY,
            settled: Settled::Open,
            kind: found.kind,
            is_mixed: found.is_mixed,
        });
        if found.is_plain() {
            self.target_mut(target).plain_link = id;
        } else {
            self.by_link.insert(hash, id);
        }
        Noted { link: LinkId(id), target, is_new_link: true }
    }

    fn is_link(&self, link: u32, target: TargetId, found: &Occurrence<'_>) -> bool {
        self.links.get(link as usize).is_some_and(|link| {
            let fragment = link.fragment.map(|text| self.str(text));
            link.target == target.0 && link.is_mixed == found.is_mixed && fragment == found.fragment
        })
    }

    fn add_place(&mut self, link: u32, place: Place) {
        let Some(link) = self.links.get_mut(link as usize) else { return };
        if link.settled != Settled::Ok {
            self.places.push(&mut link.more, place);
        }
    }

    fn keep(&mut self, text: &str) -> Text {
        let start = self.text.len() as u32;
        self.text.push_str(text);
        Text { start, length: text.len() as u32 }
    }
}

/// The hash by which addresses, links and names are told apart.
pub(in crate::check::link) fn hash_of(value: impl Hash) -> u64 {
    let mut hasher = DefaultHasher::new();
    value.hash(&mut hasher);
    hasher.finish()
}
