//! Blueprint and arguments become Rhai source.

use crate::literal::literal;
use crate::{Arguments, Blueprint, Script};

/// Writes the script of `blueprint` with `arguments` in their places as Rhai literals.
pub fn render(blueprint: &Blueprint, arguments: &Arguments) -> Script {
    let mut source = String::with_capacity(blueprint.template.len() + 256);
    let mut rest = blueprint.template;
    // One pass over the template: a `{{name}}` inside an argument is text and stays so.
    while let Some((before, (name, after))) =
        rest.split_once("{{").and_then(|(before, behind)| Some((before, behind.split_once("}}")?)))
    {
        source.push_str(before);
        let value = arguments.get(name).expect("arguments hold every parameter: checked when they were parsed");
        source.push_str(&literal(value, 0));
        rest = after;
    }
    source.push_str(rest);
    Script { name: format!("{}.rhai", blueprint.name), source }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn rendered(name: &str, parameters: serde_json::Value) -> String {
        let blueprint = Blueprint::named(name).unwrap();
        let serde_json::Value::Object(given) = parameters else { panic!("parameters are a map") };
        render(blueprint, &Arguments::parse(blueprint, given).unwrap()).source
    }

    #[test]
    fn heartbeat_is_readable() {
        insta::assert_snapshot!(rendered(
            "heartbeat",
            json!({
                "url": ["http://127.0.0.1:8080/", "https://shop.example/cart"],
                "text": "Welcome \"back\"",
            })
        ));
    }

    #[test]
    fn api_is_readable() {
        insta::assert_snapshot!(rendered(
            "api",
            json!({"steps": [
                {"url": "http://127.0.0.1:8081/products"},
                {
                    "name": "order tea", "method": "POST", "url": "http://127.0.0.1:8081/orders",
                    "headers": {"accept": "application/json"}, "json": {"item": "tea", "count": 2}, "status": "201",
                    "expect": [
                        {"of": "header", "at": "content-type", "compare": "contains", "value": "json"},
                        {"of": "json", "at": "$.total", "compare": "greater_than", "value": 0},
                    ],
                },
            ]})
        ));
    }

    #[test]
    fn broken_links_is_readable() {
        insta::assert_snapshot!(rendered("broken-links", json!({"url": "https://docs.example/", "depth": 3})));
    }

    #[test]
    fn multi_check_is_readable() {
        insta::assert_snapshot!(rendered(
            "multi-check",
            json!({"checks": {"steps": {"1": {
                "stepName": "stock", "checkerType": "HTTP", "url": "https://shop.example/stock", "httpMethod": "GET",
                "assertions": [{"type": "STATUS_CODE", "operator": "EQUALS", "value": 200}],
            }}}})
        ));
    }

    #[test]
    fn a_place_name_inside_an_argument_stays_text() {
        let source = rendered("heartbeat", json!({"url": "http://a.example/", "text": "{{url}} \" + x"}));
        assert!(source.contains(r#""{{url}} \" + x""#), "{source}");
    }

    #[test]
    fn what_is_rendered_compiles() {
        let mut engine = rhai::Engine::new();
        engine.set_strict_variables(false);
        for source in [
            rendered("heartbeat", json!({"url": "http://a.example/"})),
            rendered("api", json!({"steps": [{"url": "http://a.example/"}]})),
            rendered("broken-links", json!({"url": "http://a.example/", "exclude": "x\\.pdf"})),
            rendered("multi-check", json!({"checks": {"steps": {}}})),
        ] {
            engine.compile(&source).unwrap_or_else(|error| panic!("{error}\n{source}"));
        }
    }
}
