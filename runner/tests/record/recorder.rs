//! `record`, by hand, and runs of what it writes.

use std::fs;

use serde_json::json;

use crate::display;
use crate::person::{CONTROL, Person};
use crate::program::{PASSWORD, assert_passed, replay};
use crate::site;

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
    person.choose_file("[name=picture]", directory.path().join("cup.txt").to_str().unwrap()).await;
    person.press_bar("Assert text").await;
    person.wait_for_bar("Pick an element").await;
    if let Some(file) = std::env::var_os("SISKIN_RECORDER_PICTURE") {
        fs::write(file, person.picture().await).unwrap();
    }
    person.click("#basket").await;
    person.press_bar("Assert visible").await;
    person.wait_for_bar("Pick an element").await;
    person.click("h1").await;
    person.press_bar("Pause").await;
    person.wait_for_bar("Paused").await;
    person.click("[data-testid=buy-assam]").await;
    person.press_bar("Go on").await;
    person.wait_for_bar("Recording").await;
    person.click("#window").await;
    person.turn_to(&format!("{}/about", shop.url)).await;
    person.wait_for("document.readyState === 'complete'").await;
    person.click("#like").await;
    person.wait_for("document.getElementById('like').textContent === 'Liked'").await;
    person.close_tab().await;
    person.turn_to(&format!("{}/", shop.url)).await;
    person.click("form button").await;
    person.wait_for("document.title === 'Thanks'").await;
    person.click("a").await;
    person.wait_for("document.title === 'Tea shop'").await;
    person.go_to(&format!("{}/about", shop.url)).await;
    person.wait_for("document.title === 'About tea' && document.readyState === 'complete'").await;
    person.wait_for_bar("Recording").await;
    let recorded = person.interrupt().await;
    let script = directory.path().join("order.rhai");
    assert_passed(&recorded, &script);
    let source = fs::read_to_string(&script).unwrap();
    eprintln!("{source}\n{}", recorded.stderr);
    assert!(!source.contains(PASSWORD) && !recorded.stderr.contains(PASSWORD), "{source}");

    shop.orders.lock().unwrap().clear();
    let run = replay(&directory, &shop, "order.rhai").await;
    assert_passed(&run, &script);
    let orders = shop.orders.lock().unwrap().join("\n");
    for part in ["Ada", PASSWORD, "\r\nm\r\n", "name=\"gift\"\r\n\r\non", "a cup of tea"] {
        assert!(orders.contains(part), "{part:?} in {orders}");
    }
    assert_eq!(json!(null), json!(null));
}
