use std::path::Path;
use std::sync::Arc;

use parking_lot::Mutex;
use serde_json::{Value, json};
use tempfile::TempDir;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::Notify;
use tokio::task::JoinSet;
use tokio_util::sync::CancellationToken;

use super::{Approve, serve};

const SAMPLE: &str = include_str!("../../report/visual/sample.json");
const PNG: &[u8] = b"\x89PNG\r\n\x1a\nand so on";
const ACTUAL: &str = "home.1280x720.chromium.actual.png";

/// A server of the sample's report, and what it was asked to approve.
struct Bench {
    folder: TempDir,
    port: u16,
    stop: CancellationToken,
    serving: JoinSet<std::io::Result<()>>,
}

impl Bench {
    async fn start(approve: Approve) -> Self {
        let folder = tempfile::tempdir().unwrap();
        std::fs::write(folder.path().join("visual.json"), SAMPLE).unwrap();
        std::fs::write(folder.path().join(ACTUAL), PNG).unwrap();
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let port = listener.local_addr().unwrap().port();
        let (stop, mut serving) = (CancellationToken::new(), JoinSet::new());
        serving.spawn(serve(listener, folder.path().to_owned(), approve, stop.clone()));
        Self { folder, port, stop, serving }
    }

    fn path(&self) -> &Path {
        self.folder.path()
    }

    /// Sends a request as it stands, and returns status and body.
    async fn send(&self, head: &str, body: &str) -> (u16, String) {
        let mut stream = TcpStream::connect(("127.0.0.1", self.port)).await.unwrap();
        let head = head.replace("PORT", &self.port.to_string());
        let request = format!("{head}connection: close\r\ncontent-length: {}\r\n\r\n{body}", body.len());
        // The server may answer and hang up before all was sent.
        drop(stream.write_all(request.as_bytes()).await);
        let mut answer = Vec::new();
        drop(stream.read_to_end(&mut answer).await);
        let answer = String::from_utf8_lossy(&answer).into_owned();
        let (head, body) = answer.split_once("\r\n\r\n").unwrap_or((&answer, ""));
        let status = head.split(' ').nth(1).and_then(|status| status.parse().ok());
        (status.unwrap_or_else(|| panic!("{head}")), body.to_owned())
    }

    async fn get(&self, path: &str) -> (u16, String) {
        self.send(&format!("GET {path} HTTP/1.1\r\nhost: localhost:PORT\r\n"), "").await
    }

    async fn token(&self) -> String {
        let (_, page) = self.get("/").await;
        page.split("siskin-token\" content=\"").nth(1).unwrap().split('"').next().unwrap().to_owned()
    }

    async fn approve(&self, keys: Value) -> (u16, Value) {
        let head = format!(
            "POST /approve HTTP/1.1\r\nhost: 127.0.0.1:PORT\r\norigin: http://127.0.0.1:PORT\r\nx-siskin-token: {}\r\n",
            self.token().await
        );
        let (status, body) = self.send(&head, &json!({"keys": keys}).to_string()).await;
        (status, serde_json::from_str(&body).unwrap_or_else(|_| panic!("{body}")))
    }

    async fn end(mut self) {
        self.stop.cancel();
        self.serving.join_next().await.unwrap().unwrap().unwrap();
    }
}

fn all_well() -> (Approve, Arc<Mutex<Vec<Vec<String>>>>) {
    let asked = Arc::new(Mutex::new(Vec::new()));
    let seen = Arc::clone(&asked);
    let approve: Approve = Arc::new(move |keys| {
        seen.lock().push(keys.to_vec());
        Ok(keys.to_vec())
    });
    (approve, asked)
}

#[tokio::test]
async fn only_what_the_report_names_is_served() {
    let bench = Bench::start(all_well().0).await;
    std::fs::write(bench.path().join("secret.txt"), "secret").unwrap();
    std::fs::write(bench.path().join("cart.1280x720.chromium.actual.png"), "no picture").unwrap();
    std::os::unix::fs::symlink(bench.path().join(ACTUAL), bench.path().join("cart.1280x720.chromium.diff.png"))
        .unwrap();
    let (status, picture) = bench.get(&format!("/{ACTUAL}")).await;
    assert_eq!((status, picture.ends_with("and so on")), (200, true));
    assert_eq!(bench.get("/home%2E1280x720.chromium.actual.png").await.0, 200);
    for path in [
        "/secret.txt",
        "/visual.json",
        "/cart.1280x720.chromium.actual.png",
        "/cart.1280x720.chromium.diff.png",
        "/home.1280x720.chromium.diff.png",
        "/../visual.json",
        "/..%2F..%2Fetc%2F%3C%2Fscript%3E%3Cimg%20src%3Dx%20onerror%3Dalert%281%29%3E%20%22%27%60%7C%40team",
        "/%2Fetc%2Fpasswd",
        "/%ff",
        "//",
    ] {
        assert_eq!(bench.get(path).await.0, 404, "{path}");
    }
    assert_eq!(bench.send("DELETE / HTTP/1.1\r\nhost: localhost\r\n", "").await.0, 405);
    assert_eq!(bench.get("/approve").await.0, 405);
    bench.end().await;
}

#[tokio::test]
async fn the_page_is_made_anew_for_each_reader() {
    let bench = Bench::start(all_well().0).await;
    let (status, page) = bench.get("/").await;
    assert!(status == 200 && page.contains("data-key=\"cart.1280x720.chromium\""));
    std::fs::write(bench.path().join("visual.json"), SAMPLE.replace("cart.1280x720", "basket.1280x720")).unwrap();
    assert!(bench.get("/").await.1.contains("data-key=\"basket.1280x720.chromium\""));
    std::fs::write(bench.path().join("visual.json"), SAMPLE.replace("\"version\": 1", "\"version\": 2")).unwrap();
    let (status, why) = bench.get("/").await;
    assert!(status == 500 && why.contains("version 2: must be 1"), "{why}");
    bench.end().await;
}

#[tokio::test]
async fn approved_pictures_stay_approved() {
    let (approve, asked) = all_well();
    let bench = Bench::start(approve).await;
    let (status, told) =
        bench.approve(json!(["home.1280x720.chromium", "search.1280x720.chromium", "home.1280x720.chromium"])).await;
    assert_eq!(
        (status, told),
        (200, json!({"approved": ["home.1280x720.chromium", "search.1280x720.chromium"], "error": null}))
    );
    assert_eq!(*asked.lock(), [["home.1280x720.chromium", "search.1280x720.chromium"]]);
    let page = bench.get("/").await.1;
    assert!(page.contains("data-key=\"home.1280x720.chromium\" data-status=\"updated\""));
    let (status, told) = bench.approve(json!(["home.1280x720.chromium"])).await;
    assert_eq!(
        (status, told["error"].as_str().unwrap()),
        (409, "keys: \"home.1280x720.chromium\" is updated: there is nothing to approve")
    );
    // Another picture of the same name was approved by nobody.
    std::fs::write(bench.path().join("visual.json"), SAMPLE.replace(&"b".repeat(64), &"9".repeat(64))).unwrap();
    assert!(bench.get("/").await.1.contains("data-key=\"home.1280x720.chromium\" data-status=\"different\""));
    bench.end().await;
}

#[tokio::test]
async fn what_cannot_be_approved_is_refused_with_its_reason() {
    let (approve, asked) = all_well();
    let bench = Bench::start(approve).await;
    for (keys, status, why) in [
        (json!(["nothing"]), 404, "keys: \"nothing\" is not in the report"),
        (
            json!(["home.1280x720.chromium", "account.1280x720.chromium"]),
            409,
            "\"account.1280x720.chromium\" is failed",
        ),
        (json!([]), 400, "at least one"),
        (json!("home"), 400, "invalid type"),
        (json!(["x".repeat(1_100_000)]), 413, "longer than 1048576 bytes"),
    ] {
        let (found, told) = bench.approve(keys).await;
        assert_eq!(found, status, "{told}");
        assert!(told["error"].as_str().unwrap().contains(why), "{told}");
        assert_eq!(told["approved"], json!([]));
    }
    assert!(asked.lock().is_empty());
    bench.end().await;
}

#[tokio::test]
async fn an_approval_that_fails_says_why() {
    let bench = Bench::start(Arc::new(|_| Err("s3://acme: 403 Forbidden".to_owned()))).await;
    let (status, told) = bench.approve(json!(["home.1280x720.chromium"])).await;
    assert_eq!((status, told), (500, json!({"approved": [], "error": "s3://acme: 403 Forbidden"})));
    assert!(bench.get("/").await.1.contains("data-key=\"home.1280x720.chromium\" data-status=\"different\""));
    bench.end().await;
    let half: Approve = Arc::new(|keys| Ok(keys.iter().take(1).cloned().collect()));
    let bench = Bench::start(half).await;
    let (status, told) = bench.approve(json!(["home.1280x720.chromium", "cart.1280x720.chromium"])).await;
    assert_eq!((status, &told["approved"]), (200, &json!(["home.1280x720.chromium"])));
    assert_eq!(told["error"], "these were not approved: cart.1280x720.chromium");
    bench.end().await;
}

#[tokio::test]
async fn other_pages_can_neither_read_nor_approve() {
    let (approve, asked) = all_well();
    let bench = Bench::start(approve).await;
    let token = bench.token().await;
    let body = json!({"keys": ["home.1280x720.chromium"]}).to_string();
    let token_line = format!("x-siskin-token: {token}\r\n");
    for head in [
        format!("host: evil.example\r\n{token_line}"),
        format!("host: localhost:PORT\r\norigin: http://evil.example\r\n{token_line}"),
        format!("host: localhost:PORT\r\norigin: null\r\n{token_line}"),
        "host: localhost:PORT\r\norigin: http://localhost:PORT\r\n".to_owned(),
        format!("host: localhost:PORT\r\nx-siskin-token: {}\r\n", "0".repeat(64)),
        token_line.clone(),
    ] {
        let (status, _) = bench.send(&format!("POST /approve HTTP/1.1\r\n{head}"), &body).await;
        assert_eq!(status, 403, "{head}");
    }
    for path in ["/", "/home.1280x720.chromium.actual.png"] {
        assert_eq!(
            bench.send(&format!("GET {path} HTTP/1.1\r\nhost: evil.example:PORT\r\n"), "").await.0,
            403,
            "{path}"
        );
    }
    assert!(asked.lock().is_empty());
    let other = Bench::start(all_well().0).await;
    assert_ne!(other.token().await, token, "each server has a token of its own");
    other.end().await;
    bench.end().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_approval_under_way_is_finished_at_the_end() {
    let (begun, go) = (Arc::new(Notify::new()), CancellationToken::new());
    let approve: Approve = {
        let (begun, go) = (Arc::clone(&begun), go.clone());
        Arc::new(move |keys| {
            begun.notify_one();
            tokio::runtime::Handle::current().block_on(go.cancelled());
            Ok(keys.to_vec())
        })
    };
    let mut bench = Bench::start(approve).await;
    // A browser keeps connections on which it never asks for anything.
    let idle = TcpStream::connect(("127.0.0.1", bench.port)).await.unwrap();
    let (stop, mut serving) = (bench.stop.clone(), std::mem::take(&mut bench.serving));
    let asking = bench.approve(json!(["home.1280x720.chromium"]));
    let ending = async {
        begun.notified().await;
        stop.cancel();
        go.cancel();
    };
    let ((status, told), ()) = tokio::join!(asking, ending);
    assert_eq!((status, &told["approved"]), (200, &json!(["home.1280x720.chromium"])));
    serving.join_next().await.unwrap().unwrap().unwrap();
    drop(idle);
}
