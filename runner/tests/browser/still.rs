//! Pictures for comparing: the same each time, and the page goes on.

use std::sync::Arc;

use serde_json::json;
use siskin_runner::browser::{Area, BrowserError, Condition, PageError, Session, StillOptions, StillPicture, Viewport};

use crate::bench::{Bench, open, soon};
use crate::lifetime::until;
use crate::site::Site;
use crate::site::hazards::HAZARDS;

const WHOLE: StillOptions = StillOptions { area: Area::FullPage, ignore: Vec::new(), hide: Vec::new(), shots_max: 8 };

async fn picture(session: &Session, options: &StillOptions) -> StillPicture {
    session.still_picture(options, soon(30)).await.unwrap()
}

async fn whole(session: &Session, site: &Site, path: &str) -> Arc<[u8]> {
    open(session, site, path).await;
    if path.contains("film") && !path.contains("plain") {
        session.wait_for(&Condition::TitleContains("Plays".to_owned()), soon(10)).await.unwrap();
    }
    let taken = session.still_picture(&WHOLE, soon(30)).await.unwrap_or_else(|error| panic!("{path}: {error}"));
    assert!(taken.is_stable, "{path}");
    taken.png
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn whatever_moves_the_picture_is_the_same_and_the_page_goes_on() {
    let bench = Bench::new().await;
    let site = Site::start().await;
    let session = bench.session().await;
    let by_script = ["frames-by-script", "timers-by-script", "film"];
    for hazard in HAZARDS {
        let name = hazard.name;
        let path = format!("/still/{name}");
        let first = whole(&session, &site, &path).await;
        session
            .wait_for(&Condition::Script(format!("return {}", hazard.goes_on)), soon(5))
            .await
            .unwrap_or_else(|error| panic!("{name} does not go on: {error}"));
        let sheets = session.execute("return document.adoptedStyleSheets.length", Vec::new(), soon(5)).await.unwrap();
        assert_eq!(sheets, 0, "{name}");
        if !by_script.contains(&name) {
            assert_eq!(whole(&session, &site, &path).await, first, "{name}, opened again");
        }
        if hazard.looks_like.is_some() {
            assert_eq!(whole(&session, &site, &format!("{path}/plain")).await, first, "{name}, without it");
        }
    }
    bench.end(session).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn elements_are_ignored_by_their_boxes_and_hidden_in_their_place() {
    let bench = Bench::new().await;
    let site = Site::start().await;
    let session = bench.session().await;
    open(&session, &site, "/form").await;
    session.set_viewport(Viewport { width: 800, height: 600 }, soon(5)).await.unwrap();
    let boxes = session
        .execute(
            "return ['#send', '#name'].map((one) => { const {x, y, width, height} = \
             document.querySelector(one).getBoundingClientRect(); \
             return [Math.floor(x), Math.floor(y), Math.ceil(x + width), Math.ceil(y + height)]; })",
            Vec::new(),
            soon(5),
        )
        .await
        .unwrap();
    let ignore = ["#send", "role=textbox[name=\"Your name\"]", "text=nowhere", "//marquee"].map(str::to_owned);
    let options = StillOptions { ignore: ignore.to_vec(), hide: vec!["#send".to_owned()], ..StillOptions::default() };
    let plain = picture(&session, &StillOptions::default()).await;
    let taken = picture(&session, &options).await;
    let ends = taken.ignored.iter().map(|one| [one.x, one.y, one.x + one.width, one.y + one.height]);
    assert_eq!(json!(ends.collect::<Vec<_>>()), boxes);
    assert_eq!(taken.unmatched, ["text=nowhere", "//marquee"]);
    assert_eq!((taken.viewport, taken.scale), (Viewport { width: 800, height: 600 }, 1.0));
    assert_ne!(taken.png, plain.png, "the button is hidden");
    assert_eq!(picture(&session, &StillOptions::default()).await.png, plain.png, "and shown again");

    for (ignore, hide) in [("#[[", "p"), ("//[", "p"), ("text=", "p"), ("p", "p >")] {
        let options =
            StillOptions { ignore: vec![ignore.to_owned()], hide: vec![hide.to_owned()], ..StillOptions::default() };
        let bad = session.still_picture(&options, soon(5)).await.unwrap_err();
        assert!(matches!(bad, BrowserError::Page(PageError::BadSelector(_))), "{ignore} {hide}: {bad}");
    }
    bench.end(session).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_page_that_never_stands_still_is_said_to_be_unstable() {
    let bench = Bench::new().await;
    let site = Site::start().await;
    let session = bench.session().await;
    open(&session, &site, "/").await;
    // A frame of another site has a process of its own, which nothing of the page reaches.
    let add = format!(
        "document.body.innerHTML = '<iframe width=400 height=300 src={}>'",
        site.url_on("localhost", "/still/frames-by-script")
    );
    session.execute(&add, Vec::new(), soon(5)).await.unwrap();
    until(|| !site.seen("/still/frames-by-script").is_empty()).await;
    let taken = picture(&session, &StillOptions { shots_max: 6, ..StillOptions::default() }).await;
    assert!(!taken.is_stable);
    // The page is not held up.
    let frame = "return new Promise((done) => requestAnimationFrame(() => done(1)))";
    assert_eq!(session.execute(frame, Vec::new(), soon(5)).await.unwrap(), 1);
    bench.end(session).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_image_that_never_comes_does_not_hold_the_picture_up() {
    let bench = Bench::new().await;
    let site = Site::start().await;
    let session = bench.session().await;
    open(&session, &site, "/").await;
    let add = "document.body.insertAdjacentHTML('beforeend', '<img src=/never.png width=50 height=50>')";
    session.execute(add, Vec::new(), soon(5)).await.unwrap();
    assert!(picture(&session, &WHOLE).await.is_stable);
    bench.end(session).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn still_pictures_need_no_leave_of_the_content_policy() {
    let bench = Bench::new().await;
    let site = Site::start().await;
    let session = bench.session().await;
    open(&session, &site, "/strict").await;
    assert!(picture(&session, &WHOLE).await.is_stable);
    bench.end(session).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_page_is_let_go_on_when_its_picture_fails() {
    let bench = Bench::new().await;
    let site = Site::start().await;
    let session = bench.session().await;
    open(&session, &site, "/still/frames-by-script").await;
    // It opens while pictures are taken of a page that moves.
    session.execute("setTimeout(() => alert('Stop!'), 60)", Vec::new(), soon(5)).await.unwrap();
    let failed = session.still_picture(&StillOptions { shots_max: 500, ..StillOptions::default() }, soon(10)).await;
    assert_eq!(failed.unwrap_err(), BrowserError::Page(PageError::DialogOpen("Stop!".to_owned())));
    session.accept_dialog(soon(5)).await.unwrap();
    let goes_on = "return (window.before ??= turns) < turns && document.adoptedStyleSheets.length === 0";
    session.wait_for(&Condition::Script(goes_on.to_owned()), soon(5)).await.unwrap();
    bench.end(session).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn driving_goes_on_after_a_still_picture() {
    let bench = Bench::new().await;
    let site = Site::start().await;
    let session = bench.session().await;
    open(&session, &site, "/still/timers-by-script").await;
    let words = "p".parse().unwrap();
    session.find(&words, soon(5)).await.unwrap();
    assert!(picture(&session, &StillOptions::default()).await.is_stable);
    let found = session.find(&words, soon(5)).await.unwrap();
    session.click(&found, soon(5)).await.unwrap();
    assert_eq!(session.title(soon(5)).await.unwrap(), "Still");
    bench.end(session).await;
}
