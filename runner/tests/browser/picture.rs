//! Pictures: stable, of the right size, kept.

use siskin_runner::browser::Area;

use crate::bench::{Bench, open, soon};
use crate::site::Site;

/// Width and height in a PNG's first chunk.
fn size(png: &[u8]) -> (u32, u32) {
    assert_eq!(&png[..8], b"\x89PNG\r\n\x1a\n");
    let number = |at: usize| u32::from_be_bytes(png[at..at + 4].try_into().unwrap());
    (number(16), number(20))
}

const MOVING: &str = "return document.getAnimations().filter((a) => a.playState === 'running').length";

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn browser_takes_the_same_picture_twice_of_a_moving_page() {
    let bench = Bench::new().await;
    let site = Site::start().await;
    let session = bench.session().await;
    open(&session, &site, "/moving").await;
    let before = session.execute(MOVING, Vec::new(), soon(5)).await.unwrap();
    let first = session.screenshot(Area::Viewport, soon(20)).await.unwrap();
    let second = session.screenshot(Area::Viewport, soon(20)).await.unwrap();
    assert!(first.is_stable && second.is_stable);
    assert_eq!(size(&first.png), (1280, 720));
    assert_eq!(session.last_screenshot(), Some(second.png));
    // The page moves on afterwards.
    assert_eq!(session.execute(MOVING, Vec::new(), soon(5)).await.unwrap(), before);
    assert_eq!(session.execute("return document.adoptedStyleSheets.length", Vec::new(), soon(5)).await.unwrap(), 0);
    bench.end(session).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn browser_takes_pictures_under_a_strict_content_policy() {
    let bench = Bench::new().await;
    let site = Site::start().await;
    let session = bench.session().await;
    open(&session, &site, "/strict").await;
    assert!(session.screenshot(Area::Viewport, soon(20)).await.unwrap().is_stable);
    bench.end(session).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn browser_takes_the_whole_page() {
    let bench = Bench::new().await;
    let site = Site::start().await;
    let session = bench.session().await;
    open(&session, &site, "/tall").await;
    let whole = session.screenshot(Area::FullPage, soon(20)).await.unwrap();
    assert_eq!(size(&whole.png), (1280, 3000));
    let visible = session.screenshot(Area::Viewport, soon(20)).await.unwrap();
    assert_eq!(size(&visible.png), (1280, 720));
    bench.end(session).await;
}
