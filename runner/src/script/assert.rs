//! Module `assert`: checks that end the run as failed when they do not hold.

use regex::Regex;
use rhai::Dynamic;
use serde_json::Value;
use siskin_blueprints::JsonSchema;

use super::compare::{Comparison, compare};
use super::failure::HostError;
use super::http::answer;
use super::table::{Answer, Call, Function, Table, kind_of, short};

/// Most places that a message names.
const MISTAKES_MAX: usize = 5;
const DOES_NOT_HOLD: &str = "it does not hold; the message says what was found and what was expected";

pub(super) static TABLE: Table = Table {
    name: "assert",
    about: "Checks. One that does not hold ends the run as failed, unless the script catches it or its step goes on.",
    functions: &[&[
        Function {
            name: "that",
            takes: "holds: bool, message: text",
            gives: "",
            about: "Checks that something is true; the message says what is wrong when it is not.",
            fails: DOES_NOT_HOLD,
            example: "assert::that(element::count(\"li.product\") > 0, \"there is something to buy\");",
            run: |call| {
                let message = call.text(1)?;
                if call.truth(0)? { Ok(Dynamic::UNIT) } else { Err(HostError::check(message)) }
            },
        },
        Function {
            name: "warn",
            takes: "holds: bool, message: text",
            gives: "",
            about: "As `that`, for what is not bad enough to fail: the message becomes a warning of the report, and the run goes \
on. A run that has such a check puts the metric `Warnings`, the count of those that did not hold.",
            fails: "",
            example: "let answer = http::get(\"https://shop.example/stock\");\n\
assert::warn(answer.duration_ms < 500, `the stock took ${answer.duration_ms} ms`);",
            run: |call| {
                let message = call.text(1)?;
                let warning = if call.truth(0)? { None } else { Some(call.host.clean(&message)) };
                call.host.record().add_warning(warning);
                Ok(Dynamic::UNIT)
            },
        },
        Function {
            name: "truthy",
            takes: "found: any",
            gives: "",
            about: "Checks that a value is neither false, `()`, 0, empty text, empty list nor empty map.",
            fails: DOES_NOT_HOLD,
            example: "assert::truthy(element::text(\"h1\"));",
            run: |call| {
                let found = call.any(0);
                if is_truthy(&call.json(0)?) {
                    return Ok(Dynamic::UNIT);
                }
                let shown = if found.is_unit() { "()".to_owned() } else { short(&format!("{found:?}")) };
                Err(HostError::check(format!("it is {shown}: expected something true")))
            },
        },
        Function {
            name: "equal",
            takes: "found: any, expected: any",
            gives: "",
            about: "Checks that two values are equal, 1 and 1.0 too. Of maps and lists the message names the places that \
differ.",
            fails: DOES_NOT_HOLD,
            example: "assert::equal(http::json(http::get(\"https://shop.example/stock\")), #{ tea: 3, kinds: [\"black\", \"green\"] });",
            run: |call| two_values(call, Comparison::Equals),
        },
        Function {
            name: "not_equal",
            takes: "found: any, unwanted: any",
            gives: "",
            about: "Checks that two values differ.",
            fails: DOES_NOT_HOLD,
            example: "assert::not_equal(page::title(), \"Maintenance\");",
            run: |call| two_values(call, Comparison::NotEquals),
        },
        Function {
            name: "contains",
            takes: "found: any, part: any",
            gives: "",
            about: "Checks that a text contains a text, a list a value, or a map a key.",
            fails: DOES_NOT_HOLD,
            example: "assert::contains(page::text(), \"Three teas\");",
            run: |call| two_values(call, Comparison::Contains),
        },
        Function {
            name: "matches",
            takes: "found: text, expression: text",
            gives: "",
            about: "Checks that a regular expression matches somewhere in a text.",
            fails: DOES_NOT_HOLD,
            example: "assert::matches(element::text(\"#price\"), `^\\d+\\.\\d\\d €$`);",
            run: |call| {
                let (found, expression) = (call.text(0)?, call.text(1)?);
                let pattern = Regex::new(&expression).map_err(|error| HostError::script(error.to_string()))?;
                if pattern.is_match(&found) {
                    return Ok(Dynamic::UNIT);
                }
                Err(HostError::check(format!("it is {:?}: expected to match /{expression}/", short(&found))))
            },
        },
        Function {
            name: "approx",
            takes: "found: number, expected: number, tolerance: number",
            gives: "",
            about: "Checks that a number lies within `tolerance` of another.",
            fails: DOES_NOT_HOLD,
            example: "assert::approx(3.1, 3, 0.2);",
            run: |call| {
                let (found, expected, tolerance) = (call.number(0)?, call.number(1)?, call.number(2)?);
                if (found - expected).abs() <= tolerance {
                    return Ok(Dynamic::UNIT);
                }
                let off = (found - expected).abs();
                Err(HostError::check(format!(
                    "it is {found}: expected {expected} within {tolerance}, it is off by {off}"
                )))
            },
        },
        Function {
            name: "json_path",
            takes: "value: any, path: text, expected: any",
            gives: "",
            about: "Checks what stands at a JSONPath (RFC 9535) of an answer's JSON body, of a JSON text, or of a value: \
equal to `expected`; of several matches the list of them.",
            fails: DOES_NOT_HOLD,
            example: "assert::json_path(http::get(\"https://shop.example/stock\"), \"$.kinds[0]\", \"black\");",
            run: json_path,
        },
        Function {
            name: "json_schema",
            takes: "value: any, schema: map",
            gives: "",
            about: "Checks an answer's JSON body, a JSON text or a value by a JSON schema: draft 2020-12 unless its `$schema` says \
otherwise. What it refers to stands in it; `format` is not looked at. The message names up to 5 places.",
            fails: DOES_NOT_HOLD,
            example: "let schema = #{ type: \"object\", required: [\"tea\"], properties: #{ tea: #{ type: \"integer\", minimum: 0 } } };\n\
assert::json_schema(http::get(\"https://shop.example/stock\"), schema);",
            run: json_schema,
        },
        Function {
            name: "status",
            takes: "answer: answer, good: number or text",
            gives: "",
            about: "Checks the status of an answer of `http` or `page::open`: a code, or a set such as `200-299,304`.",
            fails: DOES_NOT_HOLD,
            example: "assert::status(http::get(\"https://shop.example/stock\"), \"200-299\");",
            run: |call| answer::check_status(&call.map(0)?, &call.any(1)).map(|()| Dynamic::UNIT),
        },
        Function {
            name: "header",
            takes: "answer: answer, name: text, part: text",
            gives: "",
            about: "Checks that an answer has a header that contains `part`.",
            fails: DOES_NOT_HOLD,
            example: "assert::header(http::get(\"https://shop.example/stock\"), \"Content-Type\", \"json\");",
            run: |call| {
                let name = call.text(1)?;
                let found = answer::header(&call.map(0)?, &name).map(Value::from);
                let part = Value::from(call.text(2)?);
                compare(&format!("header {name}"), found.as_ref(), Comparison::Contains, &part).map(|()| Dynamic::UNIT)
            },
        },
        Function {
            name: "answer",
            takes: "answer: answer, part: map",
            gives: "",
            about: "Checks one part of an answer: `of` (`header`, `json`, `text`, `duration_ms`), `at` (the header's name \
or a JSONPath), `compare` (`equals`, `not_equals`, `contains`, `not_contains`, `exists`, `not_exists`, `greater_than`, \
`less_than`, `matches` by a regular expression), `value`. `of` may also be a part of the time: `dns_ms`, `connect_ms` (with TLS), \
`ssl_ms`, `wait_ms`, `receive_ms`.",
            fails: DOES_NOT_HOLD,
            example: "let answer = http::get(\"https://shop.example/stock\");\n\
assert::answer(answer, #{ of: \"json\", at: \"$.tea\", compare: \"greater_than\", value: 2 });",
            run: |call| answer::check(&call.map(0)?, &call.map(1)?).map(|()| Dynamic::UNIT),
        },
    ]],
};

fn two_values(call: &Call<'_>, comparison: Comparison) -> Answer {
    compare("it", Some(&call.json(0)?), comparison, &call.json(1)?).map(|()| Dynamic::UNIT)
}

fn is_truthy(value: &Value) -> bool {
    match value {
        Value::Null => false,
        Value::Bool(value) => *value,
        Value::Number(number) => number.as_f64() != Some(0.0),
        Value::String(text) => !text.is_empty(),
        Value::Array(items) => !items.is_empty(),
        Value::Object(fields) => !fields.is_empty(),
    }
}

/// The JSON body of an answer, the JSON in a text, or a value as it is.
fn json_of(call: &Call<'_>) -> Result<Value, HostError> {
    let given = call.any(0);
    Ok(match call.json(0)? {
        Value::Object(fields) if fields.contains_key("is_whole") && fields.contains_key("body") => {
            answer::json(&call.map(0)?)?
        }
        Value::String(text) => serde_json::from_str(&text)
            .map_err(|error| HostError::check(format!("{} is no JSON: {error}", kind_of(&given))))?,
        value => value,
    })
}

fn json_schema(call: &Call<'_>) -> Answer {
    let schema = JsonSchema::parse(&call.json(1)?).map_err(|why| call.wrong(1, &format!("a JSON schema ({why})")))?;
    let mistakes = schema.mistakes(&json_of(call)?, MISTAKES_MAX);
    if mistakes.is_empty() {
        return Ok(Dynamic::UNIT);
    }
    Err(HostError::check(format!("it is not as its schema says\n  {}", mistakes.join("\n  "))))
}

fn json_path(call: &Call<'_>) -> Answer {
    let path = call.text(1)?;
    let value = json_of(call)?;
    let found = answer::in_value(&value, &path)?;
    compare(&path, found.as_ref(), Comparison::Equals, &call.json(2)?).map(|()| Dynamic::UNIT)
}
