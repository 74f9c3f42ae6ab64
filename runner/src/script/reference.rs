//! The reference of all functions, written from the tables that the engine registers.

use super::engine::TABLES;
use super::table::{Function, Table};

/// An example of the reference: it runs on the page of the examples.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct Example {
    /// `module::function`.
    pub function: String,
    /// Rhai; the site is `https://shop.example`.
    pub source: &'static str,
}

/// Every function's example, in the order of the reference.
pub fn examples() -> Vec<Example> {
    let of = |table: &'static Table| {
        table.all().map(|function| Example { function: table.full_name(function), source: function.example })
    };
    TABLES.iter().flat_map(|table| of(table)).collect()
}

/// The whole reference as Markdown.
pub fn markdown() -> String {
    let mut out = String::from(
        "# Functions of scripts\n\n\
         Written from the code; `cargo test -p siskin-runner reference` says when it is old, and with \
         `SISKIN_WRITE_REFERENCE=1` writes it anew. Every example is run as a test against a small shop.\n\n\
         A script is [Rhai](https://rhai.rs/book/). Arguments with `?` may be left out. A wrong argument is an error that \
         names function, argument and rule, with the script's file, line and column; `Fails` tells what else can go \
         wrong. `siskin check FILE` finds unknown functions and wrong numbers of arguments before anything runs.\n",
    );
    for table in TABLES {
        write_table(&mut out, table);
    }
    out
}

fn write_table(out: &mut String, table: &Table) {
    let title = if table.name.is_empty() { "Alone" } else { table.name };
    line(out, format_args!("\n## {title}\n\n{}", table.about));
    for function in table.all() {
        write_function(out, table, function);
    }
}

fn write_function(out: &mut String, table: &Table, function: &Function) {
    line(out, format_args!("\n### `{}({})`\n\n{}", table.full_name(function), function.takes, function.about));
    if !function.gives.is_empty() {
        line(out, format_args!("\nGives {}.", function.gives));
    }
    if !function.fails.is_empty() {
        line(out, format_args!("\nFails: {}.", function.fails));
    }
    line(out, format_args!("\n```rust\n{}\n```", function.example));
}

fn line(out: &mut String, text: std::fmt::Arguments<'_>) {
    out.push_str(&text.to_string());
    out.push('\n');
}

#[cfg(test)]
mod tests {
    use std::path::Path;

    use siskin_blueprints::Script;

    use super::*;
    use crate::script::check::check;

    /// What a binding can register.
    const ARGUMENTS_MAX: usize = 4;

    #[test]
    fn reference_in_the_docs_is_that_of_the_code() {
        let file = Path::new(env!("CARGO_MANIFEST_DIR")).join("docs/reference.md");
        if std::env::var_os("SISKIN_WRITE_REFERENCE").is_some() {
            std::fs::create_dir_all(file.parent().unwrap()).unwrap();
            std::fs::write(&file, markdown()).unwrap();
        }
        let written = std::fs::read_to_string(&file).unwrap_or_default();
        assert!(written == markdown(), "docs/reference.md is old: run this test with SISKIN_WRITE_REFERENCE=1");
    }

    #[test]
    fn rows_are_well_formed() {
        for table in TABLES {
            for function in table.all() {
                let name = table.full_name(function);
                let mut optional = false;
                for (argument, may_miss) in function.arguments() {
                    assert!(!argument.is_empty() && (may_miss || !optional), "{name}: optional arguments come last");
                    optional = may_miss;
                }
                assert!(function.arguments().count() <= ARGUMENTS_MAX, "{name}");
                assert!(function.about.ends_with('.'), "{name}: {}", function.about);
                assert!(function.example.contains(&format!("{name}(")), "{name}: the example calls it");
                let script = Script { name: name.clone(), source: function.example.to_owned() };
                assert_eq!(check(&script), Ok(()), "{name}");
            }
        }
    }
}
