//! HAR, console and vitals of real pages.

use siskin_runner::browser::{Condition, ConsoleLevel, ConsoleSource, Selector};

use crate::bench::{Bench, open, soon};
use crate::site::Site;

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn browser_archive_has_every_request_and_no_secret() {
    let bench = Bench::new().await;
    let site = Site::start().await;
    let session = bench.session().await;
    open(&session, &site, "/redirect").await;
    open(&session, &site, "/cookie").await;
    open(&session, &site, "/").await;
    let fetched = "return performance.getEntriesByName(location.origin + '/json').length > 0";
    session.wait_for(&Condition::Script(fetched.to_owned()), soon(10)).await.unwrap();

    let evidence = session.evidence().await;
    let har = &evidence.har.log;
    let of_path = |path: &str| -> Vec<_> {
        let url = site.url(path);
        har.entries.iter().filter(|entry| entry.request.url == url.as_str()).collect()
    };
    for path in ["/redirect", "/?landed=1", "/cookie", "/", "/json"] {
        assert_eq!(of_path(path).len(), site.seen(path).len(), "{path}");
    }
    assert_eq!(har.pages.len(), 3);
    assert!(har.pages.iter().all(|page| page.page_timings.on_load.is_some_and(|ms| ms > 0.0)), "{:?}", har.pages);
    assert_eq!(of_path("/redirect")[0].response.status, 302);
    let json = of_path("/json")[0];
    assert_eq!(json.response.content.text.as_deref(), Some(r#"{"ok":true}"#));
    assert_eq!(json.response.content.size, 11);
    assert_eq!(json.response.content.mime_type, "application/json");
    assert!(json.request.cookies.iter().any(|cookie| cookie.name == "sid"));
    assert!(json.time > 0.0);
    let text = serde_json::to_string(&evidence.har).unwrap();
    assert!(!text.contains("topsecret"));
    bench.end(session).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn browser_console_has_what_was_logged_thrown_and_not_loaded() {
    let bench = Bench::new().await;
    let site = Site::start().await;
    let session = bench.session().await;
    open(&session, &site, "/console").await;
    let evidence = session.evidence().await;
    let has = |source, level, part: &str| {
        assert!(
            evidence
                .console
                .iter()
                .any(|line| line.source == source && line.level == level && line.text.contains(part)),
            "{part}: {:#?}",
            evidence.console
        );
    };
    has(ConsoleSource::Console, ConsoleLevel::Info, "plain 7 [1, \"two\"] {id: 3}");
    has(ConsoleSource::Console, ConsoleLevel::Warning, "careful");
    has(ConsoleSource::Console, ConsoleLevel::Error, "Error: reported");
    has(ConsoleSource::Exception, ConsoleLevel::Error, "TypeError: nobody caught this");
    has(ConsoleSource::Exception, ConsoleLevel::Error, "Error: unhandled");
    has(ConsoleSource::Browser, ConsoleLevel::Error, "404");
    bench.end(session).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn browser_observes_frames_of_other_sites() {
    let bench = Bench::new().await;
    let site = Site::start().await;
    let session = bench.session().await;
    open(&session, &site, "/frames").await;
    let inner = site.url_on("localhost", "/inner");
    let evidence = session.evidence().await;
    assert!(evidence.har.log.entries.iter().any(|entry| entry.request.url == inner.as_str()));
    assert!(evidence.console.iter().any(|line| line.text == "inner frame"), "{:?}", evidence.console);
    assert_eq!(evidence.har.log.pages.len(), 1);
    bench.end(session).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn browser_measures_vitals_unseen_by_the_page() {
    let bench = Bench::new().await;
    let site = Site::start().await;
    let session = bench.session().await;
    open(&session, &site, "/vitals").await;
    let deadline = soon(10);
    let vitals = loop {
        let evidence = session.evidence().await;
        match evidence.vitals.as_slice() {
            [vitals] if vitals.lcp_ms.is_some() && vitals.cls > 0.0 => break vitals.clone(),
            other => assert!(tokio::time::Instant::now() < deadline, "{other:?}"),
        }
        tokio::task::yield_now().await;
    };
    assert_eq!(vitals.url, site.url("/vitals").as_str());
    assert!(vitals.ttfb_ms.is_some_and(|ms| ms > 0.0), "{vitals:?}");
    assert!(vitals.fcp_ms <= vitals.lcp_ms, "{vitals:?}");
    assert_eq!(vitals.inp_ms, None);
    let seen = session.execute("return typeof __siskinVitals", Vec::new(), soon(5)).await.unwrap();
    assert_eq!(seen, "undefined");
    bench.end(session).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn browser_measures_the_slowest_interaction() {
    let bench = Bench::new().await;
    let site = Site::start().await;
    let session = bench.session().await;
    open(&session, &site, "/slow-button").await;
    let button = session.find(&Selector::Css("button".to_owned()), soon(10)).await.unwrap();
    session.click(&button, soon(10)).await.unwrap();
    let deadline = soon(10);
    let inp = loop {
        let evidence = session.evidence().await;
        match evidence.vitals.as_slice() {
            [vitals] if vitals.inp_ms.is_some() => break vitals.inp_ms.unwrap(),
            other => assert!(tokio::time::Instant::now() < deadline, "{other:?}"),
        }
        tokio::task::yield_now().await;
    };
    // The page is busy for 100 ms before it can paint; durations are told in steps of 8 ms.
    assert!(inp >= 96.0, "{inp}");
    bench.end(session).await;
}
