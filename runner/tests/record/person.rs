//! Someone who records: the program with its visible Chrome, and hands on mouse and keyboard.

use std::process::Stdio;
use std::time::Duration;

use futures::{SinkExt, StreamExt};
use serde_json::{Value, json};
use tempfile::TempDir;
use tokio::io::AsyncReadExt;
use tokio::net::TcpStream;
use tokio::process::Child;
use tokio::time::{sleep, timeout};
use tokio_tungstenite::WebSocketStream;
use tokio_tungstenite::tungstenite::Message;

use crate::display::Display;
use crate::program::{Ended, program};

const PATIENCE: Duration = Duration::from_secs(30);
const LOOK_EVERY: Duration = Duration::from_millis(20);
pub(crate) const CONTROL: u8 = 2;

/// A recording under way.
pub(crate) struct Person {
    recorder: Child,
    temporary: TempDir,
    socket: WebSocketStream<TcpStream>,
    next_id: u64,
    /// The session of the tab at hand.
    session: String,
}

impl Person {
    /// Starts a recording, and waits until its page is there.
    pub(crate) async fn begin(directory: &TempDir, display: &Display, url: &str, out: &str) -> Self {
        // Short, since Chrome's sockets lie below it.
        let temporary = tempfile::tempdir_in("/tmp").unwrap();
        let mut command = program(directory);
        let format = if out.contains(".json") { "devtools" } else { "script" };
        command
            .args(["record", url, "--out", out, "--format", format])
            .env("DISPLAY", &display.name)
            .env("TMPDIR", temporary.path());
        let recorder = command.stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap();
        let socket = timeout(PATIENCE, connect(&temporary)).await.expect("Chrome starts");
        let mut person = Self { recorder, temporary, socket, next_id: 1, session: String::new() };
        person.turn_to(url).await;
        person.wait_for_page().await;
        person.wait_for_bar("Recording, 1 step").await;
        person
    }

    async fn send(&mut self, session: Option<String>, method: &str, params: Value) -> Result<u64, String> {
        let id = self.next_id;
        self.next_id += 1;
        let mut message = json!({"id": id, "method": method, "params": params});
        if let Some(session) = session {
            message["sessionId"] = session.into();
        }
        self.socket.send(Message::text(message.to_string())).await.map_err(|error| error.to_string())?;
        Ok(id)
    }

    async fn ask_any(&mut self, session: Option<String>, method: &str, params: Value) -> Result<Value, String> {
        let id = self.send(session, method, params).await?;
        loop {
            let told = timeout(PATIENCE, self.socket.next()).await.map_err(|_| format!("{method} is not answered"))?;
            let Message::Text(text) = told.ok_or("closed")?.map_err(|error| error.to_string())? else { continue };
            let answer: Value = serde_json::from_str(&text).unwrap();
            if answer["id"] == json!(id) {
                return if answer["error"].is_null() { Ok(answer["result"].clone()) } else { Err(answer.to_string()) };
            }
        }
    }

    /// A command to the tab at hand.
    pub(crate) async fn ask(&mut self, method: &str, params: Value) -> Value {
        self.ask_any(Some(self.session.clone()), method, params).await.unwrap()
    }

    /// Goes on in the tab whose address begins so.
    pub(crate) async fn turn_to(&mut self, url: &str) {
        let found = async {
            loop {
                let told = self.ask_any(None, "Target.getTargets", json!({})).await.unwrap();
                let is_it = |one: &&Value| one["type"] == "page" && one["url"].as_str().unwrap().starts_with(url);
                if let Some(page) = told["targetInfos"].as_array().unwrap().iter().find(is_it) {
                    return page["targetId"].clone();
                }
                sleep(LOOK_EVERY).await;
            }
        };
        let target = timeout(PATIENCE, found).await.expect("the tab comes");
        let params = json!({"targetId": target, "flatten": true});
        let attached = self.ask_any(None, "Target.attachToTarget", params).await.unwrap();
        attached["sessionId"].as_str().unwrap().clone_into(&mut self.session);
        self.ask("Page.enable", json!({})).await;
        self.ask("Page.bringToFront", json!({})).await;
    }

    /// Opens a tab, types an address there, and goes on in it.
    pub(crate) async fn new_tab(&mut self, url: &str) {
        self.ask_any(None, "Target.createTarget", json!({"url": "about:blank"})).await.unwrap();
        self.turn_to("about:blank").await;
        self.go_to(url).await;
        self.wait_for_page().await;
    }

    pub(crate) async fn evaluate(&mut self, expression: &str) -> Value {
        let params = json!({"expression": expression, "returnByValue": true, "awaitPromise": true});
        let told = self.ask("Runtime.evaluate", params).await;
        assert!(told["exceptionDetails"].is_null(), "{expression}: {told}");
        told["result"]["value"].clone()
    }

    /// Waits until an expression is true.
    pub(crate) async fn wait_for(&mut self, expression: &str) {
        let holds = async {
            loop {
                let params = json!({"expression": format!("Boolean({expression})"), "returnByValue": true});
                // A page that is just left refuses to answer.
                if let Ok(told) = self.ask_any(Some(self.session.clone()), "Runtime.evaluate", params).await {
                    assert!(told["exceptionDetails"].is_null(), "{expression}: {told}");
                    if told["result"]["value"] == json!(true) {
                        return;
                    }
                }
                sleep(LOOK_EVERY).await;
            }
        };
        timeout(PATIENCE, holds).await.unwrap_or_else(|_| panic!("not true: {expression}"));
    }

    /// Waits until the page of a tab is read: a new tab has the page's address while it still shows an empty one.
    pub(crate) async fn wait_for_page(&mut self) {
        self.wait_for("document.readyState === 'complete' && location.protocol === 'http:'").await;
    }

    /// Waits until the recorder's bar says so.
    pub(crate) async fn wait_for_bar(&mut self, text: &str) {
        let mut shown = String::new();
        let holds = async {
            loop {
                // DevTools sees into closed shadow roots.
                let params = json!({"depth": -1, "pierce": true});
                let tree = self.ask("DOM.getDocument", params).await;
                shown = bar_text(&tree["root"]).unwrap_or_default();
                if shown.contains(text) {
                    return;
                }
                sleep(LOOK_EVERY).await;
            }
        };
        let waited = timeout(PATIENCE, holds).await;
        assert!(waited.is_ok(), "the bar says {shown:?}, not {text:?}");
    }

    /// Middle of an element in the page, of one of its frame if that is named.
    async fn middle(&mut self, frame: Option<&str>, selector: &str) -> (f64, f64) {
        let expression = format!(
            "(async () => {{
                // Chrome drops clicks into a page that it has not painted yet, as nobody could see it.
                const painted = () => new Promise((done) => requestAnimationFrame(done));
                await painted();
                await painted();
                const frame = {frame} && document.querySelector({frame});
                const element = (frame ? frame.contentDocument : document).querySelector({selector});
                element.scrollIntoView({{block: 'center', behavior: 'instant'}});
                if (frame) frame.scrollIntoView({{block: 'center', behavior: 'instant'}});
                const outer = frame ? frame.getBoundingClientRect() : {{x: 0, y: 0}};
                const box = element.getBoundingClientRect();
                return [outer.x + (frame ? frame.clientLeft : 0) + box.x + box.width / 2,
                    outer.y + (frame ? frame.clientTop : 0) + box.y + box.height / 2];
            }})()",
            frame = json!(frame),
            selector = json!(selector),
        );
        let at = self.evaluate(&expression).await;
        (at[0].as_f64().unwrap(), at[1].as_f64().unwrap())
    }

    async fn mouse(&mut self, kind: &str, (x, y): (f64, f64), button: &str, count: u8, modifiers: u8) {
        let params = json!({
            "type": kind, "x": x, "y": y, "button": button, "clickCount": count, "modifiers": modifiers,
        });
        self.ask("Input.dispatchMouseEvent", params).await;
    }

    async fn click_point(&mut self, at: (f64, f64), button: &str, times: u8) {
        self.mouse("mouseMoved", at, "none", 0, 0).await;
        for count in 1..=times {
            self.mouse("mousePressed", at, button, count, 0).await;
            self.mouse("mouseReleased", at, button, count, 0).await;
        }
    }

    pub(crate) async fn click(&mut self, selector: &str) {
        let at = self.middle(None, selector).await;
        self.click_point(at, "left", 1).await;
    }

    pub(crate) async fn right_click(&mut self, selector: &str) {
        let at = self.middle(None, selector).await;
        self.click_point(at, "right", 1).await;
    }

    /// Clicks at a place of an element, from its left upper corner.
    pub(crate) async fn click_point_of(&mut self, selector: &str, (x, y): (f64, f64)) {
        let middle = self.middle(None, selector).await;
        let size = self
            .evaluate(&format!(
                "(({{width, height}}) => [width, height])(document.querySelector({}).getBoundingClientRect())",
                json!(selector)
            ))
            .await;
        let at = (middle.0 - size[0].as_f64().unwrap() / 2.0 + x, middle.1 - size[1].as_f64().unwrap() / 2.0 + y);
        self.click_point(at, "left", 1).await;
    }

    /// Clicks where the page closes, is left or asks at once, and so may not answer.
    pub(crate) async fn click_unanswered(&mut self, selector: &str) {
        let at = self.middle(None, selector).await;
        self.click_point_unanswered(at).await;
    }

    async fn click_point_unanswered(&mut self, (x, y): (f64, f64)) {
        self.mouse("mouseMoved", (x, y), "none", 0, 0).await;
        self.mouse("mousePressed", (x, y), "left", 1, 0).await;
        let params = json!({"type": "mouseReleased", "x": x, "y": y, "button": "left", "clickCount": 1});
        self.send(Some(self.session.clone()), "Input.dispatchMouseEvent", params).await.unwrap();
    }

    pub(crate) async fn double_click(&mut self, selector: &str) {
        let at = self.middle(None, selector).await;
        self.click_point(at, "left", 2).await;
    }

    pub(crate) async fn click_in(&mut self, frame: &str, selector: &str) {
        let at = self.middle(Some(frame), selector).await;
        self.click_point(at, "left", 1).await;
    }

    /// Presses a button of the recorder's bar.
    pub(crate) async fn press_bar(&mut self, label: &str) {
        let at = self.middle_of_bar(label).await;
        self.click_point(at, "left", 1).await;
    }

    /// Presses the bar's stop, with which Chrome ends, perhaps before it answers.
    pub(crate) async fn press_stop(&mut self) {
        let at = self.middle_of_bar("Stop").await;
        self.click_point_unanswered(at).await;
    }

    /// Middle of a button of the recorder's bar.
    async fn middle_of_bar(&mut self, label: &str) -> (f64, f64) {
        let tree = self.ask("DOM.getDocument", json!({"depth": -1, "pierce": true})).await;
        let node = bar_button(&tree["root"], label).unwrap_or_else(|| panic!("no button {label}"));
        let model = self.ask("DOM.getBoxModel", json!({"nodeId": node})).await;
        let corner = |at: usize| model["model"]["content"][at].as_f64().unwrap();
        (f64::midpoint(corner(0), corner(4)), f64::midpoint(corner(1), corner(5)))
    }

    /// Types letters.
    pub(crate) async fn type_text(&mut self, text: &str) {
        for letter in text.chars() {
            let letter = letter.to_string();
            let down = json!({"type": "keyDown", "text": letter, "unmodifiedText": letter, "key": letter});
            self.ask("Input.dispatchKeyEvent", down).await;
            self.ask("Input.dispatchKeyEvent", json!({"type": "keyUp", "key": letter})).await;
        }
    }

    /// Presses a key that is none of a letter, or a chord.
    pub(crate) async fn press(&mut self, key: &str, modifiers: u8) {
        let code = match key {
            "Enter" => 13,
            "Tab" => 9,
            "ArrowDown" => 40,
            "Escape" => 27,
            letter => u32::from(letter.to_uppercase().chars().next().unwrap()),
        };
        let mut down = json!({"type": "keyDown", "key": key, "windowsVirtualKeyCode": code, "modifiers": modifiers});
        if key == "Enter" {
            down["text"] = "\r".into();
        }
        self.ask("Input.dispatchKeyEvent", down).await;
        let up = json!({"type": "keyUp", "key": key, "windowsVirtualKeyCode": code, "modifiers": modifiers});
        self.ask("Input.dispatchKeyEvent", up).await;
    }

    /// Chooses a file, as the dialog of the desktop would.
    pub(crate) async fn choose_file(&mut self, selector: &str, file: &str) {
        let tree = self.ask("DOM.getDocument", json!({})).await;
        let params = json!({"nodeId": tree["root"]["nodeId"], "selector": selector});
        let found = self.ask("DOM.querySelector", params).await;
        self.ask("DOM.setFileInputFiles", json!({"nodeId": found["nodeId"], "files": [file]})).await;
    }

    /// Goes to an address as if it was typed.
    pub(crate) async fn go_to(&mut self, url: &str) {
        self.ask("Page.navigate", json!({"url": url, "transitionType": "typed"})).await;
    }

    /// Closes the tab at hand.
    pub(crate) async fn close_tab(&mut self) {
        // With the last one Chrome ends, perhaps before it answers.
        drop(self.ask_any(Some(self.session.clone()), "Page.close", json!({})).await);
    }

    /// Sends a signal to the recorder.
    async fn signal(&self, name: &str) {
        let id = self.recorder.id().unwrap().to_string();
        let done = tokio::process::Command::new("kill").args([name, &id]).status().await.unwrap();
        assert!(done.success());
    }

    /// Kills Chrome, which nobody expects.
    pub(crate) async fn kill_chrome(&mut self) {
        let told = self.ask_any(None, "SystemInfo.getProcessInfo", json!({})).await.unwrap();
        let is_browser = |one: &&Value| one["type"] == "browser";
        let id = told["processInfo"].as_array().unwrap().iter().find(is_browser).unwrap()["id"].to_string();
        let done = tokio::process::Command::new("kill").args(["-KILL", &id]).status().await.unwrap();
        assert!(done.success());
    }

    /// Answers the dialog that is about to open.
    pub(crate) async fn answer_dialog(&mut self, text: &str) {
        let params = json!({"accept": true, "promptText": text});
        let session = Some(self.session.clone());
        let answered = async {
            while self.ask_any(session.clone(), "Page.handleJavaScriptDialog", params.clone()).await.is_err() {
                sleep(LOOK_EVERY).await;
            }
        };
        timeout(PATIENCE, answered).await.expect("a dialog opens");
    }

    /// Keeps the recorder from hearing anything, as a busy machine does, until it is interrupted.
    pub(crate) async fn suspend(&self) {
        self.signal("-STOP").await;
    }

    /// Presses Ctrl-C in the recorder's terminal.
    pub(crate) async fn interrupt(self) -> Ended {
        self.signal("-INT").await;
        self.signal("-CONT").await;
        self.end().await
    }

    /// Waits for the end of the recorder.
    pub(crate) async fn end(mut self) -> Ended {
        drop(self.socket);
        let status = timeout(PATIENCE, self.recorder.wait()).await.expect("the recorder ends").unwrap();
        let (mut stdout, mut stderr) = (String::new(), String::new());
        self.recorder.stdout.take().unwrap().read_to_string(&mut stdout).await.unwrap();
        self.recorder.stderr.take().unwrap().read_to_string(&mut stderr).await.unwrap();
        let left: Vec<_> = std::fs::read_dir(self.temporary.path()).unwrap().map(|file| file.unwrap().path()).collect();
        assert!(left.is_empty(), "left: {left:?}");
        Ended { code: status.code().unwrap_or(-1), stdout, stderr }
    }
}

/// Connects to the Chrome that runs in a folder, as soon as it does.
async fn connect(folder: &TempDir) -> WebSocketStream<TcpStream> {
    loop {
        let found = std::fs::read_dir(folder.path()).unwrap().find_map(|entry| {
            let text = std::fs::read_to_string(entry.unwrap().path().join("profile/DevToolsActivePort")).ok()?;
            let (port, path) = text.split_once('\n')?;
            Some((port.parse::<u16>().ok()?, path.trim().to_owned()))
        });
        if let Some((port, path)) = found.filter(|(_, path)| !path.is_empty()) {
            let stream = TcpStream::connect(("127.0.0.1", port)).await.unwrap();
            let url = format!("ws://127.0.0.1:{port}{path}");
            return tokio_tungstenite::client_async(url, stream).await.unwrap().0;
        }
        sleep(LOOK_EVERY).await;
    }
}

fn children(node: &Value) -> impl Iterator<Item = &Value> {
    ["children", "shadowRoots"].into_iter().flat_map(|name| node[name].as_array().into_iter().flatten())
}

fn bar(node: &Value) -> Option<&Value> {
    if node["localName"] == "siskin-recorder" { Some(node) } else { children(node).find_map(bar) }
}

fn text_of(node: &Value) -> String {
    let own = node["nodeValue"].as_str().unwrap_or_default().to_owned();
    children(node).map(text_of).fold(own, |all, one| format!("{all}{one}"))
}

fn bar_text(root: &Value) -> Option<String> {
    bar(root).map(text_of)
}

fn bar_button(root: &Value, label: &str) -> Option<Value> {
    fn find(node: &Value, label: &str) -> Option<Value> {
        if node["localName"] == "button" && text_of(node) == label {
            return Some(node["nodeId"].clone());
        }
        children(node).find_map(|child| find(child, label))
    }
    find(bar(root)?, label)
}
