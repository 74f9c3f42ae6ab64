//! DevTools' JSON in, scripts or errors out.

use proptest::prelude::*;
use serde_json::json;

use super::*;

fn script_of(json: &str) -> String {
    let Read { recording, warnings } = read(json, &ReadOptions::default()).unwrap();
    let script = write_script(&recording, &ScriptOptions { file: "shop.rhai", positions: false });
    let warnings: Vec<_> = warnings.iter().map(|warning| format!("warning: {warning}\n")).collect();
    rhai::Engine::new().compile(&script).unwrap_or_else(|error| panic!("{error}\n{script}"));
    format!("{}{script}", warnings.concat())
}

#[test]
fn a_visit_to_a_shop_becomes_a_readable_script() {
    insta::assert_snapshot!(script_of(include_str!("cases/shop.json")));
}

#[test]
fn every_kind_of_step_is_written() {
    insta::assert_snapshot!(script_of(include_str!("cases/every-step.json")));
}

#[test]
fn frames_and_tabs_are_entered_and_left() {
    insta::assert_snapshot!(script_of(include_str!("cases/places.json")));
}

#[test]
fn positions_are_written_when_they_are_asked_for() {
    let json = json!({"title": "t", "steps": [
        {"type": "click", "selectors": ["#a"], "offsetX": 3.5, "offsetY": 2},
    ]});
    let Read { recording, .. } = read(&json.to_string(), &ReadOptions::default()).unwrap();
    let script = write_script(&recording, &ScriptOptions { file: "a.rhai", positions: true });
    assert!(script.contains(r##"element::click("#a", #{ x: 3.5, y: 2 });"##), "{script}");
}

fn refused(steps: &serde_json::Value) -> String {
    let json = json!({"title": "t", "steps": steps}).to_string();
    read(&json, &ReadOptions::default()).map_or_else(|invalid| invalid.to_string(), |read| format!("{read:?}"))
}

#[test]
fn mistakes_name_step_field_value_and_rule() {
    let fine = json!({"type": "navigate", "url": "https://shop.example/"});
    let click = |field: &str, value: serde_json::Value| {
        let mut step = json!({"type": "click", "selectors": ["#a"], "offsetX": 1, "offsetY": 1});
        step[field] = value;
        step
    };
    let cases = [
        json!({"type": "drag", "selectors": ["#a"]}),
        json!({"selectors": ["#a"]}),
        json!({"type": 7}),
        json!("click"),
        click("speed", json!("fast")),
        click("selectors", json!([])),
        click("selectors", json!([["#a", 5]])),
        click("selectors", json!(["aria/"])),
        click("offsetX", json!("left")),
        click("button", json!("left")),
        click("deviceType", json!("nose")),
        click("frame", json!([-1])),
        click("timeout", json!(30_001)),
        click("assertedEvents", json!([{"type": "load"}])),
        click("assertedEvents", json!([{"type": "navigation", "status": 200}])),
        json!({"type": "click", "selectors": ["#a"], "offsetX": 1}),
        json!({"type": "navigate", "url": "file:///etc/passwd"}),
        json!({"type": "navigate", "url": "https://ada:hush@shop.example/"}),
        json!({"type": "navigate", "url": "https://shop.example/", "frame": [0]}),
        json!({"type": "keyDown", "key": "MediaStop"}),
        json!({"type": "change", "selectors": ["#a"], "value": 3}),
        json!({"type": "setViewport", "width": 0, "height": 1, "deviceScaleFactor": 1, "isMobile": false, "hasTouch": false, "isLandscape": false}),
        json!({"type": "waitForElement", "selectors": ["#a"], "operator": ">"}),
        json!({"type": "waitForElement", "selectors": ["#a"], "attributes": {"a": 1}}),
        json!({"type": "waitForExpression", "expression": " "}),
        json!({"type": "emulateNetworkConditions", "download": -2, "upload": 0, "latency": 0}),
        json!({"type": "customStep", "name": "x"}),
    ];
    let told: Vec<_> = cases.into_iter().map(|case| refused(&json!([fine, case]))).collect();
    insta::assert_snapshot!(told.join("\n"));
}

#[test]
fn what_is_no_recording_is_refused() {
    let told: Vec<_> = [
        "",
        "[]",
        "{}",
        r#"{"title": "t"}"#,
        r#"{"title": "t", "steps": []}"#,
        r#"{"title": "t", "steps": {}}"#,
        r#"{"title": "t", "steps": [{"type": "close"}], "owner": "me"}"#,
        r#"{"title": "t", "timeout": 0, "steps": [{"type": "close"}]}"#,
    ]
    .iter()
    .map(|json| read(json, &ReadOptions::default()).unwrap_err().to_string())
    .collect();
    insta::assert_snapshot!(told.join("\n"));
}

#[test]
fn what_is_typed_into_secret_fields_is_nowhere() {
    let typed = "Tr0ub4dor&3";
    let change = |selector: &str, value: &str| json!({"type": "change", "selectors": [[selector]], "value": value});
    let submit = json!({
        "type": "click", "selectors": ["#go"], "offsetX": 1, "offsetY": 1,
        "assertedEvents": [{"type": "navigation", "url": "https://shop.example/in?p=Tr0ub4dor%263", "title": "as Tr0ub4dor&3"}],
    });
    let steps = json!([
        change("#userPassword", typed),
        change("#again[type='password']", typed),
        change("#code", "•••••"),
        submit
    ]);
    let json = json!({"title": "t", "steps": steps}).to_string();
    let Read { recording, .. } = read(&json, &ReadOptions::default()).unwrap();
    let script = write_script(&recording, &ScriptOptions { file: "a.rhai", positions: false });
    for text in [script.as_str(), &format!("{recording:?}"), &write_devtools(&recording).to_string()] {
        assert!(!text.contains("Tr0ub4dor"), "{text}");
    }
    assert!(script.contains(r##"element::fill("#userPassword", secret::get("user_password"));"##), "{script}");
    assert!(
        script.contains("--secret again=AGAIN --secret code=CODE --secret user_password=USER_PASSWORD"),
        "{script}"
    );
    assert!(script.contains(r#"page::wait_for_url("https://shop.example/in");"#), "{script}");

    let told = refused(
        &json!([change("#password", typed), {"type": "waitForExpression", "expression": "x === 'Tr0ub4dor&3'"}]),
    );
    assert_eq!(
        told,
        "step 2 (waitForExpression).expression = [redacted]: it must not hold what is typed into a field for secrets"
    );
    let options = ReadOptions { secret_words: vec!["member".to_owned()] };
    let json = json!({"title": "t", "steps": [change("#member-number", "12345678")]}).to_string();
    assert_eq!(read(&json, &options).unwrap().recording.secrets().into_iter().collect::<Vec<_>>(), ["member_number"]);
}

fn text() -> impl Strategy<Value = String> {
    prop_oneof!["[a-z#.\\[\\]=>\"' ]{0,12}[a-z]", "[\\PC]{1,8}x"]
}

fn any_path() -> impl Strategy<Value = Path> {
    let css = || "[a-z#.][a-z0-9 >.#-]{0,11}".prop_map(|css| css.trim().to_owned());
    let selector = prop_oneof![
        css().prop_map(Selector::Css),
        css().prop_map(Selector::Pierce),
        text().prop_map(Selector::TextPart),
        text().prop_map(|path| Selector::XPath(format!("//{path}"))),
        (proptest::option::of("[a-z]{1,8}"), "[A-Za-z][A-Za-z ?!]{0,10}[a-z]")
            .prop_map(|(role, name)| Selector::Role { role, name }),
    ];
    prop::collection::vec(selector, 1..3).prop_map(Path)
}

fn any_paths() -> impl Strategy<Value = Vec<Path>> {
    prop::collection::vec(any_path(), 1..4)
}

fn any_held() -> impl Strategy<Value = Vec<Modifier>> {
    Just(Modifier::ALL.map(|(_, modifier)| modifier).to_vec())
        .prop_shuffle()
        .prop_flat_map(|all| (0..3_usize).prop_map(move |count| all[..count].to_vec()))
}

fn any_number() -> impl Strategy<Value = f64> {
    (-8_000_i32..8_000).prop_map(|number| f64::from(number) / 8.0)
}

fn any_pointer() -> impl Strategy<Value = Pointer> {
    let button = prop_oneof![
        Just(Button::Primary),
        Just(Button::Auxiliary),
        Just(Button::Secondary),
        Just(Button::Back),
        Just(Button::Forward)
    ];
    let device = prop_oneof![Just(Device::Mouse), Just(Device::Pen), Just(Device::Touch)];
    let at = (any_number(), any_number()).prop_map(Some);
    (button, proptest::option::of(device), at, proptest::option::of(any_number()), any_held())
        .prop_map(|(button, device, at, duration_ms, held)| Pointer { button, device, at, duration_ms, held })
}

fn any_action() -> impl Strategy<Value = Action> {
    let screen = (1..=8_192_u32, 1..=8_192_u32, prop_oneof![Just(0.0), Just(1.0), Just(2.625)], any::<[bool; 3]>());
    let rate = || (-1..1_000_i32).prop_map(f64::from);
    let map = || {
        proptest::option::of(prop::collection::btree_map("[a-z]{1,5}", "[a-z]{0,5}", 1..3).prop_map(|map| {
            map.into_iter()
                .map(|(name, value)| (name, serde_json::Value::from(value)))
                .collect::<serde_json::Map<_, _>>()
        }))
    };
    let comparison = prop_oneof![Just(Comparison::AtLeast), Just(Comparison::Exactly), Just(Comparison::AtMost)];
    let option = proptest::option::of::<BoxedStrategy<u32>>;
    let expectation = (
        any_paths(),
        proptest::option::of(comparison),
        option((0..9_u32).boxed()),
        proptest::option::of(any::<bool>()),
        map(),
        map(),
    );
    let key = prop_oneof![Just("Enter"), Just("a"), Just("+"), Just("Space"), Just("F5"), Just("ArrowLeft"), Just("?")];
    prop_oneof![
        screen.prop_map(|(width, height, device_scale_factor, [is_mobile, has_touch, is_landscape])| {
            Action::SetScreen(Screen { width, height, device_scale_factor, is_mobile, has_touch, is_landscape })
        }),
        (rate(), rate(), rate()).prop_map(|(download, upload, latency)| Action::SetNetwork(Network {
            download,
            upload,
            latency
        })),
        "[a-z]{1,5}".prop_map(|path| Action::Navigate { url: format!("https://shop.example/{path}?a=1#b") }),
        (any_paths(), any_pointer()).prop_map(|(on, pointer)| Action::Click { on, pointer }),
        (any_paths(), any_pointer()).prop_map(|(on, pointer)| Action::DoubleClick { on, pointer }),
        any_paths().prop_map(|on| Action::Hover { on }),
        // A field that is not for secrets, whatever else its selectors say.
        ("[0-9]{0,9}").prop_map(|text| Action::Change {
            on: vec![Selector::Css("#size".to_owned()).into()],
            value: Value::Text(text)
        }),
        (proptest::option::of(any_paths()), proptest::option::of(any_number()), proptest::option::of(any_number()))
            .prop_map(|(on, x, y)| Action::Scroll { on, x, y }),
        (any_held(), key).prop_map(|(held, key)| Action::Press { on: None, chord: Chord::new(held, key).unwrap() }),
        Just(Action::Close { by_page: false }),
        expectation.prop_map(|(on, comparison, count, visible, attributes, properties)| {
            Action::WaitForElement(Expectation { on, comparison, count, visible, attributes, properties })
        }),
        "[a-z.()]{1,9}".prop_map(|expression| Action::WaitForExpression { expression }),
        (text(), text()).prop_map(|(name, text)| Action::Custom { name, parameters: json!({"a": [1, text]}) }),
    ]
}

fn any_step() -> impl Strategy<Value = Step> {
    let tab = prop_oneof![3 => Just(Tab::Main), 1 => "[a-z]{1,5}".prop_map(|name| Tab::At(format!("https://{name}.example/")))];
    let frames = prop::collection::vec((0..4_u32).prop_map(FrameStep::Numbered), 0..3);
    let navigation = (proptest::option::of("[a-z/:]{1,9}"), proptest::option::of(text()))
        .prop_map(|(url, title)| Navigation { url, title });
    let navigations = prop::collection::vec(navigation, 0..3);
    (any_action(), tab, frames, proptest::option::of(1..=30_000_u32), navigations).prop_map(
        |(action, tab, frames, timeout_ms, navigations)| {
            let is_of_tab = matches!(
                action,
                Action::SetScreen(_)
                    | Action::SetNetwork(_)
                    | Action::Navigate { .. }
                    | Action::Press { .. }
                    | Action::Close { .. }
            );
            let frames = if is_of_tab { Vec::new() } else { frames };
            Step { action, place: Place { tab, frames }, timeout_ms, navigations }
        },
    )
}

fn any_recording() -> impl Strategy<Value = Recording> {
    let steps = prop::collection::vec(any_step(), 1..6);
    (text(), proptest::option::of(1..=30_000_u32), proptest::option::of("[a-z-]{1,9}"), steps).prop_map(
        |(title, timeout_ms, selector_attribute, steps)| Recording { title, timeout_ms, selector_attribute, steps },
    )
}

proptest! {
    #[test]
    fn what_is_written_as_devtools_json_is_read_as_it_was(recording in any_recording()) {
        let json = write_devtools(&recording).to_string();
        let read = read(&json, &ReadOptions::default());
        prop_assert_eq!(read.map(|read| read.recording), Ok(recording), "{}", json);
    }

    #[test]
    fn every_recording_becomes_a_script_that_compiles(recording in any_recording()) {
        let script = write_script(&recording, &ScriptOptions { file: "a.rhai", positions: true });
        if let Err(error) = rhai::Engine::new().compile(&script) {
            prop_assert!(false, "{error}\n{script}");
        }
    }
}
