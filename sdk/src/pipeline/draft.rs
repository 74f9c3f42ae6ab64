//! What a span's fields say, each at its place.

use tracing_core::{Level, Metadata};

use super::decode::{Decoded, Span};
use super::meaning::{Meaning, Meanings, PLACES, Place};
use crate::layer::SpanKind;
use crate::layer::log::{Entry, KeyOf, Text};

/// Most keys given at run time that one span's metadata takes.
const METADATA_KEYS_MAX: usize = 512;
/// Most annotations of one span that are looked at: X-Ray indexes 50 in a trace.
const ANNOTATIONS_LOOKED_AT: usize = 200;

/// A field's value.
#[derive(Debug, Clone, Copy)]
pub(super) enum Fact {
    Bool(bool),
    Signed(i64),
    Unsigned(u64),
    Float(f64),
    Text(Text),
    /// JSON as it is.
    Json(Text),
}

impl Fact {
    /// The field and the value of an entry that is one; an error counts as its text.
    pub(super) fn of(entry: Entry) -> Option<(u16, Self)> {
        Some(match entry {
            Entry::Bool { field, value, .. } => (field, Self::Bool(value)),
            Entry::Signed { field, value, .. } => (field, Self::Signed(value)),
            Entry::Unsigned { field, value, .. } => (field, Self::Unsigned(value)),
            Entry::Float { field, value, .. } => (field, Self::Float(value)),
            Entry::Text { field, text, .. } | Entry::Error { field, text, .. } => (field, Self::Text(text)),
            Entry::Json { field, text, .. } => (field, Self::Json(text)),
            Entry::Open { .. }
            | Entry::Start { .. }
            | Entry::End { .. }
            | Entry::CausedBy { .. }
            | Entry::Key { .. }
            | Entry::Event { .. }
            | Entry::EventEnd { .. } => return None,
        })
    }

    pub(super) fn to_integer(self, decoded: &Decoded) -> Option<i64> {
        match self {
            Self::Signed(number) => Some(number),
            Self::Unsigned(number) => i64::try_from(number).ok(),
            Self::Text(text) => decoded.text(text).parse().ok(),
            Self::Bool(_) | Self::Float(_) | Self::Json(_) => None,
        }
    }

    fn is_true(self, decoded: &Decoded) -> bool {
        match self {
            Self::Bool(flag) => flag,
            Self::Text(text) => decoded.text(text) == "true",
            Self::Signed(_) | Self::Unsigned(_) | Self::Float(_) | Self::Json(_) => false,
        }
    }
}

/// Where a name is written.
#[derive(Debug, Clone, Copy)]
pub(super) enum Key {
    Static(&'static str),
    /// A field of an event, which gets `error.` in front.
    OfError(&'static str),
    Given(Text),
}

impl Key {
    pub(super) fn of(self, decoded: &Decoded) -> (&'static str, &str) {
        match self {
            Self::Static(name) => ("", name),
            Self::OfError(name) => ("error.", name),
            Self::Given(text) => ("", decoded.text(text)),
        }
    }
}

/// A span on its way to be a segment or subsegment. Its memory is used again for the next.
#[derive(Debug)]
pub(super) struct Draft {
    /// Which of [`Draft::places`] are taken, bit by bit.
    taken: u64,
    places: [Fact; PLACES],
    pub(super) annotations: Vec<(Key, Fact)>,
    /// Fields nobody knows a better place for.
    pub(super) metadata: Vec<(Key, Fact)>,
    /// Metadata whose key is namespace, NUL, key.
    pub(super) namespaced: Vec<(Text, Fact)>,
    pub(super) aws: Vec<(&'static str, Fact)>,
    pub(super) links: Vec<Text>,
    /// Events that are no errors, by their first entry.
    pub(super) events: Vec<u32>,
    /// X-Ray takes the span's name as it is.
    pub(super) has_plain_name: bool,
    pub(super) failed: bool,
    /// Whether it says anything of an error.
    pub(super) has_failures: bool,
    /// Annotations and metadata beyond what is looked at.
    pub(super) keys_dropped: u64,
}

impl Default for Draft {
    fn default() -> Self {
        Self {
            taken: 0,
            places: [Fact::Bool(false); PLACES],
            annotations: Vec::new(),
            metadata: Vec::new(),
            namespaced: Vec::new(),
            aws: Vec::new(),
            links: Vec::new(),
            events: Vec::new(),
            has_plain_name: false,
            failed: false,
            has_failures: false,
            keys_dropped: 0,
        }
    }
}

impl Draft {
    #[inline]
    pub(super) fn get(&self, place: Place) -> Option<Fact> {
        (self.taken & place.bit() != 0).then(|| self.places[place as usize])
    }

    /// The text at a place.
    pub(super) fn text<'a>(&self, place: Place, decoded: &'a Decoded) -> Option<&'a str> {
        match self.get(place)? {
            Fact::Text(text) => Some(decoded.text(text)),
            Fact::Bool(_) | Fact::Signed(_) | Fact::Unsigned(_) | Fact::Float(_) | Fact::Json(_) => None,
        }
    }

    /// Whether any place is taken.
    #[inline]
    pub(super) fn has_places(&self) -> bool {
        self.taken != 0
    }

    #[inline]
    pub(super) fn has_any(&self, places: &[Place]) -> bool {
        self.taken & places.iter().fold(0, |bits, place| bits | place.bit()) != 0
    }

    pub(super) fn is_true(&self, place: Place, decoded: &Decoded) -> bool {
        self.get(place).is_some_and(|fact| fact.is_true(decoded))
    }

    pub(super) fn kind(&self, decoded: &Decoded) -> Option<SpanKind> {
        self.text(Place::Kind, decoded).and_then(SpanKind::parse)
    }

    pub(super) fn status(&self, decoded: &Decoded) -> Option<i64> {
        self.get(Place::Status)?.to_integer(decoded)
    }

    fn clear(&mut self) {
        self.taken = 0;
        self.annotations.clear();
        self.metadata.clear();
        self.namespaced.clear();
        self.aws.clear();
        self.links.clear();
        self.events.clear();
        (self.failed, self.has_failures, self.keys_dropped) = (false, false, 0);
    }

    /// Takes everything that is said of `span`. A field recorded twice keeps its last value.
    pub(super) fn fill(&mut self, decoded: &Decoded, span: &Span, meanings: &mut Meanings) {
        self.clear();
        let Some(metadata) = span.metadata else { return };
        let callsite = meanings.callsite(metadata);
        let of_span = &callsite.fields;
        self.has_plain_name = callsite.has_plain_name;
        let mut has_errors = false;
        for (group, entry) in decoded.groups(span) {
            match entry {
                Entry::Error { .. } => (self.failed, self.has_failures) = (true, true),
                Entry::Key { of, text, .. } => self.keyed(of, text, decoded, group),
                Entry::Event { metadata, .. } if *metadata.level() == Level::ERROR => {
                    (self.failed, self.has_failures, has_errors) = (true, true, true);
                }
                Entry::Event { .. } => self.events.push(group),
                _ => {
                    if let Some((field, fact)) = Fact::of(entry)
                        && let Some(meaning) = of_span.get(usize::from(field))
                    {
                        self.field(*meaning, fact, decoded);
                    }
                }
            }
        }
        if has_errors {
            self.take_error_fields(decoded, span, meanings);
        }
    }

    fn field(&mut self, meaning: Meaning, fact: Fact, decoded: &Decoded) {
        match meaning {
            Meaning::Place(place) => {
                self.places[place as usize] = fact;
                self.taken |= place.bit();
                match place {
                    Place::StatusCode => {
                        let code = self.text(place, decoded);
                        self.failed |= code.is_some_and(|code| code.eq_ignore_ascii_case("error"));
                    }
                    Place::Message | Place::ErrorType | Place::Stacktrace => {
                        (self.failed, self.has_failures) = (true, true);
                    }
                    // A description of the status alone may say that all is well.
                    Place::StatusDescription => self.has_failures = true,
                    _ => {}
                }
            }
            Meaning::Error => match fact {
                Fact::Bool(flag) => self.failed |= flag,
                Fact::Text(_) => (self.failed, self.has_failures) = (true, true),
                Fact::Signed(_) | Fact::Unsigned(_) | Fact::Float(_) | Fact::Json(_) => {
                    self.put_metadata(Key::Static("error"), fact, decoded);
                }
            },
            Meaning::Annotation(key) => self.put_annotation(Key::Static(key), fact, decoded),
            Meaning::Aws(key) => match self.aws.iter_mut().find(|(other, _)| *other == key) {
                Some((_, old)) => *old = fact,
                None => self.aws.push((key, fact)),
            },
            Meaning::Metadata(key) => self.put_metadata(Key::Static(key), fact, decoded),
        }
    }

    fn keyed(&mut self, of: KeyOf, key: Text, decoded: &Decoded, group: u32) {
        let value = decoded.rest(group).first().copied().and_then(Fact::of);
        match (of, value) {
            (KeyOf::Link, _) => self.links.push(key),
            (KeyOf::Annotation, Some((_, fact))) => self.put_annotation(Key::Given(key), fact, decoded),
            (KeyOf::Metadata, Some((_, fact))) => {
                let is_same = |other: Text| decoded.text(other) == decoded.text(key);
                self.keys_dropped += put(&mut self.namespaced, METADATA_KEYS_MAX, (key, fact), is_same);
            }
            (KeyOf::Annotation | KeyOf::Metadata, None) => {}
        }
    }

    fn put_annotation(&mut self, key: Key, fact: Fact, decoded: &Decoded) {
        let is_same = |other: Key| other.of(decoded).1 == key.of(decoded).1;
        self.keys_dropped += put(&mut self.annotations, ANNOTATIONS_LOOKED_AT, (key, fact), is_same);
    }

    #[inline]
    fn put_metadata(&mut self, key: Key, fact: Fact, decoded: &Decoded) {
        // Names of different lengths are different, and few have the same.
        let may_be_same = |other: &Key| match (other, key) {
            (Key::Static(other), Key::Static(key)) => other.len() == key.len(),
            _ => true,
        };
        if self.metadata.len() < METADATA_KEYS_MAX && !self.metadata.iter().any(|(other, _)| may_be_same(other)) {
            self.metadata.push((key, fact));
        } else {
            self.put_metadata_again(key, fact, decoded);
        }
    }

    #[cold]
    fn put_metadata_again(&mut self, key: Key, fact: Fact, decoded: &Decoded) {
        let is_same = |other: Key| other.of(decoded) == key.of(decoded);
        self.keys_dropped += put(&mut self.metadata, METADATA_KEYS_MAX, (key, fact), is_same);
    }

    /// Fields of errors that do not describe the error itself are metadata of the span.
    fn take_error_fields(&mut self, decoded: &Decoded, span: &Span, meanings: &mut Meanings) {
        for (group, entry) in decoded.groups(span) {
            let Entry::Event { metadata, .. } = entry else { continue };
            if *metadata.level() != Level::ERROR {
                continue;
            }
            for (name, fact) in other_fields(decoded, group, metadata, meanings) {
                self.put_metadata(Key::OfError(name), fact, decoded);
            }
        }
    }
}

/// Puts a value under its key, in place of an earlier one; returns how many found no room.
fn put<K: Copy>(
    list: &mut Vec<(K, Fact)>,
    keys_max: usize,
    (key, fact): (K, Fact),
    is_same: impl Fn(K) -> bool,
) -> u64 {
    if let Some((_, old)) = list.iter_mut().find(|(other, _)| is_same(*other)) {
        *old = fact;
    } else if list.len() < keys_max {
        list.push((key, fact));
    } else {
        return 1;
    }
    0
}

/// The fields of an event, from its first entry on.
pub(super) fn event_fields(decoded: &Decoded, group: u32) -> impl Iterator<Item = Entry> + '_ {
    decoded.rest(group).iter().copied().take_while(|entry| !matches!(entry, Entry::EventEnd { .. }))
}

/// The fields of an event that describe no error.
pub(super) fn other_fields<'a>(
    decoded: &'a Decoded,
    group: u32,
    metadata: &'static Metadata<'static>,
    meanings: &'a mut Meanings,
) -> impl Iterator<Item = (&'static str, Fact)> + 'a {
    let of_event = meanings.of(metadata);
    event_fields(decoded, group).filter(|entry| !matches!(entry, Entry::Error { .. })).filter_map(|entry| {
        let (field, fact) = Fact::of(entry)?;
        match (*of_event.get(usize::from(field))?, fact) {
            (Meaning::Metadata(name), fact) => Some((name, fact)),
            (Meaning::Error, Fact::Bool(_) | Fact::Signed(_) | Fact::Unsigned(_) | Fact::Float(_)) => {
                Some(("error", fact))
            }
            _ => None,
        }
    })
}
