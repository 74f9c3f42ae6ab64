//! What the command line asks for.

use crate::contestant::Contestant;

/// How the requests are run.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub(crate) enum Mode {
    /// Nested calls.
    Sync,
    /// Nested futures on a current-thread runtime.
    Async,
}

impl Mode {
    pub(crate) const ALL: [Self; 2] = [Self::Sync, Self::Async];

    pub(crate) const fn name(self) -> &'static str {
        match self {
            Self::Sync => "sync",
            Self::Async => "async",
        }
    }
}

/// What is measured of a contestant in its process.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub(crate) enum Measure {
    /// Nothing by the process itself: callgrind counts its instructions.
    Instructions,
    /// CPU time of the request thread, burst by burst.
    Time,
    /// Allocations, by thread.
    Allocations,
    /// Bytes that open spans take.
    OpenSpans,
    /// Bytes that traces take which wait for the exporter.
    QueuedTraces,
}

impl Measure {
    pub(crate) const ALL: [Self; 5] =
        [Self::Instructions, Self::Allocations, Self::OpenSpans, Self::QueuedTraces, Self::Time];

    pub(crate) const fn name(self) -> &'static str {
        match self {
            Self::Instructions => "instructions",
            Self::Time => "time",
            Self::Allocations => "allocations",
            Self::OpenSpans => "open_spans",
            Self::QueuedTraces => "queued_traces",
        }
    }
}

/// What one contestant's process does.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Order {
    pub(crate) contestant: Contestant,
    pub(crate) mode: Mode,
    pub(crate) measure: Measure,
    pub(crate) requests: u64,
}

impl Order {
    /// The arguments that [`Options::parse`] reads this from.
    pub(crate) fn arguments(&self) -> [String; 5] {
        [
            "--child".to_owned(),
            self.contestant.name().to_owned(),
            self.mode.name().to_owned(),
            self.measure.name().to_owned(),
            self.requests.to_string(),
        ]
    }
}

/// What the whole run does.
#[derive(Debug)]
pub(crate) struct Plan {
    pub(crate) contestants: Vec<Contestant>,
    pub(crate) measures: Vec<Measure>,
    pub(crate) modes: Vec<Mode>,
    /// Fewer requests and rounds: for development.
    pub(crate) quick: bool,
}

/// The command line.
#[derive(Debug)]
pub(crate) enum Options {
    /// Runs the contestants and reports.
    Driver(Plan),
    /// Is one contestant.
    Child(Order),
    /// Started as a test.
    NotABenchmark,
}

const USAGE: &str = "usage: --bench [--quick] [--only CONTESTANT,..] \
                     [--measure instructions,allocations,open_spans,queued_traces,time] [--mode sync,async]";

impl Options {
    /// # Errors
    /// Says which argument is wrong and what it may be.
    pub(crate) fn parse(arguments: impl Iterator<Item = String>) -> Result<Self, String> {
        let arguments: Vec<String> = arguments.collect();
        if arguments.first().is_some_and(|argument| argument == "--child") {
            return Self::parse_child(&arguments[1..]).map(Self::Child);
        }
        let mut plan = Plan {
            contestants: Contestant::ALL.to_vec(),
            measures: Measure::ALL.to_vec(),
            modes: Mode::ALL.to_vec(),
            quick: false,
        };
        let mut is_benchmark = false;
        let mut arguments = arguments.iter();
        while let Some(argument) = arguments.next() {
            let mut list = || arguments.next().map(|list| list.split(',')).ok_or_else(|| USAGE.to_owned());
            match argument.as_str() {
                "--bench" => is_benchmark = true,
                "--quick" => plan.quick = true,
                "--only" => plan.contestants = list()?.map(contestant).collect::<Result<_, _>>()?,
                "--measure" => plan.measures = list()?.map(measure).collect::<Result<_, _>>()?,
                "--mode" => plan.modes = list()?.map(mode).collect::<Result<_, _>>()?,
                other => return Err(format!("argument {other:?}; {USAGE}")),
            }
        }
        Ok(if is_benchmark { Self::Driver(plan) } else { Self::NotABenchmark })
    }

    fn parse_child(arguments: &[String]) -> Result<Order, String> {
        let [contestant_name, mode_name, measure_name, requests] = arguments else {
            return Err("--child takes a contestant, a mode, a measure and a count of requests".to_owned());
        };
        Ok(Order {
            contestant: contestant(contestant_name)?,
            mode: mode(mode_name)?,
            measure: measure(measure_name)?,
            requests: requests.parse().map_err(|error| format!("requests {requests:?}: {error}"))?,
        })
    }
}

fn contestant(name: &str) -> Result<Contestant, String> {
    by_name(name, "contestant", &Contestant::ALL, Contestant::name)
}

fn mode(name: &str) -> Result<Mode, String> {
    by_name(name, "mode", &Mode::ALL, Mode::name)
}

fn measure(name: &str) -> Result<Measure, String> {
    by_name(name, "measure", &Measure::ALL, Measure::name)
}

fn by_name<T: Copy>(name: &str, what: &str, all: &[T], name_of: fn(T) -> &'static str) -> Result<T, String> {
    all.iter().copied().find(|one| name_of(*one) == name).ok_or_else(|| {
        let names: Vec<_> = all.iter().map(|one| name_of(*one)).collect();
        format!("{what} {name:?}: expected one of {}", names.join(", "))
    })
}
