//! Runs that share a Chrome share nothing else.

use siskin_runner::browser::{Area, BrowserError, Fault, Pool, Rescue, Session, Verdict};

use crate::bench::{Bench, in_ms, open, soon};
use crate::lifetime::{chromes_of, kill, processes_of, until};
use crate::site::Site;

fn pool_of(bench: &Bench) -> Pool {
    Pool::new(bench.reaper.clone(), bench.options.programs.clone(), bench.options.work_dir.clone())
}

async fn lease(pool: &Pool, bench: &Bench) -> Session {
    Session::lease(pool, &bench.options, soon(30)).await.unwrap()
}

fn chromes(bench: &Bench) -> usize {
    chromes_of(&bench.options.work_dir).len()
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn browser_pool_shares_a_chrome_but_no_cookies() {
    let bench = Bench::new().await;
    let site = Site::start().await;
    let pool = pool_of(&bench);
    let (one, two) = tokio::join!(lease(&pool, &bench), lease(&pool, &bench));
    assert_eq!(chromes(&bench), 1);
    open(&one, &site, "/cookie").await;
    open(&two, &site, "/").await;
    assert!(site.seen("/").iter().all(|seen| seen.header("cookie").is_none()));
    // Each sees its own requests only.
    let urls = |evidence: &siskin_runner::browser::Evidence| -> Vec<String> {
        evidence.har.log.entries.iter().map(|entry| entry.request.url.clone()).collect()
    };
    assert!(urls(&one.evidence().await).contains(&site.url("/cookie").to_string()));
    assert!(!urls(&two.evidence().await).contains(&site.url("/cookie").to_string()));

    one.close().await.unwrap();
    let picture = two.screenshot(Area::Viewport, soon(20)).await.unwrap();
    assert!(picture.is_stable);
    let saved = two.goto(&site.url("/download"), soon(20)).await.unwrap();
    assert_eq!(saved.verdict, Verdict::Download);
    two.close().await.unwrap();

    // A later run starts clean on the same Chrome.
    let three = lease(&pool, &bench).await;
    open(&three, &site, "/form").await;
    assert!(site.seen("/form").iter().all(|seen| seen.header("cookie").is_none()));
    assert_eq!(chromes(&bench), 1);
    three.close().await.unwrap();
    pool.close().await.unwrap();
    assert_eq!(chromes(&bench), 0);
    bench.end_without_session().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn browser_pool_is_not_held_up_by_a_page_that_hangs() {
    let bench = Bench::new().await;
    let site = Site::start().await;
    let pool = pool_of(&bench);
    let (hung, well) = tokio::join!(lease(&pool, &bench), lease(&pool, &bench));
    let url = site.url("/hang-at-load");
    let (hanging, ()) = tokio::join!(hung.goto(&url, in_ms(3000)), async {
        open(&well, &site, "/").await;
        assert_eq!(well.title(soon(20)).await.unwrap(), "Home");
    });
    assert_eq!(hanging.unwrap().verdict, Verdict::TimedOut);
    hung.close().await.unwrap();
    open(&well, &site, "/form").await;
    well.close().await.unwrap();
    pool.close().await.unwrap();
    bench.end_without_session().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn browser_pool_replaces_a_chrome_that_died() {
    let bench = Bench::new().await;
    let site = Site::start().await;
    let pool = pool_of(&bench);
    let session = lease(&pool, &bench).await;
    open(&session, &site, "/").await;
    processes_of(&bench.options.work_dir, "chromium").into_iter().for_each(kill);
    let gone = session.title(soon(10)).await.unwrap_err();
    assert_eq!(gone.fault(), Fault::Infrastructure, "{gone}");
    session.close().await.unwrap();

    let next = lease(&pool, &bench).await;
    open(&next, &site, "/form").await;
    next.close().await.unwrap();
    pool.close().await.unwrap();
    until(|| processes_of(&bench.options.work_dir, "").is_empty()).await;
    bench.end_without_session().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn browser_pool_ends_the_context_of_a_dropped_run() {
    let bench = Bench::new().await;
    let site = Site::start().await;
    let pool = pool_of(&bench);
    let session = lease(&pool, &bench).await;
    open(&session, &site, "/hang-later").await;
    let renderers = || processes_of(&bench.options.work_dir, "--type=renderer").len();
    let before = renderers();
    drop(session);
    until(|| renderers() < before).await;
    let next = lease(&pool, &bench).await;
    let late = next.goto(&site.url("/never"), in_ms(1500)).await;
    assert!(
        matches!(&late, Ok(navigation) if navigation.verdict == Verdict::TimedOut)
            || matches!(&late, Err(BrowserError::Deadline { rescue: Rescue::PageStopped, .. })),
        "{late:?}"
    );
    next.close().await.unwrap();
    pool.close().await.unwrap();
    bench.end_without_session().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn browser_pool_makes_the_next_context_ahead_and_does_without_one_that_died() {
    let bench = Bench::new().await;
    let site = Site::start().await;
    let pool = pool_of(&bench);
    let renderers = || processes_of(&bench.options.work_dir, "--type=renderer");
    lease(&pool, &bench).await.close().await.unwrap();
    until(|| !renderers().is_empty()).await;

    let next = lease(&pool, &bench).await;
    open(&next, &site, "/").await;
    next.close().await.unwrap();
    until(|| !renderers().is_empty()).await;

    renderers().into_iter().for_each(kill);
    until(|| renderers().is_empty()).await;
    let after = lease(&pool, &bench).await;
    open(&after, &site, "/form").await;
    assert_eq!(chromes(&bench), 1);
    after.close().await.unwrap();
    pool.close().await.unwrap();
    assert_eq!(chromes(&bench), 0);
    bench.end_without_session().await;
}
