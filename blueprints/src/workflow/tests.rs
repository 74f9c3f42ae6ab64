use insta::assert_snapshot;
use proptest::prelude::*;
use serde_json::{Map, json};

use super::*;

const SHOP: &str = r##"// The shop, as a customer sees it.
let started = data::now_ms();

step("open", || {
    // The home page.
    assert::status(page::open("https://shop.example/"), "200-299");
    page::wait_for_title("Shop", #{ timeout_ms: 5000 });
});

step("log in", || {
    element::fill(["role=textbox[name=\"Mail\"]", "#mail"], variable("user"));
    element::type_text("#password", secret::get("password"));
    if element::is_visible("#cookies") {
        element::click("#cookies button");
    }
    element::click("text=Log in", #{ nth: -1 });
    assert::contains(element::text("h1"), "Welcome");
    sleep(0.5);
});

metric::put("Login", data::now_ms() - started, "Milliseconds");

fn later(x) {
    x + 1
}
"##;

#[test]
fn a_script_is_opened_and_written_as_it_was() {
    let workflow = read(SHOP).unwrap();
    assert_eq!(write(&workflow), SHOP);
    let Part::Step(step) = &workflow.parts[3] else { panic!("{:?}", workflow.parts) };
    let names: Vec<_> = step
        .acts
        .iter()
        .map(|act| match act {
            Act::Known { kind, .. } => kind.name,
            Act::Code(_) => "code",
        })
        .collect();
    assert_eq!(names, ["fill", "type", "code", "click", "element-text", "wait"]);
}

#[test]
fn every_kind_is_written_and_found_again() {
    let acts = kinds()
        .iter()
        .map(|kind| {
            let value = |field: &Field| match &field.kind {
                FieldKind::Text => WorkflowValue::Text("a \"b\"".to_owned()),
                FieldKind::Url => WorkflowValue::Text("https://shop.example/".to_owned()),
                FieldKind::Selectors => WorkflowValue::Selectors(vec!["#a".to_owned(), "text=b".to_owned()]),
                FieldKind::Number => WorkflowValue::Number(2.into()),
                FieldKind::Choice(all) => WorkflowValue::Text(all[0].to_owned()),
                FieldKind::Options => WorkflowValue::Options(Map::from_iter([("timeout_ms".to_owned(), json!(900))])),
            };
            Act::Known { kind, values: kind.fields.iter().map(|field| (field.name, value(field))).collect() }
        })
        .collect();
    let workflow = Workflow { parts: vec![Part::Step(Step { name: "all".to_owned(), acts })] };
    workflow.check().unwrap();
    let script = write(&workflow);
    assert_eq!(read(&script).unwrap(), workflow, "{script}");
    rhai::Engine::new().compile(&script).unwrap();
    assert_snapshot!(script);
}

#[test]
fn edits_by_hand_are_understood() {
    let workflow = read("step(\"a\",||{element::click( [\"#a\",\n\"#b\",] ) ; page::reload();});").unwrap();
    assert_snapshot!(write(&workflow), @r##"
    step("a", || {
        element::click(["#a", "#b"]);
        page::reload();
    });
    "##);
}

#[test]
fn what_no_form_has_stays_code() {
    for act in [
        "element::click(`#${id}`);",
        "element::click(\"#a\" + id);",
        "let answer = page::open(\"https://a.example/\");",
        "element::click(/* the red one */ \"#a\");",
        "page::tab(0x1);",
        "element::click(\"#a\")",
        "element::click(\"#a\", #{}, 1);",
        "page::on_dialog(\"maybe\");",
    ] {
        let source = format!("step(\"a\", || {{\n    {act}\n}});\n");
        let workflow = read(&source).unwrap();
        let Part::Step(step) = &workflow.parts[0] else { panic!("{act}") };
        assert_eq!(step.acts, [Act::Code(act.to_owned())]);
        assert_eq!(write(&workflow), source);
    }
    for part in ["step(\"a\", || page::reload());", "step(\"a\", || { page::reload(); }, #{});", "step(name, || {});"] {
        assert_eq!(read(part).unwrap().parts, [Part::Code(part.to_owned())]);
    }
}

#[test]
fn scripts_that_nobody_can_take_apart_are_refused() {
    let refused = |source: &str| read(source).unwrap_err().to_string();
    assert_eq!(refused("let a = 1;\nstep(\"a\", || {"), "line 2: this bracket has no partner");
    assert_eq!(refused("let a = 1;\n\nlet b = \"x"), "line 3: a text or comment begins here and does not end");
    assert!(refused(&" ".repeat(limits::SOURCE_BYTES_MAX + 1)).contains("at most 262144"));
}

#[test]
fn values_that_break_a_rule_are_told_by_their_place() {
    let refused = |source: &str| read(source).unwrap().check().unwrap_err().to_string();
    assert_eq!(
        refused(
            "step(\"a\", || { assert::status(page::open(\"shop\"), 200); assert::status(page::open(\"shop\"), \"200\"); });"
        ),
        "steps[0].acts[1].url = \"shop\": an address that begins with http:// or https://"
    );
    assert_eq!(
        refused("page::reload(); step(\"a\", || { element::click(\" \"); });"),
        "steps[0].acts[0].selector = [\" \"]: 1 to 10 selectors, one on each line"
    );
    assert_eq!(refused("step(\"\", || { });"), "steps[0].name = \"\": a name of 1 to 200 bytes");
    let unfilled = Act::Known { kind: Kind::named("click").unwrap(), values: [].into() };
    let workflow = Workflow { parts: vec![Part::Step(Step { name: "a".to_owned(), acts: vec![unfilled] })] };
    assert_eq!(workflow.check().unwrap_err().to_string(), "steps[0].acts[0].selector = nothing: \"Click\" needs it");
}

#[test]
fn what_a_script_names_is_found_also_in_code() {
    let named = named_in(
        "let a = http::get(\"https://api.example:8443/x\"); // \"https://no.example/\"\nif x { secret::get(\"token\"); }\n\
         step(\"a\", || { page::open(variable(\"url\")); page::open(\"https://a.example/\"); page::open(\"https://a.example/b\"); });",
    )
    .unwrap();
    let hosts: Vec<_> = named.hosts.iter().map(ToString::to_string).collect();
    assert_eq!(hosts, ["api.example:8443", "a.example:443"]);
    assert_eq!(named.needs.secrets.into_iter().collect::<Vec<_>>(), ["token"]);
    assert_eq!(named.needs.variables.into_iter().collect::<Vec<_>>(), ["url"]);
}

fn value(field: &'static Field) -> BoxedStrategy<WorkflowValue> {
    match &field.kind {
        FieldKind::Text | FieldKind::Url => prop_oneof![
            any::<String>().prop_map(WorkflowValue::Text),
            "[a-z_]{1,8}".prop_map(WorkflowValue::Secret),
            "[a-z_]{1,8}".prop_map(WorkflowValue::Variable),
        ]
        .boxed(),
        FieldKind::Selectors => prop::collection::vec(any::<String>(), 1..4).prop_map(WorkflowValue::Selectors).boxed(),
        FieldKind::Number => prop_oneof![
            any::<i64>().prop_map(|whole| WorkflowValue::Number(whole.into())),
            (-1e9..1e9).prop_map(|float: f64| WorkflowValue::Number(serde_json::Number::from_f64(float).unwrap())),
        ]
        .boxed(),
        FieldKind::Choice(all) => {
            prop::sample::select(*all).prop_map(|one| WorkflowValue::Text(one.to_owned())).boxed()
        }
        FieldKind::Options => prop::collection::btree_map(any::<String>(), any::<i32>(), 1..3)
            .prop_map(|map| WorkflowValue::Options(map.into_iter().map(|(key, value)| (key, json!(value))).collect()))
            .boxed(),
    }
}

fn act() -> impl Strategy<Value = Act> {
    let known = (0..kinds().len()).prop_flat_map(|at| {
        let kind = &kinds()[at];
        let values: Vec<_> =
            kind.fields.iter().map(|field| value(field).prop_map(move |value| (field.name, value))).collect();
        values.prop_map(move |values| Act::Known { kind, values: values.into_iter().collect() })
    });
    let code = prop::sample::select(vec![
        "// a word",
        "for x in 0..3 { sleep(x); }",
        "let a = `\n  ${1}`;",
        "if a { b() } else { c() }",
    ]);
    prop_oneof![4 => known, 1 => code.prop_map(|code| Act::Code(code.to_owned()))]
}

proptest! {
    #[test]
    fn workflows_come_back_from_their_scripts(
        steps in prop::collection::vec((any::<String>(), prop::collection::vec(act(), 0..6)), 0..4),
    ) {
        let parts = steps.into_iter().map(|(name, acts)| Part::Step(Step { name, acts })).collect();
        let workflow = Workflow { parts };
        let script = write(&workflow);
        prop_assert_eq!(&read(&script).unwrap(), &workflow, "{}", script);
        prop_assert_eq!(write(&read(&script).unwrap()), script);
    }

    #[test]
    fn whatever_is_opened_stays_what_it_is(source in "([a-z]{1,3}|[(){}\\[\\];,|\"`/*# \n]|step\\(\"a\", \\|\\| \\{|\\}\\);){0,40}") {
        if let Ok(workflow) = read(&source) {
            let script = write(&workflow);
            prop_assert_eq!(read(&script).unwrap(), workflow, "{}", script);
        }
    }
}
