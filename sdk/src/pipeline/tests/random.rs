//! Whatever happens in which order, documents together hold each span once, with all that was said of it.

use std::collections::BTreeMap;
use std::sync::Mutex;
use std::sync::mpsc::{Sender, channel};
use std::thread;
use std::time::Duration;

use proptest::prelude::*;
use tracing::span::EnteredSpan;
use tracing::{Span, field, info_span};

use crate::sampling::Sampler;
use crate::segment::Segment;
use crate::testing::Receiver;
use crate::{Clock, Config, DropReason, ManualClock};

const THREADS: usize = 3;

/// One thing that a thread does.
#[derive(Debug, Clone, Copy)]
enum Step {
    /// Opens a span below an open one.
    Open {
        below: usize,
    },
    Record {
        span: usize,
        value: u64,
    },
    Close {
        span: usize,
    },
    /// Enters a span and stays there.
    Enter {
        span: usize,
    },
    Leave,
    /// The exporting thread makes its round.
    Round,
    Wait {
        seconds: u64,
    },
}

fn steps() -> impl Strategy<Value = Vec<(usize, Step)>> {
    let step = prop_oneof![
        4 => any::<usize>().prop_map(|below| Step::Open { below }),
        5 => (any::<usize>(), 0..100_u64).prop_map(|(span, value)| Step::Record { span, value }),
        4 => any::<usize>().prop_map(|span| Step::Close { span }),
        1 => any::<usize>().prop_map(|span| Step::Enter { span }),
        1 => Just(Step::Leave),
        3 => Just(Step::Round),
        2 => (1..8_u64).prop_map(|seconds| Step::Wait { seconds }),
    ];
    proptest::collection::vec((0..THREADS, step), 1..150)
}

/// What is to be found of a span.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct Model {
    parent: u64,
    value: Option<u64>,
}

/// A span that is open.
struct Live {
    span: Span,
    number: u64,
    children: usize,
    parent: Option<u64>,
    /// How often it is entered just now.
    entered: usize,
}

/// What all threads share.
struct World {
    live: Vec<Live>,
    model: BTreeMap<u64, Model>,
}

impl World {
    fn new(root: Span) -> Self {
        let root = Live { span: root, number: 0, children: 0, parent: None, entered: 0 };
        Self { live: vec![root], model: BTreeMap::from([(0, Model { parent: 0, value: None })]) }
    }

    fn at(&mut self, place: usize) -> &mut Live {
        let place = place % self.live.len();
        &mut self.live[place]
    }

    fn of(&mut self, number: u64) -> &mut Live {
        self.live.iter_mut().find(|it| it.number == number).expect("what is entered or has children is open")
    }

    /// Does one step on the calling thread, which is inside of `inside`.
    fn step(&mut self, step: Step, inside: &mut Vec<(u64, EnteredSpan)>) {
        match step {
            Step::Open { below } => {
                let number = self.model.len() as u64;
                let parent = self.at(below);
                let span = info_span!(parent: &parent.span, "child", number, value = field::Empty);
                parent.children += 1;
                let parent = parent.number;
                self.model.insert(number, Model { parent, value: None });
                self.live.push(Live { span, number, children: 0, parent: Some(parent), entered: 0 });
            }
            Step::Record { span, value } => {
                let number = self.at(span).number;
                let known = self.model.get_mut(&number).expect("it was opened");
                // Which of two values counts is not said of threads that do not speak to each other.
                if known.value.is_none() {
                    known.value = Some(value);
                    self.of(number).span.record("value", value);
                }
            }
            Step::Close { span } => {
                let place = span % self.live.len();
                // The registry ends a span when its children have; so do we, to know when it ends.
                if let Live { children: 0, entered: 0, parent: Some(parent), .. } = self.live[place] {
                    self.live.swap_remove(place);
                    self.of(parent).children -= 1;
                }
            }
            Step::Enter { span } => {
                let live = self.at(span);
                live.entered += 1;
                inside.push((live.number, live.span.clone().entered()));
            }
            Step::Leave => {
                if let Some((number, entered)) = inside.pop() {
                    drop(entered);
                    self.of(number).entered -= 1;
                }
            }
            Step::Round | Step::Wait { .. } => unreachable!("threads do not do that"),
        }
    }
}

/// Does the steps, each on its thread but one after the other; returns what is to be found, by the number
/// each span has as a field, and what is.
fn run(steps: &[(usize, Step)], receiver: &Receiver, hands: &ManualClock) -> (BTreeMap<u64, Model>, Vec<Segment>) {
    let root = receiver.trace(|| info_span!("root", number = 0, value = field::Empty));
    let world = Mutex::new(World::new(root));
    let mut documents = Vec::new();
    thread::scope(|scope| {
        let (done, dones) = channel();
        let threads: Vec<Sender<Step>> = (0..THREADS)
            .map(|_| {
                let (orders, inbox) = channel::<Step>();
                let (world, done) = (&world, done.clone());
                scope.spawn(move || {
                    receiver.trace(|| {
                        let mut inside = Vec::new();
                        for step in inbox {
                            world.lock().unwrap().step(step, &mut inside);
                            done.send(()).unwrap();
                        }
                        while !inside.is_empty() {
                            world.lock().unwrap().step(Step::Leave, &mut inside);
                        }
                    });
                });
                orders
            })
            .collect();
        for (thread, step) in steps {
            match *step {
                Step::Round => documents.extend(receiver.documents()),
                Step::Wait { seconds } => hands.advance(Duration::from_secs(seconds)),
                step => {
                    threads[thread % THREADS].send(step).unwrap();
                    dones.recv().unwrap();
                }
            }
        }
    });
    let World { mut live, model } = world.into_inner().unwrap();
    // The last opened first, so that parents end last.
    live.sort_by_key(|it| it.number);
    receiver.trace(|| while live.pop().is_some() {});
    documents.extend(receiver.documents());
    (model, documents)
}

/// What documents say, and how often each span is complete in them.
fn found(documents: &[Segment]) -> BTreeMap<u64, Vec<(Model, bool)>> {
    let mut numbers = BTreeMap::new();
    let mut spans = Vec::new();
    let mut stack: Vec<_> = documents.iter().map(|document| (document.parent_id, document)).collect();
    while let Some((parent, span)) = stack.pop() {
        stack.extend(span.subsegments.iter().map(|child| (Some(span.id), child)));
        if !span.in_progress {
            let fields = &span.metadata["default"];
            // What is said of the segment's own span may be with a thread when it is closed.
            let number = fields["number"].as_u64().or((!span.is_subsegment()).then_some(0)).expect("each has one");
            numbers.insert(span.id, number);
            let is_closed = span.metadata.contains_key("siskin");
            spans.push((number, parent, fields.get("value").and_then(serde_json::Value::as_u64), is_closed));
        }
    }
    let mut found: BTreeMap<u64, Vec<(Model, bool)>> = BTreeMap::new();
    for (number, parent, value, is_closed) in spans {
        let parent = parent.map_or(0, |id| numbers.get(&id).copied().unwrap_or(u64::MAX));
        found.entry(number).or_default().push((Model { parent, value }, is_closed));
    }
    found
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 64, ..ProptestConfig::default() })]

    #[test]
    fn each_span_is_sent_once_and_whole(steps in steps()) {
        let (clock, hands) = Clock::manual(Duration::from_secs(1_793_000_000));
        let config = Config::new("shop").sampler(Sampler::always()).clock(clock);
        let receiver = Receiver::with_config(config.in_progress_after(Duration::from_secs(5)).close_open_after(None));
        let (model, documents) = run(&steps, &receiver, &hands);
        let found = found(&documents);
        prop_assert_eq!(found.len(), model.len());
        for (number, expected) in model {
            prop_assert_eq!(&found[&number], &vec![(expected, false)]);
        }
        let announced = documents.iter().filter(|document| document.in_progress && !document.is_subsegment());
        prop_assert!(announced.count() <= 1);
        prop_assert_eq!(receiver.flush().dropped.total(), 0);
    }

    /// When spans are closed by force, each is sent once still, and what is missing is counted.
    #[test]
    fn closed_by_force_each_span_is_sent_once(steps in steps()) {
        let (clock, hands) = Clock::manual(Duration::from_secs(1_793_000_000));
        let config = Config::new("shop").sampler(Sampler::always()).clock(clock);
        let patience = (Duration::from_secs(5), Duration::from_secs(20));
        let receiver = Receiver::with_config(config.in_progress_after(patience.0).close_open_after(patience.1));
        let (model, documents) = run(&steps, &receiver, &hands);
        let dropped = receiver.flush().dropped;
        prop_assert_eq!(dropped.count(DropReason::Late), dropped.total());
        let mut incomplete = 0;
        let found = found(&documents);
        for (number, expected) in &model {
            let spans = found.get(number).map(Vec::as_slice).unwrap_or_default();
            let &[(span, _)] = spans else {
                return Err(TestCaseError::fail(format!("span {number} is complete {} times", spans.len())));
            };
            incomplete += u64::from(span != *expected);
        }
        prop_assert!(incomplete <= dropped.count(DropReason::Late));
    }
}
