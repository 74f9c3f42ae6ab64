//! A span's own members in the X-Ray document, without its subsegments and its cause.

use super::cut::Cut;
use super::decode::{Decoded, Span};
use super::draft::{Draft, Fact, event_fields};
use super::json::{Json, Quoted, quoted};
use super::meaning::Place;
use super::names::{Names, Role};
use super::url;
use crate::layer::SpanKind;
use crate::layer::log::{Entry, Head};
use crate::segment::limits;

/// Members of the `aws` block that are lists; `tracing` has no lists, so they come as JSON.
const LISTS: [&str; 2] = ["table_names", "resource_names"];

/// What every segment of the service says of it.
#[derive(Debug, Clone)]
pub(crate) struct ServiceIdentity {
    pub(crate) name: String,
    pub(crate) version: Option<String>,
    pub(crate) origin: Option<String>,
}

/// The segment a span belongs to.
#[derive(Clone, Copy)]
pub(super) struct Whole<'a> {
    pub(super) decoded: &'a Decoded,
    pub(super) head: &'a Head,
    pub(super) identity: &'a ServiceIdentity,
    pub(super) nanos_per_tick: f64,
}

impl Whole<'_> {
    /// Converts a reading of the clock to nanoseconds since the Unix epoch.
    pub(super) fn epoch_ns(&self, ticks: u64) -> u64 {
        // Signed numbers become floats and back in an instruction each.
        let since = ticks.saturating_sub(self.head.ticks).min(i64::MAX as u64).cast_signed() as f64;
        self.head.wall_ns.saturating_add_signed((since * self.nanos_per_tick) as i64)
    }
}

/// How many bytes of a body are what a cut can take away, and what was dropped.
#[derive(Debug, Default, Clone, Copy)]
pub(super) struct Written {
    pub(super) metadata_bytes: usize,
    pub(super) annotations: usize,
}

/// Writes a span's members.
pub(super) struct Body<'a> {
    pub(super) whole: Whole<'a>,
    pub(super) draft: &'a Draft,
    pub(super) names: &'a mut Names,
    pub(super) json: &'a mut Json,
    pub(super) cut: Cut,
    /// Annotations the trace may still have.
    pub(super) annotations_left: usize,
}

impl Body<'_> {
    /// Writes an object's beginning; more members may follow, and the closing brace has to.
    pub(super) fn write(&mut self, number: u32, span: &Span, role: Role) -> Written {
        self.names.find(self.whole, self.draft, span, role);
        self.json.raw("{\"name\":");
        self.json.string(&self.names.name);
        self.json.key(quoted!("id"));
        self.json.span_id(self.whole.decoded.span_id(self.whole.head, number));
        self.json.key(quoted!("start_time"));
        self.json.epoch(self.whole.epoch_ns(span.start));
        if let Some(end) = span.end {
            self.json.key(quoted!("end_time"));
            self.json.epoch(self.whole.epoch_ns(end.max(span.start)));
        } else {
            self.flag(quoted!("in_progress"), true);
        }
        if role == Role::Segment {
            self.introduction();
        }
        if let Some(namespace) = self.names.namespace {
            self.json.key(quoted!("namespace"));
            self.json.string(namespace);
        }
        if role == Role::Segment || self.draft.has_places() || !self.draft.aws.is_empty() {
            self.short_member(quoted!("user"), Place::User);
            self.http();
            self.aws(role);
            self.sql();
        }
        self.flags();
        let annotations = self.annotations();
        let before = self.json.bytes.len();
        self.metadata();
        let metadata_bytes = self.json.bytes.len() - before;
        self.links();
        Written { metadata_bytes, annotations }
    }

    /// What only a segment has.
    fn introduction(&mut self) {
        let Whole { head, identity, .. } = self.whole;
        self.json.key(quoted!("trace_id"));
        self.json.trace_id(head.trace_id);
        if let Some(parent) = head.parent {
            self.json.key(quoted!("parent_id"));
            self.json.span_id(parent);
        }
        if let Some(origin) = &identity.origin {
            self.json.key(quoted!("origin"));
            self.json.string(origin);
        }
        if let Some(version) = &identity.version {
            self.json.key(quoted!("service"));
            self.json.raw("{");
            self.json.key(quoted!("version"));
            self.json.string(first_chars(version, limits::TEXT_CHARS_MAX));
            self.json.raw("}");
        }
    }

    /// A member whose value is a text, whatever it was given as.
    fn member(&mut self, name: Quoted, place: Place) {
        self.member_of(name, place, usize::MAX);
    }

    /// The same for a member that X-Ray wants short.
    fn short_member(&mut self, name: Quoted, place: Place) {
        self.member_of(name, place, limits::TEXT_CHARS_MAX);
    }

    fn member_of(&mut self, name: Quoted, place: Place, chars_max: usize) {
        if let Some(fact) = self.draft.get(place) {
            self.json.key(name);
            self.text(fact, chars_max);
        }
    }

    /// Writes a fact as a text of at most so many characters.
    fn text(&mut self, fact: Fact, chars_max: usize) {
        let decoded = self.whole.decoded;
        match fact {
            Fact::Text(text) => self.json.string(self.cut.text(first_chars(decoded.text(text), chars_max))),
            Fact::Json(text) => self.json.string(first_chars(decoded.text(text), chars_max)),
            Fact::Bool(_) | Fact::Signed(_) | Fact::Unsigned(_) => {
                self.json.raw("\"");
                self.value(fact);
                self.json.raw("\"");
            }
            Fact::Float(number) if number.is_finite() => {
                self.json.raw("\"");
                self.json.float(number);
                self.json.raw("\"");
            }
            Fact::Float(number) => self.json.float(number),
        }
    }

    /// Writes a fact as what it is.
    fn value(&mut self, fact: Fact) {
        let decoded = self.whole.decoded;
        match fact {
            Fact::Bool(flag) => self.json.bool(flag),
            Fact::Signed(number) => self.json.number(number),
            Fact::Unsigned(number) => self.json.number(number),
            Fact::Float(number) => self.json.float(number),
            Fact::Text(text) => self.json.string(decoded.text(text)),
            Fact::Json(text) => self.json.raw(decoded.text(text)),
        }
    }

    fn http(&mut self) {
        use Place::{ClientIp, ContentLength, Method, Traced, Url, UserAgent, XForwardedFor};
        let (draft, decoded) = (self.draft, self.whole.decoded);
        let status = draft.status(decoded);
        let length = draft.get(ContentLength).and_then(|fact| fact.to_integer(decoded));
        let (forwarded, traced) = (draft.is_true(XForwardedFor, decoded), draft.is_true(Traced, decoded));
        let is_request = draft.has_any(&[Method, Url, UserAgent, ClientIp]) || forwarded || traced;
        let has_url = !self.names.url.is_empty();
        if !is_request && !has_url && status.is_none() && length.is_none() {
            return;
        }
        self.json.key(quoted!("http"));
        self.json.raw("{");
        if is_request || has_url {
            self.json.key(quoted!("request"));
            self.json.raw("{");
            self.short_member(quoted!("method"), Method);
            if has_url {
                self.json.key(quoted!("url"));
                self.json.string(self.cut.text(first_chars(&self.names.url, limits::TEXT_CHARS_MAX)));
            }
            self.short_member(quoted!("user_agent"), UserAgent);
            self.short_member(quoted!("client_ip"), ClientIp);
            for (name, flag) in [(quoted!("x_forwarded_for"), forwarded), (quoted!("traced"), traced)] {
                self.flag(name, flag);
            }
            self.json.raw("}");
        }
        if status.is_some() || length.is_some() {
            self.json.key(quoted!("response"));
            self.json.raw("{");
            for (name, number) in [(quoted!("status"), status), (quoted!("content_length"), length)] {
                if let Some(number) = number {
                    self.json.key(name);
                    self.json.number(number);
                }
            }
            self.json.raw("}");
        }
        self.json.raw("}");
    }

    fn flag(&mut self, name: Quoted, flag: bool) {
        if flag {
            self.json.key(name);
            self.json.bool(true);
        }
    }

    fn aws(&mut self, role: Role) {
        use Place::{AwsAccountId, AwsOperation, AwsQueueUrl, AwsRegion, AwsRequestId, AwsTableName, RpcMethod};
        let places = [AwsOperation, AwsAccountId, AwsRegion, AwsRequestId, AwsQueueUrl, AwsTableName];
        let draft = self.draft;
        if role == Role::Subsegment && !draft.has_any(&places) && draft.aws.is_empty() && !self.names.is_aws {
            return;
        }
        self.json.key(quoted!("aws"));
        self.json.raw("{");
        let operation = if self.names.is_aws { draft.get(AwsOperation).or(draft.get(RpcMethod)) } else { None };
        match operation {
            Some(operation) => {
                self.json.key(quoted!("operation"));
                self.text(operation, usize::MAX);
            }
            None => self.member(quoted!("operation"), AwsOperation),
        }
        self.member(quoted!("account_id"), AwsAccountId);
        self.member(quoted!("region"), AwsRegion);
        self.member(quoted!("request_id"), AwsRequestId);
        self.member(quoted!("queue_url"), AwsQueueUrl);
        self.member(quoted!("table_name"), AwsTableName);
        for (name, fact) in &draft.aws {
            self.json.any_key(name);
            match fact {
                Fact::Text(text) if LISTS.contains(name) && is_list(self.whole.decoded.text(*text)) => {
                    self.json.raw(self.whole.decoded.text(*text));
                }
                fact => self.value(*fact),
            }
        }
        if role == Role::Segment {
            self.xray();
        }
        self.json.raw("}");
    }

    fn xray(&mut self) {
        self.json.key(quoted!("xray"));
        self.json.raw("{");
        self.json.key(quoted!("sdk"));
        self.json.string("siskin");
        self.json.key(quoted!("sdk_version"));
        self.json.string(env!("CARGO_PKG_VERSION"));
        if let Some(decision) = &self.whole.head.decision {
            self.json.key(quoted!("sampling_rule_name"));
            self.json.string(&decision.rule_name);
        }
        self.json.raw("}");
    }

    fn sql(&mut self) {
        use Place::{DbConnection, DbDriver, DbPreparation, DbQuery, DbSystem, DbUser, DbVersion};
        let places = [DbConnection, DbQuery, DbSystem, DbVersion, DbDriver, DbUser, DbPreparation];
        if !self.draft.has_any(&places) {
            return;
        }
        self.json.key(quoted!("sql"));
        self.json.raw("{");
        if let Some(connection) = self.draft.text(DbConnection, self.whole.decoded) {
            self.names.redacted.clear();
            url::push_redacted(connection, &mut self.names.redacted);
            self.json.key(quoted!("connection_string"));
            self.json.string(self.cut.text(&self.names.redacted));
        }
        self.member(quoted!("sanitized_query"), DbQuery);
        self.member(quoted!("database_type"), DbSystem);
        self.member(quoted!("database_version"), DbVersion);
        self.member(quoted!("driver_version"), DbDriver);
        self.short_member(quoted!("user"), DbUser);
        self.member(quoted!("preparation"), DbPreparation);
        self.json.raw("}");
    }

    fn flags(&mut self) {
        if !self.draft.failed && !self.draft.has_places() {
            return;
        }
        let (error, throttle, fault) = match self.draft.status(self.whole.decoded) {
            // AWS's services throttle with a status of 400, too.
            _ if self.draft.is_true(Place::Throttle, self.whole.decoded) => (true, true, false),
            Some(429) => (true, true, false),
            Some(400..500) => (true, false, false),
            Some(500..) => (false, false, true),
            // An answer that was no error stays none, whatever was logged on the way.
            Some(_) => (false, false, false),
            None => (false, false, self.draft.failed),
        };
        for (name, flag) in [(quoted!("error"), error), (quoted!("throttle"), throttle), (quoted!("fault"), fault)] {
            self.flag(name, flag);
        }
    }

    /// Writes annotations, and returns how many.
    fn annotations(&mut self) -> usize {
        let count = self.draft.annotations.len().min(self.annotations_left);
        if count == 0 || self.cut.drops_annotations() {
            return 0;
        }
        self.json.key(quoted!("annotations"));
        self.json.raw("{");
        for (key, fact) in self.draft.annotations.iter().take(count) {
            self.json.comma();
            self.json.raw("\"");
            let (_, name) = key.of(self.whole.decoded);
            limits::annotation_key_chars(name).for_each(|letter| self.json.bytes.push(letter as u8));
            self.json.raw("\":");
            match fact {
                Fact::Text(_) => self.text(*fact, limits::ANNOTATION_TEXT_CHARS_MAX),
                fact => self.value(*fact),
            }
        }
        self.json.raw("}");
        count
    }

    fn metadata(&mut self) {
        if let Some(bytes) = self.cut.metadata_bytes() {
            self.json.key(quoted!("metadata"));
            self.json.raw("{\"siskin\":{\"metadata_bytes_cut\":");
            self.json.number(bytes);
            self.json.raw("}}");
            return;
        }
        let draft = self.draft;
        let has_default = !draft.metadata.is_empty()
            || !self.names.extra.is_empty()
            || !draft.events.is_empty()
            || self.has_long_url();
        if !has_default && draft.namespaced.is_empty() {
            return;
        }
        self.json.key(quoted!("metadata"));
        self.json.raw("{");
        let names = |at: usize| self.whole.decoded.text(draft.namespaced[at].0).split_once('\0').unwrap_or_default();
        if has_default {
            self.json.key(quoted!("default"));
            self.json.raw("{");
            self.default_metadata();
            for at in (0..draft.namespaced.len()).filter(|at| names(*at).0 == "default") {
                self.json.any_key(names(at).1);
                self.value(draft.namespaced[at].1);
            }
            self.json.raw("}");
        }
        for at in 0..draft.namespaced.len() {
            let namespace = names(at).0;
            let is_first = (0..at).all(|before| names(before).0 != namespace);
            if !is_first || (has_default && namespace == "default") {
                continue;
            }
            self.json.any_key(namespace);
            self.json.raw("{");
            for same in (at..draft.namespaced.len()).filter(|same| names(*same).0 == namespace) {
                self.json.any_key(names(same).1);
                self.value(draft.namespaced[same].1);
            }
            self.json.raw("}");
        }
        self.json.raw("}");
    }

    fn default_metadata(&mut self) {
        let draft = self.draft;
        for (key, fact) in &draft.metadata {
            let (prefix, name) = key.of(self.whole.decoded);
            self.json.prefixed_key(prefix, name);
            self.value(*fact);
        }
        for at in 0..self.names.extra.len() {
            let (name, place) = self.names.extra[at];
            self.json.any_key(name);
            match place {
                Some(place) => {
                    if let Some(fact) = self.draft.get(place) {
                        self.text(fact, usize::MAX);
                    }
                }
                None => self.json.string(&self.names.span_name),
            }
        }
        if self.has_long_url() {
            self.json.key(quoted!("url.full"));
            self.json.string(&self.names.url);
        }
        if !draft.events.is_empty() {
            self.events();
        }
    }

    /// Whether the URL is longer than X-Ray wants it; the metadata has the whole one then.
    fn has_long_url(&self) -> bool {
        first_chars(&self.names.url, limits::TEXT_CHARS_MAX).len() < self.names.url.len()
    }

    /// Events that are no errors, where they were asked for.
    fn events(&mut self) {
        let decoded = self.whole.decoded;
        self.json.key(quoted!("events"));
        self.json.raw("[");
        for group in &self.draft.events {
            let Some(Entry::Event { metadata, .. }) = decoded.entries.get(*group as usize) else { continue };
            self.json.comma();
            self.json.raw("{");
            let end = decoded.rest(*group).iter().find_map(|entry| match entry {
                Entry::EventEnd { at, .. } => Some(*at),
                _ => None,
            });
            if let Some(at) = end {
                self.json.key(quoted!("time"));
                self.json.epoch(self.whole.epoch_ns(at));
            }
            self.json.key(quoted!("level"));
            self.json.string(metadata.level().as_str());
            self.json.key(quoted!("target"));
            self.json.string(metadata.target());
            let fields = metadata.fields();
            for entry in event_fields(decoded, *group) {
                if let Some((field, fact)) = Fact::of(entry)
                    && let Some(field) = fields.iter().nth(usize::from(field))
                {
                    self.json.any_key(field.name());
                    self.value(fact);
                }
            }
            self.json.raw("}");
        }
        self.json.raw("]");
    }

    fn links(&mut self) {
        if self.draft.links.is_empty() {
            return;
        }
        self.json.key(quoted!("links"));
        self.json.raw("[");
        for link in self.draft.links.iter().take(limits::LINKS_MAX) {
            let Some((trace_id, id)) = self.whole.decoded.text(*link).split_once(' ') else { continue };
            self.json.comma();
            self.json.raw("{");
            self.json.key(quoted!("trace_id"));
            self.json.string(trace_id);
            self.json.key(quoted!("id"));
            self.json.string(id);
            self.json.raw("}");
        }
        self.json.raw("]");
    }
}

/// Whether a text is a JSON list.
fn is_list(text: &str) -> bool {
    serde_json::from_str::<Vec<serde::de::IgnoredAny>>(text).is_ok()
}

/// The first characters of a text.
fn first_chars(text: &str, chars_max: usize) -> &str {
    if text.len() <= chars_max {
        return text;
    }
    text.char_indices().nth(chars_max).and_then(|(end, _)| text.get(..end)).unwrap_or(text)
}

/// Which side of a call a kind stands on.
pub(super) fn is_remote(kind: Option<SpanKind>) -> bool {
    matches!(kind, Some(SpanKind::Client | SpanKind::Producer))
}
