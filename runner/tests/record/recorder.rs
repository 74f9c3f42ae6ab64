//! `record`, by hand, and runs of what it writes.

use std::fs;

use crate::display;
use crate::person::{CONTROL, Person};
use crate::program::{Ended, PASSWORD, assert_passed, ended, program, replay};
use crate::site::{self, Shop};

/// A recording that ended well, and the run of its script.
async fn assert_replays(directory: &tempfile::TempDir, shop: &Shop, recorded: &Ended, script: &str) -> String {
    let path = directory.path().join(script);
    assert_passed(recorded, &path);
    let source = fs::read_to_string(&path).unwrap();
    let run = replay(directory, shop, script).await;
    assert_passed(&run, &path);
    source
}

fn assert_contains(source: &str, parts: &[&str]) {
    for part in parts {
        assert!(source.contains(part), "{part}\n{source}");
    }
}

#[tokio::test]
async fn browser_recorder_writes_a_script_that_replays() {
    let Some(display) = display::start() else { return };
    let shop = site::start().await;
    let directory = tempfile::tempdir().unwrap();
    fs::write(directory.path().join("cup.txt"), "a cup of tea").unwrap();
    let mut person = Person::begin(&directory, &display, &format!("{}/", shop.url), "order.rhai").await;

    person.click("[data-testid=buy-sencha]").await;
    person.double_click("#zoom").await;
    person.press("b", CONTROL).await;
    person.wait_for("document.getElementById('chord').textContent === 'bold'").await;
    person.right_click("#back").await;
    person.click_in("#pay", "#note").await;
    person.type_text("quick").await;
    person.click_in("#pay", "button").await;
    person.click("[name=customer]").await;
    person.type_text("Ada").await;
    person.press("Tab", 0).await;
    person.type_text(PASSWORD).await;
    person.press("Tab", 0).await;
    person.press("ArrowDown", 0).await;
    person.click("[name=gift]").await;
    person.click("#news").await;
    person.choose_file("[name=picture]", directory.path().join("cup.txt").to_str().unwrap()).await;
    // The bar does not wait for the recorder.
    person.press_bar("Assert text").await;
    person.click("#basket").await;
    person.press_bar("Assert visible").await;
    person.click("h1").await;
    // What is done in a pause is not recorded.
    person.press_bar("Pause").await;
    person.wait_for_bar("Paused").await;
    person.click("[data-testid=buy-assam]").await;
    person.press_bar("Go on").await;
    person.wait_for_bar("Recording").await;
    person.click_unanswered("form button").await;
    person.wait_for("document.title === 'Thanks' && document.readyState === 'complete'").await;
    let recorded = person.interrupt().await;

    shop.orders.lock().unwrap().clear();
    let source = assert_replays(&directory, &shop, &recorded, "order.rhai").await;
    assert!(!source.contains(PASSWORD) && !recorded.stderr.contains(PASSWORD), "{source}");
    assert!(!source.contains("buy-assam"), "{source}");
    assert_contains(
        &source,
        &[
            "element::click([\"[data-testid=\\\"buy-sencha\\\"]\", ",
            "element::dblclick([\"#zoom\", ",
            "page::press(\"Control+b\");",
            "#{ button: \"right\" });",
            "page::frame([\"#pay\", ",
            "\"quick\");",
            "secret::get(\"password\"));",
            "element::select_option([\n        \"role=combobox[name=\\\"Size\\\"]\",",
            "element::check([\n        \"role=checkbox[name=\\\"As a gift\\\"]\",",
            "[#{ name: \"cup.txt\", text: \"a cup of tea\", type: \"text/plain\" }]",
            "expect_text([\"#basket\", \"xpath=/html/body/p[1]\"], \"1 item\");",
            "element::wait_for([\"role=heading[name=\\\"Tea shop\\\"]\", ",
            "page::wait_for_title(\"Thanks\");",
        ],
    );
    let orders = shop.orders.lock().unwrap().join("\n");
    assert_contains(
        &orders,
        &["Ada", PASSWORD, "\r\nm\r\n", "name=\"gift\"\r\n\r\non", "name=\"news\"\r\n\r\non", "a cup of tea"],
    );
}

#[tokio::test]
async fn browser_recorder_follows_tabs_frames_dialogs_and_history() {
    let Some(display) = display::start() else { return };
    let shop = site::start().await;
    let directory = tempfile::tempdir().unwrap();
    let home = format!("{}/", shop.url);
    let mut person = Person::begin(&directory, &display, &home, "places.rhai").await;

    // A frame of another site is another process.
    person.click_point_of("#abroad", (40.0, 20.0)).await;
    person.type_text("abroad").await;
    person.click_unanswered("#ask").await;
    person.answer_dialog("Ada").await;
    person.wait_for("document.getElementById('asked').textContent === 'Ada'").await;
    person.click("#window").await;
    person.turn_to(&format!("{}/about", shop.url)).await;
    person.wait_for_page().await;
    person.click("#like").await;
    person.wait_for("document.getElementById('like').textContent === 'Liked'").await;
    person.click_unanswered("#close").await;
    person.turn_to(&home).await;
    person.wait_for_bar("steps").await;
    person.click_unanswered("#about").await;
    person.wait_for("document.title === 'About tea' && document.readyState === 'complete'").await;
    person.click("#like").await;
    person.go_to(&home).await;
    person.wait_for("document.title === 'Tea shop' && document.readyState === 'complete'").await;
    // A tab that is opened by hand, used, and left open.
    person.new_tab(&format!("{}/strict", shop.url)).await;
    person.click("#go").await;
    person.turn_to(&home).await;
    // The page is left while its field is filled.
    person.click("#search").await;
    person.type_text("tea").await;
    person.wait_for("document.title === 'About tea' && document.readyState === 'complete'").await;
    person.wait_for_bar("steps").await;
    person.press_stop().await;
    let recorded = person.end().await;

    let source = assert_replays(&directory, &shop, &recorded, "places.rhai").await;
    assert_contains(
        &source,
        &[
            "page::frame([\"#abroad\", ",
            "\"abroad\");",
            "page::accept_dialog(\"Ada\");",
            "page::wait_for_tab();",
            "// The page closes its tab.\n    page::tab(0);",
            "page::wait_for_title(\"About tea\");",
            "page::new_tab(\"http://",
            "\"tea\");\n    page::wait_for_url(",
            "assert::status(page::open(\"http://",
        ],
    );
    assert!(!source.contains("\"Loading\""), "the title is the one that was seen: {source}");
}

#[tokio::test]
async fn browser_recorder_works_under_a_strict_policy() {
    let Some(display) = display::start() else { return };
    let shop = site::start().await;
    let directory = tempfile::tempdir().unwrap();
    let mut person = Person::begin(&directory, &display, &format!("{}/strict", shop.url), "strict.rhai").await;
    person.click("#go").await;
    person.wait_for("document.getElementById('said').textContent === 'went'").await;
    person.press_bar("Assert text").await;
    person.wait_for_bar("Pick an element").await;
    person.click("#said").await;
    person.wait_for_bar("Recording, 3 steps").await;
    // The window is closed.
    person.close_tab().await;
    let recorded = person.end().await;
    let source = assert_replays(&directory, &shop, &recorded, "strict.rhai").await;
    assert_contains(&source, &["expect_text([\"#said\", \"xpath=/html/body/p\"], \"went\");"]);
}

#[tokio::test]
async fn browser_recorder_takes_in_what_was_done_before_the_stop_however_late_it_hears_of_it() {
    let Some(display) = display::start() else { return };
    let shop = site::start().await;
    let directory = tempfile::tempdir().unwrap();
    let mut person = Person::begin(&directory, &display, &format!("{}/", shop.url), "late.rhai").await;
    person.suspend().await;
    person.click("[data-testid=buy-assam]").await;
    person.press_bar("Assert text").await;
    person.click("#basket").await;
    person.press_bar("Assert visible").await;
    person.click("h1").await;
    person.click_unanswered("#about").await;
    person.wait_for("document.title === 'About tea' && document.readyState === 'complete'").await;
    // What led to a page is not what led to the next.
    person.go_to(&format!("{}/strict", shop.url)).await;
    person.wait_for("document.title === 'Strict' && document.readyState === 'complete'").await;
    let recorded = person.interrupt().await;
    let source = assert_replays(&directory, &shop, &recorded, "late.rhai").await;
    assert_eq!(source.matches("/strict\")").count(), 1, "{source}");
    assert_contains(
        &source,
        &[
            "element::click([\"[data-testid=\\\"buy-assam\\\"]\", ",
            "expect_text([\"#basket\", \"xpath=/html/body/p[1]\"], \"1 item\");",
            "element::wait_for([\"role=heading[name=\\\"Tea shop\\\"]\", ",
            "/about\");\n    page::wait_for_title(\"About tea\");",
        ],
    );
}

#[tokio::test]
async fn browser_recorder_keeps_what_was_done_until_chrome_dies() {
    let Some(display) = display::start() else { return };
    let shop = site::start().await;
    let directory = tempfile::tempdir().unwrap();
    let mut person = Person::begin(&directory, &display, &format!("{}/", shop.url), "cut.rhai").await;
    person.click("[data-testid=buy-assam]").await;
    person.wait_for_bar("Recording, 2 steps").await;
    person.kill_chrome().await;
    let recorded = person.end().await;
    assert_eq!(recorded.code, 4, "{}", recorded.stderr);
    assert!(recorded.stderr.contains("Chrome ended unexpectedly; what was recorded until then is written"));
    let run = replay(&directory, &shop, "cut.rhai").await;
    assert_passed(&run, &directory.path().join("cut.rhai"));
    assert!(fs::read_to_string(directory.path().join("cut.rhai")).unwrap().contains("buy-assam"));
}

#[tokio::test]
async fn browser_recorder_tells_of_a_recording_without_steps_and_of_a_page_that_does_not_load() {
    let Some(display) = display::start() else { return };
    let shop = site::start().await;
    let directory = tempfile::tempdir().unwrap();
    let mut person = Person::begin(&directory, &display, &format!("{}/about", shop.url), "empty.json").await;
    person.wait_for("document.title === 'About tea'").await;
    person.close_tab().await;
    let recorded = person.end().await;
    assert_eq!(recorded.code, 0, "{}", recorded.stderr);
    assert!(recorded.stderr.contains("empty.json: nothing was done in the page, so it only opens it"));
    // What is written as DevTools' JSON is read as such.
    let mut command = program(&directory);
    command.args(["import", "empty.json", "--out", "empty.rhai"]);
    let imported = ended(command).await;
    assert_replays(&directory, &shop, &imported, "empty.rhai").await;

    let mut command = program(&directory);
    command.args(["record", "http://127.0.0.1:1/", "--out", "none.rhai"]).env("DISPLAY", &display.name);
    let run = ended(command).await;
    assert_eq!(run.code, 1, "{}", run.stderr);
    assert!(run.stderr.contains("http://127.0.0.1:1/ did not load: net::ERR_UNSAFE_PORT"), "{}", run.stderr);
    let mut files: Vec<_> = fs::read_dir(directory.path()).unwrap().map(|file| file.unwrap().file_name()).collect();
    files.sort();
    files.retain(|file| file != "siskin-artifacts");
    assert_eq!(files, ["empty.json", "empty.rhai"]);
}

#[tokio::test]
async fn record_tells_what_is_wrong_before_anything_opens() {
    let directory = tempfile::tempdir().unwrap();
    fs::write(directory.path().join("taken.rhai"), "// mine").unwrap();
    fs::write(directory.path().join("headless-shell"), "").unwrap();
    let cases: [(&[&str], &str, i32, &str); 8] = [
        (&["http://ada:hush@127.0.0.1:9/"], ":99", 2, "url: an address without user name and password"),
        (&["http://127.0.0.1:9/", "--out", "no/new.rhai"], ":99", 2, "--out no/new.rhai: its folder takes no new file"),
        (&["http://127.0.0.1:9/", "--out", "taken.rhai"], ":99", 2, "--out taken.rhai: it is there already"),
        (&["http://127.0.0.1:9/", "--format", "devtools", "--out", "a.rhai"], ":99", 2, "a name that ends in .json"),
        (&["ftp://127.0.0.1/"], ":99", 2, "url = ftp://127.0.0.1/: an address that begins with http:// or https://"),
        (&["http://127.0.0.1:9/", "--size", "10x10"], ":99", 2, "two numbers from 200 to 8192 such as 1280x720"),
        (&["http://127.0.0.1:9/"], "", 4, "neither DISPLAY nor WAYLAND_DISPLAY is set"),
        (&["http://127.0.0.1:9/", "--browser-binary", "headless-shell"], ":99", 4, "it can show no window"),
    ];
    for (arguments, display, code, expected) in cases {
        let mut command = program(&directory);
        command.arg("record").args(arguments).env("DISPLAY", display).env_remove("WAYLAND_DISPLAY");
        let run = ended(command).await;
        assert_eq!(run.code, code, "{arguments:?}: {}", run.stderr);
        assert!(run.stderr.contains(expected), "{arguments:?}: {}", run.stderr);
        assert_eq!(fs::read_dir(directory.path()).unwrap().count(), 2, "{arguments:?} leaves nothing");
    }
}
