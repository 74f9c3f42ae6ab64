use std::process::{Command, Output};

use crate::site::{Site, page};

fn siskin(arguments: &[&str]) -> Output {
    Command::new(env!("CARGO_BIN_EXE_siskin-runner"))
        .args(arguments)
        .env_remove("GITHUB_STEP_SUMMARY")
        .output()
        .unwrap()
}

async fn run(mut arguments: Vec<String>) -> (Option<i32>, String) {
    arguments.insert(0, "links".to_owned());
    program(arguments).await
}

async fn program(arguments: Vec<String>) -> (Option<i32>, String) {
    let output = tokio::task::spawn_blocking(move || siskin(&arguments.iter().map(String::as_str).collect::<Vec<_>>()))
        .await
        .unwrap();
    let told = [output.stdout, output.stderr].concat();
    (output.status.code(), String::from_utf8(told).unwrap())
}

#[tokio::test]
async fn exit_codes_tell_what_happened() {
    let site = Site::start([("/", page("<a href=/wall></a>")), ("/bad", page("<a href=/gone></a>"))]).await;
    site.set("/wall", crate::site::status(403));
    let url = |path: &str| site.url(path).to_string();
    let words = |line: &[&str]| line.iter().map(ToString::to_string).collect::<Vec<String>>();
    for (arguments, code, expected) in [
        (words(&[&url("/")]), 0, "1 unverifiable"),
        (words(&[&url("/"), "--strict"]), 1, "UNVERIFIABLE"),
        (words(&[&url("/bad")]), 1, "404 Not Found"),
        (words(&[&url("/bad"), "--accept", "200,404"]), 0, "2 ok"),
        (words(&["ftp://a.example/"]), 2, "http://"),
        (words(&[&url("/"), "--timeout", "x"]), 2, "--timeout"),
        (words(&[&url("/"), "--cache", "/proc/self/mem"]), 4, "the cache"),
    ] {
        let (ended, told) = run(arguments.clone()).await;
        assert_eq!(ended, Some(code), "{arguments:?}\n{told}");
        assert!(told.contains(expected), "{arguments:?}\n{told}");
    }
}

#[tokio::test]
async fn reports_are_written_beside_json_on_standard_output() {
    let site = Site::start([("/", page("<a href=/gone></a>\n<a href=/gone></a>"))]).await;
    let folder = tempfile::tempdir().unwrap();
    let artifacts = folder.path().join("out");
    let place = artifacts.to_str().unwrap().to_owned();
    let arguments =
        [site.url("/").to_string(), "--output".to_owned(), "json".to_owned(), "--artifacts".to_owned(), place];
    let (code, told) = run(arguments.into()).await;
    assert_eq!(code, Some(1), "{told}");
    let json: serde_json::Value = serde_json::from_str(&told).unwrap();
    assert_eq!(json["counts"]["broken"], 1);
    assert_eq!(json["links"][0]["places"].as_array().unwrap().len(), 2);
    let read = |name: &str| std::fs::read_to_string(artifacts.join(name)).unwrap();
    let aws: serde_json::Value = serde_json::from_str(&read("BrokenLinkCheckerReport.json")).unwrap();
    assert_eq!((&aws["totalLinksChecked"], &aws["totalBrokenLinks"]), (&2.into(), &1.into()));
    assert_eq!(aws["brokenLinks"][0]["parentUrl"], site.url("/").as_str());
    assert_eq!(aws["links"][site.url("/").as_str()]["statusCode"], 200);
    for name in ["links.json", "junit.xml", "summary.md"] {
        assert!(read(name).contains("/gone"), "{name}");
    }
}

#[tokio::test]
async fn a_browser_sees_names_that_scripts_give_and_marks_what_is_broken() {
    let built = "<div id=root></div><script>setTimeout(() => { root.innerHTML = '<h2 id=made>'; }, 100)</script>";
    let site = Site::start([
        ("/", page("<p>See <a href=/app#made>this</a>, <a href=/app#never>that</a> and <a href=/gone>more</a>.")),
        ("/app", page(built)),
    ])
    .await;
    let folder = tempfile::tempdir().unwrap();
    let place = folder.path().to_str().unwrap().to_owned();
    let url = site.url("/").to_string();
    let (_, told) = run(vec![url.clone(), "--browser".to_owned(), "never".to_owned()]).await;
    assert!(told.contains("/app#made  the page has no such fragment"), "{told}");
    let (code, told) = run(vec![url, "--artifacts".to_owned(), place]).await;
    assert_eq!(code, Some(1), "{told}");
    assert!(!told.contains("#made") && told.contains("#never") && told.contains("/gone"), "{told}");
    let aws = std::fs::read_to_string(folder.path().join("BrokenLinkCheckerReport.json")).unwrap();
    let aws: serde_json::Value = serde_json::from_str(&aws).unwrap();
    let picture = aws["brokenLinks"][0]["screenshotResults"][0]["fileName"].as_str().unwrap();
    let png = std::fs::read(folder.path().join(picture)).unwrap();
    assert!(png.starts_with(b"\x89PNG"), "{picture}");
}

#[tokio::test]
async fn a_canary_of_broken_links_fails_and_leaves_awss_report() {
    let site =
        Site::start([("/", page("<a href=/a></a>\n<a href=/a#no></a>")), ("/a", page("<a href=/gone></a>"))]).await;
    let folder = tempfile::tempdir().unwrap();
    let url = site.url("/").to_string();
    let words = ["run", "broken-links", "--url", &url, "--param", "browser=false", "--artifacts"];
    let mut arguments: Vec<String> = words.map(str::to_owned).into();
    arguments.push(folder.path().to_str().unwrap().to_owned());
    let (code, told) = program(arguments.clone()).await;
    assert_eq!(code, Some(1), "{told}");
    assert!(told.contains("/gone  404 Not Found") && told.contains("2 broken"), "{told}");
    let mut folders = vec![folder.path().to_owned()];
    let mut found = None;
    while let Some(next) = folders.pop() {
        for entry in std::fs::read_dir(next).unwrap() {
            let path = entry.unwrap().path();
            if path.is_dir() {
                folders.push(path);
            } else if path.ends_with("BrokenLinkCheckerReport.json") {
                found = Some(path);
            }
        }
    }
    let aws: serde_json::Value = serde_json::from_str(&std::fs::read_to_string(found.unwrap()).unwrap()).unwrap();
    assert_eq!(aws["totalBrokenLinks"], 2);
    site.set("/", page("<a href=/a></a>"));
    site.set("/gone", page(""));
    let (code, told) = program(arguments).await;
    assert_eq!(code, Some(0), "{told}");
}
