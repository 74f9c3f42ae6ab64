//! Elements that are not ready, secrets, steps.

use serde_json::Value;

use crate::program::run;
use crate::site;

/// Runs each line by itself on the page and gives what each failed with.
fn failures(lines: &[&str]) -> String {
    let each: Vec<String> = lines
        .iter()
        .map(|line| {
            format!("try {{ {line} log::info(\"no failure\"); }} catch (error) {{ log::info(`FAILED ${{error}}`); }}\n")
        })
        .collect();
    format!("page::open(\"https://shop.example/\");\n{}", each.concat())
}

#[tokio::test]
async fn browser_says_what_an_element_was_waited_for() {
    let shop = site::start().await;
    let cases = [
        ("element::click(\"#nope\", #{ timeout_ms: 100 });", "no element matches #nope (waited 0."),
        ("element::click([\"#nope\", \"text=Nope\"], #{ timeout_ms: 100 });", "no element matches #nope or text=Nope"),
        ("element::click(\"#late\", #{ timeout_ms: 100 });", "1 element match #late, none is visible"),
        (
            "element::click(\"#sold-out\", #{ timeout_ms: 100 });",
            "#sold-out is disabled: <button#sold-out> \"Sold out\"",
        ),
        ("element::fill(\"#fixed\", \"x\", #{ timeout_ms: 100 });", "#fixed is readonly"),
        ("element::click(\"#covered\", #{ timeout_ms: 100 });", "#covered is covered by <div#over>"),
        (
            "element::click(\"li.product\", #{ timeout_ms: 100 });",
            "3 visible elements match li.product: <li.product> \"Assam\", <li.product> \"Sencha\", <li.product> \"Oolong\"; name one",
        ),
        (
            "element::click(\"li.product\", #{ nth: 7, timeout_ms: 100 });",
            "3 elements match li.product, which nth is beyond",
        ),
        (
            "element::select_option(\"#size\", \"Huge\", #{ timeout_ms: 100 });",
            "no option \"Huge\"; there are \"Small\", \"Medium\", \"Large\"",
        ),
        ("element::click(\"#[[\");", "bad selector #[["),
        ("element::press(\"#name\", \"Ctrl+A\");", "\"Ctrl\" is no key"),
        ("element::click(\"#buy\", #{ timout_ms: 1 });", "has no option \"timout_ms\"; there are nth, timeout_ms"),
        ("element::fill(\"#name\", 3);", "`text` of element::fill is a text, not 3"),
        ("page::wait_for_response(\"/nothing\", #{ timeout_ms: 100 });", "no answer of /nothing within 0.1 s"),
        (
            "element::click(\"#buy\", #{ button: \"up\" });",
            "button in `options` of element::click is one of left, middle, right, back, forward, not up",
        ),
        ("element::click(\"#buy\", #{ modifiers: [\"Ctrl\"] });", "a list of Alt, Control, Meta, Shift, not Ctrl"),
        ("element::click(\"#buy\", #{ x: 1 });", "`options` of element::click has no y"),
        ("element::click(\"#buy\", #{ x: 1, y: 999 });", "1, 999 is not in #buy, which is "),
        ("page::tab(3);", "there is no tab 3, only 1"),
        ("page::close_tab();", "the only tab of a run is not closed"),
    ];
    let ended = run(&shop, &failures(&cases.map(|(line, _)| line))).await;
    assert_eq!(ended.code, 0, "{}\n{}", ended.stdout, ended.stderr);
    let log = ended.log();
    let told: Vec<_> = log.lines().filter(|line| line.contains("FAILED") || line.contains("no failure")).collect();
    assert_eq!(told.len(), cases.len(), "{log}");
    for ((line, expected), told) in cases.iter().zip(told) {
        assert!(told.contains(expected), "{line}\n  expected {expected}\n  told     {told}");
    }
}

#[tokio::test]
async fn browser_reaches_shades_frames_and_late_elements() {
    let shop = site::start().await;
    let script = r##"
        page::open("https://shop.example/");
        assert::equal(element::text("role=button[name=\"In the shade\"]"), "In the shade");
        assert::equal(element::text("text=/three TEAS/i"), "Three teas");
        page::frame("#abroad");
        element::click("role=button[name=\"Pay now\"]");
        element::hover("text=Pay here");
        page::main_frame();
        element::fill("#day", "2026-11-26");
        assert::equal(element::value("#day"), "2026-11-26");
        element::fill("#note", "changed");
        assert::equal(element::text("#note"), "changed");
        element::fill("#name", "Ada");
        element::press("#name", "Control+A");
        element::press("#name", "Delete");
        assert::equal(element::value("#name"), "");
        element::click("#reveal");
        element::click("#late");
        // What moves is clicked once it stands still, what is covered once it is not.
        page::evaluate("const over = document.getElementById('over'); setTimeout(() => over.remove(), 300)");
        element::click(["#gone", "#covered"]);
        page::evaluate("document.getElementById('buy').style.animation = 'run 0.4s'");
        element::click("#buy");
        assert::equal(element::text("#cart"), "1 item");
        // A selector that names several is passed over for one that names a single element.
        element::click(["li.product", "#buy"]);
        assert::equal(element::text("#cart"), "2 items");
        page::evaluate("document.addEventListener('contextmenu', (event) => { \
            const box = event.target.getBoundingClientRect(); \
            window.seen = [event.shiftKey, event.altKey, Math.round(event.x - box.x), Math.round(event.y - box.y)]; \
            event.preventDefault(); })");
        element::click("#buy", #{ button: "right", modifiers: ["Shift", "Alt"], x: 5, y: 4 });
        let seen = page::evaluate("return window.seen");
        assert::equal([seen[0], seen[1]], [true, true]);
        // A browser's pixels are not cut: an element may begin within one.
        assert::approx(seen[2], 5, 1);
        assert::approx(seen[3], 4, 1);
        element::fill("#size", "Medium");
        assert::equal(element::value("#size"), "m");
        page::set_viewport(400, 300, #{ device_scale_factor: 2, mobile: true, touch: true });
        assert::equal(page::evaluate("return [devicePixelRatio, navigator.maxTouchPoints]"), [2, 5]);
        page::set_viewport(1280, 720);
        page::set_network("offline");
        let reason = "";
        try { page::open("https://shop.example/tea"); } catch (error) { reason = error.message; }
        assert::contains(reason, "net::ERR_INTERNET_DISCONNECTED");
        page::set_network("none");
        page::block_urls(["*/stock"]);
        page::open("https://shop.example/");
        assert::equal(page::evaluate("return fetch('/stock').then(() => 'came', () => 'blocked')"), "blocked");
    "##;
    let ended = run(&shop, script).await;
    assert_eq!(ended.code, 0, "{}\n{}", ended.stdout, ended.stderr);
    assert!(ended.log().contains("selector 2 of 2 matched: #covered"), "{}", ended.log());
}

#[tokio::test]
async fn browser_never_tells_a_secret() {
    let shop = site::start().await;
    let script = r#"
        let word = secret::get("password");
        step(`sign in with ${word}`, || {
            page::open(`https://shop.example/?word=${word}`);
            page::evaluate(`console.error("${word}"); return fetch("/echo", {method: "POST", body: "pass=${word}"})`);
            page::screenshot(`as ${word}`);
            http::post(`https://shop.example/echo?b=${data::base64(word)}`, #{ json: #{ word: word } });
            log::info(word);
            print(word);
            metric::put(`logins ${word}`, 1);
        });
        step("fails", || throw `wrong password ${word}`);
    "#;
    let ended = run(&shop, script).await;
    assert_eq!(ended.code, 1, "{}\n{}", ended.stdout, ended.stderr);
    let sent = shop.seen.lock().unwrap().join("\n");
    assert!(sent.contains("pass=hush-hush") && sent.contains("{\"word\":\"hush-hush\"}"), "it was used: {sent}");
    let directory = ended.directory.path().join(ended.report()["directory"].as_str().unwrap());
    for file in std::fs::read_dir(directory).unwrap() {
        let file = file.unwrap();
        let name = file.file_name().into_string().unwrap();
        let text = String::from_utf8_lossy(&std::fs::read(file.path()).unwrap()).into_owned();
        assert!(!name.contains("hush") && !text.contains("hush-hush") && !text.contains("aHVzaC1odXNo"), "{name}");
    }
    assert!(!ended.stdout.contains("hush-hush"), "{}", ended.stdout);
    assert!(ended.log().contains("[redacted]"));
}

#[tokio::test]
async fn steps_nest_and_go_on() {
    let shop = site::start().await;
    let script = r#"
        step("order", || {
            step("stock", || assert::equal(1, 2), #{ continue_on_failure: true });
            step("pay", || 1);
        });
        step("after", || log::info("reached"));
    "#;
    let ended = run(&shop, script).await;
    assert_eq!(ended.code, 1, "a step that failed fails the run: {}", ended.stdout);
    let report = ended.report();
    let steps: Vec<_> = report["steps"]
        .as_array()
        .unwrap()
        .iter()
        .map(|step| (step["name"].as_str().unwrap(), &step["status"]))
        .collect();
    let (passed, failed) = (Value::from("PASSED"), Value::from("FAILED"));
    assert_eq!(
        steps,
        [("order", &passed), ("order > stock", &failed), ("order > pay", &passed), ("after", &passed)],
        "{report}"
    );
    let reason = report["reason"].as_str().unwrap();
    assert!(reason.starts_with("it is 1: expected equals 2\nat shop.rhai:3:"), "{reason}");
}
