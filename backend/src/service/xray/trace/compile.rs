//! Rows to traces.

use std::collections::{BTreeMap, HashMap, HashSet};

use siskin_sdk::id::{SpanId, TraceId};

use super::Entity;
use crate::base::Timestamp;
use crate::store::{SpanKind, SpanRow};

/// Deepest nesting of a compiled document. Each level takes two of JSON's, and readers bound those (serde's at 128).
/// Subsegments that were sent on their own and would nest deeper stay documents of their own.
pub const NESTING_MAX: usize = 60;

/// All documents of one trace, as few as can be.
#[derive(Clone, Debug)]
pub struct Trace {
    /// The trace.
    pub id: TraceId,
    /// Its segments, earliest first, then subsegments whose segment has not come.
    pub documents: Vec<Entity>,
    /// How many documents have been received, also those that others replaced.
    pub revision: usize,
}

impl Trace {
    /// The segments: subsegments without a segment are left out.
    pub fn segments(&self) -> impl Iterator<Item = &Entity> {
        self.documents.iter().filter(|document| document.is_segment())
    }

    /// The segment in which the trace began: the earliest without a parent; the earliest of all when each has one.
    pub fn root(&self) -> Option<&Entity> {
        self.segments().find(|segment| segment.segment.parent_id.is_none()).or_else(|| self.segments().next())
    }

    /// When the first of its work began.
    pub fn start(&self) -> Timestamp {
        self.walk().map(Entity::start).min().unwrap_or(Timestamp::EPOCH)
    }

    /// When the last of its work ended, as far as it has; its start when none has.
    pub fn end(&self) -> Timestamp {
        self.walk().filter_map(Entity::end).max().unwrap_or_else(|| self.start()).max(self.start())
    }

    /// Every segment and subsegment, each after its parent.
    pub fn walk(&self) -> impl Iterator<Item = &Entity> {
        self.documents.iter().flat_map(Entity::walk)
    }
}

/// Puts together the traces that `rows` belong to, in the order of their ids.
pub fn compile(rows: Vec<SpanRow>) -> Vec<Trace> {
    let mut by_trace: BTreeMap<[u8; 16], Vec<SpanRow>> = BTreeMap::new();
    for row in rows {
        by_trace.entry(row.trace_id).or_default().push(row);
    }
    by_trace.into_iter().map(|(id, rows)| compile_one(TraceId::from_bytes(id), rows)).collect()
}

fn compile_one(id: TraceId, mut rows: Vec<SpanRow>) -> Trace {
    rows.sort_by_key(|row| row.id);
    let received = documents_of(&rows);
    let revision = received.len();
    let mut documents = Vec::new();
    let mut inside: HashMap<SpanId, Vec<Entity>> = HashMap::new();
    for document in newest_of_each(received) {
        match document.segment.parent_id {
            Some(parent) if !document.is_segment() => inside.entry(parent).or_default().push(document),
            _ => documents.push(document),
        }
    }
    documents.sort_by_key(|document| (document.start(), document.row()));
    for document in &mut documents {
        attach(document, &mut inside, 1);
    }
    documents.extend(without_a_segment(inside));
    Trace { id, documents, revision }
}

/// The documents as they were sent: each row belongs to the latest outermost row before it with the same segment id.
fn documents_of(rows: &[SpanRow]) -> Vec<Entity> {
    let mut documents: Vec<Entity> = Vec::new();
    let mut latest: HashMap<[u8; 8], usize> = HashMap::new();
    for row in rows {
        let Some(mut entity) = Entity::of_row(row) else { continue };
        let home = latest.get(&row.segment_id).copied();
        match (row.kind, row.parent_id, home) {
            (SpanKind::Subsegment, Some(parent), Some(home)) => {
                let home = documents.get_mut(home).expect("positions are taken from this vector");
                place(home, SpanId::from_bytes(parent), entity);
            }
            (kind, parent, _) => {
                if kind == SpanKind::Subsegment {
                    // Its document's outermost row is lost (a damaged log record): what is left is still shown.
                    entity.kind = SpanKind::IndependentSubsegment;
                    entity.segment.parent_id = parent.map(SpanId::from_bytes);
                }
                latest.insert(row.segment_id, documents.len());
                documents.push(entity);
            }
        }
    }
    documents
}

/// Puts `entity` under the nearest open parent: rows come outermost first, so the last branch holds it.
fn place(home: &mut Entity, parent: SpanId, entity: Entity) {
    fn depth_of(home: &Entity, parent: SpanId) -> usize {
        let (mut depth, mut found, mut branch) = (0, 0, home);
        loop {
            if branch.segment.id == parent {
                found = depth;
            }
            let Some(last) = branch.subsegments.last() else { return found };
            (branch, depth) = (last, depth + 1);
        }
    }
    let depth = depth_of(home, parent);
    let mut branch = home;
    for _ in 0..depth {
        branch = branch.subsegments.last_mut().expect("depth_of went down this branch");
    }
    branch.subsegments.push(entity);
}

/// Of documents with the same id the one that counts, also where one was sent on its own and once more inside another.
fn newest_of_each(received: Vec<Entity>) -> Vec<Entity> {
    let mut newest: BTreeMap<u64, Entity> = BTreeMap::new();
    for document in received {
        let key = document.segment.id.bits();
        if newest.get(&key).is_none_or(|known| document.supersedes(known)) {
            newest.insert(key, document);
        }
    }
    let mut embedded: HashMap<u64, bool> = HashMap::new();
    for document in newest.values() {
        for inner in document.walk().skip(1) {
            let complete = !inner.segment.in_progress;
            embedded.entry(inner.segment.id.bits()).and_modify(|known| *known |= complete).or_insert(complete);
        }
    }
    // An embedded subsegment came with its segment at its end, so it counts unless it is itself in progress.
    newest.retain(|key, document| document.is_segment() || embedded.get(key) != Some(&true));
    let sent_again = |document: &&Entity| !document.is_segment() && embedded.contains_key(&document.segment.id.bits());
    let replaced: HashSet<SpanId> = newest.values().filter(sent_again).map(|document| document.segment.id).collect();
    let mut documents: Vec<Entity> = newest.into_values().collect();
    if !replaced.is_empty() {
        for document in &mut documents {
            drop_embedded(document, &replaced);
        }
    }
    documents
}

fn drop_embedded(entity: &mut Entity, ids: &HashSet<SpanId>) {
    entity.subsegments.retain(|inner| !ids.contains(&inner.segment.id));
    for inner in &mut entity.subsegments {
        drop_embedded(inner, ids);
    }
}

/// Moves the subsegments that were sent on their own to where they belong below `entity`, which is `depth` deep.
/// Those that would nest too deep stay where they are.
fn attach(entity: &mut Entity, inside: &mut HashMap<SpanId, Vec<Entity>>, depth: usize) {
    if let Some(found) = inside.remove(&entity.segment.id) {
        let fits = |document: &Entity| depth + height(document) <= NESTING_MAX;
        let (mut found, too_deep): (Vec<_>, Vec<_>) = found.into_iter().partition(fits);
        if !too_deep.is_empty() {
            inside.insert(entity.segment.id, too_deep);
        }
        if !found.is_empty() {
            entity.subsegments.append(&mut found);
            entity.subsegments.sort_by_key(|inner| (inner.start(), inner.row()));
        }
    }
    for inner in &mut entity.subsegments {
        attach(inner, inside, depth + 1);
    }
}

/// Levels of nesting in one document, itself included. Each document's own is bounded by the JSON parser.
fn height(entity: &Entity) -> usize {
    1 + entity.subsegments.iter().map(height).max().unwrap_or(0)
}

/// What belongs below nothing that has come: put together among itself, also where parents form a circle.
fn without_a_segment(mut inside: HashMap<SpanId, Vec<Entity>>) -> Vec<Entity> {
    let here: HashSet<SpanId> =
        inside.values().flatten().flat_map(Entity::walk).map(|entity| entity.segment.id).collect();
    let mut absent: Vec<SpanId> = inside.keys().copied().filter(|parent| !here.contains(parent)).collect();
    let mut documents = Vec::new();
    // When no parent is absent, what is left are circles and what nested too deep: the earliest goes first.
    while let Some(parent) = absent.pop().or_else(|| earliest(&inside)) {
        for mut document in inside.remove(&parent).unwrap_or_default() {
            attach(&mut document, &mut inside, 1);
            documents.push(document);
        }
    }
    documents.sort_by_key(|document| (document.start(), document.row()));
    documents
}

fn earliest(inside: &HashMap<SpanId, Vec<Entity>>) -> Option<SpanId> {
    let first = |parent: &SpanId| inside.get(parent).and_then(|found| found.iter().map(Entity::row).min());
    inside.keys().copied().min_by_key(first)
}
