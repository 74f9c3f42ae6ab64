//! What a script will need, read off its calls before it runs.

use rhai::AST;

use super::check::walk;
use crate::browser::DriverStart;

/// Functions that work as a user's hands do, or within frames and tabs: ChromeDriver's part. All others get by with
/// DevTools, and ChromeDriver is started late when one of them meets an element that only it can name.
const DRIVEN: &[(&str, &[&str])] = &[
    ("element", &["check", "click", "dblclick", "evaluate", "hover", "press", "screenshot", "type_text", "uncheck"]),
    (
        "page",
        &[
            "back",
            "close_tab",
            "forward",
            "frame",
            "new_tab",
            "press",
            "parent_frame",
            "reload",
            "tab",
            "tabs",
            "wait_for_tab",
        ],
    ),
];

/// The browser that a script's calls need, if any; a call may still be one that the run never comes to.
pub(super) fn of_browser(tree: &AST) -> Option<DriverStart> {
    let mut need = None;
    walk(tree, &mut |call, _, _| {
        let mut path = call.namespace.path.iter().map(rhai::Ident::as_str);
        let Some(module @ ("page" | "element" | "visual")) = path.next() else { return };
        let is_driven = DRIVEN.iter().any(|(of, names)| *of == module && names.contains(&call.name.as_str()));
        match need {
            Some(DriverStart::AtOnce) => {}
            _ if is_driven => need = Some(DriverStart::AtOnce),
            Some(DriverStart::WhenNeeded) | None => need = Some(DriverStart::WhenNeeded),
        }
    });
    need
}

/// Whether a run of a script may come to open a browser.
pub(super) fn may_open(tree: &AST) -> bool {
    let mut may = false;
    walk(tree, &mut |call, _, _| {
        may |= matches!(
            call.namespace.path.first().map(rhai::Ident::as_str),
            Some("page" | "element" | "link" | "visual")
        );
    });
    may
}

#[cfg(test)]
mod tests {
    use siskin_blueprints::Script;

    use super::super::engine::{TABLES, compile};
    use super::*;

    fn check(source: &str, expected: Option<DriverStart>) {
        let script = Script { name: "test.rhai".to_owned(), source: source.to_owned() };
        assert_eq!(of_browser(&compile(&script).unwrap()), expected, "{source}");
    }

    #[test]
    fn a_script_that_only_talks_http_opens_no_browser() {
        let may_open = |source: &str| {
            let script = Script { name: "test.rhai".to_owned(), source: source.to_owned() };
            may_open(&compile(&script).unwrap())
        };
        assert!(!may_open("let page = http::get(\"http://a/\"); assert::equal(page.status, 200);"));
        assert!(may_open("step(\"a\", || { if data::uuid() == \"\" { page::open(\"http://a/\"); } });"));
        assert!(may_open("fn all() { link::crawl(\"http://a/\") } all();"), "it looks again in a browser");
    }

    #[test]
    fn calls_tell_what_is_needed() {
        check("// page::open(url)\nlog::info(\"page::open\");", None);
        check("step(\"a\", || { page::open(\"http://a/\"); });", Some(DriverStart::WhenNeeded));
        check("fn all() { element::text(\"h1\") }\nif all() == \"\" { page::title(); }", Some(DriverStart::WhenNeeded));
        check("page::open(\"http://a/\"); for x in 0..2 { element::click(\"#a\"); }", Some(DriverStart::AtOnce));
    }

    #[test]
    fn functions_that_are_driven_are_there() {
        for (module, names) in DRIVEN {
            let table = TABLES.iter().find(|table| table.name == *module).unwrap();
            for name in *names {
                assert!(table.all().any(|function| function.name == *name), "{module}::{name}");
            }
        }
    }
}
