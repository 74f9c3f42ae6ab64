//! Functions that send requests and read answers.

use regex::Regex;
use rhai::{Dynamic, Map};

use super::answer;
use super::request::{parse, send};
use crate::script::failure::HostError;
use crate::script::table::{Answer, Call, Function, from_json};

const NO_ANSWER: &str = "the host is not allowed to the canary; no answer comes in time; a check of `status` or `expect` \
does not hold. Any status is an answer";

pub(super) const FUNCTIONS: &[Function] = &[
    Function {
        name: "get",
        takes: "url: text, options?: map",
        gives: "an answer",
        about: "Sends a GET request.",
        fails: NO_ANSWER,
        example: "let answer = http::get(\"https://shop.example/stock\", #{ query: #{ kind: \"tea\" } });\n\
assert::status(answer, 200);\nassert::equal(http::at(answer, \"$.tea\"), 3);",
        run: |call| verb(call, "GET"),
    },
    Function {
        name: "head",
        takes: "url: text, options?: map",
        gives: "an answer",
        about: "Sends a HEAD request.",
        fails: NO_ANSWER,
        example: "assert::equal(http::head(\"https://shop.example/stock\").body, \"\");",
        run: |call| verb(call, "HEAD"),
    },
    Function {
        name: "post",
        takes: "url: text, options?: map",
        gives: "an answer",
        about: "Sends a POST request.",
        fails: NO_ANSWER,
        example: "let answer = http::post(\"https://shop.example/echo\", #{ json: #{ tea: 1 } });\n\
assert::equal(http::json(answer).body, \"{\\\"tea\\\":1}\");",
        run: |call| verb(call, "POST"),
    },
    Function {
        name: "put",
        takes: "url: text, options?: map",
        gives: "an answer",
        about: "Sends a PUT request.",
        fails: NO_ANSWER,
        example: "let answer = http::put(\"https://shop.example/echo\", #{ body: \"tea\" });\nassert::equal(http::json(answer).body, \"tea\");",
        run: |call| verb(call, "PUT"),
    },
    Function {
        name: "patch",
        takes: "url: text, options?: map",
        gives: "an answer",
        about: "Sends a PATCH request.",
        fails: NO_ANSWER,
        example: "let answer = http::patch(\"https://shop.example/echo\", #{ form: #{ a: \"b c\" } });\n\
assert::equal(http::json(answer).body, \"a=b+c\");",
        run: |call| verb(call, "PATCH"),
    },
    Function {
        name: "delete",
        takes: "url: text, options?: map",
        gives: "an answer",
        about: "Sends a DELETE request.",
        fails: NO_ANSWER,
        example: "assert::equal(http::json(http::delete(\"https://shop.example/echo\")).method, \"DELETE\");",
        run: |call| verb(call, "DELETE"),
    },
    Function {
        name: "request",
        takes: "options: map",
        gives: "an answer",
        about: "Sends a request of any method: `url` and `method` (GET unless told otherwise) stand among the options.",
        fails: NO_ANSWER,
        example: "http::request(#{\n    method: \"POST\",\n    url: \"https://shop.example/echo\",\n    multipart: [#{ name: \"photo\", file_name: \"a.txt\", text: \"hello\" }],\n    \
status: \"200-299\",\n    expect: [#{ of: \"json\", at: \"$.method\", compare: \"equals\", value: \"POST\" }],\n});",
        run: |call| {
            let mut options = call.options(0)?;
            let url = options.text("url")?.ok_or_else(|| options.missing("url"))?;
            let method = options.text("method")?.unwrap_or_else(|| "GET".to_owned());
            send(call.host, parse(call.host, &method, &url, options)?)
        },
    },
    Function {
        name: "json",
        takes: "answer: answer",
        gives: "the value",
        about: "Reads the body as JSON.",
        fails: "it is none, or was not read whole",
        example: "assert::equal(http::json(http::get(\"https://shop.example/stock\")).tea, 3);",
        run: |call| from_json(answer::json(&call.map(0)?)?),
    },
    Function {
        name: "at",
        takes: "answer: answer, path: text",
        gives: "the value there, a list of several, or `()` of none",
        about: "Takes out what stands in a JSON body at a JSONPath (RFC 9535).",
        fails: "the body is no JSON",
        example: "assert::equal(http::at(http::get(\"https://shop.example/stock\"), \"$.tea\"), 3);",
        run: |call| {
            let found = answer::at_path(&call.map(0)?, &call.text(1)?)?;
            found.map_or(Ok(Dynamic::UNIT), from_json)
        },
    },
    Function {
        name: "header",
        takes: "answer: answer, name: text",
        gives: "the value, or `()` when there is none",
        about: "Takes out a header; its name in any case.",
        fails: "",
        example: "assert::contains(http::header(http::get(\"https://shop.example/stock\"), \"Content-Type\"), \"json\");",
        run: |call| Ok(answer::header(&call.map(0)?, &call.text(1)?).map_or(Dynamic::UNIT, Dynamic::from)),
    },
    Function {
        name: "find",
        takes: "answer: answer, expression: text, group?: number",
        gives: "the first match, or `()` of none",
        about: "Takes out what a regular expression matches in the body: its first group unless told otherwise, or all of \
it when it has none.",
        fails: "",
        example: "let answer = http::get(\"https://shop.example/\");\nassert::equal(http::find(answer, \"<title>(.*?)</title>\"), \"Tea shop\");",
        run: find,
    },
];

fn verb(call: &Call<'_>, method: &str) -> Answer {
    let options = call.options(1)?;
    send(call.host, parse(call.host, method, &call.text(0)?, options)?)
}

fn find(call: &Call<'_>) -> Answer {
    let expression = call.text(1)?;
    let expression = Regex::new(&expression).map_err(|error| HostError::script(error.to_string()))?;
    let groups = expression.captures_len() as i64 - 1;
    let group = if call.given(2).is_some() { call.whole(2, 0..=groups)? } else { groups.min(1) };
    let answer: Map = call.map(0)?;
    let body = answer.get("body").cloned().unwrap_or_default().into_immutable_string().unwrap_or_default();
    let found = expression.captures(&body).and_then(|found| found.get(group as usize));
    Ok(found.map_or(Dynamic::UNIT, |found| found.as_str().to_owned().into()))
}
