//! The report of visual comparisons, as a person in front of a browser has it.

use std::path::Path;
use std::sync::Arc;

use axum::response::Html;
use parking_lot::Mutex;
use serde_json::Value;
use siskin_runner::browser::{Condition, ConsoleLevel, Selector, Session};
use siskin_runner::report::write_visual_reports;
use siskin_runner::visual::{Approve, ComparisonFiles, VisualReport, serve};
use tempfile::TempDir;
use tokio::net::TcpListener;
use tokio::task::JoinSet;
use tokio_util::sync::CancellationToken;
use url::Url;

use crate::bench::{Bench, open_url, options, soon, turn};
use crate::validators::Validators;

/// A folder with the sample's report and a picture for each name in it.
fn folder() -> TempDir {
    let folder = tempfile::tempdir().unwrap();
    let mut report: VisualReport = serde_json::from_str(include_str!("../../src/report/visual/sample.json")).unwrap();
    for comparison in &mut report.comparisons {
        if comparison.key.contains('<') {
            // Its names stay; files of such names there cannot be.
            comparison.files = ComparisonFiles::default();
        }
        let files = &comparison.files;
        for (file, shade) in [(&files.baseline, 60), (&files.actual, 120), (&files.diff, 240)] {
            if let Some(file) = file {
                std::fs::write(folder.path().join(file), picture(shade)).unwrap();
            }
        }
    }
    write_visual_reports(folder.path(), &report).unwrap();
    folder
}

fn picture(shade: u8) -> Vec<u8> {
    let mut bytes = Vec::new();
    let mut encoder = png::Encoder::new(&mut bytes, 1280, 720);
    encoder.set_color(png::ColorType::Grayscale);
    encoder.set_depth(png::BitDepth::Eight);
    let mut writer = encoder.write_header().unwrap();
    writer.write_image_data(&vec![shade; 1280 * 720]).unwrap();
    writer.finish().unwrap();
    bytes
}

/// The report in a browser.
struct Reader {
    bench: Bench,
    session: Session,
}

impl Reader {
    async fn open(url: &Url) -> Self {
        let bench = Bench::new().await;
        let session = bench.session().await;
        open_url(&session, url).await;
        Self { bench, session }
    }

    /// Presses keys, as a keyboard does.
    async fn press(&self, keys: &str) {
        let page: Selector = "article.current".parse().unwrap();
        let page = self.session.find(&page, soon(10)).await.unwrap();
        self.session.type_text(&page, keys, soon(10)).await.unwrap();
    }

    async fn value(&self, expression: &str) -> Value {
        self.session.execute(&format!("return {expression}"), Vec::new(), soon(10)).await.unwrap()
    }

    async fn until(&self, expression: &str) {
        let script = Condition::Script(format!("return {expression}"));
        if let Err(error) = self.session.wait_for(&script, soon(10)).await {
            panic!("{expression}: {error}; now {}", self.value("document.body.innerText").await);
        }
    }

    /// The pictures that can be seen of the comparison at hand.
    async fn seen(&self) -> Value {
        self.value(
            "[...document.querySelectorAll('article.current figure')].filter((figure) => figure.checkVisibility({\
             visibilityProperty: true})).map((figure) => figure.className).join()",
        )
        .await
    }

    async fn end(self) {
        let errors: Vec<_> = self.session.evidence().await.console;
        let errors: Vec<_> = errors.iter().filter(|line| line.level >= ConsoleLevel::Warning).collect();
        assert!(errors.is_empty(), "{errors:#?}");
        self.bench.end(self.session).await;
    }
}

const KEY: &str = "document.querySelector('article.current')?.dataset.key";

/// The page as a CI system shows it among the artifacts of a job: alone.
struct Host {
    url: Url,
    _serving: JoinSet<()>,
}

async fn host(folder: &Path) -> Host {
    let page = std::fs::read_to_string(folder.join("index.html")).unwrap();
    let routes = axum::Router::new().route("/job/index.html", axum::routing::get(|| async { Html(page) }));
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let url = Url::parse(&format!("http://{}/job/index.html", listener.local_addr().unwrap())).unwrap();
    let mut serving = JoinSet::new();
    serving.spawn(async move { axum::serve(listener, routes).await.unwrap() });
    Host { url, _serving: serving }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn browser_shows_the_visual_report_as_a_file() {
    let folder = folder();
    let page = Url::from_file_path(folder.path().join("index.html")).unwrap();
    let root = tempfile::tempdir().unwrap();
    let _turn = turn().await;
    let options = options(root.path()).await;
    let mut chrome = tokio::process::Command::new(&options.programs.browser);
    chrome.args(options.arguments()).args(["--enable-logging=stderr", "--dump-dom", "--virtual-time-budget=5000"]);
    chrome.arg(format!("--user-data-dir={}", root.path().display())).arg(page.as_str()).kill_on_drop(true);
    let ended = tokio::time::timeout_at(soon(60), chrome.output()).await.unwrap().unwrap();
    let (dom, log) = (String::from_utf8_lossy(&ended.stdout), String::from_utf8_lossy(&ended.stderr));
    assert!(dom.contains("class=\"current\" data-view=\"baseline\""), "{dom}");
    assert!(dom.contains("--ratio: 1280 / 720"), "its pictures are there");
    assert!(!log.contains("CONSOLE"), "{log}");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn browser_goes_through_the_visual_report_by_keyboard() {
    let folder = folder();
    let host = host(folder.path()).await;
    let reader = Reader::open(&host.url).await;
    assert_eq!(reader.value(KEY).await, "account.1280x720.chromium", "the worst is first");
    reader.press("j").await;
    assert_eq!(reader.value(KEY).await, "cart.1280x720.chromium");
    reader
        .until("[...document.querySelectorAll('article.current img')].every((image) => image.naturalWidth === 1280)")
        .await;
    for (key, seen) in [
        ("1", "baseline,actual"),
        ("2", "baseline,actual"),
        ("4", "diff"),
        ("5", "actual"),
        ("6", "baseline"),
        ("d", "diff"),
        ("d", "baseline,actual"),
    ] {
        reader.press(key).await;
        assert_eq!(reader.seen().await, seen, "{key}");
    }
    reader.press("b").await;
    // The browser asks for little motion here: nothing blinks before it is asked for.
    let blink = "document.querySelector('article.current [data-act=blink]').textContent";
    assert_eq!(reader.value(blink).await, "Play");
    reader.press("b").await;
    assert_eq!(reader.value(blink).await, "Pause");
    reader.until("document.querySelector('article.current').classList.contains('turned')").await;
    reader.until("!document.querySelector('article.current').classList.contains('turned')").await;
    reader.press("1n").await;
    assert_eq!(reader.value("document.querySelectorAll('article.current .box.picked').length").await, 3);
    reader.press("z").await;
    let whole = "document.querySelector('article.current figure.actual .picture').offsetWidth === 1280";
    reader.until(whole).await;
    reader.press("?").await;
    reader.until("document.querySelector('dialog').open").await;
    reader.end().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn browser_filters_the_visual_report_by_text_and_status() {
    let folder = folder();
    let host = host(folder.path()).await;
    let reader = Reader::open(&host.url).await;
    let listed = "[...document.querySelectorAll('nav li')].filter((row) => row.checkVisibility()).map((row) => \
                  row.dataset.key).join()";
    reader.press("/").await;
    let search: Selector = "nav input[type=search]".parse().unwrap();
    let search = reader.session.find(&search, soon(10)).await.unwrap();
    reader.session.type_text(&search, "HOME chromium", soon(10)).await.unwrap();
    reader.until(&format!("{listed} === 'home.1280x720.chromium,home.390x844@3.chromium'")).await;
    assert_eq!(reader.value(KEY).await, "home.1280x720.chromium", "what is shown is what is listed");
    reader.session.clear(&search, soon(10)).await.unwrap();
    let missing: Selector = "button.count[data-status=missing]".parse().unwrap();
    let missing = reader.session.find(&missing, soon(10)).await.unwrap();
    reader.session.click(&missing, soon(10)).await.unwrap();
    reader.until(&format!("{listed} === 'search.1280x720.chromium'")).await;
    let command = "document.querySelector('[data-role=several]').textContent";
    let path = folder.path().join("visual.json");
    let expected = format!("siskin visual approve {} search.1280x720.chromium", path.display());
    assert_eq!(reader.value(command).await, expected, "the command is that of what is listed");
    reader.press("a").await;
    reader.until("document.querySelector('article.current .approve button').textContent !== 'Copy a'").await;
    reader.end().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn browser_approves_through_the_server_of_the_visual_report() {
    let folder = folder();
    let asked = Arc::new(Mutex::new(Vec::new()));
    let seen = Arc::clone(&asked);
    let approve: Approve = Arc::new(move |keys| {
        seen.lock().push(keys.to_vec());
        Ok(keys.to_vec())
    });
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let url = Url::parse(&format!("http://{}/", listener.local_addr().unwrap())).unwrap();
    let (stop, mut serving) = (CancellationToken::new(), JoinSet::new());
    serving.spawn(serve(listener, folder.path().to_owned(), approve, stop.clone()));

    let reader = Reader::open(&url.join("#at-home.1280x720.chromium").unwrap()).await;
    assert_eq!(reader.value(KEY).await, "home.1280x720.chromium");
    reader
        .until("[...document.querySelectorAll('article.current img')].every((image) => image.naturalWidth === 1280)")
        .await;
    assert_eq!(reader.value("document.querySelector('.top .word').textContent").await, "6 to look at");
    reader.press("a").await;
    reader.until("document.querySelector('article.current .outcome').textContent.startsWith('Approved')").await;
    assert_eq!(*asked.lock(), [["home.1280x720.chromium"]]);
    assert_eq!(reader.value("document.querySelector('.top .word').textContent").await, "5 to look at");

    // One that is selected, while another is shown.
    reader.press("kxj").await;
    reader.until(&format!("{KEY} === 'home.1280x720.chromium'")).await;
    let button: Selector = "[data-act=approve-several]".parse().unwrap();
    let button = reader.session.find(&button, soon(10)).await.unwrap();
    assert_eq!(reader.session.text(&button, soon(10)).await.unwrap(), "Approve 1 selected");
    reader.session.click(&button, soon(10)).await.unwrap();
    reader.until("document.querySelectorAll('article.approved').length === 2").await;
    assert_eq!(asked.lock().len(), 2);

    // After a reload it is known what was approved.
    open_url(&reader.session, &url).await;
    let status = "document.querySelector('[id=\"at-cart.1280x720.chromium\"]').dataset.status";
    assert_eq!(reader.value(status).await, "updated");
    stop.cancel();
    reader.end().await;
    serving.join_next().await.unwrap().unwrap().unwrap();
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn browser_is_told_why_nothing_was_approved() {
    let folder = folder();
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let url = Url::parse(&format!("http://{}/#at-search.1280x720.chromium", listener.local_addr().unwrap())).unwrap();
    let (stop, mut serving) = (CancellationToken::new(), JoinSet::new());
    let approve: Approve = Arc::new(|_| Err("s3://acme-baselines: 403 Forbidden".to_owned()));
    serving.spawn(serve(listener, folder.path().to_owned(), approve, stop.clone()));
    let reader = Reader::open(&url).await;
    reader.press("a").await;
    let told = "document.querySelector('article.current .outcome').textContent";
    reader.until(&format!("{told} === 'Not approved: s3://acme-baselines: 403 Forbidden'")).await;
    assert_eq!(reader.value("document.querySelectorAll('article.approved').length").await, 0);
    stop.cancel();
    serving.join_next().await.unwrap().unwrap().unwrap();
    reader.press("a").await;
    reader.until(&format!("{told}.includes('still running?')")).await;
    reader.bench.end(reader.session).await;
}

#[test]
fn visual_junit_is_valid_by_the_schemas_of_jenkins_and_ant() {
    let Some(validators) = Validators::installed() else { return };
    validators.judge_junit(&folder().path().join("junit.xml"));
}
