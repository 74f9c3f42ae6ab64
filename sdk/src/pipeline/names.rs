//! What a span is called, and whom it calls.

use std::fmt::Write;

use super::body::{Whole, is_remote};
use super::decode::{Decoded, Span};
use super::draft::{Draft, Fact};
use super::meaning::Place;
use super::url;
use crate::segment::limits;

/// What a span becomes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Role {
    Segment,
    Subsegment,
}

/// The names of one span. Its memory is used again for the next.
#[derive(Debug, Default)]
pub(super) struct Names {
    /// A segment's is its service's, a remote call's is the callee's, anything else is as it was called.
    pub(super) name: String,
    pub(super) span_name: String,
    pub(super) namespace: Option<&'static str>,
    pub(super) is_aws: bool,
    /// Without credentials; empty where there is none.
    pub(super) url: String,
    /// What goes to the metadata because it has no other place; `None` is the span's own name.
    pub(super) extra: Vec<(&'static str, Option<Place>)>,
    pub(super) redacted: String,
    raw: String,
}

impl Names {
    pub(super) fn find(&mut self, whole: Whole<'_>, draft: &Draft, span: &Span, role: Role) {
        let decoded = whole.decoded;
        self.extra.clear();
        self.span_name.clear();
        if role == Role::Subsegment && !draft.has_places() {
            self.take_plain(draft, span);
            return;
        }
        self.find_url(draft, decoded);
        match (draft.get(Place::Name), span.metadata) {
            (Some(name), _) => push_plain(name, decoded, &mut self.span_name),
            (None, Some(metadata)) => self.span_name.push_str(metadata.name()),
            (None, None) => {}
        }
        self.is_aws = draft.text(Place::RpcSystem, decoded) == Some("aws-api");
        if !self.is_aws && draft.has_any(&[Place::RpcSystem, Place::RpcService, Place::RpcMethod]) {
            let rpc = [
                ("rpc.system", Place::RpcSystem),
                ("rpc.service", Place::RpcService),
                ("rpc.method", Place::RpcMethod),
            ];
            self.extra
                .extend(rpc.into_iter().filter(|(_, place)| draft.get(*place).is_some()).map(|(n, p)| (n, Some(p))));
        }
        let is_database = draft.has_any(&[
            Place::DbSystem,
            Place::DbQuery,
            Place::DbConnection,
            Place::DbUser,
            Place::DbVersion,
            Place::DbNamespace,
        ]);
        self.namespace = match () {
            () if self.is_aws => Some("aws"),
            () if role == Role::Subsegment && (is_remote(draft.kind(decoded)) || is_database) => Some("remote"),
            () => None,
        };
        self.name.clear();
        if role == Role::Segment {
            self.raw.clear();
            match draft.get(Place::ServiceName) {
                Some(name) => push_plain(name, decoded, &mut self.raw),
                None => self.raw.push_str(&whole.identity.name),
            }
            limits::push_sanitized_name(&self.raw, &mut self.name);
            self.extra.push(("span.name", None));
            return;
        }
        self.raw.clear();
        if self.namespace.is_some() {
            self.find_callee(draft, decoded, is_database);
        } else if draft.get(Place::Host).is_some() {
            self.extra.push(("server.address", Some(Place::Host)));
        }
        if self.raw.is_empty() {
            limits::push_sanitized_name(&self.span_name, &mut self.name);
        } else {
            limits::push_sanitized_name(&self.raw, &mut self.name);
            if self.raw != self.span_name {
                self.extra.push(("span.name", None));
            }
        }
    }

    /// The names of a span that has nothing but its own.
    fn take_plain(&mut self, draft: &Draft, span: &Span) {
        (self.is_aws, self.namespace) = (false, None);
        self.url.clear();
        self.name.clear();
        if let Some(metadata) = span.metadata {
            self.span_name.push_str(metadata.name());
        }
        if draft.has_plain_name {
            self.name.push_str(&self.span_name);
        } else {
            limits::push_sanitized_name(&self.span_name, &mut self.name);
        }
    }

    /// Writes whom a remote call calls, if that can be told.
    fn find_callee(&mut self, draft: &Draft, decoded: &Decoded, is_database: bool) {
        if let Some(peer) = draft.get(Place::PeerService) {
            push_plain(peer, decoded, &mut self.raw);
            return;
        }
        if is_database {
            if let Some(database) = draft.get(Place::DbNamespace) {
                push_plain(database, decoded, &mut self.raw);
            }
            if self.has_host(draft) {
                if !self.raw.is_empty() {
                    self.raw.push('@');
                }
                self.push_host(draft, decoded);
            }
        } else if let Some(service) = draft.get(Place::RpcService) {
            push_plain(service, decoded, &mut self.raw);
        } else if self.has_host(draft) {
            self.push_host(draft, decoded);
            // The port tells services on one host apart.
            if let Some(port) = draft.get(Place::Port)
                && !self.raw.contains(':')
            {
                let before = self.raw.len();
                self.raw.push(':');
                push_plain(port, decoded, &mut self.raw);
                if self.raw.ends_with(":80") || self.raw.ends_with(":443") {
                    self.raw.truncate(before);
                }
            }
        }
    }

    fn has_host(&self, draft: &Draft) -> bool {
        draft.get(Place::Host).is_some() || url::host(&self.url).is_some()
    }

    fn push_host(&mut self, draft: &Draft, decoded: &Decoded) {
        match draft.get(Place::Host) {
            Some(host) => push_plain(host, decoded, &mut self.raw),
            None => self.raw.push_str(url::host(&self.url).unwrap_or_default()),
        }
    }

    /// Finds the URL, or puts it together; a path alone is better than nothing.
    fn find_url(&mut self, draft: &Draft, decoded: &Decoded) {
        self.raw.clear();
        self.url.clear();
        if let Some(url) = draft.get(Place::Url) {
            push_plain(url, decoded, &mut self.raw);
        } else if draft.has_any(&[Place::Method, Place::Status]) {
            self.put_url_together(draft, decoded);
        }
        if self.raw.is_empty() {
            return;
        }
        url::push_redacted(&self.raw, &mut self.url);
    }

    fn put_url_together(&mut self, draft: &Draft, decoded: &Decoded) {
        if let Some(host) = draft.get(Place::Host) {
            match draft.get(Place::Scheme) {
                Some(scheme) => push_plain(scheme, decoded, &mut self.raw),
                None => self.raw.push_str("http"),
            }
            self.raw.push_str("://");
            let start = self.raw.len();
            push_plain(host, decoded, &mut self.raw);
            let has_port = self.raw.get(start..).is_some_and(|host| host.contains(':'));
            if let Some(port) = draft.get(Place::Port)
                && !has_port
            {
                self.raw.push(':');
                push_plain(port, decoded, &mut self.raw);
            }
        }
        if let Some(path) = draft.get(Place::Path) {
            push_plain(path, decoded, &mut self.raw);
        }
        if let Some(query) = draft.get(Place::Query)
            && !self.raw.is_empty()
        {
            let before = self.raw.len();
            self.raw.push('?');
            push_plain(query, decoded, &mut self.raw);
            if self.raw.len() == before + 1 {
                self.raw.truncate(before);
            }
        }
    }
}

/// Writes a value as its text.
fn push_plain(fact: Fact, decoded: &Decoded, text: &mut String) {
    let written = match fact {
        Fact::Text(value) | Fact::Json(value) => {
            text.push_str(decoded.text(value));
            Ok(())
        }
        Fact::Bool(flag) => write!(text, "{flag}"),
        Fact::Signed(number) => write!(text, "{number}"),
        Fact::Unsigned(number) => write!(text, "{number}"),
        Fact::Float(number) => write!(text, "{number}"),
    };
    written.expect("a string takes every text");
}
