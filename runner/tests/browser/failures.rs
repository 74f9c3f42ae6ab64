//! Pages that hang, dialogs, and a Chrome that dies.

use siskin_runner::browser::{Area, BrowserError, Fault, PageError, Rescue, Verdict};

use crate::bench::{Bench, in_ms, open, soon};
use crate::lifetime::{kill, processes_of, until};
use crate::site::Site;

/// Hangs the page after the command that says so has come back.
const HANG_SOON: &str = "setTimeout(hang, 500)";

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn browser_is_freed_of_a_page_that_hangs_while_loading() {
    let bench = Bench::new().await;
    let site = Site::start().await;
    let session = bench.session().await;
    let hung = session.goto(&site.url("/hang-at-load"), in_ms(2000)).await.unwrap();
    assert_eq!((hung.verdict, hung.status), (Verdict::TimedOut, Some(200)), "{hung:?}");
    assert!(session.last_screenshot().is_some());
    open(&session, &site, "/").await;
    bench.end(session).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn browser_is_freed_of_an_endless_script() {
    let bench = Bench::new().await;
    let site = Site::start().await;
    let session = bench.session().await;
    open(&session, &site, "/hang-later").await;
    session.execute(HANG_SOON, Vec::new(), soon(5)).await.unwrap();
    let late = loop {
        if let Err(error) = session.title(in_ms(1000)).await {
            break error;
        }
    };
    assert!(matches!(late, BrowserError::Deadline { rescue: Rescue::PageStopped, .. }), "{late}");
    assert_eq!(session.title(soon(5)).await.unwrap(), "Later");

    // The same for commands that go through DevTools.
    session.execute(HANG_SOON, Vec::new(), soon(5)).await.unwrap();
    let late = loop {
        if let Err(error) = session.screenshot(Area::Viewport, in_ms(2000)).await {
            break error;
        }
    };
    assert_eq!(late.fault(), Fault::Deadline, "{late}");
    assert!(session.last_screenshot().is_some());
    assert_eq!(session.title(soon(5)).await.unwrap(), "Later");
    assert!(!session.evidence().await.har.log.entries.is_empty());
    bench.end(session).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn browser_says_that_a_dialog_is_open() {
    let bench = Bench::new().await;
    let site = Site::start().await;
    let session = bench.session().await;
    drop(session.goto(&site.url("/alert"), soon(10)).await);
    let expected = BrowserError::Page(PageError::DialogOpen("Stop!".to_owned()));
    until(|| session.dialog().is_some()).await;
    assert_eq!(session.title(soon(5)).await.unwrap_err(), expected);
    assert_eq!(session.screenshot(Area::Viewport, soon(5)).await.unwrap_err(), expected);
    session.accept_dialog(soon(5)).await.unwrap();
    assert_eq!(session.title(soon(5)).await.unwrap(), "Alert");

    // One that stops the page half way is told by the navigation itself.
    assert_eq!(session.goto(&site.url("/alert-at-parse"), soon(10)).await.unwrap_err(), expected);
    session.dismiss_dialog(soon(5)).await.unwrap();
    open(&session, &site, "/").await;
    bench.end(session).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn browser_that_dies_is_our_fault_not_the_pages() {
    let bench = Bench::new().await;
    let site = Site::start().await;
    let session = bench.session().await;
    open(&session, &site, "/").await;
    // It is taken meanwhile, and not waited for.
    until(|| session.last_screenshot().is_some()).await;
    let chromes = processes_of(&bench.options.work_dir, "chromium");
    assert!(!chromes.is_empty());
    chromes.into_iter().for_each(kill);

    let gone = session.title(soon(10)).await.unwrap_err();
    assert_eq!(gone.fault(), Fault::Infrastructure, "{gone}");
    let still = session.goto(&site.url("/"), soon(10)).await.unwrap_err();
    assert_eq!(still.fault(), Fault::Infrastructure, "{still}");
    assert!(!session.evidence().await.har.log.entries.is_empty());
    assert!(session.last_screenshot().is_some());
    bench.end(session).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn browser_dying_while_a_page_loads_is_told_at_once() {
    let bench = Bench::new().await;
    let site = Site::start().await;
    let session = bench.session().await;
    let url = site.url("/never");
    let (went, ()) = tokio::join!(session.goto(&url, soon(20)), async {
        until(|| !site.seen("/never").is_empty()).await;
        processes_of(&bench.options.work_dir, "chromium").into_iter().for_each(kill);
    });
    let error = went.unwrap_err();
    assert_eq!(error.fault(), Fault::Infrastructure, "{error}");
    bench.end(session).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn browser_whose_driver_dies_is_gone_as_a_whole() {
    let bench = Bench::new().await;
    let site = Site::start().await;
    let session = bench.session().await;
    open(&session, &site, "/").await;
    let heading = "h1".parse().unwrap();
    // ChromeDriver is there from the first command on that needs it.
    assert!(processes_of(&bench.options.work_dir, "chromedriver").is_empty());
    session.find_all(&heading, soon(10)).await.unwrap();
    processes_of(&bench.options.work_dir, "chromedriver").into_iter().for_each(kill);
    let gone = session.find_all(&heading, soon(10)).await.unwrap_err();
    assert_eq!(gone.fault(), Fault::Infrastructure, "{gone}");
    until(|| processes_of(&bench.options.work_dir, "").is_empty()).await;
    bench.end(session).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn browser_page_that_crashes_is_told() {
    let bench = Bench::new().await;
    let site = Site::start().await;
    let session = bench.session().await;
    open(&session, &site, "/").await;
    processes_of(&bench.options.work_dir, "--type=renderer").into_iter().for_each(kill);
    let crashed = session.title(soon(10)).await.unwrap_err();
    assert_eq!(crashed.fault(), Fault::Infrastructure, "{crashed}");
    bench.end(session).await;
}
