//! The thread that runs the requests, and nothing else.

use std::ops::Range;
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};
use std::thread;

use tokio::runtime::{Builder, Runtime};

use crate::allocator;
use crate::burst_time::BurstTime;
use crate::workload::Texts;

/// How requests are run.
#[derive(Debug, Clone, Copy)]
pub(crate) enum Run {
    Sync(fn(&'static Texts, Range<i64>)),
    Async(fn(&Runtime, &'static Texts, Range<i64>)),
}

/// Owns the thread; started before any other, it is number 2 to callgrind.
#[derive(Debug)]
pub(crate) struct RequestThread(Arc<Exchange>);

#[derive(Debug, Default)]
struct Exchange {
    state: Mutex<State>,
    changed: Condvar,
}

#[derive(Debug)]
enum State {
    Idle(Option<BurstTime>),
    Asked(Run, Range<i64>, Watch),
    Running,
}

impl Default for State {
    fn default() -> Self {
        Self::Idle(None)
    }
}

/// Whether the requests are timed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Watch {
    Off,
    On,
}

impl RequestThread {
    pub(crate) fn start() -> Result<Self, String> {
        let exchange = Arc::new(Exchange::default());
        let served = Arc::clone(&exchange);
        // Without drivers: nothing in the workload waits for time or sockets.
        let runtime = Builder::new_current_thread().build().map_err(|error| format!("runtime: {error}"))?;
        let texts: &'static Texts = Box::leak(Box::new(Texts::new()));
        thread::Builder::new()
            .name("requests".to_owned())
            .spawn(move || {
                allocator::this_is_the_request_thread();
                serve(&served, &runtime, texts);
            })
            .map_err(|error| format!("request thread: {error}"))?;
        Ok(Self(exchange))
    }

    /// Runs the requests and waits for their end.
    pub(crate) fn run(&self, run: Run, requests: Range<i64>) {
        self.ask(State::Asked(run, requests, Watch::Off));
    }

    /// The same, and says how long it took.
    pub(crate) fn run_timed(&self, run: Run, requests: Range<i64>) -> Option<BurstTime> {
        self.ask(State::Asked(run, requests, Watch::On))
    }

    fn ask(&self, asked: State) -> Option<BurstTime> {
        *self.0.state() = asked;
        self.0.changed.notify_all();
        let idle = self.0.changed.wait_while(self.0.state(), |state| !matches!(state, State::Idle(_)));
        match &*idle.unwrap_or_else(PoisonError::into_inner) {
            State::Idle(time) => *time,
            State::Asked(..) | State::Running => None,
        }
    }
}

impl Exchange {
    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Runs what is asked until the process ends.
fn serve(exchange: &Exchange, runtime: &Runtime, texts: &'static Texts) -> ! {
    loop {
        let asked = exchange.changed.wait_while(exchange.state(), |state| !matches!(state, State::Asked(..)));
        let asked = std::mem::replace(&mut *asked.unwrap_or_else(PoisonError::into_inner), State::Running);
        let State::Asked(run, requests, watch) = asked else { continue };
        let burst = || match run {
            Run::Sync(run) => run(texts, requests),
            Run::Async(run) => run(runtime, texts, requests),
        };
        let time = match watch {
            Watch::Off => {
                burst();
                None
            }
            Watch::On => Some(BurstTime::of(burst)),
        };
        *exchange.state() = State::Idle(time);
        exchange.changed.notify_all();
    }
}
