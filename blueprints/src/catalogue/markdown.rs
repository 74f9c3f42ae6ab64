//! The page for people.

use std::fmt::Write;

use serde_json::Value;

use crate::parameter::{Default, Parameter};
use crate::render::render;
use crate::{Arguments, Blueprint, Engine, all};

const HEAD: &str = "# Blueprints

Written from the code; `cargo test -p siskin-runner blueprints_page` says when it is old, and with
`SISKIN_WRITE_REFERENCE=1` writes it anew. Every example is checked by a test.

A blueprint is a check that needs only parameters. `siskin-runner blueprints` lists them, with `--output json` for
programs; `siskin-runner schema` has them for editors.

```sh
siskin-runner new heartbeat --set url=https://shop.example/ --schedule 'rate(5 minutes)'
siskin-runner check canaries.toml
siskin-runner run heartbeat-shop-example
```

`new` adds the canary to `canaries.toml`, or makes the file; what stands there stays as it is. `--set` takes names of fields
and indexes of lists behind a parameter's name: `--set vitals.lcp.warn=2500`, `--set steps.0.method=POST`. With `--script` the
canary is a Rhai script of your own, which does the same and can be changed; `--print` only shows what would be written.

Two files of others can be begun with: `new api --from-openapi FILE` (OpenAPI 3.0 or 3.1, JSON or YAML) and
`new api --from-har FILE` (HAR 1.2, as browsers save it); see [below](#imports).
";

const PLACES: &str = "
## Places

Texts of `api` may have places that are filled in when the script runs:

| place | what stands there |
|---|---|
| `{{order}}` | what a step before extracted under this name |
| `{{secret:token}}` | a [secret](canaries.md#secrets) of the canary |
| `{{variable:lang}}` | a variable of the canary |

A text in `json` or `value` that is one place and nothing else keeps the kind of what was extracted: a number stays a number.
Two braces of a text's own are written as four: `{{{{order}}` is the text `{{order}}`. In an address places stand behind the
host, so that a canary's hosts are known before it runs. Passwords, tokens and keys of `auth` and `client_certificate` must be
secrets: what is written in parameters stands in the script that every run keeps.
";

const IMPORTS: &str = "
## Imports

### `new api --from-openapi FILE`

Takes the operations that only read (GET and HEAD), or those that `--operation` names by `operationId` or as `'POST /pets'`,
or all of them with `--all-operations`: up to 50. Requests go to the first of the document's `servers`, with the defaults of
its variables, or to `--server URL`. A step has

- what is required: parameters and body by their `example`, `examples`, or those of their schema, `default`, the first of
  `enum`; what has none is made up, and told;
- the statuses that are good (those from 200 to 299), and the schema of the answer when one answer is good;
- what proves who calls, with secrets of the canary: Basic, Bearer, API keys, OAuth 2 by client credentials.

References within the document are followed. A reference to nothing, to another document, or in a circle is told with its
place. Schemas that hold themselves are fine.

### `new api --from-har FILE`

Takes the requests to one host (`--host`, or that of the first page), in their order, up to 50. Static files, preflights,
repeats, requests without an answer, and headers that a browser adds by itself are left out, and told. A step expects the
status that the archive has. Cookies, `Authorization`, and headers, fields and parameters that by their names are tokens, keys
or passwords become secrets of the canary: the values of the archive are written nowhere. An archive may hold more secrets,
in a path or a body's text: look at what was written before you share it.

### Secrets of imports

The entry takes each secret from a variable of the environment that is named after canary and secret, such as
`SHOP_API_TOKEN`; `new` tells which. See [secrets](canaries.md#secrets).
";

/// All blueprints, their parameters and an example of each, as Markdown.
pub fn markdown() -> String {
    let mut out = String::from(HEAD);
    for blueprint in all() {
        write_blueprint(&mut out, blueprint);
    }
    out.push_str(PLACES);
    out.push_str(IMPORTS);
    out
}

fn write_blueprint(out: &mut String, blueprint: &Blueprint) {
    let engine = match blueprint.engine {
        Engine::Browser => "Runs in a browser.",
        Engine::Http => "Needs no browser.",
    };
    line(out, format_args!("\n## `{}`\n\n{} {engine}\n", blueprint.name, blueprint.summary));
    table(out, "parameter", blueprint.parameters);
    tables_within(out, "", blueprint.parameters);
    line(out, format_args!("\n```toml\n{}```", blueprint.example));
    let Some(script) = example_script(blueprint) else { return };
    line(out, format_args!("\nWhat it runs:\n\n```rust\n{script}```"));
}

/// Tables of the fields of parameters that are tables themselves.
fn tables_within(out: &mut String, outer: &str, parameters: &[Parameter]) {
    let mut told: Vec<&[Parameter]> = Vec::new();
    for parameter in parameters {
        let Some(fields) = parameter.kind.fields() else { continue };
        // The limits of one vital are those of all others.
        if told.iter().any(|known| std::ptr::eq(*known, fields)) {
            continue;
        }
        told.push(fields);
        let name = if outer.is_empty() { parameter.name.to_owned() } else { format!("{outer}.{}", parameter.name) };
        let same = parameters.iter().filter(|other| other.kind.fields().is_some_and(|one| std::ptr::eq(one, fields)));
        let names: Vec<_> = same
            .map(|other| match outer {
                "" => format!("`{}`", other.name),
                outer => format!("`{outer}.{}`", other.name),
            })
            .collect();
        line(out, format_args!("\nFields of {}:\n", names.join(", ")));
        table(out, "field", fields);
        tables_within(out, &name, fields);
    }
}

fn table(out: &mut String, title: &str, parameters: &[Parameter]) {
    line(out, format_args!("| {title} | kind | without it | what it is | rule |\n|---|---|---|---|---|"));
    for parameter in parameters {
        let default = match parameter.default {
            Default::Required => "required".to_owned(),
            Default::Absent => "none".to_owned(),
            Default::Is(default) => shown(&default()),
        };
        line(
            out,
            format_args!(
                "| `{}` | {} | {default} | {} | {} |",
                parameter.name,
                parameter.kind.word(),
                cell(parameter.summary),
                cell(&parameter.kind.rule()),
            ),
        );
    }
}

fn shown(value: &Value) -> String {
    let is_empty = |value: &Value| match value {
        Value::String(text) => text.is_empty(),
        Value::Array(items) => items.is_empty(),
        Value::Object(fields) => fields.is_empty(),
        Value::Null | Value::Bool(_) | Value::Number(_) => false,
    };
    match value {
        value if is_empty(value) => "empty".to_owned(),
        Value::String(text) => format!("`{text}`"),
        other => format!("`{other}`"),
    }
}

fn cell(text: &str) -> String {
    text.replace('|', "\\|")
}

/// The script of the example, whose parameters follow in `parameters` of the entry.
fn example_script(blueprint: &Blueprint) -> Option<String> {
    let entry: Value = toml::from_str(blueprint.example).ok()?;
    let given = entry["canary"][0]["parameters"].as_object()?.clone();
    Some(render(blueprint, &Arguments::parse(blueprint, given).ok()?).source)
}

fn line(out: &mut String, text: std::fmt::Arguments<'_>) {
    out.write_fmt(text).and_then(|()| out.write_char('\n')).expect("a String takes any text");
}
