use std::io::Write;
use std::time::Duration;

use flate2::Compression;
use flate2::write::GzEncoder;
use siskin_runner::check::link::{CacheOptions, LinkOptions, Verdict};

use crate::site::{Answer, Site, anchors, page, redirect, status, typed};

#[tokio::test]
async fn a_site_is_followed_and_every_place_of_a_broken_link_is_named() {
    let site = Site::start([
        ("/", page("<a href=/a>a</a>\n<a href=gone>x</a>\n<a href='mailto:x@example.com'>m</a><img src=pic.png>")),
        ("/a", page("\n<a href=/>home</a>\n<a href=/gone>x</a><a href=/gone>x</a>")),
        ("/pic.png", typed("image/png", b"png")),
    ])
    .await;
    let report = site.check(site.options()).await;
    insta::assert_snapshot!(site.lines(&report), @r"
    broken /gone status 404 @ /:2 /a:3 /a:3
    ok / @ given
    ok /a @ /:1
    ok /pic.png @ /:3
    ");
    assert_eq!((report.counts.pages, report.counts.other_schemes, report.counts.places), (2, 1, 7));
    assert!(!report.is_fine() && report.stopped.is_none());
}

#[tokio::test]
async fn each_address_is_asked_for_once_and_files_without_their_bodies() {
    let site = Site::start([
        ("/", page("<a href=/a#x></a><a href=/a#y></a><a href=/a></a><img src=/i.png><a href=/f.pdf></a><a href=#here id=here></a>")),
        ("/a", page("<p id=x><a href=/#here></a><a href=/i.png></a>")),
        ("/i.png", typed("image/png", b"png")),
        ("/f.pdf", typed("application/pdf", b"pdf")),
    ])
    .await;
    let report = site.check(site.options()).await;
    let mut asked = site.asked();
    asked.sort();
    assert_eq!(asked, ["GET /", "GET /a", "HEAD /f.pdf", "HEAD /i.png"]);
    insta::assert_snapshot!(site.lines(&report), @r"
    broken /a#y no-fragment @ /:1
    ok / @ given
    ok /#here @ /:1
    ok /a @ /:1
    ok /a#x @ /:1
    ok /f.pdf @ /:1
    ok /i.png @ /:1
    ");
}

#[tokio::test]
async fn fragments_are_looked_for_behind_redirects_and_outside_of_the_scope() {
    let other =
        Site::start([("/page", page("<h1 id='one two'>")), ("/file.pdf", typed("application/pdf", b"pdf"))]).await;
    let links = [
        "/page",
        "/page#one%20two",
        "/page#three",
        "/page#top",
        "/page#:~:text=x",
        "/page#!/route",
        "/file.pdf#page=2",
    ];
    let links = anchors(links.map(|link| other.url(link)));
    let site = Site::start([("/old", redirect("/new")), ("/new", page("<a name=a><p id=user-content-b>"))]).await;
    site.set("/", page(&format!("<a href=/old#a></a><a href=/old#b></a><a href=/old#c></a>{links}")));
    let report = site.check(site.options()).await;
    let broken: Vec<_> = report.with(Verdict::Broken).iter().map(|link| link.address()).collect();
    assert_eq!(
        broken,
        [other.url("/page#three").to_string(), site.url("/old#c").to_string()]
            .map(|url| url)
            .into_iter()
            .collect::<std::collections::BTreeSet<_>>()
            .into_iter()
            .collect::<Vec<_>>()
    );
    assert_eq!(other.asked().iter().filter(|asked| asked.ends_with("/page")).count(), 1);
    assert_eq!(other.asked().iter().filter(|asked| asked.ends_with("/file.pdf")).count(), 1);
}

#[tokio::test]
async fn without_fragments_nothing_is_asked_for_them() {
    let site = Site::start([("/", page("<a href=#nowhere></a>"))]).await;
    let report = site.check(LinkOptions { fragments: false, ..site.options() }).await;
    assert!(report.is_fine(), "{}", site.lines(&report));
}

#[tokio::test]
async fn redirects_are_followed_told_and_their_loops_named() {
    let site = Site::start([
        ("/", page("<a href=/1></a><a href=/x></a><a href=/self></a><a href=/no></a><a href=/nowhere></a><a href=/ftp></a><a href=/n0></a>")),
        ("/1", redirect("/2")),
        ("/2", redirect("/3")),
        ("/3", page("<a href=/1></a>")),
        ("/x", redirect("/y")),
        ("/y", redirect("/x")),
        ("/self", redirect("/self")),
        ("/no", redirect("/gone")),
        ("/nowhere", Answer::Full(301, String::new(), std::sync::Arc::from(&b""[..]))),
        ("/ftp", redirect("ftp://a.example/")),
        ("/n0", redirect("/n1")),
        ("/n1", redirect("/n2")),
        ("/n2", redirect("/n3")),
        ("/n3", redirect("/n4")),
        ("/n4", page("")),
    ])
    .await;
    let mut options = site.options();
    options.requests.redirects_max = 3;
    let report = site.check(options).await;
    insta::assert_snapshot!(site.lines(&report), @r"
    broken /ftp bad-redirect @ /:1
    broken /n0 too-many-redirects @ /:1
    broken /no status 404 @ /:1
    broken /nowhere bad-redirect @ /:1
    broken /self redirect-loop @ /:1
    broken /x redirect-loop @ /:1
    ok / @ given
    ok /1 @ /:1
    ");
    let link = report.links().find(|link| link.address().ends_with("/1")).unwrap();
    assert_eq!(link.redirects(), [site.url("/2").as_str(), site.url("/3").as_str()]);
}

#[tokio::test]
async fn depth_scope_and_patterns_bound_what_is_followed() {
    let site = Site::start([
        ("/", page("<a href=/docs/a></a><a href=/blog></a><a href=/docs/old/x></a>")),
        ("/docs/a", page("<a href=/docs/b></a>")),
        ("/docs/b", page("<a href=/docs/c></a>")),
        ("/docs/c", page("<a href=/docs/d></a>")),
        ("/blog", page("<a href=/never></a>")),
    ])
    .await;
    let mut options = site.options();
    options.depth = Some(2);
    options.scope = vec![site.url("/docs/")];
    options.exclude = vec![regex::Regex::new("/old/").unwrap()];
    let report = site.check(options).await;
    insta::assert_snapshot!(site.lines(&report), @r"
    ok / @ given
    ok /blog @ /:1
    ok /docs/a @ /:1
    ok /docs/b @ /docs/a:1
    ok /docs/c @ /docs/b:1
    skipped /docs/old/x @ /:1
    ");
}

#[tokio::test]
async fn styles_frames_and_candidates_are_followed() {
    let site = Site::start([
        (
            "/",
            page(
                "<link rel=stylesheet href=/css/s.css><iframe src=/frame></iframe><img srcset='/a.png 1x, /b.png 2x'>",
            ),
        ),
        ("/css/s.css", typed("text/css", b"@import 'more.css';\nb{background:url(bg.png)}")),
        ("/css/more.css", typed("text/css", b"\n\na{src:url(../font.woff)}")),
        ("/frame", page("<script src=x.js></script>")),
        ("/a.png", typed("image/png", b"png")),
    ])
    .await;
    let report = site.check(site.options()).await;
    insta::assert_snapshot!(site.lines(&report), @r"
    broken /b.png status 404 @ /:1
    broken /css/bg.png status 404 @ /css/s.css:2
    broken /font.woff status 404 @ /css/more.css:3
    broken /x.js status 404 @ /frame:1
    ok / @ given
    ok /a.png @ /:1
    ok /css/more.css @ /css/s.css:1
    ok /css/s.css @ /:1
    ok /frame @ /:1
    ");
}

#[tokio::test]
async fn robots_are_obeyed_and_their_sitemaps_read() {
    let packed = {
        let mut gzip = GzEncoder::new(Vec::new(), Compression::fast());
        gzip.write_all(b"<urlset>\n<url><loc>/from-packed</loc></url></urlset>").unwrap();
        gzip.finish().unwrap()
    };
    let site = Site::start([
        (
            "/robots.txt",
            typed("text/plain", b"User-agent: *\nDisallow: /private\nAllow: /private/open$\nSitemap: /index.xml"),
        ),
        (
            "/index.xml",
            typed("application/xml", b"<sitemapindex>\n<sitemap><loc>/one.xml.gz</loc></sitemap>\n</sitemapindex>"),
        ),
        ("/one.xml.gz", typed("application/gzip", &packed)),
        ("/", page("<a href=/private/x></a><a href=/private/open></a>")),
        ("/private/open", page("")),
        ("/from-packed", page("<a href=/gone></a>")),
    ])
    .await;
    let report = site.check(LinkOptions { robots: true, sitemaps: true, ..site.options() }).await;
    insta::assert_snapshot!(site.lines(&report), @r"
    broken /gone status 404 @ /from-packed:1
    ok / @ given
    ok /from-packed @ /one.xml.gz:2
    ok /index.xml @ given
    ok /one.xml.gz @ /index.xml:2
    ok /private/open @ /:1
    unverifiable /private/x robots @ /:1
    ");
    assert_eq!(site.asked().iter().filter(|asked| asked.contains("robots.txt")).count(), 1);
    assert!(!site.asked().iter().any(|asked| asked.contains("/private/x")));
}

#[tokio::test]
async fn rules_that_a_host_cannot_tell_allow_nothing() {
    let site = Site::start([("/robots.txt", status(500)), ("/", page(""))]).await;
    let report = site.check(LinkOptions { robots: true, ..site.options() }).await;
    insta::assert_snapshot!(site.lines(&report), @"unverifiable / robots @ given");
}

#[tokio::test]
async fn good_answers_of_other_hosts_are_taken_from_the_cache() {
    let folder = tempfile::tempdir().unwrap();
    let other = Site::start([("/good", page("<p id=x>")), ("/wall", status(403))]).await;
    let site = Site::start([]).await;
    let links = anchors(["/good", "/good#x", "/wall", "/gone"].map(|path| other.url(path)));
    site.set("/", page(&links));
    let cache = CacheOptions { file: folder.path().join("cache"), age: Duration::from_hours(1) };
    let mut options = site.options();
    options.requests.retries = 0;
    options.cache = Some(cache);
    let first = site.check(options.clone()).await;
    let asked = other.asked().len();
    let second = site.check(options.clone()).await;
    assert_eq!((first.counts.broken, first.counts.unverifiable), (1, 1));
    assert_eq!((second.counts.broken, second.counts.unverifiable, second.counts.from_cache), (1, 1, 3));
    let again = other.asked().split_off(asked);
    assert!(again.iter().all(|line| line.ends_with("/gone")), "{again:?}");
    // A mended link is seen at once.
    other.set("/gone", page(""));
    assert_eq!(site.check(options).await.counts.broken, 0);
}

#[tokio::test]
async fn the_base_of_a_page_counts_and_what_is_no_url_is_told() {
    let site = Site::start([
        ("/", page("<base href=/deep/er/><a href=x></a>\n<a href='http://[bad'></a><a href='tel:1'></a>")),
        ("/deep/er/x", page("")),
    ])
    .await;
    let report = site.check(site.options()).await;
    insta::assert_snapshot!(site.lines(&report), @r"
    broken http://[bad malformed @ /:2
    ok / @ given
    ok /deep/er/x @ /:1
    ");
}

#[tokio::test]
async fn headers_and_passwords_go_to_the_given_hosts_only() {
    let other = Site::start([("/x", page(""))]).await;
    let site = Site::start([]).await;
    site.set("/", page(&format!("<a href='{}'>", other.url("/x"))));
    let mut options = site.options();
    options.requests.headers = vec![("x-secret".parse().unwrap(), "1".parse().unwrap())];
    options.requests.basic_auth = Some(("user".to_owned(), "pass".to_owned()));
    assert!(site.check(options).await.is_fine());
    let has = |site: &Site| {
        site.requests()
            .iter()
            .any(|asked| asked.headers.contains("x-secret") || asked.headers.contains("authorization"))
    };
    assert_eq!((has(&site), has(&other)), (true, false));
}

#[tokio::test]
async fn files_that_a_secure_page_loads_without_security_are_broken() {
    let plain = Site::start([("/a.png", typed("image/png", b"png")), ("/page", page(""))]).await;
    let (image, link) = (plain.url("/a.png"), plain.url("/page"));
    let site = Site::start_secure([]).await;
    site.set("/", page(&format!("<img src={image}>\n<a href={image}></a><a href={link}></a><a href=/></a>")));
    let mut options = site.options();
    options.requests.insecure = true;
    let report = site.check(options.clone()).await;
    let lines = site.lines(&report).replace(&plain.url("").to_string(), "http://plain/");
    insta::assert_snapshot!(lines, @r"
    broken http://plain/a.png mixed-content @ /:1
    ok http://plain/a.png @ /:2
    ok http://plain/page @ /:2
    ok / @ given
    ");
    options.mixed_content = false;
    assert!(site.check(options).await.is_fine());
}

#[tokio::test]
async fn certificates_that_nobody_vouches_for_are_told() {
    let site = Site::start_secure([("/", page(""))]).await;
    let report = site.check(site.options()).await;
    insta::assert_snapshot!(site.lines(&report), @"broken / tls @ given");
}
