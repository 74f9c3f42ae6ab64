use std::time::Duration;

use siskin_runner::check::link::{Link, LinkOptions, Stopped, check};
use siskin_runner::clock::Clock;
use tokio_util::sync::CancellationToken;

use crate::site::{Answer, Site, anchors, page, redirect};

fn html() -> String {
    "content-type: text/html\r\n".to_owned()
}

#[tokio::test]
async fn hosts_that_never_answer_cost_one_timeout_together() {
    let site = Site::start([("/", page(""))]).await;
    let links = anchors((0..10).map(|number| format!("/hang{number}")));
    (0..10).for_each(|number| site.set(&format!("/hang{number}"), Answer::Silence));
    site.set("/", page(&links));
    let mut options = site.options();
    options.requests.timeout = Duration::from_secs(1);
    let report = site.check(options).await;
    assert_eq!((report.counts.broken, report.counts.ok), (10, 1));
    assert!(report.links().filter_map(Link::reason).all(|reason| reason.code() == "timeout"));
}

#[tokio::test]
async fn a_page_with_a_million_links_is_bounded_and_told() {
    let site = Site::start([(
        "/",
        Answer::Repeated { head: html(), piece: |number| format!("<a href=/{number}>\n"), times: 1_000_000 },
    )])
    .await;
    let options = LinkOptions { links_max: 200, depth: Some(0), ..site.options() };
    let report = site.check(options).await;
    assert_eq!((report.counts.links, report.counts.broken), (200, 199));
    let told: Vec<_> = report.notices.iter().map(|notice| (notice.about.as_str(), notice.text.as_str())).collect();
    assert_eq!(told, [(site.url("/").as_str(), "999801 links beyond the limit of links were not followed")]);
}

#[tokio::test]
async fn a_million_places_of_one_link_are_kept() {
    let site = Site::start([(
        "/",
        Answer::Repeated { head: html(), piece: |_| "<a href=/gone>\n".to_owned(), times: 1_000_000 },
    )])
    .await;
    let report = site.check(site.options()).await;
    let link = report.links().find(|link| link.address().ends_with("/gone")).unwrap();
    let places = link.places();
    assert_eq!((places.len(), places.last().map(|place| place.line)), (1_000_000, Some(1_000_000)));
}

#[tokio::test]
async fn a_sitemap_of_more_than_50_mib_is_read_that_far_and_told() {
    let piece = |number| {
        let padding = " ".repeat(2_000);
        if number == 0 { "<urlset>".to_owned() } else { format!("<url><loc>/{}</loc>{padding}</url>\n", number % 7) }
    };
    let head = "content-type: application/xml\r\n".to_owned();
    let site = Site::start([("/sitemap.xml", Answer::Repeated { head, piece, times: 30_000 })]).await;
    let report = site.check(LinkOptions { start: vec![site.url("/sitemap.xml")], ..site.options() }).await;
    assert_eq!((report.counts.links, report.counts.broken), (8, 7));
    let told = report
        .notices
        .iter()
        .any(|notice| notice.about.ends_with("/sitemap.xml") && notice.text.contains("larger than 50 MiB"));
    assert!(told, "{:?}", report.notices);
}

#[tokio::test]
async fn addresses_beyond_50_000_of_a_sitemap_are_counted() {
    let piece = |number| if number == 0 { "<urlset>".to_owned() } else { "<url><loc>/x</loc></url>".to_owned() };
    let head = "content-type: application/xml\r\n".to_owned();
    let site = Site::start([("/sitemap.xml", Answer::Repeated { head, piece, times: 50_004 })]).await;
    let report = site.check(LinkOptions { start: vec![site.url("/sitemap.xml")], ..site.options() }).await;
    assert_eq!(report.counts.places, 50_001);
    assert!(report.notices.iter().any(|notice| notice.text.contains("3 addresses more")), "{:?}", report.notices);
}

#[tokio::test]
async fn redirects_that_never_end_are_cut_off() {
    let site = Site::start([("/", page("<a href=/0></a>"))]).await;
    (0..40).for_each(|number| site.set(&format!("/{number}"), redirect(&format!("/{}", number + 1))));
    let report = site.check(site.options()).await;
    insta::assert_snapshot!(site.lines(&report), @r"
    broken /0 too-many-redirects @ /:1
    ok / @ given
    ");
    assert!(site.asked().len() <= 13, "{:?}", site.asked());
}

#[tokio::test]
async fn links_into_private_networks_are_not_followed_without_leave() {
    let site = Site::start([(
        "/",
        page("<a href='http://10.0.0.1/x'></a><a href='http://localhost:1/'></a><a href=/in></a>"),
    )])
    .await;
    let options = LinkOptions { private: Some(false), ..site.options() };
    let report = site.check(options).await;
    // The start itself is on the loopback interface.
    insta::assert_snapshot!(site.lines(&report), @"broken / private-address @ given");
    assert!(site.asked().is_empty());
}

#[tokio::test]
async fn names_that_are_not_known_and_ports_that_are_closed_are_told_apart() {
    let site =
        Site::start([("/", page("<a href='http://127.0.0.1:1/'></a><a href='http://nowhere.invalid/'></a>"))]).await;
    let report = site.check(site.options()).await;
    insta::assert_snapshot!(site.lines(&report), @r"
    broken http://127.0.0.1:1/ connection @ /:1
    broken http://nowhere.invalid/ unknown-host @ /:1
    ok / @ given
    ");
}

#[tokio::test]
async fn what_was_found_is_kept_when_time_is_up() {
    let site = Site::start([("/", page("<a href=/gone></a><a href=/hang></a>")), ("/hang", Answer::Silence)]).await;
    let options = LinkOptions { time_max: Some(Duration::from_millis(500)), ..site.options() };
    let report = site.check(options).await;
    assert_eq!(report.stopped, Some(Stopped::TimeIsUp));
    insta::assert_snapshot!(site.lines(&report), @r"
    broken /gone status 404 @ /:1
    ok / @ given
    skipped /hang not-reached @ /:1
    ");
}

#[tokio::test]
async fn what_was_found_is_kept_when_it_is_cancelled() {
    let site = Site::start([("/", page("<a href=/hang></a>")), ("/hang", Answer::Silence)]).await;
    let (cancel, clock) = (CancellationToken::new(), Clock::system());
    let checking = check(site.options(), &clock, &cancel, |_| ());
    let asked = async {
        while site.asked().len() < 2 {
            tokio::time::sleep(Duration::from_millis(5)).await;
        }
        cancel.cancel();
    };
    let (report, ()) = tokio::join!(checking, asked);
    let report = report.unwrap();
    assert_eq!((report.stopped, report.counts.ok, report.counts.skipped), (Some(Stopped::Cancelled), 1, 1));
}

#[tokio::test]
async fn a_body_that_breaks_off_is_no_sound_answer() {
    let site = Site::start([("/", page("<a href=/cut></a>"))]).await;
    site.set(
        "/cut",
        Answer::Repeated { head: format!("{}content-length: 100\r\n", html()), piece: |_| "x".to_owned(), times: 10 },
    );
    let report = site.check(site.options()).await;
    insta::assert_snapshot!(site.lines(&report), @r"
    broken /cut protocol @ /:1
    ok / @ given
    ");
}
