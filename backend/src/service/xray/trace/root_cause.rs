//! Where a failed request failed: from the root segment down the failed work to its last step.

use std::collections::HashMap;

use serde::Serialize;
use siskin_sdk::id::SpanId;
use siskin_sdk::segment::Cause;

use super::{Entity, Inferred, ServiceKey, Trace};

/// Most root causes of one trace: a loop of a thousand failed calls has one story.
const ROOT_CAUSES_MAX: usize = 10;
/// Most services on the way to one root cause. Segments can name each other in a circle.
const SERVICES_MAX: usize = 50;

/// One way from the root to a cause: `FaultRootCause` and `ErrorRootCause` of the X-Ray API.
#[derive(Clone, Debug, PartialEq, Serialize)]
#[serde(rename_all = "PascalCase")]
pub struct RootCause {
    /// The services on the way, caller first.
    pub services: Vec<RootCauseService>,
    /// Whether the client saw it. Ways begin at the failed root, so it did.
    pub client_impacting: bool,
}

/// A service on the way.
#[derive(Clone, Debug, PartialEq, Serialize)]
#[serde(rename_all = "PascalCase")]
pub struct RootCauseService {
    /// The canonical name.
    pub name: String,
    /// All names.
    pub names: Vec<String>,
    /// `AWS::ECS::Container`, `remote`...
    #[serde(rename = "Type", skip_serializing_if = "Option::is_none")]
    pub kind: Option<String>,
    /// The account that the segment names.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub account_id: Option<String>,
    /// The failed work in this service, outermost first.
    pub entity_path: Vec<RootCauseEntity>,
    /// Whether it is known by its caller only.
    pub inferred: bool,
}

/// A segment or subsegment on the way.
#[derive(Clone, Debug, PartialEq, Serialize)]
#[serde(rename_all = "PascalCase")]
pub struct RootCauseEntity {
    /// Its name.
    pub name: String,
    /// The exceptions it names.
    pub exceptions: Vec<RootCauseException>,
    /// Whether it is a call of another service.
    pub remote: bool,
}

/// An exception on the way.
#[derive(Clone, Debug, PartialEq, Serialize)]
#[serde(rename_all = "PascalCase")]
pub struct RootCauseException {
    /// Its type.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub name: Option<String>,
    /// What it said.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub message: Option<String>,
}

/// The ways to the causes of the root's fault; none when the root did not fail so.
pub(super) fn faults(trace: &Trace) -> Vec<RootCause> {
    find(trace, |entity| entity.segment.fault)
}

/// The ways to the causes of the root's error; none when the root did not fail so.
pub(super) fn errors(trace: &Trace) -> Vec<RootCause> {
    find(trace, |entity| entity.segment.error)
}

fn find(trace: &Trace, failed: fn(&Entity) -> bool) -> Vec<RootCause> {
    let Some(root) = trace.root().filter(|root| failed(root)) else { return Vec::new() };
    let mut search = Search { failed, called: HashMap::new(), inferred: HashMap::new(), found: Vec::new() };
    for segment in trace.segments() {
        if let Some(parent) = segment.segment.parent_id {
            search.called.entry(parent).or_insert(segment);
        }
    }
    search.inferred.extend(trace.inferred().map(|inferred| (inferred.call.segment.id, inferred)));
    search.enter(&[], root);
    search.found
}

struct Search<'a> {
    failed: fn(&Entity) -> bool,
    called: HashMap<SpanId, &'a Entity>,
    inferred: HashMap<SpanId, Inferred<'a>>,
    found: Vec<RootCause>,
}

impl<'a> Search<'a> {
    /// Goes on into a segment's service.
    fn enter(&mut self, way: &[RootCauseService], segment: &'a Entity) {
        if way.len() < SERVICES_MAX {
            let mut way = way.to_vec();
            way.push(service(ServiceKey::of_segment(segment), Provenance::Sent));
            self.follow(&way, segment);
        }
    }

    /// Adds `entity` to the last service of the way and goes on down whatever failed in it.
    fn follow(&mut self, way: &[RootCauseService], entity: &'a Entity) {
        if self.found.len() >= ROOT_CAUSES_MAX {
            return;
        }
        let mut way = way.to_vec();
        let here = way.last_mut().expect("a way begins with the root's service");
        here.entity_path.push(step(entity));
        let callee = self.called.get(&entity.segment.id).copied();
        if let Some(callee) = callee.filter(|callee| (self.failed)(callee)) {
            return self.enter(&way, callee);
        }
        let deeper: Vec<&Entity> = entity.subsegments.iter().filter(|inner| (self.failed)(inner)).collect();
        if !deeper.is_empty() {
            return deeper.into_iter().for_each(|inner| self.follow(&way, inner));
        }
        if let Some(inferred) = self.inferred.get(&entity.segment.id) {
            let mut last = service(inferred.service.clone(), Provenance::Inferred);
            last.entity_path.push(step(inferred.call));
            way.push(last);
        }
        self.found.push(RootCause { services: way, client_impacting: true });
    }
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Provenance {
    Sent,
    Inferred,
}

fn service(key: ServiceKey, provenance: Provenance) -> RootCauseService {
    RootCauseService {
        names: vec![key.name.clone()],
        name: key.name,
        kind: key.kind,
        account_id: key.account,
        entity_path: Vec::new(),
        inferred: provenance == Provenance::Inferred,
    }
}

fn step(entity: &Entity) -> RootCauseEntity {
    let exceptions = match entity.segment.cause.as_deref() {
        Some(Cause::Detail(detail)) => detail.exceptions.as_slice(),
        Some(Cause::Reference(_)) | None => &[],
    };
    RootCauseEntity {
        name: entity.segment.name.clone(),
        exceptions: exceptions
            .iter()
            .map(|exception| RootCauseException { name: exception.kind.clone(), message: exception.message.clone() })
            .collect(),
        remote: entity.segment.namespace.is_some(),
    }
}
