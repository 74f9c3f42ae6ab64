//! `import`, and runs of what it writes.

use std::fs;

use serde_json::json;

use crate::program::{PASSWORD, assert_passed, ended, program, replay};
use crate::site;

#[tokio::test]
async fn browser_replays_an_imported_recording() {
    let shop = site::start().await;
    let on = |selectors: &[&str]| json!(selectors.iter().map(|one| json!([one])).collect::<Vec<_>>());
    let click = |selectors: &[&str]| json!({"type": "click", "selectors": on(selectors), "offsetX": 4, "offsetY": 4});
    let change = |selector: &str, value: &str| json!({"type": "change", "selectors": [[selector]], "value": value});
    let at = |mut step: serde_json::Value, field: &str, value: serde_json::Value| {
        step[field] = value;
        step
    };
    let about = format!("{}/about", shop.url);
    let navigation =
        |path: &str, title: &str| json!([{"type": "navigation", "url": format!("{}{path}", shop.url), "title": title}]);
    let steps = json!([
        {"type": "setViewport", "width": 1100, "height": 700, "deviceScaleFactor": 1, "isMobile": false, "hasTouch": false, "isLandscape": false},
        {"type": "navigate", "url": format!("{}/", shop.url), "assertedEvents": navigation("/", "Tea shop")},
        {"type": "emulateNetworkConditions", "download": -1, "upload": -1, "latency": 5},
        // The name is that of two buttons: the next selector tells them apart.
        click(&["aria/Buy", "[data-testid=\"buy-sencha\"]"]),
        click(&["#nonesuch", "xpath///li[1]/button"]),
        {"type": "waitForExpression", "expression": "document.getElementById('basket').textContent === '2 items'"},
        {"type": "waitForElement", "selectors": ["li > button"], "operator": "==", "count": 2},
        {"type": "waitForElement", "selectors": ["[name=gift]"], "attributes": {"type": "checkbox"}, "properties": {"checked": false}},
        {"type": "waitForElement", "selectors": ["#nonesuch"], "visible": false},
        {"type": "doubleClick", "selectors": ["text/zoo"], "offsetX": 4, "offsetY": 4},
        {"type": "waitForElement", "selectors": ["text/zoomed"]},
        {"type": "keyDown", "key": "Control"},
        {"type": "keyDown", "key": "KeyB"},
        {"type": "keyUp", "key": "KeyB"},
        {"type": "keyUp", "key": "Control"},
        {"type": "waitForElement", "selectors": ["text/bold"]},
        {"type": "hover", "selectors": ["pierce/h1"]},
        {"type": "scroll", "x": 0, "y": 120},
        {"type": "waitForExpression", "expression": "scrollY === 120"},
        {"type": "scroll", "x": 0, "y": 0, "selectors": ["html"]},
        {"type": "waitForExpression", "expression": "scrollY === 0"},
        at(change("#note", "quick"), "frame", json!([0])),
        at(click(&["aria/Pay[role=\"button\"]"]), "frame", json!([0])),
        at(json!({"type": "waitForElement", "selectors": ["text/Paid"]}), "frame", json!([0])),
        // The address of a frame: DevTools names frames of other sites so.
        at(change("#note", "quicker"), "target", json!(format!("{}/pay", shop.url))),
        click(&["aria/In a window"]),
        at(click(&["#like"]), "target", json!(about)),
        {"type": "close", "target": about},
        change("[name=customer]", "Ada"),
        change("[name=password]", PASSWORD),
        click(&["[name=size]"]),
        change("[name=size]", "m"),
        click(&["[name=gift]"]),
        change("[name=picture]", "C:\\fakepath\\cup.txt"),
        {"type": "customStep", "name": "measure", "parameters": {}},
        at(click(&["text/Order"]), "assertedEvents", navigation("/thanks", "Thanks")),
        at(click(&["text/Back"]), "assertedEvents", navigation("/", "Tea shop")),
    ]);
    let directory = tempfile::tempdir().unwrap();
    fs::write(directory.path().join("recording.json"), json!({"title": "Order", "steps": steps}).to_string()).unwrap();
    let mut command = program(&directory);
    command.args(["import", "recording.json", "--out", "order.rhai"]);
    let imported = ended(command).await;
    let script = directory.path().join("order.rhai");
    assert_passed(&imported, &script);
    assert!(imported.stderr.contains("does not hold the file \"cup.txt\""), "{}", imported.stderr);
    assert!(!fs::read_to_string(&script).unwrap().contains(PASSWORD));

    let run = replay(&directory, &shop, "order.rhai").await;
    assert_passed(&run, &script);
    let orders = shop.orders.lock().unwrap().join("\n");
    for part in ["Ada", PASSWORD, "\r\nm\r\n", "name=\"gift\"\r\n\r\non", "filename=\"cup.txt\""] {
        assert!(orders.contains(part), "{part:?} in {orders}");
    }
}

#[tokio::test]
async fn import_tells_what_is_wrong_and_writes_nothing() {
    let directory = tempfile::tempdir().unwrap();
    let write = |name: &str, text: &str| fs::write(directory.path().join(name), text).unwrap();
    write("bad.json", r#"{"title": "t", "steps": [{"type": "close"}, {"type": "swipe"}]}"#);
    write("good.json", r#"{"title": "t", "steps": [{"type": "close"}]}"#);
    write("taken.rhai", "// mine");
    let cases: [(&[&str], &str); 6] = [
        (&["bad.json"], "bad.json: step 2 (swipe).type = \"swipe\": one of change, click, close"),
        (&["nowhere.json"], "nowhere.json: No such file"),
        (&["good.json", "--out", "taken.rhai"], "--out taken.rhai: it is there already; --force replaces it"),
        (&["good.json", "--out", "new.txt"], "--out new.txt: a name that ends in .rhai"),
        (&["good.json", "--out", "no/new.rhai"], "--out no/new.rhai: its folder takes no new file"),
        (&["good.json", "--secret-field", ""], "--secret-field = \"\": a word that selectors contain"),
    ];
    for (arguments, expected) in cases {
        let mut command = program(&directory);
        command.arg("import").args(arguments);
        let run = ended(command).await;
        assert_eq!(run.code, 2, "{arguments:?}: {}", run.stderr);
        assert!(run.stderr.contains(expected), "{arguments:?}: {}", run.stderr);
    }
    let mut files: Vec<_> = fs::read_dir(directory.path()).unwrap().map(|file| file.unwrap().file_name()).collect();
    files.sort();
    assert_eq!(files, ["bad.json", "good.json", "taken.rhai"]);
    assert_eq!(fs::read_to_string(directory.path().join("taken.rhai")).unwrap(), "// mine");
    let mut command = program(&directory);
    command.args(["import", "good.json", "--out", "taken.rhai", "--force"]);
    assert_eq!(ended(command).await.code, 0);
    assert!(fs::read_to_string(directory.path().join("taken.rhai")).unwrap().starts_with("// t\n"));
}
