//! The daemon goes away and comes back; services end in between.

use std::collections::BTreeSet;
use std::net::UdpSocket;
use std::os::unix::process::ExitStatusExt;
use std::path::Path;
use std::process::Command;
use std::sync::{Mutex, MutexGuard, PoisonError};

use siskin_sdk::export::{MemoryExporter, SpoolSettings};
use siskin_sdk::sampling::Sampler;
use siskin_sdk::{Config, DropReason, Guard, layer};
use tracing::dispatcher::with_default;
use tracing::{Dispatch, info_span};
use tracing_subscriber::layer::SubscriberExt;

use crate::daemon::{Daemon, PATIENCE, span_name};
use crate::process::fork;

/// One test at a time: a child that one of them forks has the locked files of all, and lets go of its own alone.
fn turn() -> MutexGuard<'static, ()> {
    static TURNS: Mutex<()> = Mutex::new(());
    TURNS.lock().unwrap_or_else(PoisonError::into_inner)
}

fn config(address: &str, dir: &Path) -> Config {
    Config::new("shop").daemon_address(address).sampler(Sampler::always()).spool(SpoolSettings::new(dir))
}

fn start(config: Config) -> (Dispatch, Guard) {
    let (layer, guard) = layer(config).unwrap();
    (Dispatch::new(tracing_subscriber::registry().with(layer)), guard)
}

fn trace(dispatch: &Dispatch, names: std::ops::Range<usize>) {
    with_default(dispatch, || names.for_each(|number| info_span!("request", otel.name = number).in_scope(|| {})));
}

/// A port nobody listens on, until somebody does.
fn closed_port() -> String {
    UdpSocket::bind("127.0.0.1:0").unwrap().local_addr().unwrap().to_string()
}

#[test]
fn what_a_closed_port_refuses_arrives_when_it_opens_though_the_service_has_ended() {
    let _turn = turn();
    let dir = tempfile::tempdir().unwrap();
    let address = closed_port();
    let (dispatch, guard) = start(config(&address, dir.path()));
    trace(&dispatch, 0..100);
    let report = guard.close(std::time::Duration::ZERO);
    assert_eq!((report.sent, report.spooled, report.pending), (0, 100, 100), "{report:?}");
    assert_eq!(report.dropped.total(), 0);
    drop(dispatch);

    let daemon = Daemon::listen(&address);
    let (dispatch, guard) = start(config(&address, dir.path()));
    trace(&dispatch, 100..110);
    let report = guard.flush(PATIENCE);
    assert_eq!((report.sent, report.pending, report.dropped.total()), (110, 0, 0));
    let received: BTreeSet<_> = (0..110).map(|_| daemon.receive().id).collect();
    assert_eq!(received.len(), 110);
    drop((dispatch, guard));
}

#[test]
fn a_daemon_that_comes_back_is_noticed_without_a_restart() {
    let _turn = turn();
    let dir = tempfile::tempdir().unwrap();
    let address = closed_port();
    let (dispatch, guard) = start(config(&address, dir.path()));
    trace(&dispatch, 0..20);
    while guard.report().spooled == 0 {
        std::thread::yield_now();
    }
    let daemon = Daemon::listen(&address);
    let report = guard.flush(PATIENCE);
    assert_eq!((report.sent, report.pending, report.dropped.total()), (20, 0, 0));
    (0..20).for_each(|_| drop(daemon.receive()));
}

#[test]
fn a_forked_child_spools_in_a_folder_of_its_own() {
    let _turn = turn();
    let dir = tempfile::tempdir().unwrap();
    let address = closed_port();
    let (dispatch, guard) = start(config(&address, dir.path()));
    trace(&dispatch, 0..1);
    while guard.report().spooled == 0 {
        std::thread::yield_now();
    }
    fork(|| {
        trace(&dispatch, 1..3);
        while guard.report().spooled < 2 {
            std::thread::yield_now();
        }
        assert_eq!(guard.report().dropped.total(), 0);
    });
    assert_eq!(guard.close(std::time::Duration::ZERO).spooled, 1);
    drop(dispatch);
    let daemon = Daemon::listen(&address);
    let (_dispatch, guard) = start(config(&address, dir.path()));
    let names: BTreeSet<_> = (0..3).map(|_| span_name(&daemon.receive())).collect();
    assert_eq!(names.len(), 3);
    assert_eq!(guard.flush(PATIENCE).sent, 3);
}

/// The folder, for the process that is to be killed.
const KILLED: &str = "SISKIN_TEST_KILLED";

#[test]
fn what_a_killed_process_spooled_is_sent_by_the_next() {
    if let Ok(dir) = std::env::var(KILLED) {
        let (dispatch, guard) = start(config(&closed_port(), Path::new(&dir)));
        trace(&dispatch, 0..50);
        while guard.report().spooled < 50 {
            std::thread::yield_now();
        }
        // SAFETY: ends this process.
        #[expect(unsafe_code, reason = "the standard library kills children only")]
        unsafe {
            libc::raise(libc::SIGKILL);
        }
    }
    let _turn = turn();
    let dir = tempfile::tempdir().unwrap();
    let name = std::thread::current().name().unwrap().to_owned();
    let mut command = Command::new(std::env::current_exe().unwrap());
    let status = command.args(["--exact", &name]).env(KILLED, dir.path()).output().unwrap().status;
    assert_eq!(status.signal(), Some(libc::SIGKILL));
    let daemon = Daemon::start();
    let (_dispatch, guard) = start(config(&daemon.address(), dir.path()));
    let report = guard.flush(PATIENCE);
    assert_eq!((report.sent, report.pending, report.dropped.total()), (50, 0, 0));
    let received: BTreeSet<_> = (0..50).map(|_| daemon.receive().id).collect();
    assert_eq!(received.len(), 50);
    assert!(daemon.is_quiet());
}

#[test]
fn a_disk_without_room_is_counted() {
    let _turn = turn();
    let dir = tempfile::tempdir().unwrap();
    let (dispatch, guard) = start(config(&closed_port(), dir.path()));
    fork(|| {
        // SAFETY: both calls take constants and a local variable, in a process of one thread.
        #[expect(unsafe_code, reason = "no file of this process may grow beyond this")]
        unsafe {
            libc::signal(libc::SIGXFSZ, libc::SIG_IGN);
            let limit = libc::rlimit { rlim_cur: 4_096, rlim_max: 4_096 };
            assert_eq!(libc::setrlimit(libc::RLIMIT_FSIZE, &raw const limit), 0);
        }
        trace(&dispatch, 0..100);
        let failed = || guard.report().dropped.count(DropReason::SpoolFailed);
        while failed() + guard.report().spooled < 100 {
            std::thread::yield_now();
        }
        assert!(failed() > 0 && guard.report().spooled > 0, "{:?}", guard.report());
    });
}

#[test]
fn a_spool_beside_an_exporter_of_ones_own_is_refused() {
    let _turn = turn();
    let dir = tempfile::tempdir().unwrap();
    let config = Config::new("shop").exporter(MemoryExporter::default()).spool(SpoolSettings::new(dir.path()));
    let error = layer(config).unwrap_err().to_string();
    assert!(error.starts_with("Config::spool is for the daemon"), "{error}");
}
