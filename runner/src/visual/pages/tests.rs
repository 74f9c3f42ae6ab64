//! Files, sitemaps and indexes, good and bad.

use std::fs;
use std::io::Write;

use axum::Router;
use axum::routing::get;
use serde_json::{Value, json};
use url::Url;

use super::*;

fn file(name: &str, text: &str, base: Option<&str>) -> Result<Suite, String> {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join(name);
    fs::write(&path, text).unwrap();
    let base = base.map(|base| base.parse::<Url>().unwrap());
    read_file(&path, base.as_ref()).map_err(|error| error.to_string().replace(&format!("{}: ", path.display()), ""))
}

fn urls(suite: &Suite) -> Vec<&str> {
    suite.pages.iter().filter_map(|page| page["url"].as_str()).collect()
}

fn told(suite: &Suite) -> Value {
    json!(suite.pages)
}

const TOML: &str = "base = \"http://127.0.0.1:8080/shop\"\nviewports = [\"1280x720\"]\nurl = [\"/\", \
                    {url = \"https://other.example/x?a=1\", name = \"x\"}]\n";

#[test]
fn a_files_paths_begin_with_its_base_and_all_with_that_of_the_command_line() {
    let suite = file("pages.toml", TOML, None).unwrap();
    assert_eq!(urls(&suite), ["http://127.0.0.1:8080/shop/", "https://other.example/x?a=1"]);
    assert_eq!(suite.common["viewports"], json!(["1280x720"]));
    let suite = file("pages.toml", TOML, Some("https://preview.example:8443/42")).unwrap();
    assert_eq!(urls(&suite), ["https://preview.example:8443/42/", "https://preview.example:8443/42/x?a=1"]);
    assert_eq!(suite.arguments().unwrap().len(), 2);
}

#[test]
fn a_plain_file_has_an_address_and_perhaps_a_name_on_each_line() {
    let suite =
        file("pages.txt", "# pages\nhttps://shop.example/  the home page\n\n/cart\n", Some("http://[::1]:9/")).unwrap();
    assert_eq!(
        told(&suite),
        json!([{"url": "http://[::1]:9/", "name": "the home page"}, {"url": "http://[::1]:9/cart"}])
    );
}

#[test]
fn what_breaks_a_rule_is_told_with_its_field() {
    let cases = [
        ("a.toml", "url = 3", "url[0] = 3: a URL, or a table with one"),
        ("a.toml", "url = [", "TOML"),
        ("a.toml", "base = \"shop\"\nurl = \"/\"", "base = \"shop\": an http or https URL"),
        ("a.toml", "url = []", "at least one page"),
        ("a.toml", "url = [\"https://a.example/\"]\nviewports = [\"x\"]", "viewports[0] = \"x\""),
        (
            "a.toml",
            "url = [\"https://a.example/\", \"https://b.example/\"]",
            "url[1].name = \"home\": a name of its own",
        ),
        ("a.toml", "url = [\"https://a.example/x\", \"/y\"]", "url[1]"),
        ("a.toml", "url = \"https://a.example/\"\nignored = [\"#x\"]", "ignored"),
        ("a.txt", "", "at least one page"),
        ("a.txt", "not an address", "url[0]"),
    ];
    for (name, text, expected) in cases {
        let found = file(name, text, None).and_then(|suite| suite.arguments().map_err(|invalid| invalid.to_string()));
        let told = found.unwrap_err();
        assert!(told.contains(expected), "{text}: {told}");
    }
}

async fn site(router: Router) -> String {
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    tokio::spawn(async move { axum::serve(listener, router).await });
    format!("http://{address}")
}

#[tokio::test]
async fn an_index_of_sitemaps_is_followed_packed_or_not_and_each_page_is_there_once() {
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
    let base = format!("http://{}", listener.local_addr().unwrap());
    let index = format!(
        "<sitemapindex><sitemap><loc>{base}/a.xml</loc></sitemap><sitemap><loc>{base}/b.xml.gz</loc></sitemap></sitemapindex>"
    );
    let one = "<urlset><url><loc>https://shop.example/?a=1&amp;b=2</loc></url></urlset>";
    let two = "<urlset><url><loc>https://shop.example/?a=1&amp;b=2</loc></url><url><loc>https://shop.example/cart</loc></url></urlset>";
    let mut packed = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::fast());
    packed.write_all(two.as_bytes()).unwrap();
    let packed = packed.finish().unwrap();
    let router = Router::new()
        .route("/sitemap.xml", get(move || async move { index }))
        .route("/a.xml", get(move || async move { one }))
        .route("/b.xml.gz", get(move || async move { packed }))
        .route("/page", get(|| async { "<html></html>" }));
    tokio::spawn(async move { axum::serve(listener, router).await });
    let suite = read_sitemap(&format!("{base}/sitemap.xml")).await.unwrap();
    assert_eq!(urls(&suite), ["https://shop.example/?a=1&b=2", "https://shop.example/cart"]);
    let told = read_sitemap(&format!("{base}/page")).await.unwrap_err().to_string();
    assert!(told.contains("/page: is no sitemap"), "{told}");
    let told = read_sitemap(&format!("{base}/gone")).await.unwrap_err().to_string();
    assert!(told.contains("status 404"), "{told}");
    assert!(read_sitemap("nonesuch.xml").await.unwrap_err().to_string().starts_with("nonesuch.xml: "));
}

#[tokio::test]
async fn each_story_is_a_page_and_documents_are_none() {
    let index = r#"{"v":5,"entries":{
        "button--primary":{"type":"story","id":"button--primary","title":"Atoms/Button","name":"Primary"},
        "button--docs":{"type":"docs","id":"button--docs","title":"Atoms/Button","name":"Docs"}}}"#;
    let older = r#"{"v":3,"stories":{"a--b":{"id":"a--b","title":"A","name":"B","kind":"A","story":"B"}}}"#;
    let router = Router::new()
        .route("/new/index.json", get(move || async move { index }))
        .route("/old/stories.json", get(move || async move { older }))
        .route("/bad/index.json", get(|| async { "[]" }));
    let base = site(router).await;
    let read = async |path: &str| read_storybook(&format!("{base}{path}").parse().unwrap()).await;
    let suite = read("/new/").await.unwrap();
    let expected = json!([{"url": format!("{base}/new/iframe.html?id=button--primary&viewMode=story"), "name": "Atoms/Button/Primary"}]);
    assert_eq!(told(&suite), expected);
    assert_eq!(suite.arguments().unwrap().len(), 1);
    let suite = read("/old/index.html?path=/story/a--b").await.unwrap();
    assert_eq!(urls(&suite), [format!("{base}/old/iframe.html?id=a--b&viewMode=story")]);
    assert!(read("/bad").await.unwrap_err().to_string().contains("is no index of a Storybook"));
    assert!(read("/none").await.unwrap_err().to_string().contains("index.json: status 404"));
}
