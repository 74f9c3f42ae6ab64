//! What is accepted is not lost when a process forks or exits.
#![expect(clippy::exit, reason = "exits are what is tested")]

use std::collections::BTreeSet;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::process::{Command, exit};
use std::time::{Duration, Instant};

use siskin_sdk::export::{ExportError, Exporter};
use siskin_sdk::sampling::{Request, Sampler};
use siskin_sdk::segment::EpochTime;
use siskin_sdk::{Clock, Config, DropReason, Guard, layer};
use tracing::info_span;
use tracing_subscriber::layer::SubscriberExt;
use tracing_subscriber::util::SubscriberInitExt;

use crate::daemon::{Daemon, PATIENCE, span_name};

fn start(config: Config) -> Guard {
    let (layer, guard) = layer(config.sampler(Sampler::always())).unwrap();
    tracing_subscriber::registry().with(layer).init();
    guard
}

/// Set in the process of one test.
const ALONE: &str = "SISKIN_TEST_ALONE";

/// Runs a test in a process of its own: it has a global subscriber, and forks of a process in which
/// other tests run might inherit their locks.
fn alone(test: impl FnOnce()) {
    if std::env::var_os(ALONE).is_some() {
        return test();
    }
    let name = std::thread::current().name().expect("the harness names a test's thread").to_owned();
    let mut command = Command::new(std::env::current_exe().unwrap());
    let output = command.args(["--exact", &name, "--nocapture"]).env(ALONE, "1").output().unwrap();
    let (stdout, stderr) = (String::from_utf8_lossy(&output.stdout), String::from_utf8_lossy(&output.stderr));
    assert!(output.status.success() && stdout.contains("1 passed"), "{stdout}{stderr}");
}

/// Runs `child` in a forked process, and waits for that to end well.
pub(crate) fn fork(child: impl FnOnce()) {
    // SAFETY: the child runs on with the memory of this thread only; what it calls is what is tested.
    #[expect(unsafe_code, reason = "the standard library does not fork")]
    match unsafe { libc::fork() } {
        0 => {
            // A panic must not reach the harness, whose other threads are not there.
            let ended = catch_unwind(AssertUnwindSafe(child));
            exit(i32::from(ended.is_err()));
        }
        parent => {
            let mut status = -1;
            // SAFETY: the status is written into a local variable.
            let waited = unsafe { libc::waitpid(parent, &raw mut status, 0) };
            assert_eq!((waited, status), (parent, 0));
        }
    }
}

#[test]
fn a_forked_child_exports_its_own_segments_and_not_its_parents() {
    alone(|| {
        let daemon = Daemon::start();
        let guard = start(Config::new("shop").daemon_address(daemon.address()));
        info_span!("first").in_scope(|| {});
        assert_eq!(guard.flush(PATIENCE).sent, 1);
        info_span!("waits in the parent").in_scope(|| {});
        fork(|| {
            info_span!("child").in_scope(|| {});
            let report = guard.flush(PATIENCE);
            assert_eq!((report.sent, report.pending, report.dropped.total()), (1, 0, 0));
            // The exit flushes what comes after that.
            info_span!("child's last").in_scope(|| {});
        });
        let report = guard.close(PATIENCE);
        assert_eq!((report.sent, report.pending, report.dropped.total()), (2, 0, 0));
        let segments: Vec<_> = (0..4).map(|_| daemon.receive()).collect();
        let names: BTreeSet<_> = segments.iter().map(span_name).collect();
        assert_eq!(names.into_iter().collect::<Vec<_>>(), ["child", "child's last", "first", "waits in the parent"]);
        let ids: BTreeSet<_> = segments.iter().map(|segment| segment.trace_id.unwrap()).collect();
        assert_eq!(ids.len(), 4, "parent and child draw different ids");
        assert!(daemon.is_quiet());
    });
}

/// A child begins with the memory of its parent, whose threads wait on locks.
#[test]
fn a_child_is_never_held_up_by_threads_it_does_not_have() {
    alone(|| {
        let daemon = Daemon::start();
        let guard = start(Config::new("shop").daemon_address(daemon.address()));
        info_span!("first").in_scope(|| {});
        assert_eq!(guard.flush(PATIENCE).sent, 1);
        for _ in 0..50 {
            fork(|| {
                info_span!("child").in_scope(|| {});
                assert_eq!(guard.flush(PATIENCE).sent, 1);
            });
        }
        assert_eq!((0..51).map(|_| daemon.receive().id).collect::<BTreeSet<_>>().len(), 51);
    });
}

#[test]
fn a_segment_open_when_the_process_forks_is_its_parents_to_send() {
    alone(|| {
        let daemon = Daemon::start();
        let (clock, hands) = Clock::manual(Duration::from_secs(1_793_000_000));
        let guard = start(Config::new("shop").daemon_address(daemon.address()).clock(clock));
        let request = info_span!("request");
        fork(|| {
            // The child looks after what is open, and after its own alone.
            let own = info_span!(parent: None, "child");
            hands.advance(Duration::from_mins(1));
            assert_eq!(guard.flush(PATIENCE).sent, 1);
            drop(own);
        });
        drop(request);
        assert_eq!(guard.close(PATIENCE).sent, 1);
        let segments: Vec<_> = (0..3).map(|_| daemon.receive()).collect();
        let said: Vec<_> = segments.iter().map(|segment| (span_name(segment), segment.in_progress)).collect();
        assert_eq!(
            said,
            [("child", true), ("child", false), ("request", false)].map(|(name, open)| (name.to_owned(), open))
        );
        assert!(daemon.is_quiet());
    });
}

#[test]
fn children_of_one_parent_draw_different_ids() {
    alone(|| {
        let daemon = Daemon::start();
        let guard = start(Config::new("shop").daemon_address(daemon.address()));
        info_span!("seeds the thread").in_scope(|| {});
        for _ in 0..3 {
            fork(|| info_span!("child").in_scope(|| {}));
        }
        drop(guard);
        let ids: BTreeSet<_> = (0..4).map(|_| daemon.receive().trace_id.unwrap()).collect();
        assert_eq!(ids.len(), 4);
    });
}

/// What the daemon answers to whoever asks for rules.
#[cfg(feature = "central-sampling")]
const RULES: &str = r#"{"SamplingRuleRecords":[{"SamplingRule":{"RuleName":"of the service","ResourceARN":"*",
    "Priority":1,"FixedRate":0.0,"ReservoirSize":1,"ServiceName":"*","ServiceType":"*","Host":"*","HTTPMethod":"*",
    "URLPath":"*","Version":1,"Attributes":{}}}]}"#;

#[cfg(feature = "central-sampling")]
#[test]
fn a_forked_child_asks_for_sampling_rules_itself() {
    use crate::server::{Server, ok};
    use siskin_sdk::sampling::{CentralSettings, DaemonSource};

    alone(|| {
        let server = Server::start(|_, _| ok(RULES));
        let sampler = Sampler::central(DaemonSource::new(&server.address), CentralSettings::new("shop")).unwrap();
        // Counts go on from the parent's.
        let fetched = |times| {
            let begin = Instant::now();
            while sampler.status().rules_replaced < times {
                assert!(begin.elapsed() < PATIENCE, "{:?}", sampler.status());
                std::thread::yield_now();
            }
        };
        let decide = || sampler.decide(&Request::default(), EpochTime::from_nanos(1)).sampled;
        fetched(1);
        assert_eq!(server.requests().len(), 1);
        assert_eq!([decide(), decide()], [true, false]);
        fork(|| {
            // The parent's rules hold from the start, and one trace is the child's to take.
            assert_eq!([decide(), decide()], [true, false]);
            fetched(2);
            fork(|| {
                decide();
                fetched(3);
            });
        });
        assert_eq!(server.requests().len(), 2, "one for the child, and one for the child's child");
    });
}

/// Has no successor.
struct Alone;

impl Exporter for Alone {
    fn export(&self, _document: &[u8]) -> Result<(), ExportError> {
        Ok(())
    }
}

#[test]
fn a_child_without_exporter_counts_what_it_loses() {
    alone(|| {
        let guard = start(Config::new("shop").exporter(Alone));
        fork(|| {
            info_span!("child").in_scope(|| {});
            let report = guard.flush(PATIENCE);
            assert_eq!((report.sent, report.pending, report.dropped.count(DropReason::Forked)), (0, 0, 1));
        });
    });
}

/// The daemon's address, for the process that is to exit.
const EXITS: &str = "SISKIN_TEST_EXITS";

#[test]
fn process_exit_loses_nothing() {
    if let Ok(address) = std::env::var(EXITS) {
        let _guard = start(Config::new("shop").daemon_address(address));
        for _ in 0..100 {
            info_span!("request").in_scope(|| {});
        }
        exit(7);
    }
    let daemon = Daemon::start();
    let name = std::thread::current().name().unwrap().to_owned();
    let mut command = Command::new(std::env::current_exe().unwrap());
    let status = command.args(["--exact", &name]).env(EXITS, daemon.address()).output().unwrap().status;
    assert_eq!(status.code(), Some(7));
    (0..100).for_each(|_| drop(daemon.receive()));
    assert!(daemon.is_quiet());
}

#[test]
fn a_forked_child_follows_its_rules_file() {
    alone(|| {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("rules.json");
        let write = |rate: u8| {
            let rules = format!(r#"{{"version":2,"default":{{"fixed_target":0,"rate":{rate}}}}}"#);
            std::fs::write(&path, rules).unwrap();
        };
        write(0);
        let sampler = Sampler::from_local_rules_file(&path).unwrap();
        fork(|| {
            let now = EpochTime::from_secs_f64(1e9).unwrap();
            let decide = || sampler.decide(&Request::default(), now).sampled;
            assert!(!decide());
            write(1);
            let deadline = Instant::now() + PATIENCE;
            while !decide() {
                assert!(Instant::now() < deadline, "the file has changed");
                std::thread::sleep(Duration::from_millis(10));
            }
        });
    });
}
