//! What is told becomes steps.

use std::time::Duration;

use serde_json::{Value, json};
use siskin_blueprints::recorder::{Place, ScriptOptions, Selector, Tab, Travel, write_script};

use super::builder::{Arrival, Builder};
use super::tabs::{Tabs, World};
use crate::browser;

/// One thing that happens in the main tab, so many milliseconds after the start.
enum Event {
    Told(Value),
    Arrived(&'static str, Arrival),
}
use Event::{Arrived, Told};

fn name(id: &str) -> Value {
    json!([{"by": "css", "text": format!("#{id}")}])
}

fn click(id: &str) -> Event {
    Told(json!({"kind": "click", "on": name(id), "button": 0, "held": [], "at": null}))
}

fn fill(id: &str, value: &str) -> Event {
    Told(json!({"kind": "fill", "on": name(id), "value": value}))
}

fn titled(path: &str, title: &str) -> Event {
    Told(json!({"kind": "page", "url": format!("https://shop.example{path}"), "title": title}))
}

/// The lines between head and end of the script.
fn script(events: impl IntoIterator<Item = (u64, Event)>) -> String {
    let mut builder = Builder::default();
    for (ms, event) in events {
        let now = Duration::from_millis(ms);
        match event {
            Told(message) => builder.hear(serde_json::from_value(message).unwrap(), Place::default(), now),
            Arrived(path, how) => builder.arrived(Tab::Main, &format!("https://shop.example{path}"), None, how, now),
        }
    }
    let (recording, warnings) = builder.end("t".to_owned());
    let script = write_script(&recording, &ScriptOptions { file: "a.rhai", positions: false });
    let lines: Vec<_> = script.lines().filter(|line| line.starts_with("    ")).map(str::trim).collect();
    let warnings = warnings.iter().map(|warning| format!("\nwarning: {warning}"));
    format!("{}{}", lines.join("\n"), warnings.collect::<String>())
}

fn check(events: impl IntoIterator<Item = (u64, Event)>, expected: &str) {
    let lines: Vec<_> = expected.lines().map(str::trim).filter(|line| !line.is_empty()).collect();
    assert_eq!(script(events), lines.join("\n"));
}

#[test]
fn typing_is_one_step_for_each_field() {
    check(
        [
            (0, click("a")),
            (10, fill("a", "A")),
            (20, fill("a", "Ad")),
            (30, fill("a", "Ada")),
            (40, fill("b", "x")),
            (50, fill("a", "Eve")),
        ],
        r##"
        element::fill("#a", "Ada");
        element::fill("#b", "x");
        element::fill("#a", "Eve");
        "##,
    );
}

#[test]
fn two_clicks_that_are_a_double_click_are_one_step() {
    let twice = Told(json!({"kind": "doubleClick", "on": name("a"), "button": 0, "held": ["Shift"], "at": [3.0, 4.5]}));
    check(
        [(0, click("b")), (10, click("a")), (20, twice)],
        r##"
        element::click("#b");
        element::dblclick("#a", #{ modifiers: ["Shift"] });
    "##,
    );
}

#[test]
fn a_page_that_follows_what_was_done_is_waited_for() {
    check(
        [
            (0, Arrived("/", Arrival::Typed)),
            (5, titled("/", "Shop")),
            (100, click("go")),
            (400, Arrived("/moment", Arrival::Led)),
            (500, Arrived("/there?session=4", Arrival::Led)),
            (600, titled("/there?session=4", "There")),
            (99_000, Arrived("/by-itself", Arrival::Led)),
            (99_100, titled("/by-itself", "Later")),
        ],
        r##"
        assert::status(page::open("https://shop.example/"), "200-299");
        page::wait_for_title("Shop");
        element::click("#go");
        page::wait_for_url("https://shop.example/there");
        page::wait_for_title("There");
        "##,
    );
}

#[test]
fn history_is_gone_through_by_a_person_or_by_the_page() {
    let back = Arrival::Travelled(Travel::Back);
    check(
        [(0, click("a")), (300, Arrived("/b", back)), (60_000, Arrived("/c", back))],
        r##"
        element::click("#a");
        page::wait_for_url("https://shop.example/b");
        page::back();
        page::wait_for_url("https://shop.example/c");
    "##,
    );
}

#[test]
fn secrets_are_named_and_leave_no_trace_in_addresses() {
    let secret = |id: &str| Told(json!({"kind": "secret", "on": name(id), "called": "Pass word", "parameter": "pass"}));
    check(
        [(0, secret("a")), (1, secret("a")), (2, secret("b")), (3, Arrived("/in?pass=hush&a=1", Arrival::Typed))],
        r##"
        element::fill("#a", secret::get("pass_word"));
        element::fill("#b", secret::get("pass_word_2"));
        assert::status(page::open("https://shop.example/in?a=1"), "200-299");
        "##,
    );
}

#[test]
fn nothing_is_recorded_in_a_pause() {
    let pause = |paused: bool| Told(json!({"kind": "pause", "paused": paused}));
    check(
        [(0, click("a")), (1, pause(true)), (2, click("b")), (3, pause(false)), (4, click("c"))],
        r##"
        element::click("#a");
        element::click("#c");
    "##,
    );
}

#[test]
fn files_come_with_what_was_read_of_them() {
    let files = json!([{"name": "a.txt", "mediaType": ""}, {"name": "b.png", "mediaType": "image/png"}, {"name": "c", "mediaType": ""}]);
    let chosen = Told(json!({"kind": "files", "on": name("f"), "id": 7, "files": files}));
    let content = |index: usize, base64: &str| Told(json!({"kind": "file", "id": 7, "index": index, "base64": base64}));
    let expected = r##"
        // Put the content of c in the place of this text.
        element::set_files(
        "#f",
        [
        #{ name: "a.txt", text: "tea", type: "text/plain" },
        #{ name: "b.png", base64: "AP8=", type: "image/png" },
        #{ name: "c", text: "c", type: "text/plain" },
        ]
        );
        warning: the content of the file "c" is not in the script; put it there
    "##;
    check([(0, chosen), (1, content(0, "dGVh")), (2, content(1, "AP8=")), (3, content(9, "AP8="))], expected);
}

#[test]
fn a_recording_that_is_full_says_so() {
    let told = script((0..1_010).map(|at| (at, click(&format!("a{at}")))));
    assert!(told.ends_with("warning: a recording has at most 1000 steps: what came later is left out"), "{told}");
    assert_eq!(told.lines().count(), 1_001);
}

#[test]
fn tabs_are_numbered_as_runs_count_them() {
    let mut tabs = Tabs::default();
    tabs.add_page("A", "a", false);
    tabs.add_page("B", "b", true);
    tabs.add_page("C", "c", false);
    tabs.add_page("D", "d", true);
    tabs.add_frame("f", "d");
    assert_eq!(tabs.tab("a"), Some(Tab::Main));
    assert_eq!(tabs.tab("f"), Some(Tab::Numbered(2)), "a frame is in its page's tab");
    assert_eq!(tabs.tab("c"), Some(Tab::Numbered(3)), "a tab that a person opened counts once it is used");
    assert_eq!(tabs.remove("B"), Some(Tab::Numbered(1)));
    assert_eq!(tabs.tab("b"), None);
    assert!(tabs.is_top("d", "D") && !tabs.is_top("f", "D") && !tabs.is_top("d", "F"));
    tabs.add_world(World { session: "f".to_owned(), context: 3 }, "F");
    assert_eq!(tabs.all_worlds(Some("d")).len(), 1);
    tabs.remove("D");
    assert_eq!(tabs.all_worlds(None).len(), 0);
}

#[test]
fn history_tells_how_a_tab_came_to_its_page() {
    let mut tabs = Tabs::default();
    tabs.add_page("A", "a", false);
    let mut at = |index: usize, ids: &[i64], kind: &str| {
        let entries: Vec<_> =
            ids.iter().map(|id| json!({"id": id, "transitionType": kind, "userTypedURL": ""})).collect();
        tabs.arrival("a", "", &json!({"currentIndex": index, "entries": entries})).0
    };
    assert_eq!(at(0, &[1], "typed"), Arrival::Typed);
    assert_eq!(at(1, &[1, 2], "link"), Arrival::Led);
    assert_eq!(at(0, &[1, 2], "typed"), Arrival::Travelled(Travel::Back));
    assert_eq!(at(1, &[1, 2], "link"), Arrival::Travelled(Travel::Forward));
    assert_eq!(at(1, &[1, 2], "reload"), Arrival::Travelled(Travel::Reload));
    assert_eq!(at(1, &[1, 2], "link"), Arrival::Led, "within the page");
}

#[test]
fn a_tab_that_went_on_since_came_to_each_page_as_its_own_entry_says() {
    let mut tabs = Tabs::default();
    tabs.add_page("A", "a", false);
    let entry =
        |id: i64, url: &str, kind: &str| json!({"id": id, "url": url, "transitionType": kind, "userTypedURL": url});
    let entries = [entry(1, "http://a/", "typed"), entry(2, "http://a/b#c", "link"), entry(3, "http://a/", "typed")];
    let mut at = |url: &str, index: usize, known: usize| {
        tabs.arrival("a", url, &json!({"currentIndex": index, "entries": entries.get(..known)})).0
    };
    assert_eq!(at("http://a/", 0, 1), Arrival::Typed);
    assert_eq!(at("http://a/b", 2, 3), Arrival::Led);
    assert_eq!(at("http://a/", 2, 3), Arrival::Typed);
    assert_eq!(at("http://a/elsewhere", 2, 3), Arrival::Led, "unknown to the history");
}

#[test]
fn selectors_of_recordings_are_those_of_scripts() {
    let role = |role: Option<&str>, name: &str| Selector::Role { role: role.map(str::to_owned), name: name.to_owned() };
    let cases = [
        (Selector::Css("text=a".to_owned()), browser::Selector::Css("text=a".to_owned())),
        (Selector::Pierce("#a > b".to_owned()), browser::Selector::Css("#a > b".to_owned())),
        (Selector::Text("Sign in".to_owned()), browser::Selector::Text("Sign in".to_owned())),
        (Selector::Text("/a.b/".to_owned()), browser::Selector::Text("/^/a\\.b/$/".to_owned())),
        (Selector::TextPart("a (b)".to_owned()), browser::Selector::Text("/a \\(b\\)/".to_owned())),
        (Selector::XPath("/html".to_owned()), browser::Selector::XPath("/html".to_owned())),
        (
            role(Some("button"), "a [b] \"c\""),
            browser::Selector::Role { role: "button".to_owned(), name: Some("a [b] \"c\"".to_owned()) },
        ),
        (role(None, "a"), browser::Selector::Role { role: "*".to_owned(), name: Some("a".to_owned()) }),
    ];
    for (recorded, read) in cases {
        assert_eq!(recorded.script_text().parse(), Ok(read), "{recorded:?}");
    }
}
