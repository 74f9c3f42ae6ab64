//! Nothing outlives its owner.

use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::time::Duration;

use siskin_runner::browser::{
    BrowserError, DriverStart, Fault, Finding, InstallOptions, Reaper, Session, SessionOptions, doctor,
};

use crate::bench::{Bench, REAPER, open, options, soon};
use crate::site::Site;

/// Tells the test binary that it is to be the owner that gets killed.
const OWNER_ROOT: &str = "SISKIN_TEST_OWNER_ROOT";

fn file(pid: i32, name: &str) -> Vec<u8> {
    std::fs::read(format!("/proc/{pid}/{name}")).unwrap_or_default()
}

/// A field of the process's row, counted from its state.
fn stat(pid: i32, field: usize) -> Option<i32> {
    let stat = String::from_utf8(file(pid, "stat")).ok()?;
    let (_, fields) = stat.rsplit_once(')')?;
    fields.split_ascii_whitespace().nth(field)?.parse().ok()
}

fn parent_of(pid: i32) -> i32 {
    stat(pid, 1).unwrap()
}

fn group_of(pid: i32) -> Option<i32> {
    stat(pid, 2)
}

/// Processes of the browsers that work below `root`, whose command line contains `part`.
///
/// Chrome's children overwrite their environment, so they are known by their process group.
pub(crate) fn processes_of(root: &Path, part: &str) -> Vec<i32> {
    let tmpdir = format!("TMPDIR={}", root.display()).into_bytes();
    let all: Vec<i32> = std::fs::read_dir("/proc")
        .unwrap()
        .flatten()
        .filter_map(|entry| entry.file_name().to_str()?.parse().ok())
        .collect();
    let works_below =
        |pid: i32| file(pid, "environ").split(|byte| *byte == 0).any(|variable| variable.starts_with(&tmpdir));
    let groups: Vec<i32> = all.iter().filter(|pid| works_below(**pid)).filter_map(|pid| group_of(*pid)).collect();
    all.into_iter()
        .filter(|pid| group_of(*pid).is_some_and(|group| groups.contains(&group)))
        .filter(|pid| String::from_utf8_lossy(&file(*pid, "cmdline")).contains(part))
        .collect()
}

/// The Chromes below `root`: each one's own process, not those it started.
pub(crate) fn chromes_of(root: &Path) -> Vec<i32> {
    let all = processes_of(root, "--remote-debugging-port=0").into_iter();
    all.filter(|pid| !String::from_utf8_lossy(&file(*pid, "cmdline")).contains("--type=")).collect()
}

pub(crate) fn kill(pid: i32) {
    Command::new("kill").args(["-KILL", &pid.to_string()]).stderr(Stdio::null()).status().unwrap();
}

/// Waits for a condition that nothing announces.
pub(crate) async fn until(mut reached: impl FnMut() -> bool) {
    let waiting = async {
        while !reached() {
            tokio::time::sleep(Duration::from_millis(5)).await;
        }
    };
    tokio::time::timeout(Duration::from_secs(10), waiting).await.unwrap();
}

/// The process that owns a browser; killed at the latest when its test ends.
struct Owner(Child);

impl Owner {
    fn start(root: &Path) -> Self {
        let child = Command::new(std::env::current_exe().unwrap())
            .args(["--ignored", "--exact", "lifetime::owner_of_a_browser"])
            .env(OWNER_ROOT, root)
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            .spawn()
            .unwrap();
        Self(child)
    }

    fn kill(&mut self) {
        self.0.kill().unwrap();
        self.0.wait().unwrap();
    }
}

impl Drop for Owner {
    fn drop(&mut self) {
        // Killed already, where all went well.
        drop(self.0.kill());
        drop(self.0.wait());
    }
}

/// Not a test of its own: runs in the process that `browser_does_not_outlive_a_killed_owner` starts.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
#[ignore = "started by another test in a process of its own"]
async fn owner_of_a_browser() {
    let Some(root) = std::env::var_os(OWNER_ROOT) else {
        return;
    };
    let root = Path::new(&root);
    let reaper = Reaper::spawn(Path::new(REAPER)).unwrap();
    let session = Session::launch(&reaper, &options(root).await, soon(30)).await.unwrap();
    std::fs::write(root.join("ready"), session.title(soon(5)).await.unwrap()).unwrap();
    std::future::pending::<()>().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn browser_does_not_outlive_a_killed_owner() {
    let bench = Bench::new().await;
    let root = bench.options.work_dir.clone();
    let mut owner = Owner::start(&root);
    until(|| root.join("ready").is_file()).await;
    let running = processes_of(&root, "");
    assert!(running.len() >= 5, "{running:?}");

    owner.kill();
    until(|| processes_of(&root, "").is_empty()).await;
    // Zombies have no environment; the processes themselves must be gone, too.
    until(|| running.iter().all(|pid| !Path::new(&format!("/proc/{pid}")).exists())).await;
    until(|| std::fs::read_dir(&root).unwrap().count() == 1).await;
    std::fs::remove_file(root.join("ready")).unwrap();
    bench.end_without_session().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn browser_of_a_killed_reaper_is_swept_by_the_next() {
    let bench = Bench::new().await;
    let root = bench.options.work_dir.clone();
    let session = bench.session().await;
    let reaper = parent_of(chromes_of(&root)[0]);
    kill(reaper);
    until(|| !Path::new(&format!("/proc/{reaper}")).exists()).await;
    assert!(!processes_of(&root, "").is_empty());
    let gone = session.close().await.unwrap_err();
    assert_eq!(gone.fault(), Fault::Infrastructure, "{gone}");

    let mut next = bench;
    next.reaper = Reaper::spawn(Path::new(REAPER)).unwrap();
    let session = next.session().await;
    assert_eq!(std::fs::read_dir(&root).unwrap().count(), 1);
    next.end(session).await;
    assert!(processes_of(&root, "").is_empty());
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn browser_ends_with_a_dropped_session_or_launch() {
    let bench = Bench::new().await;
    let root = bench.options.work_dir.clone();
    let session = bench.session().await;
    assert!(!processes_of(&root, "").is_empty());
    drop(session);
    until(|| processes_of(&root, "").is_empty() && std::fs::read_dir(&root).unwrap().count() == 0).await;

    // A launch that is given up half way leaves nothing either.
    let launching = Session::launch(&bench.reaper, &bench.options, soon(30));
    drop(tokio::time::timeout(Duration::from_millis(60), launching).await);
    until(|| processes_of(&root, "").is_empty() && std::fs::read_dir(&root).unwrap().count() == 0).await;
    bench.end_without_session().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn browser_sessions_share_a_reaper_but_nothing_else() {
    let bench = Bench::new().await;
    let site = Site::start().await;
    let (one, two) = tokio::join!(bench.session(), bench.session());
    open(&one, &site, "/cookie").await;
    open(&two, &site, "/").await;
    one.close().await.unwrap();
    open(&two, &site, "/form").await;
    assert!(site.seen("/").iter().all(|seen| seen.header("cookie").is_none()));
    bench.end(two).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn browser_set_up_wrongly_is_a_config_error() {
    let bench = Bench::new().await;
    let mut wrong = bench.options.clone();
    wrong.programs.browser = "/nonexistent/chromium".into();
    let error = Session::launch(&bench.reaper, &wrong, soon(20)).await.unwrap_err();
    assert_eq!(error.fault(), Fault::Config, "{error}");

    // One that ends at once, with its own words in the message.
    let mut wrong = bench.options.clone();
    wrong.programs.browser = "/bin/ls".into();
    let error = Session::launch(&bench.reaper, &wrong, soon(20)).await.unwrap_err();
    assert!(matches!(&error, BrowserError::Config(why) if why.contains("unrecognized option")), "{error}");

    let mut wrong = SessionOptions { driver: DriverStart::AtOnce, ..bench.options.clone() };
    wrong.programs.driver = "/nonexistent/chromedriver".into();
    let error = Session::launch(&bench.reaper, &wrong, soon(20)).await.unwrap_err();
    assert_eq!(error.fault(), Fault::Config, "{error}");

    // The same for a driver, with the command that needs it.
    wrong.programs.driver = "/bin/ls".into();
    wrong.driver = DriverStart::WhenNeeded;
    let session = Session::launch(&bench.reaper, &wrong, soon(20)).await.unwrap();
    assert_eq!(session.title(soon(10)).await.unwrap(), "");
    let error = session.find_all(&"p".parse().unwrap(), soon(10)).await.unwrap_err();
    assert!(matches!(&error, BrowserError::Config(why) if why.contains("port")), "{error}");
    session.close().await.unwrap();
    until(|| std::fs::read_dir(&bench.options.work_dir).unwrap().count() == 0).await;
    bench.end_without_session().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn browser_works_in_the_longest_folder_allowed() {
    const PATH_BYTES_MAX: usize = 56;
    const OWN_NAME: &str = "/siskin-browser-123456";
    let mut bench = Bench::new().await;
    let root = bench.options.work_dir.clone();
    let room = PATH_BYTES_MAX - OWN_NAME.len() - root.as_os_str().len() - 1;
    bench.options.work_dir = root.join("x".repeat(room));
    let site = Site::start().await;
    let session = bench.session().await;
    open(&session, &site, "/").await;
    session.close().await.unwrap();

    let longer = root.join("x".repeat(room + 1));
    let refused = SessionOptions { work_dir: longer.clone(), ..bench.options.clone() };
    let error = Session::launch(&bench.reaper, &refused, soon(20)).await.unwrap_err();
    assert!(matches!(&error, BrowserError::Config(why) if why.contains("too long")), "{error}");
    std::fs::remove_dir(longer).unwrap();
    std::fs::remove_dir(&bench.options.work_dir).unwrap();
    bench.end_without_session().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn browser_doctor_finds_this_machine_healthy() {
    let bench = Bench::new().await;
    let report = doctor(&InstallOptions::default(), &bench.reaper, &bench.options.work_dir).await;
    assert!(report.is_healthy(), "{report:?}");
    let names: Vec<_> = report.checks.iter().map(|check| check.name).collect();
    assert_eq!(names, ["memory", "disk", "browser", "driver", "launch"]);
    assert!(matches!(&report.checks[4].finding, Finding::Fine(text) if text.contains("picture")));
    bench.end_without_session().await;
}
