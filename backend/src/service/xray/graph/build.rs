//! Traces to a graph, one trace at a time.
//!
//! The rules are those that X-Ray's own answers show; see
//! <https://docs.aws.amazon.com/xray/latest/devguide/xray-concepts.html>.

use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::time::Duration;

use siskin_sdk::id::{SpanId, TraceId};

use super::shape::{Alias, Edge, Service};
use super::statistics::{Histogram, Outcome, Statistics};
use crate::base::Timestamp;
use crate::service::xray::trace::{Entity, ServiceKey, Trace};

/// Most nodes of one graph; what is beyond is left out and counted.
pub const NODES_MAX: usize = 10_000;
/// Most segments and subsegments that links are looked up in; links to further ones make no edge and are counted.
const PLACES_MAX: usize = 200_000;

/// A graph that grows by whole traces.
#[derive(Clone, Debug, Default)]
pub struct Graph {
    nodes: BTreeMap<ServiceKey, Node>,
    edges: BTreeMap<(ServiceKey, ServiceKey), Calls>,
    /// Calls of services that trace themselves and whose segments have not come.
    pending: Vec<(ServiceKey, String, Option<Finished>)>,
    /// Where each segment and subsegment belongs, for links between traces.
    places: HashMap<(TraceId, SpanId), (ServiceKey, Option<Timestamp>)>,
    links: Vec<Link>,
    nodes_left_out: usize,
    places_left_out: usize,
}

#[derive(Clone, Debug, Default)]
struct Node {
    root: bool,
    active: bool,
    window: Option<(Timestamp, Timestamp)>,
    statistics: Statistics,
    durations: Histogram,
}

#[derive(Clone, Debug, Default)]
struct Calls {
    statistics: Statistics,
    aliases: BTreeSet<String>,
    link: bool,
    ages: Histogram,
}

/// What a request counts as; requests in progress count as nothing yet.
type Finished = (Outcome, Duration);

#[derive(Clone, Debug)]
struct Link {
    from: (TraceId, SpanId),
    to: ServiceKey,
    started: Timestamp,
    finished: Option<Finished>,
}

impl Graph {
    /// Adds what one trace tells.
    pub fn add(&mut self, trace: &Trace) {
        let owners = owners(trace);
        for segment in trace.segments() {
            self.add_segment(trace, segment, &owners);
        }
        let mut called: HashMap<SpanId, Vec<&Entity>> = HashMap::new();
        for segment in trace.segments() {
            if let Some(parent) = segment.segment.parent_id {
                called.entry(parent).or_default().push(segment);
            }
        }
        for segment in trace.segments() {
            let caller = ServiceKey::of_segment(segment);
            for call in segment.walk().filter(|entity| !entity.is_segment()) {
                let callees = called.get(&call.segment.id).map_or(&[][..], Vec::as_slice);
                self.add_call(&caller, call, callees);
            }
        }
    }

    fn add_segment(&mut self, trace: &Trace, segment: &Entity, owners: &HashMap<SpanId, &Entity>) {
        let key = ServiceKey::of_segment(segment);
        let finished = finished(segment);
        let Some(node) = self.node(&key) else { return };
        node.active = true;
        node.saw(segment);
        if let Some((outcome, response_time)) = finished {
            node.statistics.count(outcome, response_time);
            node.durations.count(work_time(segment));
        }
        match segment.segment.parent_id {
            None => self.add_root(&key, segment),
            Some(parent) => {
                // A parent that is no call of its own (a segment, as AWS's proxies write, or local work) tells nothing
                // about how the call went; the called segment does.
                let caller = owners.get(&parent).filter(|owner| !is_call_in(owner, parent));
                if let Some(caller) = caller {
                    self.add_edge(&ServiceKey::of_segment(caller), &key, finished);
                }
            }
        }
        for entity in segment.walk() {
            if self.places.len() < PLACES_MAX {
                self.places.insert((trace.id, entity.segment.id), (key.clone(), entity.end()));
            } else {
                self.places_left_out += 1;
            }
            for link in &entity.segment.links {
                let from = (link.trace_id, link.id);
                self.links.push(Link { from, to: key.clone(), started: segment.start(), finished });
            }
        }
    }

    /// A segment without a parent answers a client.
    fn add_root(&mut self, key: &ServiceKey, segment: &Entity) {
        let client = ServiceKey::client_of(key);
        if let Some(node) = self.node(&client) {
            node.saw(segment);
        }
        if let Some(node) = self.node(key) {
            node.root = true;
        }
        self.add_edge(&client, key, finished(segment));
    }

    /// A subsegment that calls another service; local work calls none.
    fn add_call(&mut self, caller: &ServiceKey, call: &Entity, callees: &[&Entity]) {
        let Some(inferred) = ServiceKey::of_call(call) else { return };
        let finished = finished(call);
        if callees.is_empty() && call.is_traced_call() {
            self.pending.push((caller.clone(), inferred.name, finished));
            return;
        }
        if callees.is_empty() {
            let Some(node) = self.node(&inferred) else { return };
            node.saw(call);
            if let Some((outcome, response_time)) = finished {
                node.statistics.count(outcome, response_time);
                node.durations.count(response_time);
            }
            self.add_edge(caller, &inferred, finished);
            return;
        }
        // Two segments of one service can answer one call (a retry inside a proxy): the caller made one call.
        let callees: BTreeSet<ServiceKey> = callees.iter().map(|callee| ServiceKey::of_segment(callee)).collect();
        for callee in callees {
            let alias = (callee.name != call.segment.name).then(|| call.segment.name.clone());
            if let Some(edge) = self.add_edge(caller, &callee, finished) {
                edge.aliases.extend(alias);
            }
        }
    }

    fn add_edge(&mut self, caller: &ServiceKey, callee: &ServiceKey, finished: Option<Finished>) -> Option<&mut Calls> {
        if self.node(caller).is_none() || self.node(callee).is_none() {
            return None;
        }
        let edge = self.edges.entry((caller.clone(), callee.clone())).or_default();
        if let Some((outcome, response_time)) = finished {
            edge.statistics.count(outcome, response_time);
        }
        Some(edge)
    }

    fn node(&mut self, key: &ServiceKey) -> Option<&mut Node> {
        if self.nodes.len() >= NODES_MAX && !self.nodes.contains_key(key) {
            self.nodes_left_out += 1;
            return None;
        }
        Some(self.nodes.entry(key.clone()).or_default())
    }

    /// The graph as the API shows it, in the order of the names.
    pub fn finish(mut self) -> Vec<Service> {
        self.settle_pending();
        self.settle_links();
        let (nodes, places) = (self.nodes_left_out, self.places_left_out);
        if nodes + places > 0 {
            tracing::warn!(nodes_left_out = nodes, links_not_followed = places, "service graph is too large");
        }
        let numbers: HashMap<&ServiceKey, i32> = self.nodes.keys().zip(0..).collect();
        let mut edges: HashMap<&ServiceKey, Vec<Edge>> = HashMap::new();
        for ((caller, callee), calls) in &self.edges {
            let window = self.nodes.get(caller).and_then(|node| node.window);
            let number = *numbers.get(callee).expect("add_edge makes both nodes");
            edges.entry(caller).or_default().push(calls.to_shape(number, callee, window));
        }
        let services = self.nodes.iter().zip(0..).map(|((key, node), number)| {
            let edges = edges.remove(key).unwrap_or_default();
            node.to_shape(key, number, edges)
        });
        services.collect()
    }

    /// A pending call goes to the service of that name when other traces show one; else it stands for itself.
    fn settle_pending(&mut self) {
        for (caller, name, finished) in std::mem::take(&mut self.pending) {
            let known = self.nodes.iter().find(|(key, node)| key.name == name && node.active);
            let callee = known.map(|(key, _)| key.clone());
            let callee = callee.unwrap_or(ServiceKey { name, kind: Some("remote".to_owned()), account: None });
            let window = self.nodes.get(&caller).and_then(|node| node.window);
            self.add_edge(&caller, &callee, finished);
            if let Some(node) = self.nodes.get_mut(&callee)
                && node.window.is_none()
            {
                node.window = window;
            }
        }
    }

    fn settle_links(&mut self) {
        for link in std::mem::take(&mut self.links) {
            let Some((from, ended)) = self.places.get(&link.from).cloned() else { continue };
            if let Some(edge) = self.add_edge(&from, &link.to, link.finished) {
                edge.link = true;
                if let Some(ended) = ended {
                    edge.ages.count(link.started.since(ended));
                }
            }
        }
    }
}

impl Node {
    fn saw(&mut self, entity: &Entity) {
        let (start, end) = (entity.start(), entity.end().unwrap_or_else(|| entity.start()));
        let (first, last) = self.window.unwrap_or((start, end));
        self.window = Some((first.min(start), last.max(end)));
    }

    fn to_shape(&self, key: &ServiceKey, number: i32, edges: Vec<Edge>) -> Service {
        let (start_time, end_time) = self.window.unwrap_or_default();
        let is_client = key.kind.as_deref() == Some("client");
        Service {
            reference_id: number,
            name: key.name.clone(),
            names: vec![key.name.clone()],
            root: self.root.then_some(true),
            account_id: key.account.clone(),
            kind: key.kind.clone(),
            state: if self.active { "active" } else { "unknown" },
            start_time,
            end_time,
            edges,
            summary_statistics: (!is_client).then(|| self.statistics.to_shape()),
            duration_histogram: self.durations.to_shape(),
            response_time_histogram: self.statistics.histogram(),
        }
    }
}

impl Calls {
    fn to_shape(&self, callee_number: i32, callee: &ServiceKey, window: Option<(Timestamp, Timestamp)>) -> Edge {
        let (start_time, end_time) = window.unwrap_or_default();
        let alias = |name: &String| Alias { name: name.clone(), names: vec![name.clone()], kind: callee.kind.clone() };
        Edge {
            reference_id: callee_number,
            start_time,
            end_time,
            summary_statistics: self.statistics.to_shape(),
            response_time_histogram: self.statistics.histogram(),
            aliases: self.aliases.iter().map(alias).collect(),
            edge_type: self.link.then_some("link"),
            received_event_age_histogram: self.ages.to_shape(),
        }
    }
}

/// The segment that each segment and subsegment is part of.
fn owners(trace: &Trace) -> HashMap<SpanId, &Entity> {
    let inside = |segment| Entity::walk(segment).map(move |entity| (entity.segment.id, segment));
    trace.segments().flat_map(inside).collect()
}

/// Whether `id` names a subsegment in `segment` that calls another service.
fn is_call_in(segment: &Entity, id: SpanId) -> bool {
    segment
        .walk()
        .any(|entity| entity.segment.id == id && !entity.is_segment() && ServiceKey::of_call(entity).is_some())
}

fn finished(entity: &Entity) -> Option<Finished> {
    entity.duration().map(|duration| (Outcome::of(entity), duration))
}

/// From a segment's start to the end of its last work, which may go on after the answer.
fn work_time(segment: &Entity) -> Duration {
    let last = segment.walk().filter_map(Entity::end).max();
    last.map_or(Duration::ZERO, |last| last.since(segment.start()))
}
