use siskin_blueprints::Blueprint;
use siskin_blueprints::workflow::{read, write};

use super::form::Form;
use super::{parameters, workflow, workflow_view};

/// What a browser sends of a form, without pressing a button.
fn sent(html: &str) -> Vec<(String, String)> {
    let mut pairs = Vec::new();
    let unescaped =
        |text: &str| text.replace("&quot;", "\"").replace("&lt;", "<").replace("&gt;", ">").replace("&amp;", "&");
    let attribute = |tag: &str, name: &str| {
        let (_, rest) = tag.split_once(&format!(" {name}=\""))?;
        rest.split_once('"').map(|(value, _)| unescaped(value))
    };
    let mut rest = html;
    let mut select: Option<(String, Option<String>)> = None;
    while let Some((_, after)) = rest.split_once('<') {
        let (tag, after) = after.split_once('>').unwrap();
        rest = after;
        let value = || attribute(tag, "value").unwrap_or_default();
        match tag.split(' ').next().unwrap() {
            "input" => pairs.extend(attribute(tag, "name").map(|name| (name, value()))),
            "textarea" => {
                let (text, after) = rest.split_once("</textarea>").unwrap();
                let text = text.strip_prefix('\n').unwrap_or(text);
                pairs.push((attribute(tag, "name").unwrap(), unescaped(text)));
                rest = after;
            }
            "select" => select = Some((attribute(tag, "name").unwrap(), None)),
            "option" => {
                if let Some((_, chosen)) = &mut select
                    && (chosen.is_none() || tag.contains(" selected"))
                {
                    *chosen = Some(value());
                }
            }
            "/select" => pairs.extend(select.take().map(|(name, chosen)| (name, chosen.unwrap()))),
            _ => {}
        }
    }
    pairs
}

fn pressed(html: &str, operation: &str) -> Form {
    let mut pairs = sent(html);
    pairs.push(("op".to_owned(), operation.to_owned()));
    Form::new(pairs)
}

const SCRIPT: &str = r##"// A journey.
step("log in", || {
    assert::status(page::open("https://shop.example/?a=1&b=<2>"), "200-299");
    element::fill(["role=textbox[name=\"Mail\"]", "#mail"], variable("user"));
    element::type_text("#password", secret::get("password"), #{ timeout_ms: 2000 });
    page::on_dialog("dismiss");
    if x {
        element::click("#a");
    }
    sleep(0.5);
});

let done = 1;

step("empty", || {
});
"##;

#[test]
fn a_script_goes_through_the_form_unchanged() {
    let opened = read(SCRIPT).unwrap();
    let html = workflow_view::steps(&opened).into_string();
    let back = workflow::sent(&Form::new(sent(&html)));
    assert_eq!(back, opened);
    assert_eq!(write(&back), SCRIPT);
}

#[test]
fn buttons_change_what_they_stand_beside() {
    let html = workflow_view::steps(&read(SCRIPT).unwrap()).into_string();
    let after = |operation: &str| {
        let form = pressed(&html, operation);
        let mut own = workflow::sent(&form);
        assert!(workflow::change(&mut own, &form), "{operation}");
        write(&own)
    };
    assert!(after("add-step").ends_with("step(\"step 3\", || {\n});\n"));
    assert!(after("drop:1.0").starts_with("// A journey.\nstep(\"log in\", || {\n    element::fill("));
    let moved = after("down:1.1");
    assert!(moved.find("element::type_text") < moved.find("element::fill"), "{moved}");
    assert!(after("up:3").contains("step(\"empty\", || {\n});\n\nlet done = 1;\n"));
    assert!(after("add-act:3").contains("step(\"empty\", || {\n    element::click([]);\n"));
    let form = pressed(&html, "save");
    assert!(!workflow::change(&mut workflow::sent(&form), &form));
}

#[test]
fn values_that_are_none_come_back_and_are_told() {
    let form = |field: &str, value: &str| {
        let html = workflow_view::steps(&read(SCRIPT).unwrap()).into_string();
        let pairs = sent(&html).into_iter();
        workflow::sent(&Form::new(
            pairs.map(|(name, old)| if name == field { (name, value.to_owned()) } else { (name, old) }).collect(),
        ))
    };
    let told = |field: &str, value: &str| form(field, value).check().unwrap_err().to_string();
    assert_eq!(told("v.1.5.seconds", "soon"), "steps[0].acts[5].seconds = \"soon\": a number");
    assert_eq!(
        told("v.1.2.options", "[]"),
        "steps[0].acts[2].options = \"[]\": a JSON object, such as {\"timeout_ms\": 5000}"
    );
    assert_eq!(told("v.1.2.text", ""), "steps[0].acts[2].text = \"\": a name: letters, digits and underscores");
    let html = workflow_view::steps(&form("v.1.5.seconds", "soon")).into_string();
    assert!(html.contains("value=\"soon\""));
}

#[test]
fn parameters_go_through_the_form_as_they_stand_in_the_file() {
    let api = Blueprint::named("api").unwrap();
    let blank = parameters::fields(api, &Form::default(), None).into_string();
    let mut pairs = sent(&blank);
    for (name, value) in &mut pairs {
        match name.as_str() {
            "p.steps.0.url" => "https://shop.example/{{id}}".clone_into(value),
            "p.steps.0.headers" => "Accept: text/html\nX-Time: 10:30".clone_into(value),
            "p.steps.0.json" => "{\"a\": [1, null]}".clone_into(value),
            "p.continue_on_failure" => "true".clone_into(value),
            _ => {}
        }
    }
    let given = parameters::given(api, &Form::new(pairs.clone())).unwrap();
    let expected = serde_json::json!({
        "steps": [{
            "url": "https://shop.example/{{id}}",
            "headers": {"Accept": "text/html", "X-Time": "10:30"},
            "json": {"a": [1, null]},
        }],
        "continue_on_failure": true,
    });
    assert_eq!(serde_json::Value::Object(given), expected);

    // One more step is asked for, then the first one is taken away.
    pairs.push(("op".to_owned(), "more:steps".to_owned()));
    let two = parameters::fields(api, &Form::new(pairs), None).into_string();
    let mut pairs = sent(&two);
    for (name, value) in pairs.iter_mut().filter(|(name, _)| name == "p.steps.1.url") {
        assert!(value.is_empty(), "{name}");
        "https://shop.example/second".clone_into(value);
    }
    let left = parameters::without_row(&Form::new(pairs), "steps:0");
    let given = parameters::given(api, &left).unwrap();
    assert_eq!(given["steps"], serde_json::json!([{"url": "https://shop.example/second"}]));
}

#[test]
fn every_blueprint_has_a_form_that_sends_nothing_by_itself() {
    for blueprint in siskin_blueprints::all() {
        let html = parameters::fields(blueprint, &Form::default(), None).into_string();
        let given = parameters::given(blueprint, &Form::new(sent(&html))).unwrap();
        assert!(
            given.values().all(|value| value.as_array().is_some_and(Vec::is_empty)) || given.is_empty(),
            "{given:?}"
        );
    }
}
