//! Every row of the table of navigations, each produced by a real server and judged from a real Chrome.

use siskin_runner::browser::{BrowserError, Fault, LoadState, Navigation, PageError, Session, SessionOptions, Verdict};
use url::Url;

use crate::bench::{Bench, in_ms, open, soon};
use crate::site::{Site, closed_port};

async fn goto(session: &Session, url: &Url) -> Navigation {
    session.goto(url, soon(20)).await.unwrap()
}

#[track_caller]
fn check(navigation: &Navigation, verdict: Verdict, status: Option<u16>, failure: Option<&str>) {
    let got = (navigation.verdict, navigation.status, navigation.failure.as_deref());
    assert_eq!(got, (verdict, status, failure), "{navigation:?}");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn browser_judges_answers_of_the_server() {
    let bench = Bench::new().await;
    let site = Site::start().await;
    let session = bench.session().await;

    let page = goto(&session, &site.url("/")).await;
    check(&page, Verdict::Loaded, Some(200), None);
    assert!(page.passes(|status| status == 200));

    let broken = goto(&session, &site.url("/500")).await;
    check(&broken, Verdict::Loaded, Some(500), None);
    assert!(!broken.passes(|status| status < 400));

    check(&goto(&session, &site.url("/404")).await, Verdict::Loaded, Some(404), None);
    let empty = goto(&session, &site.url("/500-empty")).await;
    check(&empty, Verdict::EmptyError, Some(500), Some("net::ERR_HTTP_RESPONSE_CODE_FAILURE"));
    let refused = goto(&session, &site.url("/401")).await;
    check(&refused, Verdict::EmptyError, Some(401), Some("net::ERR_INVALID_AUTH_CREDENTIALS"));

    open(&session, &site, "/").await;
    let nothing = goto(&session, &site.url("/204")).await;
    check(&nothing, Verdict::NoContent, Some(204), Some("the answer has no content"));
    let saved = goto(&session, &site.url("/download")).await;
    check(&saved, Verdict::Download, Some(200), Some("the answer is a download, not a page"));
    assert_eq!(session.title(soon(5)).await.unwrap(), "Home");

    bench.end(session).await;
    let port = site.url("/").port().unwrap();
    let home = std::env::home_dir().unwrap();
    assert!(!home.join(format!("Downloads/siskin-{port}.bin")).exists());
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn browser_judges_broken_connections() {
    let bench = Bench::new().await;
    let site = Site::start().await;
    let session = bench.session().await;

    for (path, failure) in [("/reset", "net::ERR_EMPTY_RESPONSE"), ("/loop", "net::ERR_TOO_MANY_REDIRECTS")] {
        let navigation = goto(&session, &site.url(path)).await;
        assert_eq!((navigation.verdict, navigation.failure.as_deref()), (Verdict::Failed, Some(failure)), "{path}");
    }
    let truncated = goto(&session, &site.url("/truncated")).await;
    check(&truncated, Verdict::Failed, Some(200), Some("net::ERR_CONTENT_LENGTH_MISMATCH"));

    let nobody = Url::parse(&format!("http://127.0.0.1:{}/", closed_port().await)).unwrap();
    check(&goto(&session, &nobody).await, Verdict::Failed, None, Some("net::ERR_CONNECTION_REFUSED"));
    let nowhere = Url::parse("http://no-such-name.invalid/").unwrap();
    check(&goto(&session, &nowhere).await, Verdict::Failed, None, Some("net::ERR_NAME_NOT_RESOLVED"));
    let unsafe_port = Url::parse("http://127.0.0.1:1/").unwrap();
    check(&goto(&session, &unsafe_port).await, Verdict::Failed, None, Some("net::ERR_UNSAFE_PORT"));

    // A failed page does not spoil the next one.
    open(&session, &site, "/").await;
    bench.end(session).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn browser_judges_certificates() {
    let mut bench = Bench::new().await;
    let site = Site::start_self_signed().await;
    let session = bench.session().await;
    let untrusted = goto(&session, &site.url("/")).await;
    check(&untrusted, Verdict::Failed, None, Some("net::ERR_CERT_AUTHORITY_INVALID"));
    session.close().await.unwrap();

    bench.options = SessionOptions { accept_insecure_certs: true, ..bench.options };
    let session = bench.session().await;
    check(&goto(&session, &site.url("/")).await, Verdict::Loaded, Some(200), None);
    bench.end(session).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn browser_frees_itself_of_a_server_that_never_answers() {
    let bench = Bench::new().await;
    let site = Site::start().await;
    let session = bench.session().await;

    let silent = session.goto(&site.url("/never"), in_ms(6_000)).await.unwrap();
    check(&silent, Verdict::TimedOut, None, Some("the server did not answer in time"));
    assert!(session.last_screenshot().is_some());
    open(&session, &site, "/").await;
    bench.end(session).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn browser_keeps_its_own_page_limit() {
    let mut bench = Bench::new().await;
    bench.options.page_load_timeout = std::time::Duration::from_secs(1);
    let site = Site::start().await;
    let session = bench.session().await;
    let silent = session.goto(&site.url("/never"), soon(20)).await.unwrap();
    check(&silent, Verdict::TimedOut, None, Some("the server did not answer in time"));
    // The session goes on.
    session.title(soon(20)).await.unwrap();
    bench.end(session).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn browser_follows_redirects_fragments_and_scripts() {
    let bench = Bench::new().await;
    let site = Site::start().await;
    let session = bench.session().await;

    let landed = open(&session, &site, "/redirect").await;
    assert_eq!(landed.url, site.url("/?landed=1"));
    let moved = goto(&session, &site.url("/?landed=1#part")).await;
    check(&moved, Verdict::SameDocument, None, None);
    assert!(moved.passes(|_| false));
    let by_script = goto(&session, &site.url("/moves-on")).await;
    check(&by_script, Verdict::Loaded, Some(500), None);
    assert_eq!(by_script.url, site.url("/500"));
    bench.end(session).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn browser_keeps_credentials_out_of_addresses() {
    let bench = Bench::new().await;
    let site = Site::start().await;
    let session = bench.session().await;
    let mut with_password = site.url("/basic");
    with_password.set_username("user").unwrap();
    with_password.set_password(Some("pass")).unwrap();
    let inside = goto(&session, &with_password).await;
    check(&inside, Verdict::Loaded, Some(200), None);
    assert_eq!(inside.url, site.url("/basic"));
    assert_eq!(session.url(soon(5)).await.unwrap(), site.url("/basic"));
    bench.end(session).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn browser_refuses_other_schemes() {
    let bench = Bench::new().await;
    let session = bench.session().await;
    for url in ["file:///etc/passwd", "ftp://host/", "chrome://version/"] {
        let error = session.goto(&Url::parse(url).unwrap(), soon(5)).await.unwrap_err();
        assert!(matches!(error, BrowserError::Page(PageError::BadUrl(_))), "{error}");
        assert_eq!(error.fault(), Fault::Page);
    }
    bench.end(session).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn browser_stops_documents_that_never_end() {
    let bench = Bench::new().await;
    let site = Site::start().await;
    let session = bench.session().await;
    let endless = session.goto(&site.url("/endless-page"), in_ms(3_000)).await.unwrap();
    check(&endless, Verdict::TimedOut, Some(200), Some("the document did not arrive whole in time"));
    open(&session, &site, "/").await;

    let huge = goto(&session, &site.url("/huge")).await;
    check(&huge, Verdict::Failed, Some(200), Some("the document is larger than 64 MiB"));
    // The browser is none the worse for it.
    open(&session, &site, "/").await;
    bench.end(session).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn browser_waits_for_no_more_of_a_page_than_is_asked() {
    let bench = Bench::new().await;
    let site = Site::start().await;
    let session = bench.session().await;
    let until = async |path: &str, state| session.goto_until(&site.url(path), state, soon(20)).await.unwrap();

    // Its picture never comes.
    check(&until("/image-never", LoadState::DomContentLoaded).await, Verdict::Loaded, Some(200), None);
    assert_eq!(session.title(soon(10)).await.unwrap(), "Waits");
    // Nor does its end.
    check(&until("/endless-page", LoadState::Commit).await, Verdict::Loaded, Some(200), None);
    assert_eq!(session.url(soon(10)).await.unwrap(), site.url("/endless-page"));
    check(
        &until("/500-empty", LoadState::Commit).await,
        Verdict::EmptyError,
        Some(500),
        Some("net::ERR_HTTP_RESPONSE_CODE_FAILURE"),
    );
    check(&until("/404", LoadState::Load).await, Verdict::Loaded, Some(404), None);
    bench.end(session).await;
}
