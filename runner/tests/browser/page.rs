//! Finding, clicking, typing, reading, waiting.

use serde_json::json;
use siskin_runner::browser::{BrowserError, Condition, PageError, Selector, Session, Viewport};

use crate::bench::{Bench, in_ms, open, soon};
use crate::site::Site;

fn selector(text: &str) -> Selector {
    text.parse().unwrap()
}

async fn text_of(session: &Session, text: &str) -> String {
    let found = session.find(&selector(text), soon(5)).await.unwrap();
    session.text(&found, soon(5)).await.unwrap()
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn browser_finds_by_every_kind_of_selector() {
    let bench = Bench::new().await;
    let site = Site::start().await;
    let session = bench.session().await;
    open(&session, &site, "/form").await;

    for (named, expected) in [
        ("#send", "Send it"),
        ("//button[@type='submit']", "Send it"),
        ("text=Send it", "Send it"),
        ("role=button[name=\"Send it\"]", "Send it"),
        ("text=It's a \"quoted\" text", "It's a \"quoted\" text"),
    ] {
        assert_eq!(text_of(&session, named).await, expected, "{named}");
    }
    let cancel = session.find(&selector("text=Cancel it"), soon(5)).await.unwrap();
    session.click(&cancel, soon(5)).await.unwrap();
    assert_eq!(session.title(soon(5)).await.unwrap(), "Cancelled");

    let named = session.find(&selector("role=textbox[name=\"Your name\"]"), soon(5)).await.unwrap();
    assert_eq!(session.attribute(&named, "data-kind", soon(5)).await.unwrap().as_deref(), Some("text"));
    assert_eq!(session.attribute(&named, "nope", soon(5)).await.unwrap(), None);
    assert_eq!(session.find_all(&selector("role=button"), soon(5)).await.unwrap().len(), 5);
    assert_eq!(session.find_all(&selector("role=slider"), soon(5)).await.unwrap(), []);
    bench.end(session).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn browser_fills_a_form() {
    let bench = Bench::new().await;
    let site = Site::start().await;
    let session = bench.session().await;
    open(&session, &site, "/form").await;

    let name = session.find(&selector("#name"), soon(5)).await.unwrap();
    session.clear(&name, soon(5)).await.unwrap();
    session.type_text(&name, "Ada", soon(5)).await.unwrap();
    let send = session.find(&selector("#send"), soon(5)).await.unwrap();
    session.click(&send, soon(5)).await.unwrap();
    assert_eq!(text_of(&session, "#result").await, "Hello, Ada");
    let result = session.execute("return [arguments[0] + 1, document.title]", vec![json!(41)], soon(5)).await.unwrap();
    assert_eq!(result, json!([42, "Form"]));
    bench.end(session).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn browser_waits_for_what_comes_late() {
    let bench = Bench::new().await;
    let site = Site::start().await;
    let session = bench.session().await;
    open(&session, &site, "/form").await;

    let show = session.find(&selector("#appear"), soon(5)).await.unwrap();
    session.click(&show, soon(5)).await.unwrap();
    assert_eq!(text_of(&session, "#late").await, "here now");

    // A click waits until nothing lies over the element.
    session.execute("coverFor(300)", Vec::new(), soon(5)).await.unwrap();
    let covered = session.find(&selector("#covered"), soon(5)).await.unwrap();
    session.click(&covered, soon(5)).await.unwrap();
    session.wait_for(&Condition::TitleContains("Clicked".to_owned()), soon(5)).await.unwrap();

    for condition in [
        Condition::Visible(selector("#late")),
        Condition::Hidden(selector("#hidden")),
        Condition::Hidden(selector("#not-there")),
        Condition::UrlContains("/form".to_owned()),
        Condition::TextContains("quoted\" text".to_owned()),
        Condition::Script("return document.readyState === 'complete'".to_owned()),
    ] {
        session.wait_for(&condition, soon(5)).await.unwrap();
    }
    bench.end(session).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn browser_says_what_the_script_got_wrong() {
    let bench = Bench::new().await;
    let site = Site::start().await;
    let session = bench.session().await;
    open(&session, &site, "/form").await;

    let missing = session.find(&selector("#nope"), in_ms(200)).await.unwrap_err();
    assert!(matches!(missing, BrowserError::Page(PageError::NotFound { .. })), "{missing}");
    let hidden = session.find(&selector("#hidden"), in_ms(200)).await.unwrap_err();
    assert!(matches!(hidden, BrowserError::Page(PageError::Hidden { hidden: 1, .. })), "{hidden}");
    let bad = session.find(&selector("#[["), in_ms(200)).await.unwrap_err();
    assert!(matches!(bad, BrowserError::Page(PageError::BadSelector(_))), "{bad}");
    let thrown = session.execute("throw new Error('mine')", Vec::new(), soon(5)).await.unwrap_err();
    assert_eq!(thrown.to_string(), "script: mine");
    let never = session.wait_for(&Condition::TitleContains("x".to_owned()), in_ms(200)).await.unwrap_err();
    assert!(never.to_string().contains("the title contains \"x\""), "{never}");

    let button = session.find(&selector("#send"), soon(5)).await.unwrap();
    open(&session, &site, "/").await;
    let stale = session.click(&button, soon(5)).await.unwrap_err();
    assert_eq!(stale, BrowserError::Page(PageError::Stale));
    assert!(!session.is_visible(&button, soon(5)).await.unwrap());
    // None of it spoilt the session.
    assert_eq!(session.title(soon(5)).await.unwrap(), "Home");
    assert!(session.source(soon(5)).await.unwrap().contains("greeting"));
    bench.end(session).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn browser_says_who_it_is() {
    let mut bench = Bench::new().await;
    bench.options.user_agent_suffix = Some("SiskinCanary/shop-home".to_owned());
    let site = Site::start().await;
    let session = bench.session().await;
    open(&session, &site, "/").await;
    for path in ["/", "/json"] {
        // The page asks for the second by a script of its own, when it comes to that.
        crate::lifetime::until(|| !site.seen(path).is_empty()).await;
        let seen = site.seen(path);
        let agent = seen[0].header("user-agent").unwrap();
        assert!(agent.starts_with("Mozilla/5.0") && agent.ends_with(" SiskinCanary/shop-home"), "{agent}");
    }
    bench.end(session).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn browser_has_the_viewport_asked_for() {
    let bench = Bench::new().await;
    let site = Site::start().await;
    let session = bench.session().await;
    open(&session, &site, "/").await;
    let size = async || session.execute("return [innerWidth, innerHeight]", Vec::new(), soon(5)).await.unwrap();
    assert_eq!(size().await, json!([1280, 720]));
    session.set_viewport(Viewport { width: 390, height: 844 }, soon(5)).await.unwrap();
    assert_eq!(size().await, json!([390, 844]));
    bench.end(session).await;
}
