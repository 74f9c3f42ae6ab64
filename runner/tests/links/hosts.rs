use std::time::Duration;

use siskin_runner::check::link::HostOptions;

use crate::site::{Answer, Site, anchors, page, status};

#[tokio::test]
async fn a_host_that_asks_to_wait_is_waited_for() {
    let full = |code, headers: &str| Answer::Full(code, headers.to_owned(), std::sync::Arc::from(&b""[..]));
    let site = Site::start([
        ("/", page("<a href=/a></a>")),
        ("/a", Answer::Turns(vec![full(429, "retry-after: 1\r\n"), full(200, "")])),
    ])
    .await;
    let report = site.check(site.options()).await;
    assert!(report.is_fine(), "{}", site.lines(&report));
    let at = |asked: &[crate::site::Asked]| {
        asked.iter().filter(|asked| asked.line == "GET /a").map(|asked| asked.at).collect::<Vec<_>>()
    };
    let at = at(&site.requests());
    assert_eq!(at.len(), 2);
    assert!(at[1].duration_since(at[0]) >= Duration::from_secs(1));
}

#[tokio::test]
async fn links_of_a_host_that_asks_for_too_long_a_pause_are_unverifiable_without_asking_on() {
    let other = Site::start([]).await;
    let busy = Answer::Full(429, "retry-after: 3600\r\n".to_owned(), std::sync::Arc::from(&b""[..]));
    let site = Site::start([]).await;
    let links = anchors((0..20).map(|number| other.url(&format!("/{number}"))));
    (0..20).for_each(|number| other.set(&format!("/{number}"), busy.clone()));
    site.set("/", page(&links));
    let report = site.check(site.options()).await;
    assert_eq!((report.counts.unverifiable, report.counts.ok), (20, 1), "{}", site.lines(&report));
    assert!(other.asked().len() <= 8, "{:?}", other.asked());
}

#[tokio::test]
async fn walls_are_looked_at_as_a_person_before_they_are_unverifiable() {
    let site = Site::start([
        ("/", page("<a href=/wall></a><a href=/closed></a><a href=/broken></a><a href=/login></a>")),
        ("/wall", Answer::Wall),
        ("/closed", status(403)),
        ("/login", status(401)),
        ("/broken", status(410)),
    ])
    .await;
    let report = site.check(site.options()).await;
    insta::assert_snapshot!(site.lines(&report), @r"
    broken /broken status 410 @ /:1
    ok / @ given
    ok /wall @ /:1
    unverifiable /closed status 403 @ /:1
    unverifiable /login status 401 @ /:1
    ");
}

#[tokio::test]
async fn failures_that_may_pass_get_a_second_look() {
    let site = Site::start([
        ("/", page("<a href=/late></a><a href=/dead></a><a href=/cut></a><img src=/nohead.png>")),
        ("/late", Answer::Turns(vec![status(503), page("")])),
        ("/cut", Answer::Turns(vec![Answer::Closed, Answer::Closed, page("")])),
        ("/dead", status(500)),
        ("/nohead.png", Answer::Turns(vec![status(405), status(200)])),
    ])
    .await;
    let mut options = site.options();
    options.requests.retries = 2;
    let report = site.check(options).await;
    insta::assert_snapshot!(site.lines(&report), @r"
    broken /dead status 500 @ /:1
    ok / @ given
    ok /cut @ /:1
    ok /late @ /:1
    ok /nohead.png @ /:1
    ");
    let asked = site.asked();
    assert!(
        asked.contains(&"HEAD /nohead.png".to_owned()) && asked.contains(&"GET /nohead.png".to_owned()),
        "{asked:?}"
    );
}

#[tokio::test]
async fn a_host_is_asked_in_its_interval() {
    let site = Site::start([("/", page("<a href=/a></a><a href=/b></a><a href=/c></a>"))]).await;
    for path in ["/a", "/b", "/c"] {
        site.set(path, page(""));
    }
    let mut options = site.options();
    options.hosts = HostOptions::default();
    options.hosts.own.interval = Duration::from_millis(100);
    assert!(site.check(options).await.is_fine());
    let at: Vec<_> = site.requests().iter().map(|asked| asked.at).collect();
    // The server notes a request when it has read it, which may be a little late.
    assert!(at[3].duration_since(at[0]) >= Duration::from_millis(250), "{at:?}");
}
